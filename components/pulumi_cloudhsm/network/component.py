"""The network of a cluster: a small VPC that is made, or subnets that exist."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Sequence
from functools import partial

import pulumi
import pulumi_aws as aws

from ..account.quotas import VPCS, tell_quota
from ..common import CommonArgs, recovery_of, typed_outputs, visible_inputs
from ..recovery.kinds import SUBNET, VPC
from ..recovery.part import Part
from ..recovery.stack_state import looks_allowed
from ..validation import section
from .args import KnownSubnets, NetworkArgs, NetworkType
from .resources import look_up


class Network(Part):
    """A VPC with a private subnet in each zone and no route outside; or subnets that exist."""

    vpc_id: pulumi.Output[str]
    """The VPC."""
    subnet_ids: pulumi.Output[list[str]]
    """The subnets, in the order in which zones or ids are given."""
    zones: pulumi.Output[list[str]]
    """Their Availability Zones, in the same order."""
    subnet_cidrs: pulumi.Output[list[str]]
    """Their IPv4 ranges, in the same order."""
    known: KnownSubnets | None
    """Zones and ranges as plain values; None where the subnet ids are Outputs."""
    vpc_cidr: str | None
    """IPv4 range of a VPC that is made here; None where the subnets existed."""
    makes_vpc: bool
    """Whether VPC and subnets are made here."""
    network_type: NetworkType
    """Which addresses the HSMs have."""

    def __init__(
        self,
        name: str,
        args: NetworkArgs,
        *,
        common: CommonArgs = CommonArgs(),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Makes the VPC, or looks the given subnets up.

        Args:
            name: logical name.
            args: the zones, or the subnets.
            common: Region and tags.
            opts: Pulumi's options.

        Raises:
            InputError: the args, or the subnets, cannot carry a cluster.
        """
        with section("network"):
            args.check(common.region if isinstance(common.region, str) else None)
        super().__init__("cloudhsm:index:Network", name, visible_inputs(args), opts)
        self._name, self._args, self._common = name, args, common.within(self)
        self.network_type, self.makes_vpc = NetworkType(args.network_type), args.makes_vpc
        self._ipv6 = self.network_type == NetworkType.DUALSTACK
        if args.known is not None:
            self._create(args.known)
        elif args.subnet_ids is not None:
            self._look_up(args.subnet_ids)
        self.register_outputs(typed_outputs(self))

    @property
    def cidr(self) -> str:
        """IPv4 range of a VPC that is made."""
        return self._args.cidr

    @property
    def plain_subnet_ids(self) -> Sequence[str] | None:
        """The given subnets; None where none are given, or one is an Output."""
        return self._args.plain_subnet_ids

    def _create(self, known: KnownSubnets) -> None:
        self._recovery = recovery_of(self, self._common)
        self.known, self.vpc_cidr = known, self._args.cidr
        vpc = self._create_vpc()
        subnets = [
            self._create_subnet(vpc, number, zone, block)
            for number, (zone, block) in enumerate(zip(known.zones, known.cidrs, strict=True))
        ]
        self.vpc_id = vpc.id
        self.subnet_ids = pulumi.Output.all(*(subnet.id for subnet in subnets)).apply(list)
        self.zones = pulumi.Output.from_input(list(known.zones))
        self.subnet_cidrs = pulumi.Output.from_input(list(known.cidrs))

    def _look_up(self, given: pulumi.Input[Sequence[pulumi.Input[str]]]) -> None:
        self.known = self.vpc_cidr = None
        ask = pulumi.InvokeOptions(parent=self)
        if self.plain_subnet_ids is not None:
            found = look_up(self.plain_subnet_ids, ask, ipv6=self._ipv6)
            # What a unit test's mocks say of subnets is nothing to place HSMs by.
            self.known = KnownSubnets(found.zones, found.cidrs) if looks_allowed() else None
            facts = pulumi.Output.from_input(found)
        else:
            # Output.all resolves ids that are Outputs themselves.
            facts = (
                pulumi.Output.from_input(given)
                .apply(lambda ids: pulumi.Output.all(*ids))
                .apply(lambda ids: look_up(ids, ask, ipv6=self._ipv6))
            )
        self.vpc_id = facts.apply(lambda known: known.vpc_id)
        self.subnet_ids = facts.apply(lambda known: known.subnet_ids)
        self.zones = facts.apply(lambda known: known.zones)
        self.subnet_cidrs = facts.apply(lambda known: known.cidrs)

    def _create_vpc(self) -> aws.ec2.Vpc:
        name, options = f"{self._name}-vpc", pulumi.ResourceOptions(parent=self)
        opts = self._recovery.adopt(VPC, name, options)
        types = [one.pulumi_resource_type for one in self.lineage]
        if self._recovery.deployment.state.lacks([*types, VPC], name) and opts.import_ is None:
            tell_quota(self._common.access, VPCS, partial(pulumi.log.warn, resource=self))
        return aws.ec2.Vpc(
            name,
            cidr_block=self._args.cidr,
            enable_dns_hostnames=True,
            assign_generated_ipv6_cidr_block=True if self._ipv6 else None,
            tags=self._recovery.tags(name, {**self._common.tags, "Name": self._name}),
            opts=opts,
        )

    def _create_subnet(
        self, vpc: aws.ec2.Vpc, number: int, zone: str, block: str
    ) -> aws.ec2.Subnet:
        name, options = f"{self._name}-{zone}", pulumi.ResourceOptions(parent=self)
        return aws.ec2.Subnet(
            name,
            vpc_id=vpc.id,
            cidr_block=block,
            availability_zone=zone,
            map_public_ip_on_launch=False,
            ipv6_cidr_block=_nth_range(vpc, number) if self._ipv6 else None,
            tags=self._recovery.tags(name, {**self._common.tags, "Name": name}),
            opts=self._recovery.adopt(SUBNET, name, options),
        )


def _nth_range(vpc: aws.ec2.Vpc, number: int) -> pulumi.Output[str]:
    """A subnet takes a /64 of its VPC's /56 (VPC user guide, IPv6 CIDR blocks)."""

    def nth(block: str) -> str:
        ranges = ipaddress.IPv6Network(block).subnets(new_prefix=64)
        return str(next(itertools.islice(ranges, number, None)))

    return vpc.ipv6_cidr_block.apply(nth)
