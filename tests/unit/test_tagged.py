"""What carries our tag is found at AWS, and only as long as it lives. Against moto."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws
from pulumi_cloudhsm.aws.ec2 import instances_tagged, nat_gateways_tagged, zones_with_cloudhsm
from pulumi_cloudhsm.aws.kms import Kms
from pulumi_cloudhsm.aws.logs import audit_log_group
from pulumi_cloudhsm.aws.session import AwsAccess

REGION, TAG, OURS = "eu-central-1", "pulumi-cloudhsm", "organization/cloudhsm/dev/cloudhsm"
ACCESS = AwsAccess(REGION)


@pytest.fixture(autouse=True)
def _aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield


def specification(kind: str, value: str = OURS) -> list[dict]:
    return [{"ResourceType": kind, "Tags": [{"Key": TAG, "Value": value}]}]


def subnet() -> str:
    return boto3.client("ec2", REGION).describe_subnets()["Subnets"][0]["SubnetId"]


def test_instances_that_run() -> None:
    ec2 = boto3.client("ec2", REGION)
    image = ec2.describe_images()["Images"][0]["ImageId"]

    def made(value: str) -> str:
        one = ec2.run_instances(
            ImageId=image,
            MinCount=1,
            MaxCount=1,
            SubnetId=subnet(),
            TagSpecifications=specification("instance", value),
        )
        return one["Instances"][0]["InstanceId"]

    ours, gone = made(OURS), made(OURS)
    made("somebody/else")
    ec2.terminate_instances(InstanceIds=[gone])
    assert instances_tagged(ACCESS, TAG, OURS) == [ours]


def test_nat_gateways_with_their_state() -> None:
    ec2 = boto3.client("ec2", REGION)

    def made(value: str) -> str:
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        one = ec2.create_nat_gateway(
            SubnetId=subnet(),
            AllocationId=address,
            TagSpecifications=specification("natgateway", value),
        )
        return one["NatGateway"]["NatGatewayId"]

    ours, gone = made(OURS), made(OURS)
    made("somebody/else")
    ec2.delete_nat_gateway(NatGatewayId=gone)
    assert nat_gateways_tagged(ACCESS, TAG, OURS) == {ours: "available"}


def test_keys_that_live_on() -> None:
    kms = boto3.client("kms", REGION)

    def made(value: str) -> str:
        tags = [{"TagKey": TAG, "TagValue": value}]
        return kms.create_key(Tags=tags)["KeyMetadata"]["KeyId"]

    ours, gone = made(OURS), made(OURS)
    made("somebody/else")
    kms.schedule_key_deletion(KeyId=gone, PendingWindowInDays=7)
    assert [key.key_id for key in Kms(ACCESS).keys_tagged(TAG, OURS)] == [ours]
    assert Kms(ACCESS).keys_tagged(TAG, OURS, "cks-1234567890abcdef0") == []


def test_zones_and_the_audit_log_as_aws_names_them() -> None:
    assert f"{REGION}a" in zones_with_cloudhsm(ACCESS, REGION)
    logs = boto3.client("logs", REGION)
    logs.create_log_group(logGroupName="/aws/cloudhsm/cluster-abcdefghij22")
    assert audit_log_group(ACCESS, "cluster-abcdefghij2") is None
    logs.create_log_group(logGroupName="/aws/cloudhsm/cluster-abcdefghij2")
    assert audit_log_group(ACCESS, "cluster-abcdefghij2") == "/aws/cloudhsm/cluster-abcdefghij2"
