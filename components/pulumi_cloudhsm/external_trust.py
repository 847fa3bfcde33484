"""Trust that comes from elsewhere: the CSR goes out, certificate and CA come in by config.

The CA's key never comes near this program, as AWS recommends for production: "a secured offsite and
offline HSM or the equivalent" (user guide, initialize the cluster).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from . import checks
from .errors import CertificateError
from .trust_anchor import check_pair

AWAITING = "awaiting certificate"
"""State of a cluster whose CSR waits for its signature."""


class TrustMode(StrEnum):
    """Who signs the cluster certificate."""

    GENERATED = "generated"
    """A CA of the stack's own; its key lives in the encrypted state."""
    EXTERNAL = "external"
    """A CA elsewhere; a first `up` hands out the CSR, a second one takes the certificates."""
    KMS = "kms"
    """A CA of the stack's own; its key is in KMS."""
    PRIVATE_CA = "acm-pca"
    """A root CA of AWS Private CA."""


@dataclass(frozen=True)
class ExternalTrust:
    """What somebody else signed; both are empty until then."""

    cluster_certificate: str = ""
    """PEM of the certificate that the CA signed for the CSR."""
    ca_certificate: str = ""
    """PEM of that CA, self-signed: the cluster's trust anchor for good."""

    @property
    def is_given(self) -> bool:
        """Whether the certificates are there."""
        return bool(self.cluster_certificate and self.ca_certificate)

    def check(self) -> None:
        """Refuses one without the other, and what AWS would refuse later.

        Raises:
            InputError: names the input and the fix.
        """
        for field in ("cluster_certificate", "ca_certificate"):
            if not getattr(self, field) and (self.cluster_certificate or self.ca_certificate):
                raise checks.InputError(
                    f"external_{field}", "", "give it together with the other certificate"
                )
        if self.is_given:
            try:
                check_pair(self.cluster_certificate, self.ca_certificate, csr=None)
            except CertificateError as error:
                raise checks.InputError(
                    "external_cluster_certificate", "[PEM]", f"it does not do: {error}"
                ) from None


def what_to_sign(csr_file: str) -> str:
    """What a person has to do next, in words."""
    return (
        f"have {csr_file} signed by the root CA that is to be the trust anchor for good (RSA 2048 "
        "or 4096, it signs directly; the certificate ends before it), then run: pulumi config set "
        "cloudhsm:externalClusterCertificate FILE, pulumi config set "
        "cloudhsm:externalCaCertificate FILE, pulumi up; do it soon: AWS charges for the HSM, and "
        "if AWS replaces it, the CSR changes"
    )
