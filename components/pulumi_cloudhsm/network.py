"""A small VPC for a cluster, for accounts that have none."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import pulumi
import pulumi_aws as aws

from . import checks


class NetworkType(StrEnum):
    """Which addresses a cluster's HSMs have."""

    IPV4 = "IPV4"
    """IPv4 only; what KMS needs."""
    DUALSTACK = "DUALSTACK"
    """IPv6, too."""


@dataclass(frozen=True)
class NetworkArgs:
    """What a Network is made of."""

    availability_zones: Sequence[str]
    """1 to 10 zones of the cluster's region, two for KMS; they can never be changed."""
    vpc_cidr: str = "10.42.0.0/16"
    """IPv4 range of the VPC, /16 to /24; each zone's subnet takes a sixteenth of it."""
    ipv6: bool = False
    """Whether it has an IPv6 range of Amazon's, too."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    """Tags of everything."""

    def check(self, region: str, network_type: str = NetworkType.IPV4) -> None:
        """Refuses what AWS would refuse later.

        Args:
            region: the region that the zones have to belong to.
            network_type: of the cluster that is to live in it.

        Raises:
            InputError: names the input, the value and the fix.
        """
        checks.availability_zones(self.availability_zones, region)
        if network_type == NetworkType.DUALSTACK and not self.ipv6:
            raise checks.InputError(
                "network_type", str(network_type), "its network needs IPv6: give it ipv6=True"
            )
        try:
            network = ipaddress.IPv4Network(self.vpc_cidr)
        except ValueError as error:
            raise checks.InputError(
                "vpc_cidr", self.vpc_cidr, f"{error}; give a range like 10.42.0.0/16"
            ) from None
        if not 16 <= network.prefixlen <= 24:
            raise checks.InputError("vpc_cidr", self.vpc_cidr, "give a /16 to /24")

    @property
    def subnet_cidrs(self) -> list[str]:
        """The zones' ranges: a sixteenth of the VPC's each."""
        ranges = ipaddress.IPv4Network(self.vpc_cidr).subnets(prefixlen_diff=4)
        return [str(block) for _, block in zip(self.availability_zones, ranges, strict=False)]


class Network(pulumi.ComponentResource):
    """One VPC and a private subnet in each wanted zone; no route leads outside."""

    vpc_id: pulumi.Output[str]
    """The VPC."""
    subnet_ids: pulumi.Output[list[str]]
    """The subnets, in the order of the zones."""

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("cloudhsm:index:Network", name, {}, opts)
        self._args = args
        vpc = self._create_vpc(name)
        subnets = self._create_subnets(name, vpc)
        self.vpc_id = vpc.id
        self.subnet_ids = pulumi.Output.all(*(subnet.id for subnet in subnets)).apply(list)
        self.register_outputs({"vpc_id": self.vpc_id, "subnet_ids": self.subnet_ids})

    def _create_vpc(self, name: str) -> aws.ec2.Vpc:
        return aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=self._args.vpc_cidr,
            enable_dns_hostnames=True,
            assign_generated_ipv6_cidr_block=True if self._args.ipv6 else None,
            tags={**self._args.tags, "Name": name},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_subnets(self, name: str, vpc: aws.ec2.Vpc) -> list[aws.ec2.Subnet]:
        return [
            aws.ec2.Subnet(
                f"{name}-{zone}",
                vpc_id=vpc.id,
                cidr_block=block,
                availability_zone=zone,
                map_public_ip_on_launch=False,
                ipv6_cidr_block=_nth_range(vpc, number) if self._args.ipv6 else None,
                tags={**self._args.tags, "Name": f"{name}-{zone}"},
                opts=pulumi.ResourceOptions(parent=self),
            )
            for number, (zone, block) in enumerate(
                zip(self._args.availability_zones, self._args.subnet_cidrs, strict=True)
            )
        ]


def _nth_range(vpc: aws.ec2.Vpc, number: int) -> pulumi.Output[str]:
    """A subnet takes a /64 of its VPC's /56 (VPC user guide, IPv6 CIDR blocks)."""

    def nth(block: str) -> str:
        ranges = ipaddress.IPv6Network(block).subnets(new_prefix=64)
        return str(next(itertools.islice(ranges, number, None)))

    return vpc.ipv6_cidr_block.apply(nth)
