"""One call answers all who ask at the same time, and nobody is told what was true before."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_cloudhsm.aws.shared_calls import SharedCalls
from pulumi_cloudhsm.errors import AwsError, ThrottledError, TransientError
from pulumi_cloudhsm.waiting.waiter import Goal, Observation, Timing
from tests.support.fake_clock import FakeFleet

CLUSTER = "cluster-abcdefghijk"
TIMING = Timing(300, 3600)


class FakeCluster:
    """A cluster whose HSMs are made in some seconds each; counts how often it is described."""

    def __init__(self, fleet: FakeFleet, ready_after: list[float]) -> None:
        self.fleet, self.begun = fleet, fleet.now()
        self.ready_after, self.calls = ready_after, 0

    def describe(self) -> list[str]:
        self.calls += 1
        elapsed = self.fleet.now() - self.begun
        return ["ACTIVE" if elapsed >= one else "CREATE_IN_PROGRESS" for one in self.ready_after]


def waits(ready_after: list[float], starts: list[float]) -> tuple[int, list[float]]:
    """One wait for each HSM, in one process; the calls, and how late each was noticed."""
    fleet = FakeFleet()
    cluster, shared = FakeCluster(fleet, ready_after), SharedCalls(fleet.now, fleet.sleep)
    lags: list[float] = []

    def wait(number: int) -> None:
        def look() -> Observation[None]:
            return Observation(shared.ask(CLUSTER, cluster.describe)[number], None)

        goal = Goal(f"HSM {number}", "ACTIVE", ("ACTIVE",), (), "")
        fleet.waiter(seed=0.3).wait(goal, TIMING, look)
        lags.append(fleet.now() - cluster.begun - ready_after[number])

    for number, start in enumerate(starts):
        fleet.start(lambda number=number: wait(number), after=start)
    fleet.run()
    return cluster.calls, lags


def test_27_further_hsms_cost_the_calls_of_one():
    alone, _ = waits([400.0], [0.0])
    calls, lags = waits([400.0 - number for number in range(28)], [0.0] * 28)
    assert calls <= alone + 2
    assert max(lags) <= 5.6


@given(starts=st.lists(st.floats(0, 40), min_size=1, max_size=28))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_waits_that_begin_one_after_the_other_share_the_calls_of_the_latest(starts: list[float]):
    calls, lags = waits([400.0] * len(starts), starts)
    alone, _ = waits([400.0], [max(starts)])
    early, _ = waits([max(starts) + 60], [min(starts)])
    assert calls <= alone + early + len(starts), "a first look each, and a minute of close looks"
    assert max(lags) <= 5.6


def test_a_single_wait_is_not_put_off_for_others():
    fleet = FakeFleet()
    cluster, shared = FakeCluster(fleet, [0.0]), SharedCalls(fleet.now, fleet.sleep)
    fleet.start(lambda: [shared.ask(CLUSTER, cluster.describe) for _ in range(3)])
    fleet.run()
    assert (cluster.calls, fleet.now()) == (3, 1_000)


def test_other_questions_have_other_answers():
    shared = SharedCalls(sleep=lambda _: None)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda key: shared.ask(key, lambda: key), range(40)))
    assert answers == list(range(40))


def test_no_answer_is_older_than_the_question():
    """Every thread writes before it asks, and must be told its own write or a later one."""
    shared, written = SharedCalls(sleep=lambda _: None), itertools.count(1)
    latest, lock, stale = 0, threading.Lock(), []

    def describe() -> int:
        return latest

    def write_and_ask() -> None:
        nonlocal latest
        for _ in range(200):
            with lock:
                latest = mine = next(written)
            seen = shared.ask(CLUSTER, describe)
            if seen < mine:
                stale.append((mine, seen))

    with ThreadPoolExecutor(8) as threads:
        for one in [threads.submit(write_and_ask) for _ in range(8)]:
            one.result()
    assert not stale


def test_those_who_ask_during_a_call_share_the_next_one():
    arrived, calls = threading.Semaphore(0), 0
    shared = SharedCalls(sleep=lambda _: arrived.release())
    under_way, go_on = threading.Event(), threading.Event()

    def describe() -> int:
        nonlocal calls
        calls += 1
        number = calls
        under_way.set()
        assert go_on.wait(10)
        return number

    with ThreadPoolExecutor(6) as threads:
        first = threads.submit(shared.ask, CLUSTER, describe)
        assert under_way.wait(10)
        others = [threads.submit(shared.ask, CLUSTER, describe) for _ in range(5)]
        for _ in others:
            assert arrived.acquire(timeout=10)
        go_on.set()
        assert first.result(10) == 1
        assert {one.result(10) for one in others} == {2}


@pytest.mark.parametrize(
    "error", [ThrottledError("too fast"), TransientError("busy"), AwsError("no access", "Denied")]
)
def test_an_error_is_shared_too_and_forgotten_by_the_next_call(error: Exception):
    fleet = FakeFleet()
    shared, calls, seen = SharedCalls(fleet.now, fleet.sleep), 0, []

    def describe() -> str:
        nonlocal calls
        calls += 1
        if fleet.now() < 1_010:
            raise error
        return "ACTIVE"

    def look_twice() -> None:
        for pause in (10, 0):
            try:
                seen.append(shared.ask(CLUSTER, describe))
            except type(error) as one:
                seen.append((str(one), getattr(one, "code", "")))
            fleet.sleep(pause)

    for _ in range(5):
        fleet.start(look_twice)
    fleet.run()
    told = (str(error), getattr(error, "code", ""))
    assert seen == [told] * 5 + ["ACTIVE"] * 5
    assert calls <= 4
