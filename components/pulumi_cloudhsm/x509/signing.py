"""Certificates that a key elsewhere signs: the CA's own, and the HSM's. Pure.

`cryptography` builds and encodes them; of the key it needs the signature over a digest only. Names,
usages and extensions are those of the tls provider, so that all modes of trust make the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NoReturn

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ..errors import CertificateError, StateError
from .reading import iso, load_certificate, load_csr, public_key_der

SignDigest = Callable[[bytes], bytes]
"""From a SHA-256 digest to its RSASSA-PKCS1-v1_5 signature."""

_CLOCK_SKEW = timedelta(minutes=5)
_ROOM = timedelta(days=30)
# As Go's crypto/x509/pkix orders them, and with it the tls provider.
_ORDER = {
    "country": NameOID.COUNTRY_NAME,
    "organization": NameOID.ORGANIZATION_NAME,
    "organizational_unit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "locality": NameOID.LOCALITY_NAME,
    "province": NameOID.STATE_OR_PROVINCE_NAME,
    "common_name": NameOID.COMMON_NAME,
}
_NO_USAGE = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


class RemoteKey(rsa.RSAPrivateKey):
    """A private key elsewhere that signs on request."""

    def __init__(self, public_key_der: bytes, sign_digest: SignDigest) -> None:
        """Prepares; asks for nothing yet.

        Args:
            public_key_der: SubjectPublicKeyInfo of the key.
            sign_digest: asks the holder of the key for a signature.

        Raises:
            CertificateError: it is no RSA key.
        """
        try:
            key = serialization.load_der_public_key(public_key_der)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise CertificateError(f"the signing key cannot be read ({error})") from error
        if not isinstance(key, rsa.RSAPublicKey):
            raise CertificateError("the signing key is no RSA key, and AWS takes no other")
        self._public, self._sign_digest = key, sign_digest

    @property
    def key_size(self) -> int:
        """Bits of the modulus."""
        return self._public.key_size

    def public_key(self) -> rsa.RSAPublicKey:
        """The public half."""
        return self._public

    def sign(
        self,
        data: bytes | bytearray | memoryview,
        padding: padding.AsymmetricPadding,
        algorithm: utils.Prehashed | hashes.HashAlgorithm | utils.NoDigestInfo,
    ) -> bytes:
        """Asks for a signature and verifies it.

        Raises:
            CertificateError: the answer is no signature of this key.
        """
        _refuse_other_than_sha256(padding, algorithm)
        digest = hashes.Hash(hashes.SHA256())
        digest.update(bytes(data))
        signature = self._sign_digest(digest.finalize())
        try:
            self._public.verify(signature, bytes(data), padding, hashes.SHA256())
        except InvalidSignature:
            raise CertificateError(
                "the signer returned no signature of its own key, and no certificate was made: run "
                "`pulumi up` again"
            ) from None
        return signature

    def decrypt(self, ciphertext: bytes, padding: padding.AsymmetricPadding) -> NoReturn:
        """Not a signature."""
        raise NotImplementedError("this key signs only")

    def private_numbers(self) -> NoReturn:
        """Not here."""
        raise NotImplementedError("this key is not here")

    def private_bytes(
        self,
        encoding: serialization.Encoding,
        format: serialization.PrivateFormat,
        encryption_algorithm: serialization.KeySerializationEncryption,
    ) -> NoReturn:
        """Not here."""
        raise NotImplementedError("this key is not here")

    def __copy__(self) -> RemoteKey:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> RemoteKey:
        return self


def ca_certificate(
    subject: Mapping[str, str], key: rsa.RSAPrivateKey, hours: int, now: datetime
) -> str:
    """A self-signed CA certificate as PEM.

    Args:
        subject: parts by name, `common_name` for example.
        key: the CA's.
        hours: its validity, exactly.
        now: the moment; the validity begins 5 minutes before it.

    Raises:
        CertificateError: the subject cannot be encoded, or the signature is wrong.
    """
    name = subject_name(subject)
    starts = now.replace(microsecond=0) - _CLOCK_SKEW
    usage = {**_NO_USAGE, "digital_signature": True, "key_cert_sign": True, "crl_sign": True}
    public = key.public_key()
    builder = (
        _builder(name, name, public, starts, starts + timedelta(hours=hours))
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    return _pem(builder.sign(key, hashes.SHA256()))


def subject_name(subject: Mapping[str, str]) -> x509.Name:
    """The distinguished name of a CA, from its parts by name.

    Raises:
        CertificateError: a part cannot be encoded: it takes more than 64 bytes in UTF-8.
    """
    found: list[x509.NameAttribute[str]] = []
    for part, oid in _ORDER.items():
        if part in subject:
            try:
                found.append(x509.NameAttribute(oid, subject[part]))
            except ValueError as error:
                raise CertificateError(
                    f"the CA's {part} {subject[part]!r} cannot stand in a certificate ({error} "
                    "bytes in UTF-8): shorten it"
                ) from None
    return x509.Name(found)


def cluster_certificate(
    csr_pem: str, ca_pem: str, key: rsa.RSAPrivateKey, hours: int, now: datetime
) -> str:
    """The cluster certificate for an HSM's CSR, whose subject it takes unchanged, as PEM.

    Args:
        csr_pem: the captured CSR.
        ca_pem: the CA certificate.
        key: the CA's.
        hours: its validity; see `leaf_period`.
        now: the moment.

    Raises:
        CertificateError: it would end after its CA, or CSR or CA cannot be read.
        StateError: the key is not the CA's.
    """
    csr, ca = load_csr(csr_pem, "the captured CSR"), load_certificate(ca_pem, "the CA certificate")
    ca_key, own_key = public_key_der(ca), _der(key.public_key())
    if ca_key != own_key:
        raise StateError(
            "the signing key is not that of the CA certificate: give the CA's key again; or, while "
            "the cluster is not initialized, remove the CA certificate with `pulumi state delete` "
            "and run `pulumi up` again"
        )
    starts, ends = leaf_period(ca, hours, now)
    usage = {**_NO_USAGE, "digital_signature": True}
    extended = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    builder = (
        _builder(csr.subject, ca.subject, csr.public_key(), starts, ends)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage(extended), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
    )
    return _pem(builder.sign(key, hashes.SHA256()))


def leaf_period(ca: x509.Certificate, hours: int, now: datetime) -> tuple[datetime, datetime]:
    """From when to when a cluster certificate is valid under a CA.

    Args:
        ca: its CA.
        hours: from now on; 0: until 30 days before the CA's end (a day, where it has less than 60
            left).
        now: the moment; the validity begins 5 minutes before it, but not before the CA's.

    Raises:
        CertificateError: it would end after its CA.
    """
    starts = max(now.replace(microsecond=0) - _CLOCK_SKEW, ca.not_valid_before_utc)
    last = ca.not_valid_after_utc
    if hours:
        ends = now.replace(microsecond=0) + timedelta(hours=hours)
    else:
        ends = last - (_ROOM if last - now > 2 * _ROOM else timedelta(days=1))
    if not now < ends <= last:
        raise CertificateError(
            f"the cluster certificate would end {iso(ends)}, and its CA ends {iso(last)}: lower "
            "trust.cluster_certificate_validity_hours, or give a CA that lasts longer"
        )
    return starts, ends


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: object,
    starts: datetime,
    ends: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)  # pyright: ignore[reportArgumentType]
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends)
    )


def _refuse_other_than_sha256(scheme: object, algorithm: object) -> None:
    if not (isinstance(scheme, padding.PKCS1v15) and isinstance(algorithm, hashes.SHA256)):
        raise NotImplementedError("only RSASSA-PKCS1-v1_5 with SHA-256")


def _der(key: rsa.RSAPublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
