"""What a certificate pair has to fulfil before it initializes a cluster, irreversibly. Pure.

InitializeCluster in the CloudHSM v2 API reference demands PEM of at most 5,000 characters and a
self-signed root that signs the CSR directly. "Initialize the cluster" in the user guide demands RSA
2048 or 4096, and Basic Constraints when there are X.509 v3 extensions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from ..errors import CertificateError
from ..x509.reading import (
    fingerprint,
    iso,
    issued_by,
    key_label,
    load_certificate,
    load_csr,
    public_key_der,
    rsa_bits,
    why_no_issuer,
)

MAX_PEM_LENGTH = 5000
KEY_BITS = (2048, 4096)
"""RSA key sizes that AWS takes for a CA certificate."""
MIN_CA_HOURS = 48
"""Shortest validity of a CA that the stack makes."""
MAX_HOURS = 876_600
"""Longest validity, 100 years: the tls provider counts it in a Go duration, which ends at 292, and
no date is after the year 9999."""


@dataclass(frozen=True)
class CertificatePair:
    """A cluster certificate and the CA certificate that issued it, checked.

    Attributes:
        cluster_certificate_sha256: fingerprint, `AB:CD:…`.
        ca_certificate_sha256: fingerprint, `AB:CD:…`.
        cluster_certificate_expires: end of validity, ISO 8601 in UTC.
        ca_certificate_expires: end of validity, ISO 8601 in UTC.
    """

    cluster_certificate_sha256: str
    ca_certificate_sha256: str
    cluster_certificate_expires: str
    ca_certificate_expires: str


def check_pair(
    cluster_certificate: str, ca_certificate: str, csr: str | None, now: datetime | None = None
) -> CertificatePair:
    """Checks a cluster certificate and its CA certificate against the HSM's CSR.

    Args:
        cluster_certificate: PEM, signed for the CSR.
        ca_certificate: PEM of the issuing CA.
        csr: PEM of the CSR that the HSM made; None while it is not known.
        now: the moment at which both have to be valid, and the CA has to be able to sign. None
            where AWS may have taken the pair before: it does so whatever the key usage says.

    Raises:
        CertificateError: AWS refuses the pair, or takes a wrong one that cannot be changed later.
    """
    leaf = _short_certificate(cluster_certificate, "the cluster certificate")
    ca = check_ca(ca_certificate)
    if not issued_by(leaf, ca):
        raise CertificateError(
            f"the cluster certificate {fingerprint(leaf)} was not signed by the CA certificate "
            f"{fingerprint(ca)}: the self-signed root has to sign the CSR directly"
        )
    if csr is not None and public_key_der(leaf) != public_key_der(
        load_csr(csr, "the captured CSR")
    ):
        raise CertificateError(
            f"the cluster certificate {fingerprint(leaf)} does not hold the CSR's public key: "
            "it was signed for another HSM, or before AWS replaced it; sign the captured "
            "CSR, which is among the certificate files"
        )
    if now is not None:
        # AWS takes a root without any extensions, of whatever version.
        if len(ca.extensions) and (reason := why_no_issuer(ca, root=True)) is not None:
            raise CertificateError(f"the CA certificate may not sign certificates: {reason}")
        _check_valid(leaf, "cluster certificate", now)
        _check_valid(ca, "CA certificate", now)
    return _pair(leaf, ca)


def check_ca(ca_certificate: str) -> x509.Certificate:
    """Checks a CA certificate by itself.

    Args:
        ca_certificate: PEM.

    Raises:
        CertificateError: AWS refuses it.
    """
    ca = _short_certificate(ca_certificate, "the CA certificate")
    _check_ca(ca)
    return ca


def ends_after_its_ca(cluster_certificate: str, ca_certificate: str) -> str | None:
    """A line with both ends, where the cluster certificate outlives its CA; None where it does not.

    AWS takes such a pair. AWS's own documented commands make it: both certificates for 3,652 days,
    the cluster's minutes later (user guide, "Initialize the cluster").

    Args:
        cluster_certificate: PEM.
        ca_certificate: PEM of its CA.
    """
    leaf = load_certificate(cluster_certificate, "the cluster certificate").not_valid_after_utc
    ca = load_certificate(ca_certificate, "the CA certificate").not_valid_after_utc
    if leaf <= ca:
        return None
    return f"the cluster certificate ends {iso(leaf)}, after its CA certificate ({iso(ca)})"


def check_original(cluster_certificate: str, ca_certificate: str) -> CertificatePair:
    """Checks that a cluster was initialized under this CA certificate.

    AWS accepted the pair once, so neither key size nor dates are checked.

    Args:
        cluster_certificate: PEM, as AWS shows it of the cluster.
        ca_certificate: PEM of the `customerCA.crt` to check.

    Raises:
        CertificateError: it is another CA's; names both.
    """
    leaf = load_certificate(cluster_certificate, "the cluster certificate")
    ca = load_certificate(ca_certificate, "the original CA certificate")
    if not issued_by(leaf, ca):
        raise CertificateError(
            f"the given CA certificate {fingerprint(ca)} is not the one that the cluster was "
            f"initialized under: it did not sign its cluster certificate {fingerprint(leaf)}, "
            f"issued by {leaf.issuer.rfc4514_string()}; give that cluster's customerCA.crt"
        )
    return _pair(leaf, ca)


def _pair(leaf: x509.Certificate, ca: x509.Certificate) -> CertificatePair:
    return CertificatePair(
        cluster_certificate_sha256=fingerprint(leaf),
        ca_certificate_sha256=fingerprint(ca),
        cluster_certificate_expires=iso(leaf.not_valid_after_utc),
        ca_certificate_expires=iso(ca.not_valid_after_utc),
    )


def _check_valid(certificate: x509.Certificate, what: str, now: datetime) -> None:
    starts, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not starts <= now <= ends:
        raise CertificateError(
            f"the {what} {fingerprint(certificate)} is valid from {iso(starts)} to {iso(ends)}, "
            f"and it is {iso(now)}: give one that is valid now"
        )


def _short_certificate(pem: str, what: str) -> x509.Certificate:
    if len(pem) > MAX_PEM_LENGTH:
        raise CertificateError(
            f"{what} has {len(pem)} characters, and AWS takes at most {MAX_PEM_LENGTH}: shorten "
            "its subject or drop extensions"
        )
    return load_certificate(pem, what)


def _check_ca(ca: x509.Certificate) -> None:
    if not issued_by(ca, ca):
        raise CertificateError(
            f"the CA certificate {fingerprint(ca)} is not self-signed: AWS requires a root"
        )
    if rsa_bits(ca) not in KEY_BITS:
        raise CertificateError(
            f"the CA certificate's key has to be RSA with 2048 or 4096 bits, not "
            f"{rsa_bits(ca) or key_label(ca)}: AWS takes no other"
        )
    try:
        extensions = ca.extensions
        if len(extensions):
            is_ca = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
            if not is_ca:
                raise CertificateError("the CA certificate's Basic Constraints say CA:FALSE")
    except (x509.ExtensionNotFound, ValueError, x509.DuplicateExtension) as error:
        raise CertificateError(
            "the CA certificate has X.509 v3 extensions but no readable Basic Constraints; AWS "
            "requires these then"
        ) from error
