"""Zones with CloudHSM and the audit log, as AWS names them. Against moto."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from pulumi_cloudhsm.aws.ec2 import zones_with_cloudhsm
from pulumi_cloudhsm.aws.logs import audit_log_group
from pulumi_cloudhsm.aws.session import AwsAccess

REGION = "eu-central-1"
ACCESS = AwsAccess(REGION)


@pytest.fixture(autouse=True)
def _aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield


def test_zones_and_the_audit_log_as_aws_names_them() -> None:
    assert f"{REGION}a" in zones_with_cloudhsm(ACCESS)
    logs = boto3.client("logs", REGION)
    logs.create_log_group(logGroupName="/aws/cloudhsm/cluster-abcdefghij22")
    assert audit_log_group(ACCESS, "cluster-abcdefghij2") is None
    logs.create_log_group(logGroupName="/aws/cloudhsm/cluster-abcdefghij2")
    assert audit_log_group(ACCESS, "cluster-abcdefghij2") == "/aws/cloudhsm/cluster-abcdefghij2"
