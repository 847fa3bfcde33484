"""What the engine hands over becomes a typed record again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi_cloudhsm.records import Record


@dataclass(frozen=True, kw_only=True)
class Inner(Record):
    days: int
    share: float


@dataclass(frozen=True, kw_only=True)
class Outer(Record):
    hours: int
    keep: int | None
    waits: float
    inner: Inner
    several: Sequence[Inner]


def test_a_whole_number_that_the_engine_hands_over_as_a_float_is_whole_again() -> None:
    inner = {"days": 7.0, "share": 1.0}
    read = Outer.read(
        {"hours": 12.0, "keep": 3.0, "waits": 2.0, "inner": inner, "several": [inner]}
    )
    assert repr(read.hours) == "12"
    assert repr(read.keep) == "3"
    assert repr((read.inner.days, read.several[0].days)) == "(7, 7)"
    assert repr((read.waits, read.inner.share)) == "(2.0, 1.0)"
