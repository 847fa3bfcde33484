"""A clock that tests turn, and a step at AWS that takes as long as a test says."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from pulumi_cloudhsm.waiter import Clock, Observation, Waiter

_MANY = 10_000


@dataclass
class FakeTime:
    """Time passes only by sleeping, and by looks that take a while."""

    moment: float = 1_000.0
    sleeps: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.moment

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0, f"slept {seconds} s"
        assert len(self.sleeps) < _MANY, "this wait never ends"
        self.sleeps.append(seconds)
        self.moment += seconds

    def waiter(
        self,
        report: Callable[[str], None] = lambda _: None,
        chance: Callable[[], float] = lambda: 0.5,
    ) -> Waiter:
        """A waiter on this clock; the middle of `chance` means no jitter."""
        return Waiter(Clock(self.now, self.sleep), report, chance)


@dataclass
class Step:
    """Something at AWS that is done `duration` seconds after it was made."""

    time: FakeTime
    duration: float
    pending: str = "CREATE_IN_PROGRESS"
    done: str = "ACTIVE"
    look_takes: float = 0.0
    looks: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = self.time.now()

    def look(self) -> Observation[str]:
        elapsed = self.time.now() - self.start
        self.looks.append(elapsed)
        self.time.moment += self.look_takes
        state = self.done if elapsed >= self.duration else self.pending
        return Observation(state, f"seen at {elapsed:g}")


def script(*scenes: Observation[str] | Exception) -> Callable[[], Observation[str]]:
    """Looks that see one scene after the other, the last one for ever."""
    play = itertools.chain(scenes[:-1], itertools.repeat(scenes[-1]))

    def look() -> Observation[str]:
        scene = next(play)
        if isinstance(scene, Exception):
            raise scene
        return scene

    return look
