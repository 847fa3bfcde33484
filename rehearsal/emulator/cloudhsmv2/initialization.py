"""What InitializeCluster demands of the two certificates it is given."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

PEM_LIMIT = 5000
"""Characters of PEM; from the API reference's text, the model itself allows 20000."""

RSA_SIZES = (2048, 3072, 4096)
"""The user guide names 2048 and 4096; a public lab guide (2026, hsm2m) succeeded with 3072.
Nothing public says what happens with other kinds of keys, so they are refused."""


def objection(csr_pem: str, signed_cert: str, trust_anchor: str) -> str | None:
    """Why AWS would refuse these certificates, or None.

    The conditions are documented (user guide, "Initialize the cluster"; API reference,
    InitializeCluster); the wording of AWS's refusals is not public, so all texts are ours.
    """
    for name, pem in (("SignedCert", signed_cert), ("TrustAnchor", trust_anchor)):
        if len(pem) > PEM_LIMIT:
            return f"{name} has {len(pem)} characters; the maximum is {PEM_LIMIT}."
    leaf = _single_certificate(signed_cert)
    if leaf is None:
        return "SignedCert is not one PEM encoded X.509 certificate."
    anchor = _single_certificate(trust_anchor)
    if anchor is None:
        # The user guide also speaks of chains, the API reference excludes them.
        return "TrustAnchor is not one PEM encoded X.509 certificate."
    return _anchor_objection(anchor) or _leaf_objection(leaf, anchor, csr_pem)


def _anchor_objection(anchor: x509.Certificate) -> str | None:
    key = anchor.public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size not in RSA_SIZES:
        return "TrustAnchor must hold an RSA 2048 or RSA 4096 key."
    if not _issued(anchor, anchor):
        return "TrustAnchor must be a self-signed certificate."
    if len(anchor.extensions) > 0:
        try:
            basic = anchor.extensions.get_extension_for_class(x509.BasicConstraints).value
        except x509.ExtensionNotFound:
            return "TrustAnchor has X509v3 extensions but no Basic Constraints extension."
        if not basic.ca:
            return "TrustAnchor is not a certificate authority (Basic Constraints CA:FALSE)."
    return None


def _leaf_objection(leaf: x509.Certificate, anchor: x509.Certificate, csr_pem: str) -> str | None:
    csr = x509.load_pem_x509_csr(csr_pem.encode())
    if _spki(leaf.public_key()) != _spki(csr.public_key()):
        return "SignedCert does not hold the public key of the cluster's CSR."
    if not _issued(leaf, anchor):
        return "SignedCert was not signed by TrustAnchor."
    return None


def _single_certificate(pem: str) -> x509.Certificate | None:
    try:
        certificates = x509.load_pem_x509_certificates(pem.encode())
    except ValueError:
        return None
    return certificates[0] if len(certificates) == 1 else None


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _spki(key: object) -> bytes:
    return key.public_bytes(  # type: ignore[attr-defined,no-any-return]
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
