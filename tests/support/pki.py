"""Certificates for tests: a small PKI shaped like CloudHSM's, with every part replaceable.

Keys are made once per process, because making RSA keys is what costs time here.
"""

from __future__ import annotations

import base64
import functools
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from pulumi_cloudhsm.identity.chains import HsmIdentity, TrustedRoot
from pulumi_cloudhsm.x509.reading import fingerprint

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
"""The moment for which tests verify; everything is valid then unless a test says otherwise."""
STARTS = datetime(2020, 1, 1, tzinfo=UTC)
ENDS = datetime(2045, 1, 1, tzinfo=UTC)

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_DER = serialization.Encoding.DER
_PEM = serialization.Encoding.PEM


@functools.cache
def rsa_key(owner: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """The key of somebody, the same in all tests of a process."""
    return rsa.generate_private_key(65537, bits)


@functools.cache
def ec_key(owner: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class Authority:
    """A certificate and the private key that belongs to it."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def pem(self) -> str:
        return pem(self.certificate)

    @property
    def sha256(self) -> str:
        return fingerprint(self.certificate)

    @property
    def pinned(self) -> TrustedRoot:
        return TrustedRoot.pinned(self.pem, self.sha256, "root")


def name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tests"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def issue(
    common_name: str,
    key: PrivateKey,
    issuer: Authority | None = None,
    *,
    starts: datetime = STARTS,
    ends: datetime = ENDS,
    extensions: tuple[x509.ExtensionType, ...] = (x509.BasicConstraints(True, None),),
) -> Authority:
    """A certificate for a key; self-signed without an issuer."""
    subject = name(common_name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    signer = issuer.key if issuer else key
    return Authority(builder.sign(signer, hashes.SHA256()), key)


def key_usage(*, signs: bool) -> x509.KeyUsage:
    """A key usage with digital signatures, and with signing certificates or without."""
    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    flags = dict.fromkeys((*others, "crl_sign", "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(digital_signature=True, key_cert_sign=signs, **flags)


def request(key: PrivateKey, common_name: str = "HSM:1:PARTN:1, for FIPS mode") -> str:
    """A CSR as PEM."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(name(common_name))
    return builder.sign(key, hashes.SHA256()).public_bytes(_PEM).decode()


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(_PEM).decode()


def der(text: str) -> bytes:
    """What is inside one PEM block."""
    return base64.b64decode("".join(text.strip().splitlines()[1:-1]))


def as_pem(raw: bytes, kind: str) -> str:
    """One PEM block around bytes that need not be readable."""
    body = base64.encodebytes(raw).decode()
    return f"-----BEGIN {kind}-----\n{body}-----END {kind}-----\n"


def flipped(text: str, position: int, mask: int) -> str:
    """The same PEM block with one byte changed; positions count around its end."""
    raw = bytearray(der(text))
    raw[position % len(raw)] ^= mask
    return as_pem(bytes(raw), text.split("-----")[1].removeprefix("BEGIN "))


def as_version_1(authority: Authority) -> Authority:
    """The same certificate as X.509 v1, without extensions, as Cavium's root of 2015 was.

    `cryptography` builds v3 only, so the version field is cut out and the rest is signed anew.
    """
    key = authority.key
    assert isinstance(key, rsa.RSAPrivateKey)
    version = bytes.fromhex("a003020102")
    to_sign = authority.certificate.tbs_certificate_bytes
    assert version in to_sign[:12], "the version comes first"
    assert not len(authority.certificate.extensions), "v1 has no extensions"
    body = to_sign[to_sign.index(version) + len(version) :]
    signed = _sequence(body)
    signature = key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    sha256_with_rsa = bytes.fromhex("300d06092a864886f70d01010b0500")
    bits = b"\x03" + _length(len(signature) + 1) + b"\x00" + signature
    whole = _sequence(signed + sha256_with_rsa + bits)
    return Authority(x509.load_der_x509_certificate(whole), key)


def _sequence(content: bytes) -> bytes:
    return b"\x30" + _length(len(content)) + content


def _length(size: int) -> bytes:
    assert 256 <= size < 65536
    return b"\x82" + size.to_bytes(2, "big")


@functools.cache
def aws_root() -> Authority:
    return issue("Tests' AWS root", rsa_key("AWS root"))


@functools.cache
def manufacturer_root() -> Authority:
    return issue("Tests' manufacturer root", rsa_key("manufacturer root"))


@functools.cache
def hardware(root: Authority) -> Authority:
    """The certificate of the one hardware key under a root; both are issued under one name."""
    return issue("HSM:hardware", rsa_key("hardware"), root)


@functools.cache
def good_identity() -> HsmIdentity:
    """What AWS shows of a genuine HSM."""
    key = rsa_key("HSM")
    return HsmIdentity(
        csr=request(key),
        hsm_certificate=issue("HSM:1", key, hardware(aws_root())).pem,
        aws_hardware_certificate=hardware(aws_root()).pem,
        manufacturer_hardware_certificate=hardware(manufacturer_root()).pem,
    )
