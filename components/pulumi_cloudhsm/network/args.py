"""What a network is made of, or which existing subnets it is."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import pulumi

from .. import validation

MAX_SUBNETS = 10
"""Subnets per cluster. Source: CreateCluster in the API reference."""
DEFAULT_VPC_CIDR = "10.42.0.0/16"
_NO_VPC = ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4")
"""Source: VPC user guide, IPv4 VPC CIDR blocks, which names 0/8, 127/8, 169.254/16 and 224/4."""
_ZONE = r"[a-z]{2,}(-[a-z]+)+-[0-9][a-z]"


class NetworkType(StrEnum):
    """Which addresses a cluster's HSMs have. Source: CreateCluster in the API reference."""

    IPV4 = "IPV4"
    """IPv4 only; what KMS needs."""
    DUALSTACK = "DUALSTACK"
    """IPv6, too."""


@dataclass(frozen=True)
class KnownSubnets:
    """What is known of the subnets before anything runs: their zones and IPv4 ranges, in order."""

    zones: Sequence[str]
    cidrs: Sequence[str]


class PlannedNetwork(Protocol):
    """What a network tells before anything of it is made: NetworkArgs, or a Network."""

    @property
    def network_type(self) -> str:
        """Which addresses the HSMs have."""
        ...

    @property
    def makes_vpc(self) -> bool:
        """Whether VPC and subnets are made."""
        ...

    @property
    def known(self) -> KnownSubnets | None:
        """Zones and ranges; None where they are not known yet."""
        ...

    @property
    def cidr(self) -> str:
        """IPv4 range of a VPC that is made."""
        ...

    @property
    def plain_subnet_ids(self) -> Sequence[str] | None:
        """The given subnets; None where none are given, or one is an Output."""
        ...


@dataclass(frozen=True)
class NetworkArgs:
    """A VPC to make, in `availability_zones`; or `subnet_ids` that exist."""

    availability_zones: Sequence[str] = ()
    """1 to 10 zones of the Region, two for KMS. Cannot be changed. Plain: they name subnets."""
    vpc_cidr: str | None = None
    """IPv4 range of the VPC, /16 to /24; 10.42.0.0/16 when left out. Each zone's subnet takes a
    sixteenth. Cannot be changed. Plain: the HSMs' addresses follow from it."""
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None
    """1 to 10 private subnets of one VPC, one per zone. Cannot be changed."""
    network_type: str = NetworkType.IPV4
    """IPV4, or DUALSTACK, which KMS cannot use. Cannot be changed. Plain: it decides which resource
    the cluster is."""

    @property
    def cidr(self) -> str:
        """IPv4 range of a VPC that is made."""
        return self.vpc_cidr or DEFAULT_VPC_CIDR

    @property
    def makes_vpc(self) -> bool:
        """Whether VPC and subnets are made."""
        return self.subnet_ids is None

    @property
    def known(self) -> KnownSubnets | None:
        """The subnets that are made; None for those that exist: a look-up tells."""
        if not self.makes_vpc:
            return None
        zones = list(self.availability_zones)
        ranges = ipaddress.IPv4Network(self.cidr).subnets(prefixlen_diff=4)
        return KnownSubnets(zones, [str(one) for _, one in zip(zones, ranges, strict=False)])

    @property
    def plain_subnet_ids(self) -> Sequence[str] | None:
        """The given subnets; None where none are given, or one is an Output."""
        given = self.subnet_ids
        if not isinstance(given, Sequence):
            return None
        plain = [one for one in given if isinstance(one, str)]
        return plain if len(plain) == len(given) else None

    def check(self, region: str | None = None) -> None:
        """Refuses what AWS would refuse later.

        Args:
            region: the Region that the zones have to belong to, where it is plain.

        Raises:
            InputError: names the field, the value and the fix.
        """
        validation.check_plain(self)
        if self.network_type not in set(NetworkType):
            raise validation.InputError("network_type", self.network_type, "use IPV4 or DUALSTACK")
        if self.subnet_ids is None:
            _check_zones(self.availability_zones, region)
            _check_cidr(self.cidr)
            return
        for name in ("availability_zones", "vpc_cidr"):
            if value := getattr(self, name):
                raise validation.InputError(
                    name, value, "leave it out: the given subnet_ids decide it"
                )
        if isinstance(self.subnet_ids, Sequence):
            check_subnet_ids(self.subnet_ids)


def check_subnet_ids(value: Sequence[object]) -> None:
    """Refuses ids that are malformed, too many, or there twice; ids that are Outputs pass.

    Raises:
        InputError: names the value and the fix.
    """
    if not 1 <= len(value) <= MAX_SUBNETS:
        raise validation.InputError("subnet_ids", list(value), f"give 1 to {MAX_SUBNETS} subnets")
    known = [one for one in value if isinstance(one, str)]
    for one in known:
        if not re.fullmatch(r"subnet-[0-9a-f]{8}([0-9a-f]{9})?", one):
            raise validation.InputError(
                "subnet_ids", one, "a subnet id looks like subnet-0123456789abcdef0"
            )
    if twice := validation.first_repeated(known):
        raise validation.InputError("subnet_ids", twice, "name each subnet once")


def _check_zones(zones: Sequence[str], region: str | None) -> None:
    if not 1 <= len(zones) <= MAX_SUBNETS:
        raise validation.InputError(
            "availability_zones",
            list(zones),
            f"give 1 to {MAX_SUBNETS} zones, or subnet_ids of your own",
        )
    for zone in zones:
        if not re.fullmatch(re.escape(region) + "[a-z]" if region else _ZONE, zone):
            of = f"of Region {region}" if region else "of AWS"
            raise validation.InputError(
                "availability_zones",
                zone,
                f"it is no zone {of}; a zone looks like {region or 'eu-central-1'}a",
            )
    if twice := validation.first_repeated(zones):
        raise validation.InputError("availability_zones", twice, "name each zone once")


def _check_cidr(value: str) -> None:
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError as error:
        raise validation.InputError(
            "vpc_cidr", value, f"{error}; give a range like {DEFAULT_VPC_CIDR}"
        ) from None
    if not 16 <= network.prefixlen <= 24:
        raise validation.InputError("vpc_cidr", value, "give a /16 to /24")
    if any(network.overlaps(ipaddress.IPv4Network(one)) for one in _NO_VPC):
        raise validation.InputError(
            "vpc_cidr", value, f"AWS takes no VPC there; give a range like {DEFAULT_VPC_CIDR}"
        )
