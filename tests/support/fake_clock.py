"""A clock that tests turn, and a step at AWS that takes as long as a test says."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from pulumi_cloudhsm.waiting.polling import Beat
from pulumi_cloudhsm.waiting.waiter import Clock, Observation, Waiter

_MANY = 20_000


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
        seed: float = 0.0,
    ) -> Waiter:
        """A waiter on this clock; each seed, in [0, 1), stands for another process."""
        return Waiter(Clock(self.now, self.sleep), report, Beat(seed))


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


@dataclass
class FakeFleet:
    """Many threads on one fake clock. One runs at a time, until it sleeps, so a run is repeatable.

    Attributes:
        moment: seconds of the clock.
    """

    moment: float = 1_000.0
    _due: list[tuple[float, int, threading.Event]] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _idle: threading.Event = field(default_factory=threading.Event)
    _failures: list[BaseException] = field(default_factory=list)

    def now(self) -> float:
        return self.moment

    def sleep(self, seconds: float) -> None:
        turn = self._turn_at(self.moment + seconds)
        self._idle.set()
        turn.wait()

    def start(self, run: Callable[[], object], after: float = 0.0) -> None:
        """Lets `run` begin in a thread of its own, `after` seconds from now."""
        turn = self._turn_at(self.moment + after)

        def whole() -> None:
            turn.wait()
            try:
                run()
            except BaseException as failure:
                self._failures.append(failure)
            self._idle.set()

        threading.Thread(target=whole, daemon=True).start()

    def run(self) -> None:
        """Runs all to their end; raises what the first of them raised."""
        while self._due:
            self.moment, _, turn = heapq.heappop(self._due)
            self._idle.clear()
            turn.set()
            self._idle.wait()
            if self._failures:
                raise self._failures[0]

    def waiter(self, seed: float = 0.0, report: Callable[[str], None] = lambda _: None) -> Waiter:
        """A waiter of a process, which the seed, in [0, 1), stands for."""
        return Waiter(Clock(self.now, self.sleep), report, Beat(seed))

    def _turn_at(self, moment: float) -> threading.Event:
        turn = threading.Event()
        heapq.heappush(self._due, (moment, next(self._numbers), turn))
        return turn


def script(*scenes: Observation[str] | Exception) -> Callable[[], Observation[str]]:
    """Looks that see one scene after the other, the last one for ever."""
    play = itertools.chain(scenes[:-1], itertools.repeat(scenes[-1]))

    def look() -> Observation[str]:
        scene = next(play)
        if isinstance(scene, Exception):
            raise scene
        return scene

    return look
