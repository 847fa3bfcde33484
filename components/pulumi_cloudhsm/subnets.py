"""What AWS says of the subnets that a cluster is to live in, checked before it is created."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from . import checks


@dataclass(frozen=True)
class SubnetFacts:
    """Subnets that can carry a cluster, in the given order."""

    subnet_ids: list[str]
    zones: list[str]
    cidrs: list[str]


def subnet_facts(
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]],
    opts: pulumi.ResourceOptions,
    first_hsm_zone: pulumi.Input[str] | None = None,
    *,
    ipv6: bool = False,
) -> pulumi.Output[SubnetFacts]:
    """Looks the subnets up.

    Args:
        subnet_ids: ids; a preview knows nothing of subnets that are still to be made.
        opts: whose parent's provider is asked.
        first_hsm_zone: a zone that has to be among theirs.
        ipv6: whether each needs an IPv6 range, too.

    Raises:
        RunError: when the ids are known: not there, not 1 to 10, several VPCs, two in one zone,
            none in the first HSM's zone, no IPv6 range.
    """

    def look_up(known: list[str], zone: str | None) -> SubnetFacts:
        checks.subnet_ids(known)
        found = [_subnet(subnet_id, opts) for subnet_id in known]
        facts = _checked(found)
        if ipv6:
            _check_ipv6(found)
        if zone is not None:
            checks.first_hsm_zone(zone, facts.zones)
        return facts

    # Output.all resolves ids that are outputs themselves.
    ids = pulumi.Output.from_input(subnet_ids).apply(lambda given: pulumi.Output.all(*given))
    return pulumi.Output.all(ids, first_hsm_zone).apply(lambda known: look_up(*known))


def _subnet(subnet_id: str, opts: pulumi.ResourceOptions) -> aws.ec2.GetSubnetResult:
    try:
        return aws.ec2.get_subnet(id=subnet_id, opts=pulumi.InvokeOptions(parent=opts.parent))
    except Exception as error:  # the SDK raises nothing more exact
        said = " ".join(str(error).split())
        raise checks.InputError(
            "subnet_ids", subnet_id, f"give a subnet of this account and region ({said})"
        ) from None


def _check_ipv6(subnets: Sequence[aws.ec2.GetSubnetResult]) -> None:
    without = [subnet.id for subnet in subnets if not subnet.ipv6_cidr_block]
    if without:
        raise checks.InputError(
            "subnet_ids",
            ", ".join(without),
            "a cluster of network type DUALSTACK needs an IPv6 range in each subnet; give it one "
            "(aws ec2 associate-subnet-cidr-block)",
        )


def _checked(subnets: Sequence[aws.ec2.GetSubnetResult]) -> SubnetFacts:
    placed = {subnet.id: f"{subnet.vpc_id}/{subnet.availability_zone}" for subnet in subnets}
    if len({subnet.vpc_id for subnet in subnets}) > 1:
        raise checks.InputError("subnet_ids", placed, "give subnets of one VPC")
    zones = [subnet.availability_zone for subnet in subnets]
    if len(set(zones)) < len(zones):
        raise checks.InputError("subnet_ids", placed, "give one subnet per Availability Zone")
    return SubnetFacts(
        [subnet.id for subnet in subnets], zones, [subnet.cidr_block for subnet in subnets]
    )
