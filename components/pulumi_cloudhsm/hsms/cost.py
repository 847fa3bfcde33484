"""About what HSMs cost, in words."""

from __future__ import annotations

from ..prices import price


def hourly_cost(hsms: int) -> str:
    """About what AWS charges for so many HSMs in us-east-1; other Regions cost more or less."""
    if hsms == 0:
        return "nothing without HSMs; a cluster by itself is free"
    usd = hsms * price("HSM, hsm2m.medium").usd
    return f"about {usd:.2f} USD for {_named(hsms)}, each from its creation to its deletion"


def cost_of_days(hsms: int, days: int) -> str:
    """As `hourly_cost`, of some days."""
    usd = hsms * days * 24 * price("HSM, hsm2m.medium").usd
    return f"about {usd:,.0f} USD for {_named(hsms)}"


def _named(hsms: int) -> str:
    return "1 HSM" if hsms == 1 else f"{hsms} HSMs"
