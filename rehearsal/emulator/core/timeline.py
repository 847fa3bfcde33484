"""Time in the emulator: a clock, and what is due at which moment of it.

Nothing here runs by itself. Each request first carries out what is due, with
:meth:`Timeline.advance`. An event gets the exact moment it was due at, however late the request
comes: the log shows how late a client noticed it.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable
from typing import Protocol

Event = Callable[[float], None]
"""Something that happens; called with its moment (seconds since the epoch)."""


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> float:
        """Seconds since the epoch; never goes back."""
        ...


class SystemClock:
    """The wall clock, deaf to adjustments made after it was started."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Seconds since the epoch; never goes back."""
        return self._offset + time.monotonic()


class Timeline:
    """Events in order of their moment.

    Args:
        clock: tells the time.
        speed: seconds of AWS time that pass in one second of the clock.
    """

    def __init__(self, clock: Clock, speed: float) -> None:
        self._clock = clock
        self.speed = speed
        self._due: list[tuple[float, int, Event]] = []
        self._order = itertools.count()

    def now(self) -> float:
        """The moment it is, in seconds since the epoch."""
        return self._clock.now()

    def after(self, aws_seconds: float, event: Event, *, since: float) -> float:
        """Let ``event`` happen ``aws_seconds`` of AWS time after ``since``; returns when."""
        moment = since + aws_seconds / self.speed
        heapq.heappush(self._due, (moment, next(self._order), event))
        return moment

    def advance(self) -> None:
        """Let everything happen that is due by now, each at its own moment."""
        now = self.now()
        while self._due and self._due[0][0] <= now:
            moment, _, event = heapq.heappop(self._due)
            event(moment)

    def clear(self) -> None:
        """Forget everything that is still to happen."""
        self._due.clear()
