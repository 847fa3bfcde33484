"""About what HSMs cost."""

from __future__ import annotations

HSM_USD_PER_HOUR = 1.6
"""One hsm2m.medium in us-east-1, in US dollars an hour; other Regions cost more or less.

Source: the KMS pricing page, https://aws.amazon.com/kms/pricing/, quoted on 2026-09-30.
"""


def hourly_cost(hsms: int) -> str:
    """About what AWS charges for so many HSMs, in words."""
    if hsms == 0:
        return "nothing without HSMs; a cluster by itself is free"
    which = "1 HSM" if hsms == 1 else f"{hsms} HSMs"
    usd = hsms * HSM_USD_PER_HOUR
    return f"about {usd:.2f} USD for {which}, each from its creation to its deletion"
