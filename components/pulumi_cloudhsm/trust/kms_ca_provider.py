"""A CA certificate that a KMS key signs for itself: made once.

The key never leaves KMS and never enters the state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import pulumi
from pulumi.dynamic import CheckFailure, CreateResult
from pulumi.output import Unknown

from ..aws.kms_signing import BEING_MADE, KmsSigning, SigningKey
from ..aws.session import AwsAccess
from ..dynamic_provider import Props, log_line, state
from ..errors import CertificateError, StateError, one_line
from ..waiting.waiter import Timing
from ..x509.signing import RemoteKey, ca_certificate, subject_name
from .anchor import MAX_HOURS, MIN_CA_HOURS, check_pair
from .signed_certificate_provider import (
    CaCertificateInputs,
    CaCertificateProvider,
    CertificateOutputs,
    SignedCertificate,
    SigningProvider,
    facts_of,
)

_REQUIRED = ("common_name", "organization")


@dataclass(frozen=True, kw_only=True)
class KmsSignedCaInputs(CaCertificateInputs):
    """Inputs of a KmsSignedCa."""

    key_id: str
    """Id or ARN of the key."""
    subject: Mapping[str, str]
    """Parts of the subject by name, `common_name` for example."""
    made: bool = False
    """Whether the stack made the key."""


@dataclass(frozen=True, kw_only=True)
class KmsSignedCaOutputs(CertificateOutputs):
    """Outputs of a KmsSignedCa."""

    key_arn: str


class KmsSigner(SigningProvider):
    """Base of what a KMS key signs."""

    late = frozenset({"NotFoundException", "KMSInvalidStateException"})

    def kms(self, access: AwsAccess) -> KmsSigning:
        """KMS in an account and Region."""
        return KmsSigning(access)

    def usable_key(
        self, access: AwsAccess, key_id: str, timing: Timing
    ) -> tuple[SigningKey, RemoteKey]:
        """A KMS key, checked, and as a signer.

        Raises:
            StateError: it cannot sign as a CA; says what to do.
            AwsError: KMS refuses.
            DeadlineError: KMS does not answer.
        """
        kms = self.kms(access.at(key_id))

        def look() -> SigningKey | None:
            found = kms.key(key_id)
            return None if found.state in BEING_MADE else found

        key = self.awaited(f"key {key_id}", timing, look)
        if problem := key.problem():
            raise StateError(problem)
        public = self.awaited(f"public key {key_id}", timing, lambda: kms.public_key(key_id))

        def sign(digest: bytes) -> bytes:
            return self.awaited(f"signature of {key_id}", timing, lambda: kms.sign(key_id, digest))

        return key, RemoteKey(public, sign)


class KmsSignedCaProvider(CaCertificateProvider, KmsSigner):
    """Has a KMS key sign its own CA certificate."""

    signer_input, signer_output = "key_id", "key_arn"
    signer = "the CA's key"
    not_found, made_input = "NotFoundException", "made"

    def problem(self, props: Props) -> str | None:
        """Why the key cannot sign."""
        inputs = KmsSignedCaInputs.read(props)
        return self.kms(inputs.access.at(inputs.key_id)).key(inputs.key_id).problem()

    def input_failures(self, news: Props) -> list[CheckFailure]:
        """Refuses a subject or a validity that makes no CA certificate."""
        failures: list[CheckFailure] = []
        subject, hours = news.get("subject"), news.get("validity_hours")
        if isinstance(subject, Mapping):
            failures += _subject_failures(cast("Mapping[str, Any]", subject))
        if not isinstance(hours, Unknown) and not (
            isinstance(hours, int | float) and MIN_CA_HOURS <= hours <= MAX_HOURS
        ):
            fix = f"give {MIN_CA_HOURS} to {MAX_HOURS}, which is 100 years"
            failures.append(CheckFailure("validity_hours", fix))
        return failures

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Builds the certificate, has it signed, and verifies it.

        Raises:
            StateError: the key cannot sign as a CA; says what to do.
            AwsError: KMS refuses.
            DeadlineError: KMS does not answer.
        """
        inputs, now = KmsSignedCaInputs.read(props), self.now()
        key, signer = self.usable_key(inputs.access, inputs.key_id, inputs.timing)
        pem = ca_certificate(inputs.subject, signer, inputs.validity_hours, now)
        pair = check_pair(pem, pem, None, now)
        log_line(f"CA certificate {pair.ca_certificate_sha256} signed by {key.arn}")
        outs = state(inputs, KmsSignedCaOutputs(**facts_of(pem), key_arn=key.arn))
        return CreateResult(id_=f"{key.arn}/certificate", outs=outs)


def _subject_failures(subject: Mapping[str, Any]) -> list[CheckFailure]:
    missing = [part for part in _REQUIRED if not subject.get(part)]
    failures = [CheckFailure("subject", f"give {part}") for part in missing]
    known = {part: value for part, value in subject.items() if isinstance(value, str) and value}
    try:
        subject_name(known)
    except CertificateError as error:
        failures.append(CheckFailure("subject", str(error)))
    return failures


class KmsSignedCa(SignedCertificate, module="cloudhsm", name="KmsSignedCa"):
    """A self-signed CA certificate whose key is in KMS."""

    key_arn: pulumi.Output[str]
    """ARN of the key that signed it."""

    def __init__(
        self, name: str, inputs: KmsSignedCaInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the certificate.

        Args:
            name: logical name.
            inputs: its inputs.
            opts: Pulumi's options.
        """
        super().__init__(KmsSignedCaProvider(), name, inputs, opts, KmsSignedCaOutputs)
