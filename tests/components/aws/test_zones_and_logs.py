"""Zones with CloudHSM and the audit log, as AWS names them. Against moto."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from pulumi_cloudhsm.aws.ec2 import delete_group_of_cluster, zones_with_cloudhsm
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


def test_the_group_that_aws_left_of_a_deleted_cluster_is_deleted_and_no_other() -> None:
    ec2 = boto3.client("ec2", REGION)
    vpc, other_vpc = (
        ec2.create_vpc(CidrBlock=f"10.{one}.0.0/16")["Vpc"]["VpcId"] for one in (1, 2)
    )
    lost, kept = "cluster-abcdefghij2", "cluster-abcdefghij3"
    made = [
        ec2.create_security_group(GroupName=f"cloudhsm-{name}-sg", Description="c", VpcId=where)
        for name, where in ((lost, vpc), (kept, vpc), (lost, other_vpc))
    ]
    assert delete_group_of_cluster(ACCESS, lost, vpc) == made[0]["GroupId"]
    assert delete_group_of_cluster(ACCESS, lost, vpc) == ""
    left = {one["GroupId"] for one in ec2.describe_security_groups()["SecurityGroups"]}
    assert {one["GroupId"] for one in made} & left == {one["GroupId"] for one in made[1:]}


def test_zones_and_the_audit_log_as_aws_names_them() -> None:
    assert f"{REGION}a" in zones_with_cloudhsm(ACCESS)
    logs = boto3.client("logs", REGION)
    logs.create_log_group(logGroupName="/aws/cloudhsm/cluster-abcdefghij22")
    assert audit_log_group(ACCESS, "cluster-abcdefghij2") is None
    logs.create_log_group(logGroupName="/aws/cloudhsm/cluster-abcdefghij2")
    assert audit_log_group(ACCESS, "cluster-abcdefghij2") == "/aws/cloudhsm/cluster-abcdefghij2"
