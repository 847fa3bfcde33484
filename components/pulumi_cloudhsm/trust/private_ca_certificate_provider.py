"""The cluster certificate, issued for the HSM's CSR by a root private CA."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi.dynamic import CreateResult

from ..aws.acmpca import LEAF_TEMPLATE
from ..dynamic_provider import Props
from ..errors import one_line
from ..x509.reading import load_certificate
from ..x509.signing import leaf_period
from .private_ca_provider import PrivateCaSigner
from .signed_certificate_provider import (
    ClusterCertificateInputs,
    SignedCertificate,
    SignedCertificateProvider,
)


@dataclass(frozen=True, kw_only=True)
class PrivateCaCertificateInputs(ClusterCertificateInputs):
    """Inputs of a PrivateCaCertificate."""

    ca_arn: str
    """ARN of the private CA."""


class PrivateCaCertificateProvider(SignedCertificateProvider, PrivateCaSigner):
    """Has a CSR signed by a private CA."""

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Has it issued, waits for it, and verifies it against CA and CSR.

        Raises:
            StateError: the CA cannot sign; says what to do.
            CertificateError: the certificate ends after its CA, or the CA has changed meanwhile.
            AwsError: AWS refuses it, or fails at it.
            DeadlineError: it takes too long; a later `up` goes on.
        """
        inputs, now = PrivateCaCertificateInputs.read(props), self.now()
        arn, timing = inputs.ca_arn, inputs.timing
        pca = self.pca(inputs.access.at(arn))
        self.usable_ca(pca, arn, timing)
        ca = load_certificate(inputs.ca_certificate, "the CA certificate")
        period = leaf_period(ca, inputs.validity_hours, now)
        pem = self.issued(pca, arn, timing, inputs.csr, LEAF_TEMPLATE, period)
        return self.signed(inputs, pem, now)


class PrivateCaCertificate(SignedCertificate, module="cloudhsm", name="PrivateCaCertificate"):
    """A cluster certificate that a private CA issued."""

    def __init__(
        self,
        name: str,
        inputs: PrivateCaCertificateInputs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the certificate.

        Args:
            name: logical name.
            inputs: its inputs.
            opts: Pulumi's options.
        """
        super().__init__(PrivateCaCertificateProvider(), name, inputs, opts)
