"""Each rule lets a stack pass that keeps it, and stops one that does not. The stacks are real."""

from __future__ import annotations

import pytest

from policy.rules import RULES
from policy.rules.model import Resource
from policy.rules.protection import PROTECTED
from policy.rules.trust import IDENTITY_VERIFICATION
from tests.policy.stacks import WHOLE, planned, told

OFF = {"identity": {"verification": "off", "offReason": "a trial"}}


@pytest.fixture(scope="module")
def whole() -> list[Resource]:
    return planned(**WHOLE)


def test_what_holds_data_or_keys_is_protected(whole: list[Resource]) -> None:
    assert told(PROTECTED, whole) == {}

    violations = told(PROTECTED, planned(disposable=True))
    assert set(violations) == {"cloudhsm-cluster", "cloudhsm-initialization"}
    assert "cloudhsm:disposable to false" in violations["cloudhsm-cluster"]


def test_a_stack_that_may_be_deleted_needs_no_protection() -> None:
    disposable = planned("dev", disposable=True)
    assert told(PROTECTED, disposable) == {}
    assert told(PROTECTED, disposable, disposableStacks=["trial"])
    assert not told(PROTECTED, planned("trial-7", disposable=True), disposableStacks=["trial-*"])


def test_the_identity_of_the_first_hsm_is_verified(whole: list[Resource]) -> None:
    assert told(IDENTITY_VERIFICATION, whole) == {}

    violations = told(IDENTITY_VERIFICATION, planned(**OFF))
    assert set(violations) == {"cloudhsm-identity"}
    assert "cloudhsm:identity.verification to 'standard'" in violations["cloudhsm-identity"]
    assert told(IDENTITY_VERIFICATION, whole, verification="full")


def test_the_rules_have_names_of_their_own() -> None:
    assert len({one.name for one in RULES}) == len(RULES)
