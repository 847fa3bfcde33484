"""What AWS charges for the parts of a deployment: one table, each row with Region, day and source.

Prices differ by Region and change. All amounts are US dollars, on demand, without tax.
"""

from __future__ import annotations

from dataclasses import dataclass

HOURS_PER_MONTH = 730
"""Hours of the month that AWS's own calculators use."""
REFERENCE_REGION = "us-east-1"
"""The Region whose price stands for a Region that the table lacks."""


@dataclass(frozen=True)
class Price:
    """One row of the table.

    Attributes:
        item: what is charged for.
        usd: US dollars for one unit.
        unit: what is counted: `hour`, `month`, `GB-month`, `MBps-month` or `GB`.
        region: the Region of this price.
        day: when the source said so, or was read where it has no date; ISO 8601.
        source: where it is from.
    """

    item: str
    usd: float
    unit: str
    region: str
    day: str
    source: str

    @property
    def monthly(self) -> float:
        """US dollars for one unit over a month."""
        return self.usd * HOURS_PER_MONTH if self.unit == "hour" else self.usd


_KMS = "KMS pricing page, https://aws.amazon.com/kms/pricing/"
_PRIVATE_CA = "AWS Private CA pricing page, https://aws.amazon.com/private-ca/pricing/"
_FSX = "FSx for ONTAP pricing page, https://aws.amazon.com/fsx/netapp-ontap/pricing/"
_PRICE_LIST = "AWS Price List"
_IPV4 = "AWS Networking blog, “Identify and optimize public IPv4 address usage on AWS”"
_CLOUDWATCH = "c3x.dev, a secondary source for the CloudWatch pricing page"
_SECONDARY = "several secondary sources for the CloudWatch pricing page"


def _reference(item: str, usd: float, unit: str, day: str, source: str) -> Price:
    return Price(item, usd, unit, REFERENCE_REGION, day, source)


PRICES = (
    _reference("HSM, hsm2m.medium", 1.60, "hour", "2026-09-30", _KMS),
    Price("HSM, hsm2m.medium", 1.86, "hour", "ap-southeast-1", "2026-04-16", _PRICE_LIST),
    _reference("KMS key", 1.00, "month", "2026-09-30", _KMS),
    Price("secret", 0.40, "month", "ap-southeast-1", "2026-06", _PRICE_LIST),
    _reference("private CA", 400, "month", "2026-11-25", _PRIVATE_CA),
    _reference("private CA, short-lived", 50, "month", "2026-11-25", _PRIVATE_CA),
    Price("NAT gateway", 0.05, "hour", "ca-central-1", "2026-09-24", _PRICE_LIST),
    Price("NAT gateway", 0.059, "hour", "ap-southeast-1", "2026-06", _PRICE_LIST),
    _reference("public IPv4 address", 0.005, "hour", "2024-02-01", _IPV4),
    _reference("t3.micro", 0.0104, "hour", "2026-11-25", "not verified against a price list"),
    _reference("file system, SSD, one zone", 0.125, "GB-month", "2026-11-25", _FSX),
    Price(
        "file system, SSD, one zone", 0.138, "GB-month", "ca-central-1", "2026-09-24", _PRICE_LIST
    ),
    _reference("file system, SSD, two zones", 0.25, "GB-month", "2026-11-25", _FSX),
    _reference("file system, throughput, one zone", 0.72, "MBps-month", "2026-11-25", _FSX),
    Price(
        "file system, throughput, one zone",
        0.788,
        "MBps-month",
        "ca-central-1",
        "2026-09-24",
        _PRICE_LIST,
    ),
    _reference("file system, throughput, two zones", 1.20, "MBps-month", "2026-11-25", _FSX),
    _reference("file system backups", 0.05, "GB-month", "2026-11-25", "one secondary source"),
    _reference("audit log, ingestion", 0.50, "GB", "2026-06", _CLOUDWATCH),
    _reference("audit log, storage", 0.03, "GB-month", "2026-06", _CLOUDWATCH),
    _reference("alarm", 0.10, "month", "2026-06", _CLOUDWATCH),
    _reference("metric of a filter", 0.30, "month", "2026-11-25", _SECONDARY),
    _reference("dashboard", 3.00, "month", "2026-11-25", _SECONDARY),
)
"""The table. An item's first row stands for the Regions that it lacks."""


def price(item: str, region: str | None = None) -> Price:
    """The price of an item in a Region, or in the Region that stands for it.

    Args:
        item: as in the table.
        region: for example `eu-central-1`; None is not known.

    Raises:
        KeyError: the table has no such item.
    """
    known = [one for one in PRICES if one.item == item]
    if not known:
        raise KeyError(item)
    return next((one for one in known if one.region == region), known[0])
