"""Reading certificates, their fingerprints, and the AWS root that the package ships."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes

from pulumi_cloudhsm.errors import CertificateError
from pulumi_cloudhsm.identity.chains import TrustedRoot
from pulumi_cloudhsm.identity.roots import AWS_ROOT_G1_SHA256, aws_root_g1_pem
from pulumi_cloudhsm.x509 import reading
from tests.support import pki


def test_the_shipped_aws_root_is_the_one_its_constant_pins():
    root = TrustedRoot.pinned(aws_root_g1_pem(), AWS_ROOT_G1_SHA256, "AWS root")
    assert "CN=AWS CloudHSM Root G1" in root.certificate.subject.rfc4514_string()
    assert reading.issued_by(root.certificate, root.certificate), "it is self-signed"
    assert reading.iso(root.certificate.not_valid_after_utc).startswith("2027-04-26")
    assert reading.rsa_bits(root.certificate) == 2048


def test_white_space_around_a_pem_does_not_matter():
    text = pki.aws_root().pem
    read = reading.load_certificate(f"\n  {text}\n\n", "root")
    assert read == pki.aws_root().certificate
    assert reading.load_csr(f"\n{pki.request(pki.rsa_key('HSM'))}\n", "CSR").is_signature_valid


def test_a_private_key_in_place_of_a_certificate_is_refused_without_showing_it():
    key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"
    with pytest.raises(CertificateError, match="root 1 has to be exactly one") as error:
        reading.load_certificate(key, "root 1")
    assert "c2VjcmV0" not in str(error.value)


def test_a_certificate_in_place_of_a_csr_is_refused_and_named():
    with pytest.raises(CertificateError, match=r"^ClusterCsr is not a readable PEM CSR"):
        reading.load_csr(pki.aws_root().pem, "ClusterCsr")


def test_fingerprints_are_written_as_openssl_writes_them():
    root = pki.aws_root().certificate
    written = reading.fingerprint(root)
    assert bytes.fromhex(written.replace(":", "")) == root.fingerprint(hashes.SHA256())
    assert written == written.upper()
    assert written.count(":") == 31


def test_the_fingerprint_of_a_csr_changes_with_its_key_and_only_then():
    one = pki.request(pki.rsa_key("HSM"))
    same, other = pki.request(pki.rsa_key("HSM")), pki.request(pki.rsa_key("other"))
    first, again, else_ = (
        reading.csr_fingerprint(reading.load_csr(csr, "CSR")) for csr in (one, same, other)
    )
    assert first == again
    assert first != else_


@pytest.mark.parametrize(
    "spelling", ["ab" * 32, "AB" * 32, ":".join(["aB"] * 32), "  " + "AB " * 32]
)
def test_a_fingerprint_may_be_given_in_any_usual_spelling(spelling: str):
    assert reading.normalized_fingerprint(spelling) == ":".join(["AB"] * 32)


@pytest.mark.parametrize(
    "wrong", ["", "AB", "AB" * 31, "AB" * 33, "GG" * 32, "sha256:" + "AB" * 32]
)
def test_what_is_no_fingerprint_is_refused(wrong: str):
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        reading.normalized_fingerprint(wrong)


def test_bits_are_told_for_rsa_keys_only():
    assert reading.rsa_bits(pki.aws_root().certificate) == 2048
    assert reading.rsa_bits(pki.issue("EC", pki.ec_key("EC")).certificate) == 0


def test_issued_by_wants_the_name_and_the_signature():
    root = pki.aws_root()
    child = pki.issue("child", pki.rsa_key("other"), root).certificate
    same_name = pki.issue("Tests' AWS root", pki.rsa_key("impostor")).certificate
    same_key = pki.issue("another name", pki.rsa_key("AWS root")).certificate
    assert reading.issued_by(child, root.certificate)
    assert not reading.issued_by(child, same_name)
    assert not reading.issued_by(child, same_key)


def test_dates_are_written_in_utc():
    assert reading.iso(datetime(2027, 4, 26, 8, 37, 46, tzinfo=UTC)) == "2027-04-26T08:37:46Z"
