"""What a certificate pair has to fulfil before it may initialize a cluster for good. Pure.

Source of the rules: InitializeCluster in the CloudHSM v2 API reference (PEM of at most 5,000
characters, self-signed root that signs the CSR directly) and "Initialize the cluster" in the user
guide (RSA 2048 or 4096, Basic Constraints when there are X.509 v3 extensions).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from .certificates import (
    fingerprint,
    iso,
    issued_by,
    load_certificate,
    load_csr,
    public_key_der,
    rsa_bits,
)
from .errors import CertificateError

LONGEST_PEM = 5000
_ALLOWED_BITS = (2048, 4096)


@dataclass(frozen=True)
class TrustAnchorPair:
    """A cluster certificate and the trust anchor that issued it, checked.

    Attributes:
        cluster_certificate_sha256: fingerprint, `AB:CD:…`.
        trust_anchor_sha256: fingerprint, `AB:CD:…`.
        cluster_certificate_expires: end of validity, ISO 8601 in UTC.
        trust_anchor_expires: end of validity, ISO 8601 in UTC.
    """

    cluster_certificate_sha256: str
    trust_anchor_sha256: str
    cluster_certificate_expires: str
    trust_anchor_expires: str


def check_pair(
    cluster_certificate: str, trust_anchor: str, csr: str | None, now: datetime | None = None
) -> TrustAnchorPair:
    """Checks a cluster certificate and its trust anchor against the HSM's CSR.

    Args:
        cluster_certificate: PEM, signed for the CSR.
        trust_anchor: PEM of the issuing CA.
        csr: PEM of the CSR that the HSM made; None while it is not known.
        now: the moment for which both have to be valid; None: whenever it was.

    Raises:
        CertificateError: AWS would refuse it, or worse, take it.
    """
    for pem, what in ((cluster_certificate, "cluster certificate"), (trust_anchor, "trust anchor")):
        if len(pem) > LONGEST_PEM:
            raise CertificateError(
                f"the {what} has {len(pem)} characters, and AWS takes at most {LONGEST_PEM}: "
                "shorten its subject or drop extensions"
            )
    leaf = load_certificate(cluster_certificate, "the cluster certificate")
    anchor = load_certificate(trust_anchor, "the trust anchor")
    _check_anchor(anchor)
    if not issued_by(leaf, anchor):
        raise CertificateError(
            f"the cluster certificate {fingerprint(leaf)} was not signed by the trust anchor "
            f"{fingerprint(anchor)}: the root that AWS is given has to sign the CSR directly"
        )
    if csr is not None and public_key_der(leaf) != public_key_der(
        load_csr(csr, "the captured CSR")
    ):
        raise CertificateError(
            f"the cluster certificate {fingerprint(leaf)} does not hold the CSR's public key: "
            "it was signed for another HSM, or before AWS replaced it; sign the captured "
            "CSR, which is among the certificate files"
        )
    if leaf.not_valid_after_utc > anchor.not_valid_after_utc:
        raise CertificateError(
            f"the cluster certificate ends {iso(leaf.not_valid_after_utc)}, after its trust anchor "
            f"({iso(anchor.not_valid_after_utc)}): remove it with `pulumi state delete`, lower "
            "cluster_certificate_validity_hours and run `pulumi up` again"
        )
    if now is not None:
        _check_valid(leaf, "cluster certificate", now)
        _check_valid(anchor, "trust anchor", now)
    return _pair(leaf, anchor)


def check_original(cluster_certificate: str, trust_anchor: str) -> TrustAnchorPair:
    """Whether a CA is the one under which a cluster was initialized, perhaps long ago.

    AWS took that pair once, so nothing else is asked of it: neither key size nor dates.

    Args:
        cluster_certificate: PEM, as AWS shows it of the cluster.
        trust_anchor: PEM of what is said to be its `customerCA.crt`.

    Raises:
        CertificateError: it is another one; names both.
    """
    leaf = load_certificate(cluster_certificate, "the cluster certificate")
    anchor = load_certificate(trust_anchor, "the original CA certificate")
    if not issued_by(leaf, anchor):
        raise CertificateError(
            f"the given CA certificate {fingerprint(anchor)} is not the one that the cluster was "
            f"initialized under: it did not sign its cluster certificate {fingerprint(leaf)}, "
            f"issued by {leaf.issuer.rfc4514_string()}; give that cluster's customerCA.crt"
        )
    return _pair(leaf, anchor)


def _pair(leaf: x509.Certificate, anchor: x509.Certificate) -> TrustAnchorPair:
    return TrustAnchorPair(
        cluster_certificate_sha256=fingerprint(leaf),
        trust_anchor_sha256=fingerprint(anchor),
        cluster_certificate_expires=iso(leaf.not_valid_after_utc),
        trust_anchor_expires=iso(anchor.not_valid_after_utc),
    )


def _check_valid(certificate: x509.Certificate, what: str, now: datetime) -> None:
    starts, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not starts <= now <= ends:
        raise CertificateError(
            f"the {what} {fingerprint(certificate)} is valid from {iso(starts)} to {iso(ends)}, "
            f"and it is {iso(now)}: give one that is valid now"
        )


def _check_anchor(anchor: x509.Certificate) -> None:
    if not issued_by(anchor, anchor):
        raise CertificateError(
            f"the trust anchor {fingerprint(anchor)} is not self-signed: AWS wants a root"
        )
    if rsa_bits(anchor) not in _ALLOWED_BITS:
        raise CertificateError(
            f"the trust anchor's key has to be RSA with 2048 or 4096 bits, not {rsa_bits(anchor)}"
        )
    try:
        extensions = anchor.extensions
        if len(extensions):
            is_ca = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
            if not is_ca:
                raise CertificateError("the trust anchor's Basic Constraints say CA:FALSE")
    except (x509.ExtensionNotFound, ValueError, x509.DuplicateExtension) as error:
        raise CertificateError(
            "the trust anchor has X.509 v3 extensions but no readable Basic Constraints, which AWS "
            "requires then"
        ) from error
