"""What is KMS's own about a CA: a key that is made, or one that exists."""

from __future__ import annotations

import pytest

from tests.support.fake_authorities import kms_key_arn
from tests.support.fake_cloud import World
from tests.support.fake_owned import DEPLOYMENT_ID
from tests.support.issuing import issue, trust
from tests.support.recording import Run, bare

OWN_KEY = kms_key_arn(2048)


@pytest.fixture(scope="module")
def done(_no_aws_in_the_shell: None) -> Run:
    return issue(trust("kms")).succeeded()


def test_the_key_signs_only_and_is_let_go_as_late_as_possible(done: Run) -> None:
    key = bare(done["cloudhsm-ca-key"].inputs)
    assert (key["customerMasterKeySpec"], key["keyUsage"]) == ("RSA_4096", "SIGN_VERIFY")
    assert key["deletionWindowInDays"] == 30
    assert "policy" not in key
    assert key["tags"] == {
        "Name": "cloudhsm-ca",
        "environment": "dev",
        "pulumi-cloudhsm": "organization/cloudhsm/dev/cloudhsm-ca-key",
        "pulumi-cloudhsm-id": DEPLOYMENT_ID,
    }


POLICY = '{"Version": "2012-10-17", "Statement": []}'


def test_size_and_policy_of_the_key_are_the_given_ones() -> None:
    done = issue(trust("kms", key_bits=2048, key_policy=POLICY)).succeeded()
    assert done["cloudhsm-ca-key"]["customerMasterKeySpec"] == "RSA_2048"
    assert done["cloudhsm-ca-key"]["policy"] == POLICY


@pytest.mark.parametrize("as_output", [True, False])
def test_a_key_that_exists_is_taken_as_it_is(as_output: bool) -> None:
    outputs = ["kms_key"] if as_output else []
    done = issue(trust("kms", kms_key=OWN_KEY), as_outputs=outputs).succeeded()
    assert "cloudhsm-ca-key" not in done
    assert done["cloudhsm-ca-certificate"]["key_id"] == OWN_KEY
    assert done["cloudhsm-certificate"]["key_id"] == OWN_KEY
    assert bare(done.exports)["issuerArn"] == OWN_KEY


def test_a_key_that_exists_has_the_size_that_it_has_and_no_drift_by_it() -> None:
    world = World()
    given = trust("kms", kms_key=OWN_KEY, key_bits=4096)
    issue(given, world=world).succeeded()
    assert issue(given, world=world).succeeded().said("warning") == []


def test_what_would_replace_the_key_is_ignored(done: Run) -> None:
    assert set(done["cloudhsm-ca-key"].request.ignoreChanges) == {
        "customerMasterKeySpec",
        "keyUsage",
        "description",
        "isEnabled",
    }


def test_a_refused_key_comes_with_advice() -> None:
    refused = "operation error KMS: CreateKey, AccessDeniedException: User: arn:aws:iam::1:user/me"
    world = World(
        refusals={"cloudhsm-ca-key": f"{refused} is not authorized to perform: kms:CreateKey"}
    )
    done = issue(trust("kms"), world=world)
    (line,) = done.said("error")
    assert "these credentials lack the action kms:CreateKey" in line
    assert "cloudhsm-ca-certificate" not in world.state
