"""How many clusters at once an account's API limits bear: simulated, no time passes.

Each cluster is a process of its own that waits for one step after the other, as `pulumi up` does.
When it looks is decided by the package's own `polling`, with a beat for each process. A look is a
call with botocore's retries: four attempts, the pauses between them random up to 1, 2 and 4
seconds (botocore/retries/standard.py). Each API of an account is a bucket of tokens. An attempt
without a token is throttled. A call takes no time, and neither does what the process does between
two steps.

KMS publishes its limit of DescribeCustomKeyStores: 5 a second (KMS developer guide, "Request
quotas"). CloudHSM publishes none, so the same is assumed. The looks of the aws provider, one in 30
seconds for each cluster and HSM, are left out.
"""

from __future__ import annotations

import heapq
import itertools
import random
import statistics
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

from bench.detection import true_durations
from bench.rows import Row
from pulumi_cloudhsm.waiting.polling import Beat, Pauses

CLUSTERS_API, KEY_STORES_API = "DescribeClusters", "DescribeCustomKeyStores"
RATE = 5.0
"""Calls a second that an API of an account takes; as many may come at once after a pause."""
ATTEMPTS = 4
SPREAD = 0.3
"""Of the log-normal true durations around the usual ones."""
BEGIN_WITHIN = 60.0
"""Seconds within which all processes begin."""
STEPS = (
    (CLUSTERS_API, 600.0),
    (CLUSTERS_API, 210.0),
    (CLUSTERS_API, 80.0),
    (CLUSTERS_API, 313.0),
    (KEY_STORES_API, 900.0),
)
"""First HSM, initialization, activation, further HSMs, connection of the key store: the API that
is looked at, and the usual duration in seconds."""
SIZES = ((1, 1), (10, 1), (50, 1), (100, 1), (500, 1), (500, 5), (500, 10), (500, 50))
"""Clusters, and the accounts that they are spread over."""
GROUP = "Mean lag beside API limits of 5 calls a second"

Process = Generator[float, None, None]
"""Gives the moment at which it goes on."""


@dataclass
class Bucket:
    """The limit of one API in one account, and what it did.

    Attributes:
        rate: tokens a second, and the most that there are.
        seconds: whole second to the attempts in it, throttled ones included.
        throttled: attempts without a token.
        lags: seconds by which the end of each step was noticed late.
    """

    rate: float
    seconds: Counter[int] = field(default_factory=Counter[int])
    throttled: int = 0
    lags: list[float] = field(default_factory=list[float])
    _tokens: float = 0.0
    _at: float = 0.0

    def __post_init__(self) -> None:
        self._tokens = self.rate

    def take(self, now: float) -> bool:
        """Whether an attempt at this moment is answered."""
        self._tokens = min(self._tokens + (now - self._at) * self.rate, self.rate)
        self._at = now
        self.seconds[int(now)] += 1
        if self._tokens < 1:
            self.throttled += 1
            return False
        self._tokens -= 1
        return True


@dataclass(frozen=True)
class Result:
    """What one API saw, over all accounts.

    Attributes:
        calls: attempts a second in an account, on average while steps are waited for.
        peak: attempts in the busiest second of an account.
        throttled: share of the attempts that were refused.
        mean_lag: seconds from the end of a step until it was noticed.
        worst_lag: the longest of them.
    """

    calls: float
    peak: int
    throttled: float
    mean_lag: float
    worst_lag: float


class World:
    """A clock that jumps from one moment at which something goes on to the next."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Process]] = []
        self._order = itertools.count()

    def begin(self, process: Process, at: float) -> None:
        """Lets a process go on at a moment."""
        heapq.heappush(self._due, (at, next(self._order), process))

    def run(self) -> None:
        """Until every process has ended."""
        while self._due:
            self.now, _, process = heapq.heappop(self._due)
            moment = next(process, None)
            if moment is not None:
                self.begin(process, moment)


def simulate(clusters: int, rate: float = RATE, seed: int = 1) -> dict[str, Bucket]:
    """All clusters of one account come up at once.

    Args:
        clusters: how many.
        rate: calls a second that each API takes.
        seed: of all that is drawn.
    """
    dice, world = random.Random(seed), World()
    limits = {api: Bucket(rate) for api, _ in STEPS}
    drawn = {usual: true_durations(usual, SPREAD, dice) for _, usual in STEPS}
    for _ in range(clusters):
        steps = [(limits[api], next(drawn[usual])) for api, usual in STEPS]
        world.begin(_up(world, steps, dice), dice.uniform(0, BEGIN_WITHIN))
    world.run()
    return limits


def results(clusters: int, accounts: int, rate: float = RATE) -> dict[str, Result]:
    """What each API sees if the clusters are spread evenly over accounts."""
    worlds = [simulate(clusters // accounts, rate, seed=1 + number) for number in range(accounts)]
    return {api: _result([world[api] for world in worlds]) for api in worlds[0]}


def rows() -> list[Row]:
    """A row for each size and API."""
    found: list[Row] = []
    for clusters, accounts in SIZES:
        for api, one in results(clusters, accounts).items():
            detail = (
                f"{one.calls:.1f} calls a second, {one.peak} at most, {one.throttled:.0%} "
                f"throttled, worst lag {one.worst_lag:.0f} s"
            )
            what = f"{_count(clusters, 'cluster')} in {_count(accounts, 'account')}: {api}"
            found.append(Row(GROUP, what, "s", [one.mean_lag], detail=detail))
    return found


def table(sizes: Sequence[tuple[int, int]] = SIZES) -> str:
    """The Markdown table of `docs/reference/limits.md`."""
    lines = [
        "| clusters | accounts | API | calls a second | busiest second | throttled | mean lag | "
        "worst lag |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for clusters, accounts in sizes:
        lines += [
            f"| {clusters} | {accounts} | `{api}` | {one.calls:.1f} | {one.peak} | "
            f"{one.throttled:.0%} | {one.mean_lag:.1f} s | {one.worst_lag:.1f} s |"
            for api, one in results(clusters, accounts).items()
        ]
    return "\n".join(lines)


def _up(world: World, steps: list[tuple[Bucket, float]], dice: random.Random) -> Process:
    beat = Beat(dice.random())
    for limit, actual in steps:
        yield from _wait(world, limit, actual, beat, dice)


def _wait(world: World, limit: Bucket, actual: float, beat: Beat, dice: random.Random) -> Process:
    """As `Waiter.wait` does; a test compares the two."""
    started, pauses = world.now, Pauses()
    while True:
        answered = yield from _call(world, limit, dice)
        if answered and world.now >= started + actual:
            limit.lags.append(world.now - started - actual)
            return
        if answered:
            pauses.answered()
        else:
            pauses.refused()
        yield pauses.next_look(beat, started, world.now)


def _call(world: World, limit: Bucket, dice: random.Random) -> Generator[float, None, bool]:
    for attempt in range(ATTEMPTS):
        if limit.take(world.now):
            return True
        if attempt < ATTEMPTS - 1:
            yield world.now + dice.random() * 2**attempt
    return False


def _result(buckets: list[Bucket]) -> Result:
    attempts = [sum(one.seconds.values()) for one in buckets]
    spans = [max(one.seconds) - min(one.seconds) + 1 for one in buckets]
    lags = [lag for one in buckets for lag in one.lags]
    return Result(
        calls=sum(attempts) / sum(spans),
        peak=max(max(one.seconds.values()) for one in buckets),
        throttled=sum(one.throttled for one in buckets) / sum(attempts),
        mean_lag=statistics.mean(lags),
        worst_lag=max(lags),
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number > 1 else ''}"
