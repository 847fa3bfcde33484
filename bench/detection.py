"""How late the end of a step is noticed, and with how many calls: simulated, no time passes.

Ours is the package's own waiter on a clock of its own. The two others are what people use. One is
a shell loop that sleeps 15 s. The other is the aws provider's waiter, see `provider_waits.py`. All
looks answer at once, so the numbers hold the schedules and nothing else.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.provider_waits import CLOUDHSM
from bench.rows import Row
from pulumi_cloudhsm.waiting.polling import Beat
from pulumi_cloudhsm.waiting.waiter import Clock, Goal, Observation, Timing, Waiter

USUAL = (210.0, 600.0, 900.0, 1800.0)
"""Usual durations: initialization, first HSM, connection of a key store, file system."""
SPREADS = (0.3, 0.6)
"""Of the log-normal true durations around the usual one."""
REPETITIONS = 5
STEPS = 100
"""Simulated steps for each repetition."""
LOOP_SECONDS = 15.0
OURS, LOOP, PROVIDER = "this package", "loop with sleep 15", "aws provider's waiter"

_GOAL = Goal("step", "ACTIVE", ("ACTIVE",), (), "")


@dataclass(frozen=True)
class Noticed:
    """How one step went: seconds from its end to the look that saw it, and looks in all."""

    lag: float
    calls: int


Schedule = Callable[[float, random.Random], Noticed]
"""Waits for a step of so many seconds."""


def ours(actual: float, dice: random.Random) -> Noticed:
    """The package's waiter, in a process that looks at other moments each time."""
    moment = dice.uniform(0, 1e5)
    begun = moment

    def sleep(seconds: float) -> None:
        nonlocal moment
        moment += seconds

    def look() -> Observation[None]:
        return Observation("ACTIVE" if moment - begun >= actual else "CREATE_IN_PROGRESS", None)

    waiter = Waiter(Clock(lambda: moment, sleep), beat=Beat(dice.random()))
    reached = waiter.wait(_GOAL, Timing(actual, 10 * actual), look)
    return Noticed(reached.seconds - actual, reached.looks)


def loop(actual: float, _: random.Random) -> Noticed:
    """A shell loop: a look, then `sleep 15`."""
    looks = math.ceil(actual / LOOP_SECONDS)
    return Noticed(looks * LOOP_SECONDS - actual, looks + 1)


def provider(actual: float, _: random.Random) -> Noticed:
    """The aws provider's wait for a cluster or an HSM."""
    return Noticed(*CLOUDHSM.noticed(actual))


SCHEDULES: dict[str, Schedule] = {OURS: ours, LOOP: loop, PROVIDER: provider}


def true_durations(usual: float, spread: float, dice: random.Random) -> Iterator[float]:
    """Log-normal around the usual duration, from a third of it to three times it."""
    while True:
        one = usual * math.exp(dice.gauss(0, spread))
        if usual / 3 <= one <= 3 * usual:
            yield one


def rows() -> list[Row]:
    """Lags and calls for each usual duration, spread and schedule, against the shell loop."""
    found = [_rows_of(usual, spread) for usual in USUAL for spread in SPREADS]
    return [row for late, _ in found for row in late] + [row for _, asked in found for row in asked]


def _rows_of(usual: float, spread: float) -> tuple[list[Row], list[Row]]:
    lags: dict[str, list[float]] = {name: [] for name in SCHEDULES}
    calls: dict[str, list[float]] = {name: [] for name in SCHEDULES}
    every: dict[str, list[float]] = {name: [] for name in SCHEDULES}
    for seed in range(REPETITIONS):
        drawn = true_durations(usual, spread, random.Random(seed))
        steps = [next(drawn) for _ in range(STEPS)]
        for name, schedule in SCHEDULES.items():
            dice = random.Random(seed)
            noticed = [schedule(actual, dice) for actual in steps]
            every[name] += [one.lag for one in noticed]
            lags[name].append(statistics.mean(one.lag for one in noticed))
            calls[name].append(statistics.mean(one.calls for one in noticed))
    step = f"usual {usual:g} s, spread {spread:g}"
    late = {name: _late(f"{step}: {name}", lags[name], every[name]) for name in SCHEDULES}
    asked = {
        name: Row("Calls per step", f"{step}: {name}", "calls", calls[name]) for name in SCHEDULES
    }
    return (
        [row.compared(late[LOOP]) for row in late.values()],
        [row.compared(asked[LOOP]) for row in asked.values()],
    )


def _late(what: str, means: list[float], lags: list[float]) -> Row:
    ordered = sorted(lags)
    detail = f"95 % within {ordered[int(0.95 * len(ordered))]:.1f} s, worst {ordered[-1]:.1f} s"
    return Row("Mean lag of noticing the end of a step", what, "s", means, detail=detail)
