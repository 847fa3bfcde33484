"""A measured row: its samples, and the ratios to what it is compared with."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One thing, measured several times.

    Attributes:
        group: the table that it belongs to.
        what: what was measured.
        unit: of the samples, for example `s` or `calls`.
        samples: one number for each repetition.
        against: what the ratios compare it with; empty where nothing is compared.
        ratios: sample by sample, this divided by the other.
        detail: further numbers of the row, for the JSON and the table.
    """

    group: str
    what: str
    unit: str
    samples: Sequence[float]
    against: str = ""
    ratios: Sequence[float] = ()
    detail: str = ""

    def compared(self, other: Row) -> Row:
        """The same row with the ratios to another one, repetition by repetition."""
        pairs = zip(self.samples, other.samples, strict=True)
        ratios = [mine / theirs for mine, theirs in pairs if theirs]
        return Row(self.group, self.what, self.unit, self.samples, other.what, ratios, self.detail)

    def as_json(self) -> dict[str, Any]:
        """Everything, with minimum, median and maximum."""
        return {
            "group": self.group,
            "what": self.what,
            "unit": self.unit,
            "samples": list(self.samples),
            **_spread(self.samples),
            "against": self.against,
            "ratio": _spread(self.ratios) if self.ratios else None,
            "detail": self.detail,
        }


def shown(numbers: Sequence[float]) -> str:
    """Minimum, median and maximum for people."""
    if not numbers:
        return ""
    spread = _spread(numbers)
    return "  ".join(_short(spread[name]) for name in ("minimum", "median", "maximum"))


def _spread(numbers: Sequence[float]) -> dict[str, float]:
    return {
        "minimum": min(numbers),
        "median": statistics.median(numbers),
        "maximum": max(numbers),
    }


def _short(number: float) -> str:
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"
