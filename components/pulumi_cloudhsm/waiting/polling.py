"""When a wait looks at AWS: soon after the end of a step, and seldom enough for AWS and a fleet.

A pause is up to a twelfth of the time waited so far, between 0.6 s and 5 s. It does not depend on
how long the step usually takes: AWS often takes another time, and the end must be noticed as soon.
Looks that AWS does not answer make the pauses longer at once.

All waits of a process look at the same moments, its beat, so that one call can serve all of them
(see `aws/shared_calls.py`). Two processes have different beats.
"""

from __future__ import annotations

import math
import random
import zlib
from dataclasses import dataclass, field

MIN_PAUSE = 0.625
"""Seconds between two looks at the start of a wait. A shorter one costs many calls at AWS's speed;
a longer one slows down a rehearsal, whose steps take seconds."""

MAX_PAUSE = 8 * MIN_PAUSE
"""Seconds between two looks of a long wait: 5. The end of a step is noticed 2.5 s late on average,
and at most 5 s late in 95 % of all waits."""

PAUSE_SHARE = 1 / 12
"""Pause as a share of the time waited so far. The longest pause is reached after a minute."""

MAX_SLOWDOWN = 16
"""How many times longer trouble can make the pauses: up to 80 s."""

_SLOWER, _FASTER = 2.0, 0.95
"""Factors of the slowdown after a look that AWS did not answer, and after one that it did. So a
fleet of 50 stacks in an account that takes half of their calls settles at 3 % refused calls."""

_NEAR = MIN_PAUSE / 5
"""Seconds; a moment so close is left out, as a look has just been taken."""

_LEVELS = 3
"""How often `MIN_PAUSE` is doubled on the way to `MAX_PAUSE`."""

_JITTER = 0.1
"""How far a moment may be moved, as a share of the pause that leads to it; half of it each way."""


@dataclass(frozen=True)
class Beat:
    """The moments at which the waits of one process look.

    They lie about `MIN_PAUSE` apart. A wait with longer pauses takes every second of them, every
    fourth and so on. So a moment of a patient wait is also one of every less patient wait.

    Attributes:
        seed: in [0, 1); moves all moments by the same time, and each a little by itself.
    """

    seed: float = field(default_factory=random.random)

    def next_after(self, now: float, pause: float) -> float:
        """The first moment after `now`, close ones aside, for a wait with such pauses.

        Args:
            now: seconds of a monotonic clock.
            pause: seconds, `MIN_PAUSE` times a power of two.
        """
        step = round(pause / MIN_PAUSE)
        number = math.floor((now - self._start) / pause) * step
        while (moment := self._moment(number)) <= now + _NEAR:
            number += step
        return moment

    @property
    def _start(self) -> float:
        return self.seed * MAX_PAUSE * MAX_SLOWDOWN

    def _moment(self, number: int) -> float:
        level = next((level for level in range(_LEVELS) if number >> level & 1), _LEVELS)
        # The same for all waits of the process, whatever else it draws by chance.
        chance = zlib.crc32(f"{self.seed} {number}".encode()) / 2**32 - 0.5
        return self._start + MIN_PAUSE * (number + _JITTER * 2**level * chance)


PROCESS_BEAT = Beat()
"""The beat of this process."""


@dataclass
class Pauses:
    """The pauses of one wait.

    Attributes:
        slowdown: how many times longer the pauses are because of trouble, 1 to `MAX_SLOWDOWN`.
    """

    slowdown: float = 1.0

    def answered(self) -> None:
        """Notes a look that AWS answered: the pauses get shorter again, step by step."""
        self.slowdown = max(self.slowdown * _FASTER, 1.0)

    def refused(self) -> None:
        """Notes a look that AWS refused for its rate, or could not answer: slower at once."""
        self.slowdown = min(self.slowdown * _SLOWER, MAX_SLOWDOWN)

    def next_look(self, beat: Beat, started: float, now: float) -> float:
        """When to look again.

        Args:
            beat: the moments of this process.
            started: when the wait began, seconds of a monotonic clock.
            now: the same clock, now.
        """
        share = min(max((now - started) * PAUSE_SHARE, MIN_PAUSE), MAX_PAUSE)
        doubled = math.floor(math.log2(share / MIN_PAUSE) + math.log2(self.slowdown) + 1e-9)
        pause = MIN_PAUSE * 2**doubled
        # While AWS is in trouble, the next moment must not be a near one.
        return beat.next_after(now + (0.75 * pause if self.slowdown > 1 else 0), pause)
