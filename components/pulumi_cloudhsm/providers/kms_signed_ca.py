"""A CA certificate that a KMS key signs for itself: made once, kept for good.

The key never leaves KMS and never enters the state. A certificate that exists is never made anew,
whatever the config says: it may be the trust anchor of a cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
)
from pulumi.output import Unknown

from ..aws.kms_signing import KmsSigning, SigningKey
from ..errors import AwsError, CertificateError, CloudHsmError, StateError
from ..issuance import RemoteKey, ca_certificate, subject_name
from ..trust_anchor import check_pair
from .base import CloudHsmProvider, Props, one_line, say
from .signing import SignedCertificate, answered, certificate_outs

_REQUIRED = ("common_name", "organization")


class KmsSignedCaProvider(CloudHsmProvider):
    """Has a KMS key sign its own CA certificate."""

    def now(self) -> datetime:
        """The moment from which it is valid."""
        return datetime.now(UTC)

    def kms(self, props: Props) -> KmsSigning:
        """KMS in the region of the key."""
        return KmsSigning(self.access(props).at(props["key_id"]))

    @one_line
    def check(self, olds: Props, news: Props) -> CheckResult:
        """Refuses a subject or a validity that will not do, and, before it is used, such a key."""
        failures: list[CheckFailure] = []
        subject, hours, key_id = (news.get(k) for k in ("subject", "validity_hours", "key_id"))
        if isinstance(subject, Mapping):
            given = cast("Mapping[str, Any]", subject)
            missing = [part for part in _REQUIRED if not given.get(part)]
            failures += [CheckFailure("subject", f"give {part}") for part in missing]
            failures += _unencodable(given)
        if not isinstance(hours, Unknown) and not (isinstance(hours, int | float) and hours >= 48):
            failures.append(CheckFailure("validity_hours", "give at least 48"))
        # A CA that exists needs no look: what becomes of its key is no reason to stop an update.
        if not olds and isinstance(key_id, str) and (problem := self._problem(news)):
            failures.append(CheckFailure("key_id", problem))
        return CheckResult(dict(news), failures)

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Builds the certificate, has it signed, and verifies it.

        Raises:
            StateError: the key cannot sign as a CA; says what to do.
            AwsError: KMS refused.
            DeadlineError: KMS does not answer.
        """
        key, signer = usable_key(self, self.kms(props), props)
        now = self.now()
        pem = ca_certificate(props["subject"], signer, int(props["validity_hours"]), now)
        pair = check_pair(pem, pem, None, now)
        say(f"CA certificate {pair.trust_anchor_sha256} signed by {key.arn}")
        outs = certificate_outs(props, pem, key_arn=key.arn)
        return CreateResult(id_=f"{key.arn}/certificate", outs=outs)

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Nothing is a change: the program tells a config that drifted away, and this the key."""
        key_id = news.get("key_id")
        if isinstance(key_id, str) and key_id != olds["key_id"]:
            say(
                f"warning: the CA's key is now {key_id}, but its certificate stays that of "
                f"{olds['key_arn']}; another CA needs a new cluster"
            )
        return DiffResult(changes=False)

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Keeps what was made; a key that can no longer sign is told, and is no drift of it."""
        try:
            problem = self.kms(props).key(props["key_id"]).problem()
        except CloudHsmError as error:
            problem = str(error)
        if problem:
            say(
                f"warning: {problem} (the CA certificate is not touched by that, and once the "
                "cluster is initialized nothing needs the key)"
            )
        return ReadResult(id_, dict(props))

    def delete(self, _id: str, _props: Props) -> None:
        """Forgets the certificate; the key is a resource of its own, or somebody else's."""

    def _problem(self, props: Props) -> str | None:
        """Why a given key will not do, as far as a preview can see."""
        try:
            return self.kms(props).key(props["key_id"]).problem()
        except AwsError as error:
            # Other refusals (no credentials in a preview) are told by the step itself.
            return str(error) if error.code == "NotFoundException" else None
        except CloudHsmError:
            return None


def _unencodable(subject: Mapping[str, Any]) -> list[CheckFailure]:
    known = {part: value for part, value in subject.items() if isinstance(value, str) and value}
    try:
        subject_name(known)
    except CertificateError as error:
        return [CheckFailure("subject", str(error))]
    return []


def usable_key(
    provider: CloudHsmProvider, kms: KmsSigning, props: Props
) -> tuple[SigningKey, RemoteKey]:
    """The KMS key of `props`, checked, and as a signer.

    Raises:
        StateError: it cannot sign as an issuing CA; says what to do.
        AwsError: KMS refused.
        DeadlineError: KMS does not answer.
    """
    key_id = props["key_id"]
    key = answered(provider, f"KMS about {key_id}", props, lambda: kms.key(key_id))
    if problem := key.problem():
        raise StateError(problem)
    public = answered(provider, f"KMS about {key_id}", props, lambda: kms.public_key(key_id))

    def sign(digest: bytes) -> bytes:
        what = f"signature of {key_id}"
        return answered(provider, what, props, lambda: kms.sign(key_id, digest))

    return key, RemoteKey(public, sign)


class KmsSignedCa(SignedCertificate, module="cloudhsm", name="KmsSignedCa"):
    """A self-signed CA certificate whose key is in KMS."""

    key_arn: pulumi.Output[str]
    """ARN of the key that signed it."""

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the certificate.

        Args:
            name: logical name.
            props: `region`, `key_id` (id or ARN), `subject` (parts by name), `validity_hours`,
                `usual_seconds`, `deadline_seconds`.
            opts: Pulumi's options.
        """
        super().__init__(KmsSignedCaProvider(), name, props, opts, "key_arn")
