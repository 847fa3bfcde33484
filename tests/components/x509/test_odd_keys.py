"""Odd certificates, properly signed or not: one line that names them, and no traceback."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from pulumi_cloudhsm import TrustArgs
from pulumi_cloudhsm.errors import CertificateError, CloudHsmError, IdentityError
from pulumi_cloudhsm.identity.args import PinnedRoot
from pulumi_cloudhsm.identity.chains import HsmIdentity, TrustedRoot, Verification, verify
from pulumi_cloudhsm.trust.anchor import check_original, check_pair
from pulumi_cloudhsm.validation import InputError
from pulumi_cloudhsm.x509 import reading
from pulumi_cloudhsm.x509.signing import cluster_certificate
from tests.support import pki

RSA_ENCRYPTION = bytes.fromhex("06092a864886f70d010101")
P521 = bytes.fromhex("06052b81040023")


def rsa_of_primes(*exponents: int) -> rsa.RSAPrivateKey:
    """An RSA key of any size at once: of two Mersenne primes."""
    p, q = (2**exponent - 1 for exponent in exponents)
    e, phi = 65537, (p - 1) * (q - 1)
    d = pow(e, -1, phi)
    public = rsa.RSAPublicNumbers(e, p * q)
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


MAKERS: dict[str, Callable[[], object]] = {
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "Ed448": ed448.Ed448PrivateKey.generate,
    "EC secp521r1": lambda: ec.generate_private_key(ec.SECP521R1()),
    "EC secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "EC brainpoolP384r1": lambda: ec.generate_private_key(ec.BrainpoolP384R1()),
    "DSA": lambda: dsa.generate_private_key(1024),
    "RSA 1128": lambda: rsa_of_primes(607, 521),
    "RSA 19630": lambda: rsa_of_primes(9941, 9689),
}


@functools.cache
def self_signed(kind: str) -> str:
    """A root with such a key, which it has signed itself."""
    key = MAKERS[kind]()
    return certificate(key.public_key(), key)  # type: ignore[attr-defined]


def certificate(public_key: CertificatePublicKeyTypes, signer: object) -> str:
    plain = isinstance(signer, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    built = (
        x509.CertificateBuilder()
        .subject_name(pki.name("Odd"))
        .issuer_name(pki.name("Odd"))
        .public_key(public_key)
        .serial_number(7)
        .not_valid_before(pki.STARTS)
        .not_valid_after(pki.ENDS)
        .add_extension(x509.BasicConstraints(True, None), critical=True)
    )
    return pki.pem(built.sign(signer, None if plain else hashes.SHA256()))  # type: ignore[arg-type]


@functools.cache
def unreadable() -> dict[str, str]:
    """Certificates whose key `cryptography` cannot read, although all else can be."""
    plain = pki.der(certificate(pki.rsa_key("odd").public_key(), pki.rsa_key("odd")))
    curve = pki.der(self_signed("EC secp521r1"))
    exponent = bytes.fromhex("0203010001")
    modulus = pki.rsa_key("odd").public_key().public_numbers().n.to_bytes(256, "big")
    raw = {
        "unknown algorithm": plain.replace(RSA_ENCRYPTION, RSA_ENCRYPTION[:-1] + b"\x77"),
        "unknown curve": curve.replace(P521, P521[:-1] + b"\x77"),
        "point of another curve": curve.replace(P521, P521[:-1] + b"\x22"),
        "modulus 0": plain.replace(modulus, bytes(256)),
        "exponent 1": plain.replace(exponent, bytes.fromhex("0203000001")),
        "even exponent": plain.replace(exponent, bytes.fromhex("0203010002")),
    }
    return {name: pki.as_pem(der, "CERTIFICATE") for name, der in raw.items()}


def line(step: Callable[[], object], kind: type[Exception] = CloudHsmError) -> str:
    with pytest.raises(kind) as refused:
        step()
    assert "\n" not in str(refused.value)
    return str(refused.value)


def ca() -> pki.Authority:
    return pki.issue("Our CA", pki.rsa_key("our CA"))


def leaf() -> pki.Authority:
    return pki.issue("HSM:1", pki.rsa_key("HSM"), ca())


@pytest.mark.parametrize("kind", MAKERS)
def test_a_ca_of_an_odd_key_is_refused_in_the_preview_by_field_and_kind(kind: str) -> None:
    odd = self_signed(kind)
    args = TrustArgs(mode="external", cluster_certificate=leaf().pem, ca_certificate=odd)
    with pytest.raises(InputError) as refused:
        args.check()
    assert refused.value.field == "ca_certificate"
    if kind != "RSA 19630":  # too long as text: AWS takes 5000 characters
        size = kind.removeprefix("RSA ")
        assert f"RSA with 2048 or 4096 bits, not {size}: AWS takes no other" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("kind", MAKERS)
def test_an_odd_key_anywhere_in_an_identity_is_refused_in_one_line(kind: str) -> None:
    odd, good = self_signed(kind), pki.good_identity()
    pinned = TrustedRoot.pinned(odd, reading.fingerprint(reading.load_certificate(odd, "it")), "it")
    parts = {
        "hsm_certificate": good.hsm_certificate,
        "aws_hardware_certificate": good.aws_hardware_certificate,
        "manufacturer_hardware_certificate": good.manufacturer_hardware_certificate,
    }
    for part in parts:
        identity = HsmIdentity(good.csr, **{**parts, part: odd})
        roots = [pki.aws_root().pinned, pinned], [pki.manufacturer_root().pinned, pinned]

        def step(identity: HsmIdentity = identity, roots=roots) -> object:
            return verify(identity, *roots, Verification.FULL, pki.NOW)

        said = line(step, IdentityError)
        if part == "hsm_certificate" and not kind.startswith("RSA 196"):
            assert f"the key of HsmCertificate is {kind}, not RSA" in said


@pytest.mark.parametrize("kind", MAKERS)
def test_another_clusters_ca_of_an_odd_key_is_not_the_original(kind: str) -> None:
    assert "is not the one" in line(lambda: check_original(leaf().pem, self_signed(kind)))


@pytest.mark.parametrize("what", unreadable())
def test_a_key_that_cannot_be_read_is_refused_wherever_it_comes_in(what: str) -> None:
    odd = unreadable()[what]
    csr = pki.request(pki.rsa_key("HSM"))
    good = pki.good_identity()
    steps: list[Callable[[], object]] = [
        lambda: check_pair(leaf().pem, odd, csr),
        lambda: check_pair(odd, ca().pem, csr),
        lambda: check_original(leaf().pem, odd),
        lambda: cluster_certificate(csr, odd, pki.rsa_key("our CA"), 0, pki.NOW),
        lambda: verify(
            HsmIdentity(good.csr, odd, odd, odd),
            [pki.aws_root().pinned],
            [],
            Verification.STANDARD,
            pki.NOW,
        ),
    ]
    for step in steps:
        assert "is not a readable PEM certificate" in line(step, CertificateError)
    assert "not a readable" in line(lambda: PinnedRoot(odd, "AB" * 32).check("root"), InputError)


def test_a_key_that_only_agrees_on_keys_is_named() -> None:
    pem = certificate(x25519.X25519PrivateKey.generate().public_key(), pki.rsa_key("odd"))
    assert reading.key_label(reading.load_certificate(pem, "it")) == "X25519"
