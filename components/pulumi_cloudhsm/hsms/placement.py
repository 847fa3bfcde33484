"""Where HSMs go: zones in turn, and addresses that are the same in every run. Pure.

A fixed address survives the HSM's deletion and re-creation, so clients keep their configuration.
AWS gives an address only once. So an interrupted run's HSM is found by it and can never get a twin.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Zone and IPv4 address of one HSM."""

    zone: str
    ip: str


def places(zones: Sequence[str], cidrs: Sequence[str], number: int) -> list[Place]:
    """Places of the HSMs besides the first: the zones in turn, from the second one.

    Args:
        zones: the cluster's zones, in order; the first HSM is in the first one.
        cidrs: the IPv4 ranges of their subnets, in the same order.
        number: how many HSMs besides the first.

    Returns:
        Addresses from the top of each subnet downward. AWS keeps the first four and the last
        (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html). The addresses that it
        chooses itself are rarely there.
    """
    taken: Counter[str] = Counter()
    found: list[Place] = []
    for step in range(1, number + 1):
        index = step % len(zones)
        zone = zones[index]
        taken[zone] += 1
        top = ipaddress.IPv4Network(cidrs[index]).broadcast_address
        found.append(Place(zone, str(top - taken[zone])))
    return found
