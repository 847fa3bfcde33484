"""How many HSMs a cluster has, and where."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from .. import validation
from .placement import lowest_address, places, why_no_address

MAX_HSMS = 28
"""HSMs per cluster. Source: user guide, quotas."""


@dataclass(frozen=True)
class HsmPlace:
    """Zone and IPv4 address of one HSM."""

    zone: pulumi.Input[str]
    """One of the cluster's Availability Zones. Can be changed: a first HSM elsewhere is another
    HSM."""
    ip: str | None = None
    """IPv4 address in that zone's subnet; AWS chooses one when left out, which only the first HSM
    may do. Plain: it names the HSM's resource. Can be changed: another address is another HSM."""


@dataclass(frozen=True)
class HsmsArgs:
    """The HSMs of a cluster: a number, or a list of places."""

    count: int = 1
    """HSMs in all, 0 to 28; KMS needs 2. 0 deletes the first one too, once the cluster is ACTIVE.
    Can be changed. Plain: it decides which resources exist."""
    places: Sequence[HsmPlace] = ()
    """Every HSM's zone and address instead of `count`, the first HSM first. Can be changed: an HSM
    that leaves the list is deleted. Plain list: it decides which resources exist."""

    @property
    def number(self) -> int:
        """How many HSMs in all."""
        return len(self.places) or self.count

    @property
    def first(self) -> HsmPlace | None:
        """The first HSM's place, where the places are listed."""
        return self.places[0] if self.places else None

    def check(self) -> None:
        """Refuses numbers and addresses that AWS would refuse later.

        Raises:
            InputError: names the field, the value and the fix.
        """
        validation.check_plain(self)
        if not 0 <= self.count <= MAX_HSMS:
            raise validation.InputError(
                "count", self.count, f"give 0 to {MAX_HSMS}; KMS needs at least 2"
            )
        if not self.places:
            return
        if self.count != 1:
            raise validation.InputError(
                "count", self.count, "leave it out: hsms.places lists every HSM already"
            )
        if len(self.places) > MAX_HSMS:
            raise validation.InputError(
                "places", f"{len(self.places)} HSMs", f"give at most {MAX_HSMS}"
            )
        self._check_addresses()

    def _check_addresses(self) -> None:
        first, *others = (place.ip for place in self.places)
        for ip in [*([] if first is None else [first]), *others]:
            try:
                ipaddress.IPv4Address(ip or "")
            except ValueError:
                raise validation.InputError(
                    "places",
                    ip,
                    "give every HSM but the first an IPv4 address of its zone's subnet",
                ) from None
        if twice := validation.first_repeated([ip for ip in (first, *others) if ip]):
            raise validation.InputError("places", twice, "give every HSM an address of its own")


def check_places(hsms: HsmsArgs, zones: Sequence[str], cidrs: Sequence[str]) -> None:
    """Refuses places outside the cluster's subnets: AWS does, but only when the cluster is there.

    Args:
        hsms: how many, and where; zones that are Outputs pass.
        zones: the cluster's.
        cidrs: the IPv4 ranges of their subnets, in the same order.

    Raises:
        InputError: names the zone, the address or the number, and the fix.
    """
    if not hsms.places and hsms.count > 1:
        places(zones, cidrs, hsms.count - 1, [lowest_address(cidrs[0])])
    ranges = dict(zip(zones, cidrs, strict=True))
    for number, place in enumerate(hsms.places):
        if not isinstance(place.zone, str):
            continue
        if place.zone not in ranges:
            raise validation.InputError(
                f"hsms.places[{number}].zone",
                place.zone,
                f"give one of the cluster's zones {', '.join(zones)}",
            )
        if place.ip and (fix := why_no_address(place.ip, ranges[place.zone])):
            raise validation.InputError(f"hsms.places[{number}].ip", place.ip, fix)
