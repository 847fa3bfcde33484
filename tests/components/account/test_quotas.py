"""Quotas of VPCs, Elastic IPs and file systems: told in the preview, as those of HSMs are."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from pulumi_cloudhsm.aws import ec2
from pulumi_cloudhsm.aws.session import AwsAccess
from pulumi_cloudhsm.errors import AwsError, CloudHsmError
from tests.support.fake_cloud import World, cluster_seen
from tests.support.recording import OWNER, config, run

REGION = "eu-central-1"
WHOLE = config(activation={"mode": "ssm"}, hsms={"count": 2}, keyStore={}, fileSystem={})


def told(others: int | CloudHsmError, world: World | None = None) -> list[str]:
    world = world or World()
    world.owned.others = others
    done = run(WHOLE, preview=True, world=world).succeeded()
    return [
        one
        for one in done.said("warning")
        if "Amazon VPC" in one or "Amazon EC2" in one or "Amazon FSx" in one or "look ahead" in one
    ]


@pytest.mark.parametrize(
    ("others", "which"),
    [(4, ()), (5, ("VPCs", "Elastic IPs")), (100, ("VPCs", "Elastic IPs", "file systems"))],
)
def test_what_aws_would_refuse_is_told_before_anything_is_made(
    others: int, which: tuple[str, ...]
) -> None:
    lines = told(others)
    assert len(lines) == len(which)
    for what in which:
        (line,) = [one for one in lines if one.startswith(f"there are {others} {what}, and")]
        assert "AWS refuses another one" in line


def test_nothing_is_counted_once_it_is_there() -> None:
    world = World()
    run(WHOLE, world=world).succeeded()
    again = world.as_left()
    again.sights = [[cluster_seen("ACTIVE", owner=OWNER)]]
    assert told(100, again) == []


def test_who_may_not_count_is_told_so_and_goes_on() -> None:
    lines = told(AwsError("counting VPCs: AWS said: no"))
    assert len(lines) == 3
    assert all("could not look ahead: counting VPCs" in one for one in lines)


@mock_aws
def test_vpcs_and_addresses_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    api, access = boto3.client("ec2", REGION), AwsAccess(REGION)
    before = ec2.number_of_vpcs(access), ec2.number_of_addresses(access)
    api.create_vpc(CidrBlock="10.0.0.0/16")
    api.allocate_address(Domain="vpc")
    after = ec2.number_of_vpcs(access), ec2.number_of_addresses(access)
    assert after == (before[0] + 1, before[1] + 1)
