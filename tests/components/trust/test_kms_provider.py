"""What is KMS's own about a CA certificate and a cluster certificate that a KMS key signs."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.output import Unknown

from pulumi_cloudhsm.errors import StateError
from tests.support import pki
from tests.support.fake_clock import FakeTime
from tests.support.fake_kms import KEY
from tests.support.trust_twins import Twin, kms_twin


@pytest.fixture
def twin(time: FakeTime) -> Twin:
    return kms_twin(time)


def test_the_key_that_signed_is_kept_by_its_arn(twin: Twin) -> None:
    outs = twin.make_ca(key_id=KEY.rpartition("/")[2])
    assert outs["key_arn"] == KEY
    assert twin.service.calls == ["key", "public_key", "sign"]


def test_a_bare_id_is_asked_in_the_region_of_the_access(twin: Twin) -> None:
    twin.make_ca(key_id=KEY.rpartition("/")[2])
    assert [one.region for one in twin.ca.asked_in] == ["eu-central-1"]


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        ({"state": "Disabled"}, "aws kms enable-key"),
        ({"state": "PendingDeletion"}, "aws kms cancel-key-deletion"),
        ({"state": "PendingImport"}, "is PendingImport"),
        ({"spec": "RSA_3072"}, "RSA_4096 or RSA_2048 for SIGN_VERIFY (trust.kms_key)"),
        ({"spec": "ECC_NIST_P256"}, "ECC_NIST_P256 for SIGN_VERIFY"),
        ({"usage": "ENCRYPT_DECRYPT"}, "for ENCRYPT_DECRYPT"),
    ],
)
def test_a_key_that_cannot_sign_is_refused_before_it_is_asked(
    twin: Twin, shown: dict[str, str], told: str
) -> None:
    ca_certificate = twin.make_ca()["certificate"]
    twin.service.calls.clear()
    twin.service.show(**shown)
    for create in (twin.make_ca, lambda: twin.make_leaf(ca_certificate)):
        with pytest.raises(StateError) as refused:
            create()
        assert told in str(refused.value)
        assert "\n" not in str(refused.value)
    assert "sign" not in twin.service.calls
    (failure,) = twin.ca.check({}, twin.ca_inputs()).failures
    assert failure.property == "key_id"
    assert told in failure.reason


def test_another_key_than_the_cas_signs_nothing(twin: Twin) -> None:
    ca_certificate = twin.make_ca()["certificate"]
    twin.service.holds = pki.rsa_key("another KMS key")
    with pytest.raises(StateError, match="not that of the CA certificate"):
        twin.make_leaf(ca_certificate)


def test_another_subject_is_no_other_ca(twin: Twin) -> None:
    news = twin.ca_inputs(subject={"common_name": "Other", "organization": "Other"})
    assert twin.ca.diff("id", twin.make_ca(), news).changes is False


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subject": {"common_name": "A"}}, "subject"),
        ({"subject": {"common_name": "é" * 33, "organization": "B"}}, "subject"),
        ({"validity_hours": 47.0}, "validity_hours"),
        ({"validity_hours": 1e9}, "validity_hours"),
        ({"validity_hours": "many"}, "validity_hours"),
    ],
)
def test_bad_input_is_refused_in_a_preview(twin: Twin, changes: dict[str, Any], field: str) -> None:
    (failure,) = twin.ca.check({}, twin.ca_inputs(**changes)).failures
    assert failure.property == field
    assert "\n" not in failure.reason


def test_a_subject_that_is_not_known_yet_is_fine(twin: Twin) -> None:
    assert twin.ca.check({}, twin.ca_inputs(subject=Unknown())).failures == []
