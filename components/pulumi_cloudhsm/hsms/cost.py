"""About what HSMs cost, in words."""

from __future__ import annotations

from ..prices import price


def hourly_cost(hsms: int) -> str:
    """About what AWS charges for so many HSMs in us-east-1; other Regions cost more or less."""
    if hsms == 0:
        return "nothing without HSMs; a cluster by itself is free"
    which = "1 HSM" if hsms == 1 else f"{hsms} HSMs"
    usd = hsms * price("HSM, hsm2m.medium").usd
    return f"about {usd:.2f} USD for {which}, each from its creation to its deletion"
