"""The list for other engines: every name and type is one that they know."""

from __future__ import annotations

import json
from typing import Any

import yaml

from pulumi_cloudhsm.fleet.declaration import Fleet, StackOfFleet, Wave
from pulumi_cloudhsm.fleet.export import Source, deployment_settings, operator_stacks

ROLE = "arn:aws:iam::222222222222:role/deploys"
SOURCE = Source("https://example.com/hsm.git", "main", "infrastructure")
# Of the CustomResourceDefinition `stacks.pulumi.com`, version v1, of the operator 2.x: what its
# specification names, with the types. `config` keeps unknown fields, so it may be nested.
OPERATOR: dict[str, type] = {
    "backend": str,
    "branch": str,
    "config": dict,
    "prerequisites": list,
    "projectRepo": str,
    "repoDir": str,
    "secretsProvider": str,
    "stack": str,
}


def fleet() -> Fleet:
    stacks = [
        StackOfFleet(name="Canary_1", region="eu-west-1", wave="canary"),
        StackOfFleet(name="prod", region="eu-central-1", account="222222222222", role=ROLE),
    ]
    made = Fleet(
        project=".",
        stacks=stacks,
        waves=[Wave(name="canary"), Wave(name="rest")],
        backend="s3://states",
        secrets_provider="awskms://alias/pulumi",
        config={"cloudhsm:hsms": {"count": 2}},
    )
    made.check()
    return made


def resources() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(operator_stacks(fleet(), SOURCE)))


def test_the_operator_knows_every_name_and_type() -> None:
    for one in resources():
        assert (one["apiVersion"], one["kind"]) == ("pulumi.com/v1", "Stack")
        assert set(one["spec"]) <= set(OPERATOR)
        for name, value in one["spec"].items():
            assert isinstance(value, OPERATOR[name]), name


def test_a_stack_waits_for_those_of_the_wave_before() -> None:
    canary, prod = resources()
    assert "prerequisites" not in canary["spec"]
    assert canary["metadata"]["name"] == "canary-1", "Kubernetes takes lower case only"
    assert canary["spec"]["stack"] == "Canary_1"
    assert prod["spec"]["prerequisites"] == [{"name": "canary-1"}]


def test_the_operator_gets_region_account_and_role_as_config_texts() -> None:
    _, prod = resources()
    assert prod["spec"]["config"] == {
        "cloudhsm:hsms": {"count": 2},
        "aws:region": "eu-central-1",
        "aws:allowedAccountIds": json.dumps(["222222222222"]),
        "aws:assumeRoles": json.dumps([{"roleArn": ROLE}]),
    }


def test_deployments_get_a_source_and_the_backend() -> None:
    found = json.loads(deployment_settings(fleet(), SOURCE))
    assert set(found) == {"Canary_1", "prod"}
    assert found["prod"] == {
        "sourceContext": {
            "git": {
                "repoUrl": "https://example.com/hsm.git",
                "branch": "refs/heads/main",
                "repoDir": "infrastructure",
            }
        },
        "operationContext": {
            "environmentVariables": {"PULUMI_BACKEND_URL": "s3://states"},
        },
    }
