"""AWS Private CA: a root that waits for its certificate, templates, validity, states, tokens."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from rehearsal.emulator.process import RunningEmulator
from tests.support import pki

TEMPLATE = "arn:aws:acm-pca:::template/"
NOW = datetime.now(UTC).replace(microsecond=0)
TEN_YEARS = NOW + timedelta(days=3652)
CSR = pki.request(pki.rsa_key("HSM"))


class Place:
    """One emulator, asked in short."""

    def __init__(self, emulator: RunningEmulator) -> None:
        self.emulator = emulator
        self.pca = emulator.client("acm-pca")

    def create(self, **changes: Any) -> str:
        subject = {"CommonName": "Root", "Organization": "Example", "Locality": "Berlin"}
        configuration = {
            "KeyAlgorithm": "RSA_2048",
            "SigningAlgorithm": "SHA256WITHRSA",
            "Subject": subject,
        }
        asked = {
            "CertificateAuthorityType": "ROOT",
            "CertificateAuthorityConfiguration": configuration,
            **changes,
        }
        return self.pca.create_certificate_authority(**asked)["CertificateAuthorityArn"]

    def waits(self, arn: str) -> str:
        """The CSR, once there is one."""
        while self.status(arn) == "CREATING":
            time.sleep(0.01)
        return self.pca.get_certificate_authority_csr(CertificateAuthorityArn=arn)["Csr"]

    def status(self, arn: str) -> str:
        found = self.pca.describe_certificate_authority(CertificateAuthorityArn=arn)
        return found["CertificateAuthority"]["Status"]

    def issue(self, arn: str, csr: str, template: str = "EndEntityCertificate/V1", **more: Any):
        asked = {
            "SigningAlgorithm": "SHA256WITHRSA",
            "TemplateArn": TEMPLATE + template,
            "Validity": {"Type": "ABSOLUTE", "Value": int(TEN_YEARS.timestamp())},
            **more,
        }
        answer = self.pca.issue_certificate(CertificateAuthorityArn=arn, Csr=csr.encode(), **asked)
        return answer["CertificateArn"]

    def issued(self, arn: str, certificate_arn: str) -> x509.Certificate:
        names = {"CertificateAuthorityArn": arn, "CertificateArn": certificate_arn}
        while True:
            try:
                found = self.pca.get_certificate(**names)["Certificate"]
            except self.pca.exceptions.RequestInProgressException:
                time.sleep(0.01)
            else:
                return x509.load_pem_x509_certificate(found.encode())

    def root(self, arn: str, ends: datetime = TEN_YEARS) -> x509.Certificate:
        validity = {"Type": "ABSOLUTE", "Value": int(ends.timestamp())}
        asked = self.issue(arn, self.waits(arn), "RootCACertificate/V1", Validity=validity)
        certificate = self.issued(arn, asked)
        self.pca.import_certificate_authority_certificate(
            CertificateAuthorityArn=arn, Certificate=pki.pem(certificate).encode()
        )
        return certificate


@pytest.fixture
def place(emulator: RunningEmulator) -> Place:
    return Place(emulator)


def code(call: Any, *given: Any, **named: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(*given, **named)
    return refused.value.response["Error"]["Code"]


@pytest.mark.parametrize("bits", [2048, 4096])
def test_the_root_is_self_signed_over_the_cas_own_key(place: Place, bits: int) -> None:
    arn = place.create(
        CertificateAuthorityConfiguration={
            "KeyAlgorithm": f"RSA_{bits}",
            "SigningAlgorithm": "SHA256WITHRSA",
            "Subject": {"CommonName": "Root", "Country": "DE"},
        }
    )
    csr = x509.load_pem_x509_csr(place.waits(arn).encode())
    root = place.root(arn)
    root.verify_directly_issued_by(root)
    assert root.public_key() == csr.public_key()
    key = root.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == bits
    assert isinstance(root.signature_hash_algorithm, hashes.SHA256)
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert root.not_valid_after_utc == TEN_YEARS
    assert place.status(arn) == "ACTIVE"
    shown = place.pca.get_certificate_authority_certificate(CertificateAuthorityArn=arn)
    assert shown["Certificate"].strip() == pki.pem(root).strip()


def test_a_leaf_has_the_csrs_key_and_subject_and_the_templates_extensions(place: Place) -> None:
    arn = place.create()
    root = place.root(arn)
    ends = TEN_YEARS - timedelta(days=30)
    leaf = place.issued(
        arn,
        place.issue(
            arn,
            CSR,
            Validity={"Type": "END_DATE", "Value": int(ends.strftime("%Y%m%d%H%M%S"))},
            ValidityNotBefore={"Type": "ABSOLUTE", "Value": int(NOW.timestamp())},
        ),
    )
    leaf.verify_directly_issued_by(root)
    csr = x509.load_pem_x509_csr(CSR.encode())
    assert leaf.public_key() == csr.public_key()
    assert leaf.subject.public_bytes() == csr.subject.public_bytes()
    assert (leaf.not_valid_before_utc, leaf.not_valid_after_utc) == (NOW, ends)
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert leaf.extensions.get_extension_for_class(x509.KeyUsage).value.key_encipherment
    assert len(list(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)) == 2


def test_without_a_beginning_a_certificate_is_valid_from_an_hour_ago(place: Place) -> None:
    arn = place.create()
    root = place.root(arn)
    age = datetime.now(UTC) - root.not_valid_before_utc
    assert timedelta(minutes=59) < age < timedelta(minutes=62)


def test_a_certificate_is_there_a_little_later(place: Place) -> None:
    place.emulator.configure(speed=20)
    arn = place.create()
    assert code(place.pca.get_certificate_authority_csr, CertificateAuthorityArn=arn) == (
        "RequestInProgressException"
    )
    csr = place.waits(arn)
    asked = place.issue(arn, csr, "RootCACertificate/V1")
    names = {"CertificateAuthorityArn": arn, "CertificateArn": asked}
    assert code(place.pca.get_certificate, **names) == "RequestInProgressException"
    place.issued(arn, asked)


def test_the_same_token_is_the_same_certificate(place: Place) -> None:
    place.emulator.configure(speed=20)
    arn = place.create()
    place.root(arn)
    first = place.issue(arn, CSR, IdempotencyToken="a" * 36, Validity={"Type": "DAYS", "Value": 5})
    days = {"Type": "DAYS", "Value": 7}
    assert place.issue(arn, CSR, IdempotencyToken="a" * 36, Validity=days) == first
    assert place.issue(arn, CSR, IdempotencyToken="b" * 36, Validity=days) != first


def test_the_same_token_is_the_same_ca(place: Place) -> None:
    arn = place.create(IdempotencyToken="once")
    assert place.create(IdempotencyToken="once") == arn
    assert place.create(IdempotencyToken="twice") != arn


def test_what_would_outlive_its_ca_is_refused(place: Place) -> None:
    arn = place.create()
    place.root(arn, NOW + timedelta(days=100))
    assert code(place.issue, arn, CSR) == "ValidationException"


def test_a_short_lived_ca_issues_for_seven_days_only(place: Place) -> None:
    arn = place.create(UsageMode="SHORT_LIVED_CERTIFICATE")
    place.root(arn)
    assert code(place.issue, arn, CSR) == "ValidationException"
    place.issue(arn, CSR, Validity={"Type": "DAYS", "Value": 6})


def test_a_ca_without_a_certificate_issues_nothing_but_its_own(place: Place) -> None:
    arn = place.create()
    place.waits(arn)
    assert code(place.issue, arn, CSR) == "InvalidStateException"
    assert code(place.issue, arn, CSR, "RootCACertificate/V1") == "InvalidStateException"
    own = place.pca.get_certificate_authority_certificate
    assert code(own, CertificateAuthorityArn=arn) == "InvalidStateException"


def test_a_certificate_of_another_key_is_not_installed(place: Place) -> None:
    arn = place.create()
    place.waits(arn)
    install = place.pca.import_certificate_authority_certificate
    other = pki.issue("Root", pki.rsa_key("other")).pem.encode()
    assert code(install, CertificateAuthorityArn=arn, Certificate=other) == (
        "CertificateMismatchException"
    )
    assert code(install, CertificateAuthorityArn=arn, Certificate=b"x") == (
        "MalformedCertificateException"
    )


def test_a_bad_request_is_refused(place: Place) -> None:
    arn = place.create()
    place.root(arn)
    assert code(place.issue, arn, "no CSR") == "MalformedCSRException"
    assert code(place.issue, arn, CSR, SigningAlgorithm="SHA256WITHECDSA") == "InvalidArgsException"
    missing = arn[:-4] + "0000"
    assert code(place.issue, missing, CSR) == "ResourceNotFoundException"


def test_a_ca_is_disabled_before_it_is_deleted_and_can_be_restored(place: Place) -> None:
    arn = place.create()
    named = {"CertificateAuthorityArn": arn}
    place.root(arn)
    assert place.emulator.resources()["private_cas"] == [arn]
    assert code(place.pca.delete_certificate_authority, **named) == "InvalidStateException"
    place.pca.update_certificate_authority(**named, Status="DISABLED")
    assert code(place.issue, arn, CSR) == "InvalidStateException"
    place.pca.delete_certificate_authority(**named, PermanentDeletionTimeInDays=7)
    assert place.status(arn) == "DELETED"
    assert place.emulator.resources()["private_cas"] == []
    assert code(place.pca.update_certificate_authority, **named, Status="ACTIVE") == (
        "InvalidStateException"
    )
    place.pca.restore_certificate_authority(**named)
    assert place.status(arn) == "DISABLED"


def test_tags_come_and_go(place: Place) -> None:
    arn = place.create(Tags=[{"Key": "a", "Value": "1"}])
    named = {"CertificateAuthorityArn": arn}
    place.pca.tag_certificate_authority(**named, Tags=[{"Key": "b", "Value": "2"}])
    place.pca.untag_certificate_authority(**named, Tags=[{"Key": "a"}])
    assert place.pca.list_tags(**named)["Tags"] == [{"Key": "b", "Value": "2"}]
    assert [
        one["Arn"] for one in place.pca.list_certificate_authorities()["CertificateAuthorities"]
    ] == [arn]
