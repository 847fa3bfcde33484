"""Reading certificates and CSRs: parsing, fingerprints, dates, signatures. Pure.

Everything goes through `cryptography`; nothing here decides whether something is trusted.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ..errors import CertificateError

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)
_ISO = "%Y-%m-%dT%H:%M:%SZ"
_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion)


def load_certificate(pem: str, what: str) -> x509.Certificate:
    """Reads exactly one PEM certificate.

    Args:
        pem: PEM text; surrounding white space is allowed.
        what: how to call it in an error.

    Raises:
        CertificateError: it is not one readable certificate.
    """
    if pem.count("-----BEGIN CERTIFICATE-----") != 1:
        raise CertificateError(
            f"{what} has to be exactly one PEM certificate, but holds "
            f"{pem.count('-----BEGIN CERTIFICATE-----')} of them"
        )
    try:
        certificate = x509.load_pem_x509_certificate(pem.strip().encode())
        _read_through(certificate)
    except _UNREADABLE as error:
        raise CertificateError(f"{what} is not a readable PEM certificate: {error}") from error
    return certificate


def load_csr(pem: str, what: str) -> x509.CertificateSigningRequest:
    """Reads one PEM certificate signing request.

    Raises:
        CertificateError: it cannot be read.
    """
    try:
        csr = x509.load_pem_x509_csr(pem.strip().encode())
        _read_through(csr)
    except _UNREADABLE as error:
        raise CertificateError(f"{what} is not a readable PEM CSR: {error}") from error
    return csr


def _read_through(subject: x509.Certificate | x509.CertificateSigningRequest) -> None:
    """Reads now what `cryptography` reads late, so that no later step meets an unreadable part.

    The number of unused bits in front of the signature is covered by no signature, and
    `cryptography` ignores it. In DER there is one way only to write whole octets.
    """
    _ = subject.subject
    _ = subject.public_key()
    if isinstance(subject, x509.Certificate):
        _ = subject.issuer
    if not subject.public_bytes(serialization.Encoding.DER).endswith(b"\x00" + subject.signature):
        raise ValueError("its signature is not encoded in whole octets")


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 over the DER form, as `openssl x509 -fingerprint -sha256` prints it: `AB:CD:…`."""
    return _colons(certificate.fingerprint(hashes.SHA256()))


def csr_fingerprint(csr: x509.CertificateSigningRequest) -> str:
    """SHA-256 over the DER form of a CSR, written like a certificate's fingerprint."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(csr.public_bytes(serialization.Encoding.DER))
    return _colons(digest.finalize())


def normalized_fingerprint(text: str) -> str:
    """A SHA-256 fingerprint in our spelling, from any usual one (colons or not, any case).

    Raises:
        ValueError: it does not hold 64 hexadecimal digits.
    """
    digits = text.strip().replace(":", "").replace(" ", "").upper()
    if len(digits) != 64 or any(digit not in "0123456789ABCDEF" for digit in digits):
        raise ValueError(f"{text!r} is not a SHA-256 fingerprint of 64 hexadecimal digits")
    return _colons(bytes.fromhex(digits))


def public_key_der(subject: x509.Certificate | x509.CertificateSigningRequest) -> bytes:
    """The public key as SubjectPublicKeyInfo: equal bytes mean equal keys."""
    return subject.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def rsa_bits(subject: x509.Certificate | x509.CertificateSigningRequest) -> int:
    """Key size in bits; 0 when the key is not RSA."""
    key = subject.public_key()
    return key.key_size if isinstance(key, rsa.RSAPublicKey) else 0


def key_label(subject: x509.Certificate | x509.CertificateSigningRequest) -> str:
    """What kind of key it is, for people: `RSA 1024`, `EC secp384r1`, `Ed25519`."""
    key = subject.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    return type(key).__name__.removesuffix("PublicKey")


def issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the issuer's name and the issuer's signature are both on the certificate."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def why_no_issuer(issuer: x509.Certificate, *, root: bool, below: int = 0) -> str | None:
    """Why a certificate may not issue others, by its own extensions; None if it may.

    As `openssl verify` without `-x509_strict` decides it: below the root CA:TRUE is needed. A root
    may also be of version 1, or have a key usage with Certificate Sign and no Basic Constraints.
    Source: https://docs.openssl.org/master/man1/openssl-verification-options/

    Args:
        issuer: the certificate to look at.
        root: whether it is the chain's anchor.
        below: how many CA certificates stand between it and the end of the chain.
    """
    try:
        basic = _extension(issuer, x509.BasicConstraints)
        usage = _extension(issuer, x509.KeyUsage)
    except (ValueError, x509.DuplicateExtension):
        return "its extensions cannot be read"
    if usage is not None and not usage.key_cert_sign:
        return "its key usage has no Certificate Sign (keyCertSign)"
    if basic is None:
        old = issuer.version is x509.Version.v1 and issued_by(issuer, issuer)
        if root and (old or usage is not None):
            return None
        return "it has no Basic Constraints (CA:TRUE)"
    if not basic.ca:
        return "its Basic Constraints say CA:FALSE"
    if basic.path_length is not None and basic.path_length < below:
        return f"its path length allows {basic.path_length} CA certificates below it, not {below}"
    return None


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def csr_signed_by_its_key(csr: x509.CertificateSigningRequest) -> bool:
    """Whether the CSR proves possession of the private key it asks a certificate for."""
    try:
        return csr.is_signature_valid
    except (ValueError, UnsupportedAlgorithm):
        return False


def iso(date: datetime) -> str:
    """A date as `2027-04-26T08:37:46Z`."""
    return date.strftime(_ISO)


def moment(text: str) -> datetime:
    """The date that `iso` wrote.

    Raises:
        ValueError: it is not such a date.
    """
    return datetime.strptime(text, _ISO).replace(tzinfo=UTC)


def _colons(raw: bytes) -> str:
    return raw.hex(":").upper()


def pem_label(pem: str) -> str:
    """A PEM certificate in one line for people: its fingerprint; never the text itself."""
    try:
        return f"certificate with SHA-256 {fingerprint(load_certificate(pem, 'it'))}"
    except CertificateError:
        return "PEM text"
