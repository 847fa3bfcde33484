"""What a run has cost so far: what it made is charged for from its creation on."""

from __future__ import annotations

from ..prices import HOURS_PER_MONTH
from ..review.bill import charged
from .run import Run


def cost_until(run: Run, moment: float) -> float:
    """US dollars for what the run had made until a moment of it.

    AWS charges for an HSM from the call on, not from the moment that it is ACTIVE.

    Args:
        run: the run.
        moment: seconds since its begin.
    """
    made = (one for one in run.steps if one.operation.startswith("create") and not one.failed)
    return sum(
        (item.monthly or 0.0) / HOURS_PER_MONTH * max(0.0, moment - step.begin) / 3600
        for step in made
        for item in charged(step.class_name, step.facts, run.region)
    )
