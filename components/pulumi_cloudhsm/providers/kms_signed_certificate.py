"""The cluster certificate, signed for the HSM's CSR by the KMS key of the CA."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult

from ..aws.kms_signing import KmsSigning
from ..issuance import cluster_certificate
from .base import Props, one_line
from .kms_signed_ca import usable_key
from .signing import SignedCertificate, SignedCertificateProvider


class KmsSignedCertificateProvider(SignedCertificateProvider):
    """Signs a CSR by KMS."""

    def kms(self, props: Props) -> KmsSigning:
        """KMS in the region of the key."""
        return KmsSigning(self.access(props).at(props["key_id"]))

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
        return self.signed(props, pem, now)


class KmsSignedCertificate(SignedCertificate, module="cloudhsm", name="KmsSignedCertificate"):
    """A cluster certificate that a KMS key signed."""

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
        super().__init__(KmsSignedCertificateProvider(), name, props, opts)
