"""Where HSMs go: zones in turn, and addresses that are the same in every run. Pure.

A fixed address survives the HSM's deletion and re-creation, so clients keep their configuration.
AWS gives an address only once. So an interrupted run's HSM is found by it and can never get a twin.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ..validation import InputError

_RESERVED_BELOW = 4
"""Addresses that AWS keeps at the bottom of a subnet; it keeps the last one, too. Source:
https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html."""


@dataclass(frozen=True)
class Place:
    """Zone and IPv4 address of one HSM."""

    zone: str
    ip: str


def places(
    zones: Sequence[str],
    cidrs: Sequence[str],
    number: int,
    taken: Collection[str] = (),
    kept: Mapping[int, str] | None = None,
) -> list[Place]:
    """Places of the HSMs besides the first: the zones in turn, from the second one.

    Args:
        zones: the cluster's zones, in order; the first HSM is in the first one.
        cidrs: the IPv4 ranges of their subnets, in the same order.
        number: how many HSMs besides the first.
        taken: addresses that something else has.
        kept: the addresses that HSMs have already, by their place in the list.

    Returns:
        Addresses from the top of each subnet downward. The addresses that AWS chooses itself are
        rarely there.

    Raises:
        InputError: a subnet has no address left.
    """
    kept = kept or {}
    used, found = {*taken, *kept.values()}, list[Place]()
    for step in range(number):
        index = (step + 1) % len(zones)
        ip = kept.get(step) or _free(cidrs[index], used, zones[index], number + 1)
        used.add(ip)
        found.append(Place(zones[index], ip))
    return found


def _free(cidr: str, used: Collection[str], zone: str, wanted: int) -> str:
    block = ipaddress.IPv4Network(cidr)
    top, bottom = int(block.broadcast_address), int(block.network_address)
    for one in range(top - 1, bottom + _RESERVED_BELOW - 1, -1):
        if (ip := str(ipaddress.IPv4Address(one))) not in used:
            return ip
    raise InputError(
        "hsms.count",
        wanted,
        f"the subnet {cidr} in {zone} has no address left for one of them: give fewer, or make a "
        "cluster in larger subnets",
    )


def lowest_address(cidr: str) -> str:
    """The lowest address of a subnet that AWS does not keep: the first HSM takes one, too."""
    return str(ipaddress.IPv4Network(cidr).network_address + _RESERVED_BELOW)


def usual_addresses(cidrs: Sequence[str], most: int) -> set[str]:
    """Addresses that only HSMs besides the first are likely to have: the upper ones.

    Args:
        cidrs: the IPv4 ranges of the cluster's subnets.
        most: HSMs that a cluster can have.
    """
    found: set[str] = set()
    for block in map(ipaddress.IPv4Network, cidrs):
        each = min(-(-most // len(cidrs)), block.num_addresses // 2)
        found |= {str(block.broadcast_address - number) for number in range(1, each + 1)}
    return found


def why_no_address(ip: str, cidr: str) -> str | None:
    """Why an HSM cannot have an address in a subnet; None where it can."""
    block, address = ipaddress.IPv4Network(cidr), ipaddress.IPv4Address(ip)
    if address not in block:
        return f"give an address of its zone's subnet {cidr}"
    if address == block.broadcast_address or int(address) - int(block.network_address) < (
        _RESERVED_BELOW
    ):
        return f"AWS keeps the first four addresses and the last one of the subnet {cidr}"
    return None
