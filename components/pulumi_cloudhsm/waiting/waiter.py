"""The one waiter: polls a state until it is reached, refused or out of time.

`polling` decides when it looks. Usual durations only shape the lines for people.
Pure: it knows neither AWS nor Pulumi; clock, sleep and the beat are inputs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ..errors import DeadlineError, StateError, TransientError
from .polling import PROCESS_BEAT, Beat, Pauses

T = TypeVar("T")

MAX_DEADLINE_SECONDS = 604_800
"""Longest deadline: a week."""
MAX_HEARTBEAT = 900.0
"""Seconds between two lines about an unchanged state, once its usual reason is said."""
_SHORTEST_SLEEP = 0.001
"""Seconds; what rounding leaves before the deadline must not become looks without a pause."""


@dataclass(frozen=True)
class Clock:
    """Where time comes from; tests put a fake in place of both functions."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Timing:
    """How long a step is expected to take, and how long to wait at most; both in seconds."""

    expected_seconds: float
    """The duration seen most often; shapes the progress lines and nothing else. Can be changed."""
    deadline_seconds: float
    """After this the wait fails, whatever the state. Can be changed."""

    def __post_init__(self) -> None:
        if not 0 < self.expected_seconds <= self.deadline_seconds:
            raise ValueError(
                f"usual duration {self.expected_seconds:g} s must be above 0 and at most "
                f"the deadline of {self.deadline_seconds:g} s"
            )
        if self.deadline_seconds > MAX_DEADLINE_SECONDS:
            raise ValueError(
                f"the deadline of {self.deadline_seconds:.0f} s must be at most "
                f"{MAX_DEADLINE_SECONDS} s, a week"
            )

    def sooner(self, times: float) -> Timing:
        """The same deadline for a step that takes so many times less."""
        return Timing(self.expected_seconds / times, self.deadline_seconds)

    @property
    def heartbeat(self) -> float:
        """Seconds after which an unchanged state is reported again."""
        return min(max(self.expected_seconds / 4, 2.0), 120.0)


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
        hint: the usual reason where it takes longer than usual; said once, and at the deadline.
    """

    subject: str
    wanted: str
    reached: Collection[str]
    failed: Collection[str]
    setting: str
    hint: str = ""


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
        beat: the moments at which all waits of this process look.
    """

    clock: Clock = field(default_factory=Clock)
    report: Callable[[str], None] = _silent
    beat: Beat = PROCESS_BEAT

    def wait(self, goal: Goal, timing: Timing, look: Callable[[], Observation[T]]) -> Reached[T]:
        """Looks until the goal's state is reached.

        Args:
            goal: wanted and refused states.
            timing: usual duration and deadline.
            look: asks for the state now; may raise TransientError, which is waited through and
                answered with longer pauses.

        Raises:
            StateError: a state of `goal.failed` was seen; carries AWS's StateMessage.
            DeadlineError: time is up; says the last state and how to go on waiting.
        """
        start = self.clock.now()
        pauses = Pauses()
        said_state, said_at, last_trouble, heartbeat = "", start, "", timing.heartbeat
        looks, hint = 0, goal.hint
        while True:
            # The look decides, not the time before it: a look at the deadline may still succeed.
            elapsed = self.clock.now() - start
            looks += 1
            try:
                seen = look()
                state, last_trouble = seen.state, ""
                pauses.answered()
            except TransientError as trouble:
                pauses.refused()
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
            if elapsed >= timing.deadline_seconds:
                raise _out_of_time(goal, state, elapsed, timing, last_trouble)
            now = self.clock.now()
            if state != said_state or now - said_at >= heartbeat or not said_state:
                is_late = elapsed > timing.expected_seconds
                said = hint if is_late else ""
                self.report(_progress(goal, state, elapsed, timing, last_trouble, said))
                # Once the usual reason is said, an ever rarer line is enough.
                rarer = is_late and bool(goal.hint)
                heartbeat = min(heartbeat * 2, MAX_HEARTBEAT) if rarer else timing.heartbeat
                said_state, said_at, hint = state, now, "" if is_late else hint
            next_look = min(
                pauses.next_look(self.beat, start, now), start + timing.deadline_seconds
            )
            self.clock.sleep(max(next_look - now, _SHORTEST_SLEEP))


def _progress(
    goal: Goal, state: str, elapsed: float, timing: Timing, trouble: str, hint: str
) -> str:
    usual, deadline = about(timing.expected_seconds), about(timing.deadline_seconds)
    told = f"{duration(elapsed)} elapsed, usually {usual}, deadline {deadline}"
    if elapsed > timing.expected_seconds:
        told = (
            f"{duration(elapsed)} elapsed, longer than the usual {usual}: slow, but AWS shows no "
            f"failure; nothing to do before the deadline of {deadline}"
        )
        if goal.hint:
            told = (
                f"{duration(elapsed)} elapsed, longer than the usual {usual}, deadline {deadline}"
            )
    line = f"{goal.subject}: {state}, waiting for {goal.wanted} ({told})"
    line = f"{line}; {hint}" if hint else line
    return f"{line}; the last look failed and is tried again: {trouble}" if trouble else line


def _out_of_time(
    goal: Goal, state: str, elapsed: float, timing: Timing, trouble: str
) -> DeadlineError:
    told = f"; the last look failed: {trouble}" if trouble else ""
    raised = f", or raise {goal.setting}" if goal.setting else ""
    return DeadlineError(
        f"{goal.subject} is still {state} after {duration(elapsed)} (wanted {goal.wanted}, usually "
        f"{about(timing.expected_seconds)}){told}. AWS may still get there: run `pulumi up` again "
        f"to go on waiting{raised}{f'; {goal.hint}' if goal.hint else ''}"
    )


def about(seconds: float) -> str:
    """A usual duration or a deadline for people: `5 s`, `3.5 min`, `1 h`, `1 h 30 min`."""
    if seconds < 120:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{round(seconds / 60, 1):g} min"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


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
