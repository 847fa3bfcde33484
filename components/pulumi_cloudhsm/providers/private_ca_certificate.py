"""The cluster certificate, issued for the HSM's CSR by a root private CA."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult

from ..aws.acmpca import LEAF_TEMPLATE, AcmPca
from ..certificates import load_certificate
from ..errors import StateError
from ..issuance import leaf_period
from .base import Props, one_line
from .private_root_ca import described, signed_by
from .signing import SignedCertificate, SignedCertificateProvider


class PrivateCaCertificateProvider(SignedCertificateProvider):
    """Has a CSR signed by a private CA."""

    def pca(self, props: Props) -> AcmPca:
        """AWS Private CA in the region of the CA."""
        return AcmPca(self.access(props).at(props["ca_arn"]))

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Has it issued, waits for it, and verifies it against CA and CSR.

        Raises:
            StateError: the CA issues nothing; says what to do.
            CertificateError: it would outlive its CA, or the CA is another one meanwhile.
            AwsError: AWS refused it, or failed at it.
            DeadlineError: it takes too long; a later `up` goes on.
        """
        pca, csr, ca = self.pca(props), props["csr"], props["ca_certificate"]
        authority, now = described(self, pca, props), self.now()
        if problem := authority.inactive():
            raise StateError(problem)
        anchor = load_certificate(ca, "the CA certificate")
        period = leaf_period(anchor, int(props["validity_hours"]), now)
        pem = signed_by(self, pca, props, csr, LEAF_TEMPLATE, period)
        return self.signed(props, pem, now)


class PrivateCaCertificate(SignedCertificate, module="cloudhsm", name="PrivateCaCertificate"):
    """A cluster certificate that a private CA issued."""

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the certificate.

        Args:
            name: logical name.
            props: `region`, `ca_arn`, `ca_certificate`, `csr` (PEMs, secret only to keep them out
                of diffs), `validity_hours`, `usual_seconds`, `deadline_seconds`.
            opts: Pulumi's options.
        """
        super().__init__(PrivateCaCertificateProvider(), name, props, opts)
