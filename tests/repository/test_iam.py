"""The IAM policies are valid, fit into a managed policy, and hold what the package calls."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from tests.support.iam import FOLDER, action, statements
from tests.support.recording import ROOT

USES = sorted(path.stem for path in FOLDER.glob("*.json"))
PAGE = (FOLDER.parent / "iam.md").read_text(encoding="utf-8")
MAX_MANAGED_POLICY = 6144
"""Characters without white space. Source: IAM user guide, IAM and AWS STS quotas."""
NOT_A_CALL = {"iam:PassRole"}
SERVICES = {"cloudhsm": "cloudhsmv2", "states": "stepfunctions"}


@cache
def operations(prefix: str) -> list[str]:
    model = botocore.session.get_session().get_service_model(SERVICES.get(prefix, prefix))
    return list(model.operation_names)


def actions(use: str) -> list[str]:
    return [one for statement in statements(use) for one in statement["Action"]]


@pytest.mark.parametrize("use", USES)
def test_every_action_is_a_call_of_aws(use: str) -> None:
    for prefix, _, name in (one.partition(":") for one in actions(use)):
        assert f"{prefix}:{name}" in NOT_A_CALL or name in operations(prefix), f"{prefix}:{name}"


@pytest.mark.parametrize("use", USES)
def test_a_policy_can_be_attached_and_is_on_the_page(use: str) -> None:
    text = (FOLDER / f"{use}.json").read_text(encoding="utf-8")
    names = [statement["Sid"] for statement in statements(use)]
    assert len(re.sub(r"\s", "", text)) <= MAX_MANAGED_POLICY
    assert json.loads(text)["Version"] == "2012-10-17"
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"(Rehearsed|Documented)[A-Za-z]*", name) for name in names)
    assert len(set(actions(use))) == len(actions(use))
    assert f"(iam/{use}.json)" in PAGE


def test_roles_are_made_and_passed_only_under_the_programs_names() -> None:
    for statement in statements("client-host"):
        if any(one.startswith("iam:") for one in statement["Action"]):
            resources = statement["Resource"]
            listed = [resources] if isinstance(resources, str) else resources
            assert all(one.endswith("/cloudhsm-*") for one in listed)
        if "iam:PassRole" in statement["Action"]:
            passed = statement["Condition"]["StringEquals"]["iam:PassedToService"]
            assert passed == "ec2.amazonaws.com"


def test_a_preview_in_ci_reads_and_reads_no_secret() -> None:
    for one in actions("preview"):
        assert re.fullmatch(r"[a-z0-9-]+:(Describe|Get|List)[A-Za-z]+", one)
        assert one not in {"secretsmanager:GetSecretValue", "secretsmanager:GetRandomPassword"}


def called(module: Path, service: str) -> set[str]:
    """The operations of a service whose method or paginator a module names."""
    names = {
        node.attr if isinstance(node, ast.Attribute) else str(node.value)
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute | ast.Constant)
    }
    return {one for one in operations(service) if xform_name(one) in names}


@pytest.mark.parametrize(
    ("module", "prefix"),
    [
        ("acmpca", "acm-pca"),
        ("backups", "cloudhsm"),
        ("cloudhsmv2", "cloudhsm"),
        ("cloudtrail", "cloudtrail"),
        ("ec2", "ec2"),
        ("ec2_owned", "ec2"),
        ("fsx", "fsx"),
        ("iam", "iam"),
        ("kms", "kms"),
        ("kms_signing", "kms"),
        ("logs", "logs"),
        ("scheduler", "scheduler"),
        ("secretsmanager", "secretsmanager"),
        ("ssm", "ssm"),
        ("stepfunctions", "states"),
    ],
)
def test_every_call_of_the_package_is_in_a_policy(module: str, prefix: str) -> None:
    path = ROOT / "components" / "pulumi_cloudhsm" / "aws" / f"{module}.py"
    wanted = {action(prefix, one) for one in called(path, prefix)}
    assert wanted, f"{module} calls nothing"
    assert wanted - {one for use in USES for one in actions(use)} == set()
