"""EC2: subnets, security groups, instances and NAT gateways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from .advice import refusal
from .answers import lacking
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
    for missing in (one for one in subnet_ids if one not in by_id):
        raise lacking("DescribeSubnets", missing)
    return [by_id[subnet_id] for subnet_id in subnet_ids]


def _ipv6_cidr(raw: SubnetTypeDef) -> str:
    blocks = raw.get("Ipv6CidrBlockAssociationSet") or []
    live = (
        block.get("Ipv6CidrBlock", "")
        for block in blocks
        if (block.get("Ipv6CidrBlockState") or {}).get("State") in ("associated", "associating")
    )
    return next(live, "")


def addresses_in_use(access: AwsAccess, subnet_ids: Sequence[str]) -> dict[str, str]:
    """The IPv4 addresses that are in use in subnets, each with the interface that has it.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one, for example no right to look.
    """
    ec2: EC2Client = client(access, "ec2")
    wanted = [{"Name": "subnet-id", "Values": list(subnet_ids)}]
    try:
        pages = ec2.get_paginator("describe_network_interfaces").paginate(Filters=wanted)  # pyright: ignore[reportArgumentType]
        found = [one for page in pages for one in page.get("NetworkInterfaces") or []]
    except (ClientError, BotoCoreError) as error:
        raise refusal("looking for addresses in use", error) from error
    return {
        address.get("PrivateIpAddress", ""): " ".join(
            (one.get("NetworkInterfaceId", ""), one.get("Description", ""))
        ).strip()
        for one in found
        for address in one.get("PrivateIpAddresses") or []
    }


def number_of_vpcs(access: AwsAccess) -> int:
    """How many VPCs the Region has.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one, for example no right to look.
    """
    ec2: EC2Client = client(access, "ec2")
    try:
        pages = ec2.get_paginator("describe_vpcs").paginate()
        return sum(len(page.get("Vpcs") or []) for page in pages)
    except (ClientError, BotoCoreError) as error:
        raise refusal("counting VPCs", error) from error


def number_of_addresses(access: AwsAccess) -> int:
    """As `number_of_vpcs`, of Elastic IPs."""
    ec2: EC2Client = client(access, "ec2")
    try:
        return len(ec2.describe_addresses().get("Addresses") or [])
    except (ClientError, BotoCoreError) as error:
        raise refusal("counting Elastic IPs", error) from error


def zones_with_cloudhsm(access: AwsAccess) -> list[str]:
    """The zones of the Region in which HSMs can be made; none where AWS names none.

    As AWS's own template finds them: aws-samples/aws-cloudhsm-cloudformation-template, README.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one, for example no right to look.
    """
    ec2: EC2Client = client(access, "ec2")
    name = f"com.amazonaws.{ec2.meta.region_name}.cloudhsmv2"
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
        groups = ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"]
    except (ClientError, BotoCoreError) as error:
        raise refusal("describing the cluster's security group", error) from error
    if not groups:
        raise lacking("DescribeSecurityGroups", group_id)
    return any(
        rule.get("IpProtocol") in ("tcp", "-1")
        and rule.get("FromPort", 0) <= first
        and rule.get("ToPort", 65535) >= last
        and any(pair.get("GroupId") == group_id for pair in rule.get("UserIdGroupPairs") or [])
        for rule in groups[0].get("IpPermissions") or []
    )


def delete_group_of_cluster(access: AwsAccess, cluster_id: str, vpc_id: str) -> str:
    """Deletes the security group that AWS made for a cluster and left when that was deleted.

    AWS names it after the cluster (user guide, "Reconfigure the security group"), and keeps it
    where something else uses it.

    Args:
        access: where.
        cluster_id: the deleted cluster.
        vpc_id: its VPC.

    Returns:
        The id of the group; empty where there is none.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one, for example because something still uses it.
    """
    ec2: EC2Client = client(access, "ec2")
    name = f"cloudhsm-{cluster_id}-sg"
    by_name: FilterTypeDef = {"Name": "group-name", "Values": [name]}
    by_vpc: FilterTypeDef = {"Name": "vpc-id", "Values": [vpc_id]}
    deleted = ""
    try:
        for group in ec2.describe_security_groups(Filters=[by_name, by_vpc])["SecurityGroups"]:
            deleted = group.get("GroupId", "")
            ec2.delete_security_group(GroupId=deleted)
    except (ClientError, BotoCoreError) as error:
        raise refusal(f"deleting the security group {name}", error) from error
    return deleted
