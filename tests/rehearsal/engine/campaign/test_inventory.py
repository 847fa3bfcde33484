"""What two runs of one program have in common, whatever their ids."""

from __future__ import annotations

from collections import Counter

import pytest

from rehearsal.emulator.process import RunningEmulator, running_emulator
from rehearsal.engine.campaign.inventory import at_aws, kinds, masked, more_of
from rehearsal.engine.campaign.runs import End
from tests.support.forks import emulator_of_the_run

REGION = "eu-central-1"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("vpc-0123456789abcdef0", "vpc-fedcba98765432100"),
        ("cluster-abcdefghijk", "cluster-2345672345a"),
        ("cloudhsm-client-host-01234567", "cloudhsm-client-host-fedcba98"),
        ("from 2026-11-25T07:10:58Z on", "from 2027-01-01T00:00:00Z on"),
        ("at 10.42.0.20", "at 10.42.16.250"),
        ('"arn:secret:cloudhsm/admin-mCyrVb"', '"arn:secret:cloudhsm/admin-9xY2aa"'),
        (":".join(["AB"] * 32), ":".join(["01"] * 32)),
    ],
)
def test_what_differs_from_run_to_run_is_masked(one: str, other: str) -> None:
    assert masked(one) == masked(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("VPC: 10.42.0.0/16", "VPC: 10.43.0.0/16"),
        ("subnet in eu-central-1a", "subnet in eu-central-1b"),
        ('"ACTIVE"', '"INITIALIZED"'),
    ],
)
def test_what_the_program_decides_is_not(one: str, other: str) -> None:
    assert masked(one) != masked(other)


@pytest.fixture(scope="module")
def emulator():
    with running_emulator(start=emulator_of_the_run(), speed=600, region=REGION) as emulator:
        yield emulator


def test_one_more_of_anything_is_seen_and_so_is_what_is_half_made(
    emulator: RunningEmulator,
) -> None:
    before = at_aws(emulator, REGION)
    ec2, iam = emulator.client("ec2"), emulator.client("iam")
    vpc = ec2.create_vpc(CidrBlock="10.42.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    iam.create_instance_profile(InstanceProfileName="host")
    half = at_aws(emulator, REGION)
    assert "1 x internet gateway: of 0 VPCs" in more_of(half, before)
    assert "1 x instance profile: of 0 roles" in more_of(half, before)
    assert "1 x VPC: 10.42.0.0/16 names=False" in more_of(half, before)
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    whole = at_aws(emulator, REGION)
    assert more_of(kinds(whole), kinds(half)) == []
    assert more_of(half, whole) == [
        "1 x VPC: 10.42.0.0/16 names=False",
        "1 x internet gateway: of 0 VPCs",
    ]


def test_every_difference_of_an_end_is_a_line() -> None:
    wanted = End({"state": '"ACTIVE"'}, Counter({"Vpc::a": 1}), Counter({"VPC: a": 1}))
    found = End({"state": '"INITIALIZED"'}, Counter({"Vpc::b": 1}), Counter({"VPC: a": 2}))
    assert wanted.differences(wanted) == []
    assert wanted.differences(found) == [
        'output state: "INITIALIZED" instead of "ACTIVE"',
        "not in the state: 1 x Vpc::a",
        "only in the state: 1 x Vpc::b",
    ]
    assert more_of(found.at_aws, wanted.at_aws) == ["1 x VPC: a"]
