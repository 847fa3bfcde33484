"""The points of a campaign: which calls it kills at, and what is known of each afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

PHASES = ("up", "down")
MODES = ("unanswered", "answered")
"""Killed while AWS's answer is on its way; killed as soon as it has arrived."""
_READS = ("Describe", "Get", "List", "Sign", "Verify", "Lookup", "Assume", "Simulate")
"""What changes nothing at AWS."""


@dataclass(frozen=True, order=True)
class Call:
    """An operation of a service that changes something."""

    service: str
    operation: str

    def __str__(self) -> str:
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True)
class Point:
    """A kill at one call of a run.

    Attributes:
        phase: one of PHASES: the command that is killed is `up` or `destroy`.
        call: what AWS was asked.
        number: which call of this operation, from 1.
        mode: one of MODES.
    """

    phase: str
    call: Call
    number: int
    mode: str

    def __str__(self) -> str:
        number = f"#{self.number}" if self.number > 1 else ""
        return f"{self.phase} {self.call.operation}{number} {self.mode}"


def changing_calls(log: Iterable[dict[str, Any]]) -> list[Call]:
    """The calls of a log that AWS has carried out and that change something, in order."""
    return [
        Call(one["service"], one["operation"])
        for one in log
        if one["operation"] != "transition"
        and one["outcome"] == "ok"
        and not one["operation"].startswith(_READS)
    ]


def points_of(phase: str, calls: Sequence[Call], mode: str) -> list[Point]:
    """One point for each call of an undisturbed run."""
    seen: Counter[Call] = Counter()
    found: list[Point] = []
    for call in calls:
        seen[call] += 1
        found.append(Point(phase, call, seen[call], mode))
    return found


def chosen(points: Sequence[Point], every: int, only: Sequence[str]) -> list[Point]:
    """Every so many of the points, and only those of some operations.

    Args:
        points: all points of a phase and mode.
        every: 10 takes the first and each tenth after it.
        only: names of operations; none: all.
    """
    wanted = [one for one in points if not only or one.call.operation in only]
    return wanted[::every]


@dataclass
class Result:
    """What became of a point.

    Attributes:
        point: its name.
        twins: whether hosts and plugins outlived the killed CLI.
        way: `single`: a run of its own; `chain`: one of many kills of one stack.
        ups: how many further commands it took to get to the end, or to the next kill.
        different: how the end differs from that of an undisturbed run.
        twice: what AWS has more of than an undisturbed run.
        changed: what a second `up` would change, or why it failed.
        left_over: what a destroy leaves and AWS does not keep.
        backend: what the kill did to the engine's file backend.
        failures: the lines of further commands that failed.
        seconds: of wall time.
    """

    point: str
    twins: bool
    way: str
    ups: int = 0
    different: list[str] = field(default_factory=list[str])
    twice: list[str] = field(default_factory=list[str])
    changed: list[str] = field(default_factory=list[str])
    left_over: list[str] = field(default_factory=list[str])
    backend: str = "whole"
    failures: list[str] = field(default_factory=list[str])
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether one further command led to the end of an undisturbed run."""
        wrong = (self.different, self.twice, self.changed, self.left_over, self.failures)
        return not any(wrong)

    @property
    def key(self) -> tuple[str, bool, str]:
        """What makes two results ones of the same point."""
        return self.point, self.twins, self.way
