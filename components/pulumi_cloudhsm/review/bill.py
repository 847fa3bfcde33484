"""What the resources of a plan cost in a month, before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..file_system.ontap import Deployment
from ..file_system.ontap import prices as file_system_prices
from ..prices import Price, price
from .plan import Plan, Properties
from .words import several

_BY_COUNT = {
    "Hsm": ("HSM, hsm2m.medium", "HSM"),
    "NatGateway": ("NAT gateway", "NAT gateway"),
    "Eip": ("public IPv4 address", "public IPv4 address"),
    "PasswordSecret": ("secret", "secret"),
    "Key": ("KMS key", "KMS key"),
    "MetricAlarm": ("alarm", "alarm"),
    "LogMetricFilter": ("metric of a filter", "metric of a filter"),
    "Dashboard": ("dashboard", "dashboard"),
}
"""Last part of a type token to its row of the price table, and what a person calls it."""
_BY_USE = (
    ("OntapFileSystem", "file system backups"),
    ("Cluster", "audit log, ingestion"),
    ("Cluster", "audit log, storage"),
)
"""What AWS charges for by amount, which no plan tells: type and row of the price table."""


@dataclass(frozen=True)
class Item:
    """One line of a bill.

    Attributes:
        what: what a person calls it.
        monthly: US dollars a month; None where the price is not known.
        prices: the rows of the price table that it is from.
    """

    what: str
    monthly: float | None
    prices: tuple[Price, ...] = ()


@dataclass(frozen=True)
class Line:
    """What one kind of resource costs.

    Attributes:
        what: what a person calls it.
        before: how many there are.
        after: how many there will be.
        usd_before: US dollars a month; None where the price is not known.
        usd_after: the same of what will be.
        prices: the rows of the price table that both are from.
    """

    what: str
    before: int
    after: int
    usd_before: float | None
    usd_after: float | None
    prices: tuple[Price, ...]


@dataclass(frozen=True)
class Bill:
    """The cost of a stack in a month.

    Attributes:
        lines: one for each kind, the dearest first.
        by_use: prices of what AWS charges by amount; in no sum.
    """

    lines: tuple[Line, ...]
    by_use: tuple[Price, ...]

    @property
    def before(self) -> float:
        """US dollars a month before, of what has a known price."""
        return sum(one.usd_before or 0 for one in self.lines)

    @property
    def after(self) -> float:
        """US dollars a month after, of what has a known price."""
        return sum(one.usd_after or 0 for one in self.lines)

    @property
    def prices(self) -> list[Price]:
        """Every row of the price table that the sums are from, once."""
        return list(dict.fromkeys(row for one in self.lines for row in one.prices))


def bill(plan: Plan) -> Bill:
    """The bill of a plan's stack."""
    before = _items(((one.class_name, one.old) for one in plan.changes), plan.region)
    after = _items(((one.class_name, one.new) for one in plan.changes), plan.region)
    lines = [
        _line(what, before, after) for what in dict.fromkeys(one.what for one in before + after)
    ]
    lines.sort(key=lambda one: -max(one.usd_before or 0, one.usd_after or 0))
    there = {one.class_name for one in plan.changes if one.old or one.new}
    by_use = [price(item, plan.region) for kind, item in _BY_USE if kind in there]
    return Bill(tuple(lines), tuple(by_use))


def _line(what: str, before: list[Item], after: list[Item]) -> Line:
    old, new = ([one for one in items if one.what == what] for items in (before, after))
    prices = dict.fromkeys(row for one in old + new for row in one.prices)
    return Line(what, len(old), len(new), _sum(old), _sum(new), tuple(prices))


def _sum(items: list[Item]) -> float | None:
    known = [one.monthly for one in items if one.monthly is not None]
    return sum(known) if len(known) == len(items) else None


def _items(resources: Iterable[tuple[str, Properties]], region: str | None) -> list[Item]:
    return [
        item
        for class_name, properties in resources
        if properties
        for item in charged(class_name, properties, region)
    ]


def charged(class_name: str, properties: Properties, region: str | None) -> Iterator[Item]:
    """What AWS charges for a resource as long as it exists.

    Args:
        class_name: the last part of its type token.
        properties: its inputs and outputs.
        region: its Region; None is not known.
    """
    if class_name in _BY_COUNT:
        row, what = _BY_COUNT[class_name]
        found = price(row, region)
        yield Item(what, found.monthly, (found,))
    elif class_name == "Instance":
        yield _host(str(properties.get("instanceType", "")), region)
    elif class_name == "CertificateAuthority":
        short = properties.get("usageMode") == "SHORT_LIVED_CERTIFICATE"
        found = price("private CA, short-lived" if short else "private CA", region)
        yield Item("private CA", found.monthly, (found,))
    elif class_name == "OntapFileSystem":
        yield _file_system(properties, region)


def _host(instance_type: str, region: str | None) -> Item:
    try:
        found = price(instance_type, region)
    except KeyError:
        return Item(f"{instance_type} client host", None)
    return Item(f"{instance_type} client host", found.monthly, (found,))


def _file_system(properties: Properties, region: str | None) -> Item:
    capacity = properties.get("storageCapacity")
    throughput, pairs = properties.get("throughputCapacityPerHaPair"), properties.get("haPairs", 1)
    if not isinstance(throughput, int | float):
        # The first generation has one pair, and its inputs name the throughput of the whole.
        throughput, pairs = properties.get("throughputCapacity"), 1
    if not isinstance(capacity, int | float) or not isinstance(throughput, int | float):
        return Item("file system", None)
    rows = file_system_prices(Deployment(str(properties["deploymentType"])), region)
    return Item("file system", capacity * rows[0].usd + throughput * pairs * rows[1].usd, rows)


def counts(line: Line) -> str:
    """`2 HSMs → 3 HSMs`, or the number alone where it stays."""
    after = several(line.what, line.after)
    return after if line.before == line.after else f"{several(line.what, line.before)} → {after}"
