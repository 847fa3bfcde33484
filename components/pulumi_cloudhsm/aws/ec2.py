"""EC2 in our own words: what the subnets and the security group of a cluster are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from .advice import refusal
from .session import AwsAccess, client

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import FilterTypeDef, SubnetTypeDef


@dataclass(frozen=True)
class Subnet:
    """One subnet as DescribeSubnets shows it."""

    subnet_id: str
    zone: str
    cidr: str
    free_addresses: int = 0
    ipv6_cidr: str = ""


def subnets(access: AwsAccess, subnet_ids: Sequence[str]) -> list[Subnet]:
    """The subnets, in the order of their ids.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one, for example an id that does not exist.
    """
    ec2: EC2Client = client(access, "ec2")
    try:
        found = ec2.describe_subnets(SubnetIds=list(subnet_ids))["Subnets"]
    except (ClientError, BotoCoreError) as error:
        raise refusal("describing subnets", error) from error
    by_id = {
        raw.get("SubnetId", ""): Subnet(
            raw.get("SubnetId", ""),
            raw.get("AvailabilityZone", ""),
            raw.get("CidrBlock", ""),
            raw.get("AvailableIpAddressCount", 0),
            _ipv6_cidr(raw),
        )
        for raw in found
    }
    return [by_id[subnet_id] for subnet_id in subnet_ids]


def _ipv6_cidr(raw: SubnetTypeDef) -> str:
    blocks = raw.get("Ipv6CidrBlockAssociationSet") or []
    live = (
        block.get("Ipv6CidrBlock", "")
        for block in blocks
        if (block.get("Ipv6CidrBlockState") or {}).get("State") in ("associated", "associating")
    )
    return next(live, "")


def zones_with_cloudhsm(access: AwsAccess, region: str) -> list[str]:
    """The zones of a region in which HSMs can be made; none where AWS names none.

    As AWS's own template finds them: aws-samples/aws-cloudhsm-cloudformation-template, README.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one, for example no right to look.
    """
    ec2: EC2Client = client(access, "ec2")
    name = f"com.amazonaws.{region}.cloudhsmv2"
    try:
        found = ec2.describe_vpc_endpoint_services(ServiceNames=[name])["ServiceDetails"]
    except (ClientError, BotoCoreError) as error:
        raise refusal("looking for the zones with CloudHSM", error) from error
    return sorted({zone for one in found for zone in one.get("AvailabilityZones") or []})


def reaches_itself(access: AwsAccess, group_id: str, first: int, last: int) -> bool:
    """Whether members of a security group reach each other on a range of TCP ports.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one, for example a group that does not exist.
    """
    ec2: EC2Client = client(access, "ec2")
    try:
        group = ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"][0]
    except (ClientError, BotoCoreError) as error:
        raise refusal("describing the cluster's security group", error) from error
    return any(
        rule.get("IpProtocol") in ("tcp", "-1")
        and rule.get("FromPort", 0) <= first
        and rule.get("ToPort", 65535) >= last
        and any(pair.get("GroupId") == group_id for pair in rule.get("UserIdGroupPairs") or [])
        for rule in group.get("IpPermissions") or []
    )


def instances_tagged(access: AwsAccess, tag: str, value: str) -> list[str]:
    """Ids of the instances with a tag that run, or soon will.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one.
    """
    ec2: EC2Client = client(access, "ec2")
    wanted: list[FilterTypeDef] = [
        {"Name": f"tag:{tag}", "Values": [value]},
        {"Name": "instance-state-name", "Values": ["pending", "running"]},
    ]
    try:
        pages = ec2.get_paginator("describe_instances").paginate(Filters=wanted)
        reservations = [one for page in pages for one in page["Reservations"]]
    except (ClientError, BotoCoreError) as error:
        raise refusal("looking for the client host", error) from error
    found = (instance for one in reservations for instance in one.get("Instances") or [])
    return [instance.get("InstanceId", "") for instance in found]


def nat_gateways_tagged(access: AwsAccess, tag: str, value: str) -> dict[str, str]:
    """Ids and states of the NAT gateways with a tag that are there, or soon will be.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one.
    """
    ec2: EC2Client = client(access, "ec2")
    living: list[FilterTypeDef] = [{"Name": "state", "Values": ["pending", "available"]}]
    try:
        pages = ec2.get_paginator("describe_nat_gateways").paginate(Filters=living)
        listed = [one for page in pages for one in page["NatGateways"]]
    except (ClientError, BotoCoreError) as error:
        raise refusal("looking for the client host's NAT gateway", error) from error
    return {
        one.get("NatGatewayId", ""): one.get("State", "")
        for one in listed
        if {"Key": tag, "Value": value} in one.get("Tags", [])
    }
