"""What the providers that have something signed share: persistence, and their outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
)
from pulumi.output import Unknown

from ..certificates import fingerprint, iso, load_certificate, load_csr
from ..errors import CertificateError
from ..trust_anchor import check_pair
from ..waiter import Goal, Observation
from .base import CloudHsmProvider, Props, differs, pace

SETTING = "signing_deadline_seconds (cloudhsm:signingDeadlineSeconds)"

CERTIFICATE_OUTPUTS = ("certificate_pem", "certificate_sha256", "expires")

T = TypeVar("T")


def answered(provider: CloudHsmProvider, what: str, props: Props, call: Callable[[], T]) -> T:
    """Makes a call that may be repeated until AWS answers it, be it throttled or cut off.

    Raises:
        DeadlineError: AWS gave no answer in time.
        AwsError: AWS refused it.
    """
    goal = Goal(what, "an answer", ("answered",), (), SETTING)
    waited = provider.waiter().wait(goal, pace(props), lambda: Observation("answered", call()))
    return waited.observation.value


def certificate_outs(props: Props, pem: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """The inputs, and what is to be known of a certificate."""
    certificate = load_certificate(pem, "the certificate")
    return {
        **{key: value for key, value in props.items() if key != "__provider"},
        "certificate_pem": pem,
        "certificate_sha256": fingerprint(certificate),
        "expires": iso(certificate.not_valid_after_utc),
        **more,
    }


def what_is_wrong_with_a_leaf(news: Mapping[str, Any]) -> list[CheckFailure]:
    """What `check` has to say of the inputs of a cluster certificate; unknown is fine."""
    csr, hours = news.get("csr"), news.get("validity_hours")
    failures: list[CheckFailure] = []
    if isinstance(csr, str):
        try:
            load_csr(csr, "the captured CSR")
        except CertificateError as error:
            failures.append(CheckFailure("csr", str(error)))
    if not isinstance(hours, Unknown) and not (isinstance(hours, int | float) and hours >= 0):
        failures.append(CheckFailure("validity_hours", "give a number of hours, or 0"))
    return failures


class SignedCertificateProvider(CloudHsmProvider):
    """Base of what has a cluster certificate signed; how is for `create` to say."""

    def now(self) -> datetime:
        """The moment from which it is valid."""
        return datetime.now(UTC)

    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Refuses what is no CSR, and a validity that is no number."""
        return CheckResult(dict(news), what_is_wrong_with_a_leaf(news))

    def signed(self, props: Props, pem: str, now: datetime) -> CreateResult:
        """The certificate, verified against CA and CSR.

        Raises:
            CertificateError: it is not what it has to be.
        """
        pair = check_pair(pem, props["ca_certificate"], props["csr"], now)
        fingerprint_in_hex = pair.cluster_certificate_sha256.replace(":", "").lower()
        return CreateResult(id_=fingerprint_in_hex, outs=certificate_outs(props, pem))

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Only another CSR, so another HSM before the initialization, is another certificate."""
        replaces = differs(olds, news, "csr")
        return DiffResult(changes=bool(replaces), replaces=replaces)

    def read(self, id_: str, props: Props) -> ReadResult:
        """Keeps what was signed: the cluster holds it, whatever becomes of the CA."""
        return ReadResult(id_, dict(props))

    def delete(self, _id: str, _props: Props) -> None:
        """Forgets the certificate, and never revokes it: a cluster may live on with it."""


class SignedCertificate(Resource):
    """Base of the resources that hold a certificate which somebody else's key has signed."""

    certificate_pem: pulumi.Output[str]
    """PEM; secret only to keep it out of diffs."""
    certificate_sha256: pulumi.Output[str]
    """Fingerprint."""
    expires: pulumi.Output[str]
    """End of its validity; ISO 8601, UTC."""

    def __init__(
        self,
        provider: CloudHsmProvider,
        name: str,
        props: dict[str, Any],
        opts: pulumi.ResourceOptions | None,
        *more_outputs: str,
    ) -> None:
        kept = dict.fromkeys((*CERTIFICATE_OUTPUTS, *more_outputs))
        secret = pulumi.ResourceOptions(additional_secret_outputs=["certificate_pem"])
        super().__init__(
            provider, name, {**kept, **props}, pulumi.ResourceOptions.merge(opts, secret)
        )
