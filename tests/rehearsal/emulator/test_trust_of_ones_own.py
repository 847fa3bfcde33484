"""The real providers against the rehearsal, with a key and a CA that were there before them."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_cloudhsm.trust.anchor import check_pair
from pulumi_cloudhsm.trust.kms_ca_provider import KmsSignedCaProvider
from pulumi_cloudhsm.trust.kms_certificate_provider import KmsSignedCertificateProvider
from pulumi_cloudhsm.trust.private_ca_certificate_provider import PrivateCaCertificateProvider
from pulumi_cloudhsm.trust.private_ca_provider import PrivateRootCaProvider
from rehearsal.emulator.process import RunningEmulator
from tests.rehearsal.emulator.acm_pca.test_private_ca import Place
from tests.support import pki

CSR = pki.request(pki.rsa_key("HSM"))


@pytest.fixture
def place(emulator: RunningEmulator, monkeypatch: pytest.MonkeyPatch) -> Place:
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)
    return Place(emulator)


def common(place: Place) -> dict[str, Any]:
    return {
        "access": {"region": place.emulator.region},
        "timing": {"expected_seconds": 0.1, "deadline_seconds": 20.0},
    }


@pytest.mark.parametrize("by_id", [True, False])
def test_a_kms_key_of_ones_own(place: Place, by_id: bool) -> None:
    kms = place.emulator.client("kms")
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    given = {**common(place), "key_id": key["KeyId"] if by_id else key["Arn"]}
    about = {"subject": {"common_name": "Own CA", "organization": "Us"}, "validity_hours": 1000.0}
    assert KmsSignedCaProvider().check({}, {**given, **about}).failures == []
    ca = KmsSignedCaProvider().create({**given, **about}).outs
    assert ca is not None
    assert ca["key_arn"] == key["Arn"]
    asked = {"ca_certificate": ca["certificate"], "csr": CSR, "validity_hours": 900.0}
    leaf = KmsSignedCertificateProvider().create({**given, **asked}).outs
    assert leaf is not None
    check_pair(leaf["certificate"], ca["certificate"], CSR)
    # A key for something else is refused in the preview already.
    other = kms.create_key()["KeyMetadata"]["Arn"]
    (failure,) = KmsSignedCaProvider().check({}, {**given, **about, "key_id": other}).failures
    assert "SYMMETRIC_DEFAULT" in failure.reason


def test_a_private_ca_of_ones_own(place: Place) -> None:
    arn = place.create()
    place.waits(arn)
    given = {**common(place), "ca_arn": arn}
    theirs = {"install": False, "validity_hours": 0.0}
    (failure,) = PrivateRootCaProvider().check({}, {**given, **theirs}).failures
    assert "install its root certificate" in failure.reason
    root = pki.pem(place.root(arn))
    ca = PrivateRootCaProvider().create({**given, **theirs}).outs
    assert ca is not None
    assert ca["certificate"].strip() == root.strip()
    asked = {"ca_certificate": ca["certificate"], "csr": CSR, "validity_hours": 0.0}
    leaf = PrivateCaCertificateProvider().create({**given, **asked}).outs
    assert leaf is not None
    check_pair(leaf["certificate"], ca["certificate"], CSR)
    assert leaf["expires"] < ca["expires"]


CALLS = (
    "GetCertificateAuthorityCsr",
    "IssueCertificate",
    "GetCertificate",
    "ImportCertificateAuthorityCertificate",
    "GetCertificateAuthorityCertificate",
)


def test_a_private_ca_that_is_made_survives_a_lost_answer_of_every_call(place: Place) -> None:
    ours = {"install": True, "validity_hours": 87_660.0}
    for operation in CALLS:
        arn = place.create()
        place.waits(arn)
        given = {**common(place), "ca_arn": arn}
        place.emulator.set_fault("drop_after_write", service="acm-pca", operation=operation)
        outs = PrivateRootCaProvider().create({**given, **ours}).outs
        assert outs is not None, operation
        again = PrivateRootCaProvider().create({**given, **ours}).outs
        assert again is not None
        assert again["certificate"] == outs["certificate"], operation
        assert place.status(arn) == "ACTIVE"
