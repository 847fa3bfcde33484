"""What carries a deployment's id is found at AWS, by its name and as it is. Against moto."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import boto3
import botocore.client
import pytest
from moto import mock_aws

from pulumi_cloudhsm.aws import ec2_owned, iam, scheduler, stepfunctions
from pulumi_cloudhsm.aws.acmpca import AcmPca
from pulumi_cloudhsm.aws.ec2 import addresses_in_use
from pulumi_cloudhsm.aws.found import Found
from pulumi_cloudhsm.aws.kms import HELD_BY_HSMS, Kms, aliases, owned_keys
from pulumi_cloudhsm.aws.session import AwsAccess
from pulumi_cloudhsm.errors import AwsError

REGION = "eu-central-1"
ACCESS = AwsAccess(REGION)
OURS, THEIRS = "11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"


@pytest.fixture(autouse=True)
def _aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield


def api(service: str) -> Any:
    return boto3.client(service, REGION)  # pyright: ignore


def tags(name: str, deployment_id: str = OURS) -> list[dict[str, str]]:
    return [
        {"Key": "pulumi-cloudhsm", "Value": f"organization/cloudhsm/dev/{name}"},
        {"Key": "pulumi-cloudhsm-id", "Value": deployment_id},
    ]


def specification(kind: str, name: str, deployment_id: str = OURS) -> list[dict]:
    return [{"ResourceType": kind, "Tags": tags(name, deployment_id)}]


def subnet() -> str:
    return api("ec2").describe_subnets()["Subnets"][0]["SubnetId"]


def test_one_call_finds_everything_of_ec2() -> None:
    ec2 = api("ec2")

    def vpc(name: str, deployment_id: str) -> str:
        wanted = specification("vpc", name, deployment_id)
        return ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=wanted)["Vpc"]["VpcId"]

    ours = vpc("net-vpc", OURS)
    theirs = vpc("net-vpc", THEIRS)
    made = {
        ours: "net-vpc",
        ec2.create_subnet(
            VpcId=ours, CidrBlock="10.0.0.0/20", TagSpecifications=specification("subnet", "net-a")
        )["Subnet"]["SubnetId"]: "net-a",
        ec2.create_internet_gateway(TagSpecifications=specification("internet-gateway", "igw"))[
            "InternetGateway"
        ]["InternetGatewayId"]: "igw",
        ec2.allocate_address(Domain="vpc", TagSpecifications=specification("elastic-ip", "eip"))[
            "AllocationId"
        ]: "eip",
        ec2.create_route_table(VpcId=ours, TagSpecifications=specification("route-table", "rt"))[
            "RouteTable"
        ]["RouteTableId"]: "rt",
        ec2.create_security_group(
            GroupName="g",
            Description="g",
            VpcId=ours,
            TagSpecifications=specification("security-group", "acme:A/a/group"),
        )["GroupId"]: "acme:A/a/group",
    }
    found = {one.identifier: one.name for one in ec2_owned.tagged(ACCESS, OURS)}
    assert found == made
    for identifier in made:
        assert list(ec2_owned.states(ACCESS, [identifier])) == [identifier]
    ec2.delete_vpc(VpcId=theirs)
    assert ec2_owned.states(ACCESS, [theirs]) == {}, "a tag may outlive what it was on"


def test_rules_of_a_security_group_carry_tags_of_their_own() -> None:
    ec2 = api("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
    rule = ec2.authorize_security_group_egress(
        GroupId=group,
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
                "IpRanges": [{"CidrIp": "10.0.0.0/8"}],
            }
        ],
        TagSpecifications=specification("security-group-rule", "host-https"),
    )["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    assert Found(rule, "host-https") in ec2_owned.tagged(ACCESS, OURS)
    assert ec2_owned.states(ACCESS, [rule]) == {rule: "complete"}


def test_instances_with_their_states() -> None:
    ec2 = api("ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]

    def made() -> str:
        one = ec2.run_instances(
            ImageId=image,
            MinCount=1,
            MaxCount=1,
            SubnetId=subnet(),
            TagSpecifications=specification("instance", "host"),
        )
        return one["Instances"][0]["InstanceId"]

    running, gone = made(), made()
    ec2.terminate_instances(InstanceIds=[gone])
    assert ec2_owned.states(ACCESS, [running, gone]) == {
        running: "running",
        gone: "terminated",
    }


def test_nat_gateways_with_their_states() -> None:
    ec2 = api("ec2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = ec2.create_nat_gateway(
        SubnetId=subnet(),
        AllocationId=address,
        TagSpecifications=specification("natgateway", "nat"),
    )["NatGateway"]["NatGatewayId"]
    assert [one.identifier for one in ec2_owned.tagged(ACCESS, OURS)] == [made]
    assert ec2_owned.states(ACCESS, [made]) == {made: "available"}


def test_associations_by_the_name_of_their_route_table() -> None:
    ec2 = api("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ours = Found(table, "host-routes")
    assert ec2_owned.associations(ACCESS, [ours]) == []
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet())
    assert ec2_owned.associations(ACCESS, [ours]) == [Found(f"{subnet()}/{table}", "host-routes")]


def test_a_state_machine_of_that_name_only_with_our_id() -> None:
    api_of, made = api("stepfunctions"), dict[str, str]()
    for name, owner in (("ours", OURS), ("theirs", THEIRS)):
        listed = [{"key": one["Key"], "value": one["Value"]} for one in tags("machine", owner)]
        made[name] = api_of.create_state_machine(
            name=name,
            definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}),
            roleArn="arn:aws:iam::123456789012:role/r",
            tags=listed,
        )["stateMachineArn"]
    found = stepfunctions.state_machine(ACCESS, "ours", OURS)
    assert found == [Found(made["ours"], "ours")]
    for name in ("theirs", "nobody"):
        assert stepfunctions.state_machine(ACCESS, name, OURS) == []


def test_a_role_and_a_profile_of_that_name_only_with_our_id() -> None:
    iam_api = api("iam")
    for name, owner in (("ours", OURS), ("theirs", THEIRS)):
        iam_api.create_role(
            RoleName=name, AssumeRolePolicyDocument=json.dumps({}), Tags=tags("role", owner)
        )
        iam_api.create_instance_profile(InstanceProfileName=name, Tags=tags("profile", owner))
    for find in (iam.role, iam.instance_profile):
        assert [one.identifier for one in find(ACCESS, "ours", OURS)] == ["ours"]
        assert find(ACCESS, "theirs", OURS) == []
        assert find(ACCESS, "nobody", OURS) == []


def test_a_schedule_and_its_group_of_that_name_only_with_our_id() -> None:
    api_of = api("scheduler")
    # Where the emulator has corrected moto in this process, the role has to be there.
    trust = {"Statement": [{"Principal": {"Service": "scheduler.amazonaws.com"}}]}
    role = api("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    target = {"Arn": "arn:aws:sns:eu-central-1:123456789012:topic", "RoleArn": role["Arn"]}
    for name, owner in (("ours", OURS), ("theirs", THEIRS)):
        api_of.create_schedule_group(Name=name, Tags=tags("group", owner))
        api_of.create_schedule(
            GroupName=name,
            Name="monthly",
            ScheduleExpression="rate(1 minute)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target=target,
        )
    assert scheduler.group(ACCESS, "ours", OURS) == [Found("ours", "ours", "ACTIVE")]
    assert scheduler.schedule(ACCESS, "ours/monthly", OURS) == [Found("ours/monthly", "monthly")]
    for name in ("theirs", "nobody"):
        assert scheduler.group(ACCESS, name, OURS) == []
        assert scheduler.schedule(ACCESS, f"{name}/monthly", OURS) == []
    assert scheduler.schedule(ACCESS, "ours/weekly", OURS) == []


def test_a_profile_without_its_role_is_half_made_and_can_be_deleted() -> None:
    api("iam").create_role(RoleName="role", AssumeRolePolicyDocument=json.dumps({}))
    for name in ("half", "whole"):
        api("iam").create_instance_profile(InstanceProfileName=name, Tags=tags("profile"))
    api("iam").add_role_to_instance_profile(InstanceProfileName="whole", RoleName="role")
    assert iam.instance_profile(ACCESS, "whole", OURS) == [Found("whole", "whole", "complete")]
    assert iam.instance_profile(ACCESS, "half", OURS) == [Found("half", "half", "half made")]
    iam.delete_instance_profile(ACCESS, "half")
    assert iam.instance_profile(ACCESS, "half", OURS) == []
    with pytest.raises(AwsError, match="whole, half made by an interrupted run"):
        iam.delete_instance_profile(ACCESS, "whole")


def test_half_made_parts_of_a_network_are_known_and_can_be_deleted() -> None:
    ec2 = api("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateways = [
        ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"] for _ in range(2)
    ]
    ec2.attach_internet_gateway(InternetGatewayId=gateways[1], VpcId=vpc)
    tables = [ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2)]
    ec2.create_route(
        RouteTableId=tables[1], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateways[1]
    )
    groups = [
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in ("half", "whole")
    ]
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.revoke_security_group_egress(GroupId=groups[1], IpPermissions=[everything])
    states = [
        ec2_owned.states(ACCESS, gateways),
        ec2_owned.states(ACCESS, tables),
        ec2_owned.states(ACCESS, groups),
    ]
    for (half, whole), shown in zip((gateways, tables, groups), states, strict=True):
        assert shown == {half: "half made", whole: "complete"}
        ec2_owned.delete(ACCESS, half)
    with pytest.raises(AwsError, match=gateways[1]):
        ec2_owned.delete(ACCESS, gateways[1])


def test_keys_and_aliases() -> None:
    kms = api("kms")

    def made(name: str, owner: str) -> str:
        kms_tags = [{"TagKey": one["Key"], "TagValue": one["Value"]} for one in tags(name, owner)]
        return kms.create_key(Tags=kms_tags)["KeyMetadata"]["KeyId"]

    ours, gone = made("key", OURS), made("key", OURS)
    made("key", THEIRS)
    kms.schedule_key_deletion(KeyId=gone, PendingWindowInDays=7)
    kms.create_alias(AliasName="alias/ours", TargetKeyId=ours)
    assert owned_keys(ACCESS, OURS) == [
        Found(ours, "key", "Enabled"),
        Found(gone, "key", "PendingDeletion"),
    ]
    assert ("alias/ours", ours) in aliases(ACCESS)


def denying(denied: dict[str, tuple[str, ...]], code: str = "AccessDeniedException") -> Any:
    """KMS refuses these operations for these keys."""
    real: Any = botocore.client.BaseClient._make_api_call  # pyright: ignore

    def made(client: Any, operation: str, given: dict[str, Any]) -> Any:
        if operation in denied.get(given.get("KeyId", ""), ()):
            said: Any = {"Error": {"Code": code, "Message": "no"}}
            raise client.exceptions.from_code(code)(said, operation)
        return real(client, operation, given)

    return patch("botocore.client.BaseClient._make_api_call", made)


def test_one_unreadable_key_of_the_account_stands_in_the_way_of_nothing() -> None:
    kms = api("kms")
    ours_tags = [{"TagKey": one["Key"], "TagValue": one["Value"]} for one in tags("key", OURS)]
    ours = kms.create_key(Tags=ours_tags)["KeyMetadata"]["KeyId"]
    foreign, hidden = (
        kms.create_key(Description=text)["KeyMetadata"]["KeyId"] for text in ("theirs", "hidden")
    )
    denied = {foreign: ("ListResourceTags",), hidden: ("ListResourceTags", "DescribeKey")}
    with denying(denied):
        assert [one.identifier for one in owned_keys(ACCESS, OURS)] == [ours]
        assert Kms(ACCESS).keys_in("cks-1") == []


def test_a_key_that_is_gone_but_still_listed_stands_in_the_way_of_nothing() -> None:
    kms = api("kms")
    gone = kms.create_key()["KeyMetadata"]["KeyId"]
    with denying({gone: ("ListResourceTags", "DescribeKey")}, "NotFoundException"):
        assert owned_keys(ACCESS, OURS) == []
        assert Kms(ACCESS).keys_in("cks-1") == []


def test_a_key_of_ours_that_kms_does_not_describe_yet_is_being_made() -> None:
    ours_tags = [{"TagKey": one["Key"], "TagValue": one["Value"]} for one in tags("key", OURS)]
    ours = api("kms").create_key(Tags=ours_tags)["KeyMetadata"]["KeyId"]
    with denying({ours: ("DescribeKey",)}, "NotFoundException"):
        assert owned_keys(ACCESS, OURS) == [Found(ours, "key", "Creating")]


def test_an_unreadable_key_that_looks_like_ours_stops_a_second_one() -> None:
    looks_like_ours = f"{HELD_BY_HSMS}vault"
    key = api("kms").create_key(Description=looks_like_ours)["KeyMetadata"]["KeyId"]
    refused = pytest.raises(AwsError, match=f"{key}.*allow kms:ListResourceTags")
    with denying({key: ("ListResourceTags",)}), refused:
        owned_keys(ACCESS, OURS)


def test_private_cas() -> None:
    pca = api("acm-pca")
    configuration = {
        "KeyAlgorithm": "RSA_4096",
        "SigningAlgorithm": "SHA256WITHRSA",
        "Subject": {"CommonName": "ca"},
    }
    arns = [
        pca.create_certificate_authority(
            CertificateAuthorityConfiguration=configuration,
            CertificateAuthorityType="ROOT",
            Tags=tags("ca-authority", owner),
        )["CertificateAuthorityArn"]
        for owner in (OURS, THEIRS)
    ]
    (found,) = AcmPca(ACCESS).owned(OURS)
    assert (found.identifier, found.name) == (arns[0], "ca-authority")


def test_addresses_in_use_in_some_subnets_with_what_has_them() -> None:
    ec2 = api("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ours, other = (
        ec2.create_subnet(VpcId=vpc, CidrBlock=block)["Subnet"]["SubnetId"]
        for block in ("10.0.0.0/24", "10.0.1.0/24")
    )
    made = ec2.create_network_interface(
        SubnetId=ours, PrivateIpAddress="10.0.0.9", Description="CloudHSM Managed Interface"
    )["NetworkInterface"]["NetworkInterfaceId"]
    ec2.create_network_interface(SubnetId=other, PrivateIpAddress="10.0.1.9")
    assert addresses_in_use(ACCESS, [ours]) == {"10.0.0.9": f"{made} CloudHSM Managed Interface"}
