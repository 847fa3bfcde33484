"""What AWS says of the subnets that a cluster is to live in, checked before it is created."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from .. import validation
from ..recovery.stack_state import looks_allowed
from .args import check_subnet_ids


@dataclass(frozen=True)
class SubnetFacts:
    """Subnets that can carry a cluster, in the given order."""

    vpc_id: str
    subnet_ids: list[str]
    zones: list[str]
    cidrs: list[str]


def look_up(subnet_ids: Sequence[str], opts: pulumi.InvokeOptions, *, ipv6: bool) -> SubnetFacts:
    """Looks subnets up.

    Args:
        subnet_ids: their ids.
        opts: who is asked.
        ipv6: whether each needs an IPv6 range, too.

    Raises:
        InputError: malformed, not there, several VPCs, two in one zone, or no IPv6 range.
    """
    with validation.section("network"):
        check_subnet_ids(subnet_ids)
        found = [_subnet(subnet_id, opts) for subnet_id in subnet_ids]
        if not looks_allowed():
            return _mocked(subnet_ids, found)
        _check_placement(found)
        if ipv6:
            _check_ipv6(found)
    return SubnetFacts(
        found[0].vpc_id,
        [subnet.id for subnet in found],
        [subnet.availability_zone for subnet in found],
        [subnet.cidr_block for subnet in found],
    )


def _subnet(subnet_id: str, opts: pulumi.InvokeOptions) -> aws.ec2.GetSubnetResult:
    try:
        return aws.ec2.get_subnet(id=subnet_id, opts=opts)
    except Exception as error:  # the SDK raises nothing more exact
        said = " ".join(str(error).split())
        raise validation.InputError(
            "subnet_ids", subnet_id, f"give a subnet of this account and Region ({said})"
        ) from None


def _mocked(ids: Sequence[str], found: Sequence[aws.ec2.GetSubnetResult]) -> SubnetFacts:
    """In a unit test: what its mocks say, and something possible where they say nothing."""
    return SubnetFacts(
        found[0].vpc_id or "vpc-mocked",
        list(ids),
        [one.availability_zone or f"zone-{number}" for number, one in enumerate(found)],
        [one.cidr_block or f"10.0.{number}.0/24" for number, one in enumerate(found)],
    )


def _check_placement(subnets: Sequence[aws.ec2.GetSubnetResult]) -> None:
    placed = {subnet.id: f"{subnet.vpc_id}/{subnet.availability_zone}" for subnet in subnets}
    if len({subnet.vpc_id for subnet in subnets}) > 1:
        raise validation.InputError("subnet_ids", placed, "give subnets of one VPC")
    if validation.first_repeated([subnet.availability_zone for subnet in subnets]):
        raise validation.InputError("subnet_ids", placed, "give one subnet per Availability Zone")


def _check_ipv6(subnets: Sequence[aws.ec2.GetSubnetResult]) -> None:
    without = [subnet.id for subnet in subnets if not subnet.ipv6_cidr_block]
    if without:
        raise validation.InputError(
            "subnet_ids",
            ", ".join(without),
            "a cluster of network type DUALSTACK needs an IPv6 range in each subnet; give it one "
            "(aws ec2 associate-subnet-cidr-block)",
        )
