"""The one waiter: polls a state until it is reached, refused or out of time.

The polling is shaped by how long the step usually takes: each pause is half of what is left of
the usual duration, so a step of ten minutes is asked for a handful of times and is watched closely
around its expected end. Pure: it knows neither AWS nor Pulumi; clock, sleep and chance are inputs.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from .errors import DeadlineError, StateError, TransientError

T = TypeVar("T")

_SHORTEST_SLEEP = 0.001
"""Seconds; what rounding leaves before the deadline must not become looks without a pause."""


@dataclass(frozen=True)
class Clock:
    """Where time comes from; tests put a fake in place of both functions."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Pace:
    """How long a step usually takes and how long to wait at most, both in seconds.

    Attributes:
        usual: the duration seen most often; shapes the polling and the progress lines.
        deadline: after this the wait fails, whatever the state.
    """

    usual: float
    deadline: float

    def __post_init__(self) -> None:
        if not 0 < self.usual <= self.deadline:
            raise ValueError(
                f"usual duration {self.usual:g} s must be above 0 and at most "
                f"the deadline of {self.deadline:g} s"
            )

    @property
    def shortest_pause(self) -> float:
        """Seconds between two looks near the expected end: 1 % of the usual duration."""
        return min(max(self.usual / 100, 0.1), 5.0)

    @property
    def longest_pause(self) -> float:
        """Seconds between two looks when the step is long overdue."""
        return max(self.shortest_pause, min(self.usual / 8, 30.0))

    @property
    def heartbeat(self) -> float:
        """Seconds after which an unchanged state is reported again."""
        return min(max(self.usual / 4, 2.0), 120.0)

    def pause(self, elapsed: float) -> float:
        """Seconds to sleep after a look at `elapsed` seconds, before jitter."""
        if elapsed < self.usual:
            return max((self.usual - elapsed) / 2, self.shortest_pause)
        # Overdue: stay close for a while, then give AWS more room the later it gets.
        return min(max((elapsed - self.usual) / 10, self.shortest_pause), self.longest_pause)


@dataclass(frozen=True)
class Observation(Generic[T]):
    """What one look saw.

    Attributes:
        state: AWS's own word for the state.
        value: what the caller wants back when the state is the wanted one.
        message: AWS's StateMessage, if any.
    """

    state: str
    value: T
    message: str = ""


@dataclass(frozen=True)
class Goal:
    """What is waited for.

    Attributes:
        subject: whose state it is, for example `cluster cluster-abc`.
        wanted: the state that people call the goal.
        reached: states that end the wait well.
        failed: states that end it at once as a failure. Every other state, known or not, is waited
            through: AWS has added states before and will again.
        setting: the input that prolongs the deadline, named in the error; empty if none does.
    """

    subject: str
    wanted: str
    reached: Collection[str]
    failed: Collection[str]
    setting: str


@dataclass(frozen=True)
class Reached(Generic[T]):
    """The good end of a wait: the last observation, seconds waited, looks taken."""

    observation: Observation[T]
    seconds: float
    looks: int


def _silent(_: str) -> None:
    return None


@dataclass(frozen=True)
class Waiter:
    """Waits for goals; holds only what all waits of a process share.

    Attributes:
        clock: source of time, monotonic.
        report: receives one line per change of state and per heartbeat.
        chance: returns a number in [0, 1); spreads the looks of many waiters by +-10 %.
    """

    clock: Clock = field(default_factory=Clock)
    report: Callable[[str], None] = _silent
    chance: Callable[[], float] = random.random

    def wait(self, goal: Goal, pace: Pace, look: Callable[[], Observation[T]]) -> Reached[T]:
        """Looks until the goal's state is reached.

        Args:
            goal: wanted and refused states.
            pace: usual duration and deadline.
            look: asks for the state now; may raise TransientError, which is waited through.

        Raises:
            StateError: a state of `goal.failed` was seen; carries AWS's StateMessage.
            DeadlineError: time is up; says the last state and how to go on waiting.
        """
        start = self.clock.now()
        said_state, said_at, last_trouble = "", start, ""
        looks = 0
        while True:
            # The look decides, not the time before it: a look at the deadline may still succeed.
            elapsed = self.clock.now() - start
            looks += 1
            try:
                seen = look()
                state, last_trouble = seen.state, ""
            except TransientError as trouble:
                seen, state, last_trouble = None, said_state or "no answer yet", str(trouble)
            if seen is not None and state in goal.reached:
                seconds = self.clock.now() - start
                if said_state:
                    self.report(f"{goal.subject}: {state} after {duration(seconds)}")
                return Reached(seen, seconds, looks)
            if seen is not None and state in goal.failed:
                reason = f": {seen.message}" if seen.message else " (AWS gives no StateMessage)"
                raise StateError(
                    f"{goal.subject} went to {state} while waiting for {goal.wanted}{reason}"
                )
            if elapsed >= pace.deadline:
                trouble = f"; the last look failed: {last_trouble}" if last_trouble else ""
                raised = f", or raise {goal.setting}" if goal.setting else ""
                raise DeadlineError(
                    f"{goal.subject} is still {state} after {duration(elapsed)} (wanted "
                    f"{goal.wanted}, usually {duration(pace.usual)}){trouble}. AWS may still "
                    f"get there: run `pulumi up` again to go on waiting{raised}"
                )
            now = self.clock.now()
            if state != said_state or now - said_at >= pace.heartbeat or not said_state:
                self.report(_progress(goal, state, elapsed, pace, last_trouble))
                said_state, said_at = state, now
            spread = 0.9 + 0.2 * self.chance()
            left = start + pace.deadline - now
            self.clock.sleep(max(min(pace.pause(elapsed) * spread, left), _SHORTEST_SLEEP))


def _progress(goal: Goal, state: str, elapsed: float, pace: Pace, trouble: str) -> str:
    line = (
        f"{goal.subject}: {state}, waiting for {goal.wanted} ({duration(elapsed)} elapsed, usually "
        f"{duration(pace.usual)}, deadline {duration(pace.deadline)})"
    )
    return f"{line}; the last look failed and is tried again: {trouble}" if trouble else line


def duration(seconds: float) -> str:
    """Seconds for people: `4.2s`, `3m30s`, `1h05m`."""
    if seconds < 10:
        return f"{seconds:.1f}s".replace(".0s", "s")
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}m{rest:02d}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m"
