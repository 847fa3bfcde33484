"""Certificates that a key elsewhere signs: as AWS wants them, and as the tls provider's are."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pulumi_cloudhsm.errors import CertificateError, StateError
from pulumi_cloudhsm.trust.anchor import check_pair
from pulumi_cloudhsm.x509.signing import RemoteKey, ca_certificate, cluster_certificate, leaf_period
from rehearsal.plugins.tls import issuing as tls
from tests.support import pki

NOW = dt.datetime(2026, 12, 1, 12, 0, 0, 123456, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
SUBJECT = {
    "common_name": "Example CA",
    "organization": "Example Corp",
    "organizational_unit": "Security",
    "country": "DE",
    "province": "Berlin",
    "locality": "Berlin Mitte",
}
DER = serialization.Encoding.DER
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo


def holder(key: rsa.RSAPrivateKey) -> Any:
    """Signs digests, as KMS does."""
    prehashed = utils.Prehashed(hashes.SHA256())
    return lambda digest: key.sign(digest, padding.PKCS1v15(), prehashed)


def remote(key: rsa.RSAPrivateKey, sign: Any = None) -> RemoteKey:
    return RemoteKey(key.public_key().public_bytes(DER, SPKI), sign or holder(key))


CA_KEY = remote(pki.rsa_key("remote CA"))
CSR = pki.request(pki.rsa_key("HSM"))


def ca(hours: int = 87_660) -> str:
    return ca_certificate(SUBJECT, CA_KEY, hours, NOW)


def leaf(hours: int = 86_940, root: str | None = None, csr: str = CSR) -> str:
    return cluster_certificate(csr, root or ca(), CA_KEY, hours, NOW)


def parsed(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def test_the_pair_is_one_that_aws_takes() -> None:
    check_pair(leaf(), ca(), CSR, NOW)


def test_the_ca_certificate_says_what_a_ca_may() -> None:
    certificate = parsed(ca())
    certificate.verify_directly_issued_by(certificate)
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert (constraints.critical, constraints.value.ca) == (True, True)
    assert usage.critical
    assert (usage.value.key_cert_sign, usage.value.crl_sign, usage.value.digital_signature) == (
        True,
        True,
        True,
    )
    own = x509.SubjectKeyIdentifier.from_public_key(CA_KEY.public_key())
    assert certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value == own


def test_the_validity_of_the_ca_is_exact_and_begins_a_little_earlier() -> None:
    certificate = parsed(ca(1000))
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == 1000 * HOUR
    assert dt.timedelta(0) < NOW - certificate.not_valid_before_utc < HOUR


def test_extensions_and_subject_are_those_of_the_tls_provider() -> None:
    """All modes of trust make the same certificates."""
    subject = tls.subject_name(
        {
            "commonName": SUBJECT["common_name"],
            "organization": SUBJECT["organization"],
            "organizationalUnit": SUBJECT["organizational_unit"],
            "country": SUBJECT["country"],
            "province": SUBJECT["province"],
            "locality": SUBJECT["locality"],
        }
    )
    own_key, csr = pki.rsa_key("remote CA"), x509.load_pem_x509_csr(CSR.encode())
    for_a_ca = ["cert_signing", "crl_signing", "digital_signature"]
    for_a_leaf = ["client_auth", "digital_signature", "server_auth"]

    def theirs_of(name: x509.Name, key: Any, usages: list[str], issuer: Any) -> x509.Certificate:
        is_ca = issuer is None
        template = tls.Template(1000, usages, is_ca, None, False, False)
        pem = tls.issue(
            template,
            subject=name,
            public_key=key,
            issuer=issuer,
            issuer_key=own_key,
            names=None,
        ).pem
        return parsed(pem)

    theirs_ca = theirs_of(subject, own_key.public_key(), for_a_ca, None)
    theirs_leaf = theirs_of(csr.subject, csr.public_key(), for_a_leaf, theirs_ca)
    for ours, theirs in ((parsed(ca()), theirs_ca), (parsed(leaf()), theirs_leaf)):
        assert ours.subject.public_bytes() == theirs.subject.public_bytes()
        assert {(one.oid, one.critical, one.value.public_bytes()) for one in ours.extensions} == {
            (one.oid, one.critical, one.value.public_bytes()) for one in theirs.extensions
        }


def test_the_hsms_subject_and_key_are_taken_unchanged() -> None:
    csr = x509.load_pem_x509_csr(CSR.encode())
    certificate = parsed(leaf())
    assert certificate.subject.public_bytes() == csr.subject.public_bytes()
    assert certificate.public_key() == csr.public_key()
    extended = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(extended) == {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH}


def test_two_certificates_never_have_the_same_serial_number() -> None:
    assert parsed(leaf()).serial_number != parsed(leaf()).serial_number


@pytest.mark.parametrize("weeks", [0, 3])
def test_a_leaf_lies_within_its_ca(weeks: int) -> None:
    root = ca(87_660)
    then = NOW + dt.timedelta(weeks=weeks)
    certificate = parsed(cluster_certificate(CSR, root, CA_KEY, 86_940, then))
    assert certificate.not_valid_before_utc >= parsed(root).not_valid_before_utc
    assert certificate.not_valid_after_utc < parsed(root).not_valid_after_utc
    assert certificate.not_valid_before_utc <= then


def test_a_leaf_that_would_outlive_its_ca_is_refused_with_both_dates_and_the_input() -> None:
    with pytest.raises(CertificateError) as refused:
        leaf(1001, ca(1000))
    for part in ("2027-01-12", "its CA ends", "trust.cluster_certificate_validity_hours"):
        assert part in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("left", "room"), [(87_660, 30 * 24), (1000, 24)])
def test_without_a_validity_a_leaf_ends_before_its_ca(left: int, room: int) -> None:
    root = parsed(ca(left))
    _, ends = leaf_period(root, 0, NOW)
    assert root.not_valid_after_utc - ends == room * HOUR


def test_a_ca_that_ends_at_once_signs_nothing() -> None:
    with pytest.raises(CertificateError, match="give a CA that lasts longer"):
        leaf_period(parsed(ca(48)), 0, NOW + 30 * HOUR)


def test_the_longest_subject_still_fits_and_only_its_digest_is_sent() -> None:
    widest = {part: "é" * 32 for part in SUBJECT if part != "country"} | {"country": "DE"}
    signed: list[int] = []
    key = pki.rsa_key("large CA", 4096)

    def sign(digest: bytes) -> bytes:
        signed.append(len(digest))
        return holder(key)(digest)

    pem = ca_certificate(widest, remote(key, sign), 87_660, NOW)
    assert signed == [32]
    assert len(pem) <= 5000
    check_pair(pem, pem, None, NOW)


def test_a_part_that_is_too_long_in_utf_8_is_one_line() -> None:
    with pytest.raises(CertificateError) as refused:
        ca_certificate({**SUBJECT, "common_name": "é" * 33}, CA_KEY, 100, NOW)
    assert "common_name" in str(refused.value)
    assert "shorten it" in str(refused.value)


def test_a_part_that_is_not_given_is_not_there() -> None:
    pem = ca_certificate({"common_name": "A", "organization": "B"}, CA_KEY, 100, NOW)
    assert [one.oid for one in parsed(pem).subject] == [
        NameOID.ORGANIZATION_NAME,
        NameOID.COMMON_NAME,
    ]


def test_another_key_than_the_cas_is_refused() -> None:
    with pytest.raises(StateError, match="not that of the CA certificate"):
        cluster_certificate(CSR, ca(), remote(pki.rsa_key("other")), 100, NOW)


def test_a_signature_of_another_key_makes_no_certificate() -> None:
    impostor = remote(pki.rsa_key("remote CA"), holder(pki.rsa_key("other")))
    with pytest.raises(CertificateError, match="no signature of its own key"):
        ca_certificate(SUBJECT, impostor, 100, NOW)


def test_a_key_of_another_kind_is_refused() -> None:
    curve = pki.ec_key("KMS").public_key().public_bytes(DER, SPKI)
    with pytest.raises(CertificateError, match="no RSA key"):
        RemoteKey(curve, lambda _: b"")


def test_a_key_that_cannot_be_read_is_refused_in_one_line() -> None:
    with pytest.raises(CertificateError, match="the signing key cannot be read"):
        RemoteKey(b"0\x00", lambda digest: digest)


def test_the_adapter_holds_no_key_and_does_nothing_but_sign() -> None:
    for forbidden in (
        lambda: CA_KEY.private_numbers(),
        lambda: CA_KEY.private_bytes(
            DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        lambda: CA_KEY.decrypt(b"", padding.PKCS1v15()),
        lambda: CA_KEY.sign(b"", padding.PKCS1v15(), hashes.SHA512()),
        lambda: CA_KEY.sign(b"", padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()),
    ):
        with pytest.raises(NotImplementedError):
            forbidden()
    assert copy.deepcopy(CA_KEY) is copy.copy(CA_KEY) is CA_KEY
    assert CA_KEY.key_size == 2048
