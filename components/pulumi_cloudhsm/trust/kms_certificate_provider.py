"""The cluster certificate, signed for the HSM's CSR by the KMS key of the CA."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi.dynamic import CreateResult

from ..dynamic_provider import Props
from ..errors import one_line
from ..x509.signing import cluster_certificate
from .kms_ca_provider import KmsSigner
from .signed_certificate_provider import (
    ClusterCertificateInputs,
    SignedCertificate,
    SignedCertificateProvider,
)


@dataclass(frozen=True, kw_only=True)
class KmsSignedCertificateInputs(ClusterCertificateInputs):
    """Inputs of a KmsSignedCertificate."""

    key_id: str
    """Id or ARN of the CA's key."""


class KmsSignedCertificateProvider(SignedCertificateProvider, KmsSigner):
    """Signs a CSR by KMS."""

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Builds the certificate, has it signed, and verifies it against CA and CSR.

        Raises:
            StateError: the key cannot sign, or is not the CA's; says what to do.
            CertificateError: the certificate ends after its CA.
            AwsError: KMS refuses.
            DeadlineError: KMS does not answer.
        """
        inputs, now = KmsSignedCertificateInputs.read(props), self.now()
        _, signer = self.usable_key(inputs.access, inputs.key_id, inputs.timing)
        hours = inputs.validity_hours
        pem = cluster_certificate(inputs.csr, inputs.ca_certificate, signer, hours, now)
        return self.signed(inputs, pem, now)


class KmsSignedCertificate(SignedCertificate, module="cloudhsm", name="KmsSignedCertificate"):
    """A cluster certificate that a KMS key signed."""

    def __init__(
        self,
        name: str,
        inputs: KmsSignedCertificateInputs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the certificate.

        Args:
            name: logical name.
            inputs: its inputs.
            opts: Pulumi's options.
        """
        super().__init__(KmsSignedCertificateProvider(), name, inputs, opts)
