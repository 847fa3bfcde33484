"""Everything that a client host is made of: made, read, imported, changed, taken away."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rehearsal.emulator.process import RunningEmulator
from rehearsal.plugins.core.packages import InstalledPackage
from tests.rehearsal.plugins.driver import Plugin, RefusedError

ASSUME = json.dumps({"Version": "2012-10-17", "Statement": []})
TOKENS = {
    "vpc": "aws:ec2/vpc:Vpc",
    "subnet": "aws:ec2/subnet:Subnet",
    "internet": "aws:ec2/internetGateway:InternetGateway",
    "address": "aws:ec2/eip:Eip",
    "nat": "aws:ec2/natGateway:NatGateway",
    "table": "aws:ec2/routeTable:RouteTable",
    "association": "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "group": "aws:ec2/securityGroup:SecurityGroup",
    "ingress": "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "egress": "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "role": "aws:iam/role:Role",
    "policy": "aws:iam/rolePolicy:RolePolicy",
    "profile": "aws:iam/instanceProfile:InstanceProfile",
    "instance": "aws:ec2/instance:Instance",
}
RIGHTS = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "ssm:*", "Resource": "*"}],
    }
)
Made = dict[str, tuple[str, dict[str, Any], dict[str, Any]]]
"""By what it is: id, inputs, outputs."""


def make(aws: Plugin) -> Made:
    """A host and all around it, in the order of a program."""
    made: Made = {}

    def one(what: str, **inputs: Any) -> str:
        identifier, outputs = aws.create(TOKENS[what], inputs)
        made[what] = (identifier, inputs, outputs)
        return identifier

    tags = {"Name": "host"}
    vpc = one("vpc", cidrBlock="10.0.0.0/16")
    subnet = one("subnet", vpcId=vpc, cidrBlock="10.0.1.0/24", availabilityZone="us-east-1a")
    one("internet", vpcId=vpc, tags=tags)
    address = one("address", domain="vpc", tags=tags)
    nat = one("nat", allocationId=address, subnetId=subnet, tags=tags)
    routes = [{"cidrBlock": "0.0.0.0/0", "natGatewayId": nat}]
    table = one("table", vpcId=vpc, routes=routes, tags=tags)
    one("association", subnetId=subnet, routeTableId=table)
    group = one("group", vpcId=vpc, name="host", description="A host", tags=tags)
    https = {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443}
    one("egress", securityGroupId=group, cidrIpv4="0.0.0.0/0", **https)
    one("ingress", securityGroupId=group, referencedSecurityGroupId=group, **https)
    role = one("role", namePrefix="host-", assumeRolePolicy=ASSUME, tags=tags)
    one("policy", name="rights", role=role, policy=RIGHTS)
    profile = one("profile", namePrefix="host-", role=role, tags=tags)
    one(
        "instance",
        ami="ami-12c6146b",
        instanceType="t3.micro",
        subnetId=subnet,
        associatePublicIpAddress=False,
        iamInstanceProfile=profile,
        metadataOptions={"httpTokens": "required"},
        rootBlockDevice={"encrypted": True},
        vpcSecurityGroupIds=[group],
        tags=tags,
    )
    return made


@pytest.fixture
def made(aws: Plugin) -> Made:
    return make(aws)


def test_nothing_changes_after_it_was_made_and_read(aws: Plugin, made: Made) -> None:
    for what, (identifier, inputs, outputs) in made.items():
        token = TOKENS[what]
        checked = aws.checked(token, inputs)
        read = aws.read(token, identifier, outputs)[1]
        assert not aws.diff(token, outputs, checked).diffs, what
        assert not aws.diff(token, read, checked).diffs, what


def test_the_outputs_are_those_of_the_package(made: Made) -> None:
    for what, (_, _, outputs) in made.items():
        described = InstalledPackage("aws").resource(TOKENS[what]).outputs
        always = {name for name, given in described.items() if given}
        assert always <= outputs.keys() <= described.keys(), what


def test_each_is_gone_after_its_destroy_in_the_order_of_a_destroy(
    aws: Plugin, emulator: RunningEmulator, made: Made
) -> None:
    for what, (identifier, _, outputs) in reversed(made.items()):
        aws.delete(TOKENS[what], identifier, outputs)
        assert aws.read(TOKENS[what], identifier, outputs)[0] == "", what
        aws.delete(TOKENS[what], identifier, outputs)
    left = {kind: ids for kind, ids in emulator.resources().items() if ids}
    assert left == {}


def test_an_instance_gets_other_groups_in_place(
    aws: Plugin, emulator: RunningEmulator, made: Made
) -> None:
    """What AWS chose of its metadata options is no change."""
    identifier, inputs, outputs = made["instance"]
    group = aws.create(
        TOKENS["group"], {**made["group"][1], "name": "other", "vpcId": made["vpc"][0]}
    )[0]
    checked = aws.checked(TOKENS["instance"], {**inputs, "vpcSecurityGroupIds": [group]})
    read = aws.read(TOKENS["instance"], identifier, outputs)[1]
    aws.update(TOKENS["instance"], identifier, read, checked)
    (found,) = emulator.client("ec2").describe_instances()["Reservations"][0]["Instances"]
    assert [one["GroupId"] for one in found["SecurityGroups"]] == [group]


def test_an_instance_is_as_safe_as_it_was_asked_to_be(
    emulator: RunningEmulator, made: Made
) -> None:
    ec2 = emulator.client("ec2")
    (found,) = ec2.describe_instances()["Reservations"][0]["Instances"]
    assert found["MetadataOptions"]["HttpTokens"] == "required"
    assert not found.get("PublicIpAddress")
    volume = found["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    assert ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["Encrypted"]


def test_a_group_lets_out_only_what_its_rules_say(emulator: RunningEmulator, made: Made) -> None:
    described = emulator.client("ec2").describe_security_groups(GroupIds=[made["group"][0]])
    (permission,) = described["SecurityGroups"][0]["IpPermissionsEgress"]
    assert (permission["FromPort"], permission["ToPort"]) == (443, 443)


@pytest.mark.parametrize(
    ("what", "changes", "replaces"),
    [
        ("instance", {"subnetId": "subnet-0"}, ["subnetId"]),
        ("instance", {"vpcSecurityGroupIds": ["sg-0"]}, []),
        ("table", {"routes": []}, []),
        ("nat", {"subnetId": "subnet-0"}, ["subnetId"]),
        ("egress", {"securityGroupId": "sg-0"}, ["securityGroupId"]),
        ("role", {"namePrefix": "other-"}, ["namePrefix"]),
        ("policy", {"policy": "{}"}, []),
    ],
)
def test_what_replaces_and_what_does_not(
    aws: Plugin, made: Made, what: str, changes: dict[str, Any], replaces: list[str]
) -> None:
    _, inputs, outputs = made[what]
    answer = aws.diff(TOKENS[what], outputs, aws.checked(TOKENS[what], {**inputs, **changes}))
    assert (set(answer.diffs), list(answer.replaces)) == (set(changes), replaces)


def test_what_the_stand_in_cannot_do_is_refused_before_anything_is_made(aws: Plugin) -> None:
    told = aws.check(
        TOKENS["group"],
        {"vpcId": "vpc-1", "ingress": [{"protocol": "tcp", "fromPort": 1, "toPort": 1}]},
    )
    assert "can't do ingress" in told[0]
    told = aws.check(TOKENS["instance"], {"ami": "ami-1", "userData": "#!/bin/sh"})
    assert "can't do userData" in told[0]


def test_an_unknown_subnet_is_one_line(aws: Plugin) -> None:
    with pytest.raises(RefusedError) as refused:
        aws.create(TOKENS["association"], {"subnetId": "subnet-0", "routeTableId": "rtb-0"})
    assert "\n" not in str(refused.value)
