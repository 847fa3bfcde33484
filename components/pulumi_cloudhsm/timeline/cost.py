"""What a run has cost so far: what it made is charged for from its creation on."""

from __future__ import annotations

from ..prices import HOURS_PER_MONTH, price
from .run import Run

_CHARGED = {
    "Hsm": "HSM, hsm2m.medium",
    "NatGateway": "NAT gateway",
    "Eip": "public IPv4 address",
    "PasswordSecret": "secret",
    "Key": "KMS key",
    "Instance": "t3.micro",
}
"""What a run makes and AWS charges for, by the last part of the type token."""


def cost_until(run: Run, moment: float) -> float:
    """US dollars for what the run had made until a moment of it.

    A file system's share depends on its size, which events tell only in its inputs; it is left out.

    Args:
        run: the run.
        moment: seconds since its begin.
    """
    total = 0.0
    for step in run.steps:
        row = _CHARGED.get(step.class_name)
        if row is None or step.operation not in ("create", "create-replacement") or step.failed:
            continue
        # AWS charges for an HSM from the call on, not from the moment that it is ACTIVE.
        hours = max(0.0, moment - step.begin) / 3600
        total += hours * price(row, run.region).monthly / HOURS_PER_MONTH
    return total
