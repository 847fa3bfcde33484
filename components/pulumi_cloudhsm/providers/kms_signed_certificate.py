"""The cluster certificate, signed for the HSM's CSR by the KMS key of the CA."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    UpdateResult,
)

from ..aws.kms_signing import KmsSigning
from ..issuance import cluster_certificate
from ..trust_anchor import check_pair
from .base import CloudHsmProvider, Props, differs, one_line
from .kms_signed_ca import usable_key
from .signing import CERTIFICATE_OUTPUTS, certificate_outs, what_is_wrong_with_a_leaf


class KmsSignedCertificateProvider(CloudHsmProvider):
    """Signs a CSR by KMS."""

    def now(self) -> datetime:
        """The moment from which it is valid."""
        return datetime.now(UTC)

    def kms(self, props: Props) -> KmsSigning:
        """KMS in the region of the key."""
        return KmsSigning(self.access(props).at(props["key_id"]))

    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Refuses what is no CSR, and a validity that is no number."""
        return CheckResult(dict(news), what_is_wrong_with_a_leaf(news))

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Builds the certificate, has it signed, and verifies it against CA and CSR.

        Raises:
            StateError: the key cannot sign, or is not the CA's; says what to do.
            CertificateError: it would outlive its CA.
            AwsError: KMS refused.
            DeadlineError: KMS does not answer.
        """
        _, signer = usable_key(self, self.kms(props), props)
        csr, ca, now = props["csr"], props["ca_certificate"], self.now()
        pem = cluster_certificate(csr, ca, signer, int(props["validity_hours"]), now)
        pair = check_pair(pem, ca, csr, now)
        return CreateResult(
            id_=pair.cluster_certificate_sha256.replace(":", "").lower(),
            outs=certificate_outs(props, pem),
        )

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Only another CSR, so another HSM before the initialization, is another certificate."""
        replaces = differs(olds, news, "csr")
        return DiffResult(changes=bool(replaces), replaces=replaces)

    def update(self, _id: str, olds: Props, _news: Props) -> UpdateResult:
        """Changes nothing; `diff` never asks for it."""
        return UpdateResult(outs=dict(olds))

    def read(self, id_: str, props: Props) -> ReadResult:
        """Keeps what was signed: it lives in the state only."""
        return ReadResult(id_, dict(props))

    def delete(self, _id: str, _props: Props) -> None:
        """Forgets the certificate; nothing is revoked."""


class KmsSignedCertificate(Resource, module="cloudhsm", name="KmsSignedCertificate"):
    """A cluster certificate that a KMS key signed."""

    certificate_pem: pulumi.Output[str]
    """PEM; secret only to keep it out of diffs."""
    certificate_sha256: pulumi.Output[str]
    """Fingerprint."""
    expires: pulumi.Output[str]
    """End of its validity; ISO 8601, UTC."""

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the certificate.

        Args:
            name: logical name.
            props: `region`, `key_id` (id or ARN), `ca_certificate`, `csr` (PEMs, secret only to
                keep them out of diffs), `validity_hours`, `usual_seconds`, `deadline_seconds`.
            opts: Pulumi's options.
        """
        kept = dict.fromkeys(CERTIFICATE_OUTPUTS)
        secret = pulumi.ResourceOptions(additional_secret_outputs=["certificate_pem"])
        super().__init__(
            KmsSignedCertificateProvider(),
            name,
            {**kept, **props},
            pulumi.ResourceOptions.merge(opts, secret),
        )
