"""When a wait looks: as closely whether AWS is quick or slow, and seldom enough for a fleet."""

from __future__ import annotations

import itertools
import math
import statistics
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_cloudhsm.errors import DeadlineError, ThrottledError, TransientError
from pulumi_cloudhsm.waiting.polling import MAX_PAUSE, MAX_SLOWDOWN, MIN_PAUSE, PAUSE_SHARE, Beat
from pulumi_cloudhsm.waiting.waiter import Goal, Observation, Timing
from tests.support.fake_clock import FakeFleet, FakeTime, Step

GOAL = Goal("cluster-abc", "ACTIVE", ("ACTIVE",), ("DEGRADED",), "deadline_seconds")
TIMING = Timing(expected_seconds=600, deadline_seconds=1800)
JITTER = 0.1 * MAX_PAUSE
ROUNDING = 0.002
"""Seconds: the waiter's shortest sleep, and what adding seconds to a clock rounds away."""

usual_durations = pytest.mark.parametrize("usual", [210, 600, 900, 1800])
spreads = pytest.mark.parametrize("spread", [0.3, 0.6])
seeds = st.floats(0, 1, exclude_max=True)


def watched(
    timing: Timing, actual: float, seed: float = 0.0, look_takes: float = 0.0
) -> tuple[Step, float]:
    """Waits for a step that takes `actual` seconds; the step with its looks, and the lag."""
    time = FakeTime()
    step = Step(time, duration=actual, look_takes=look_takes)
    reached = time.waiter(seed=seed).wait(GOAL, timing, step.look)
    return step, reached.seconds - actual


def true_durations(usual: float, spread: float, number: int) -> list[float]:
    """Log-normal around the usual duration, from a third of it to three times it; evenly drawn."""
    normal = statistics.NormalDist(0, spread)
    low, high = normal.cdf(-math.log(3)), normal.cdf(math.log(3))
    shares = [low + (high - low) * (one + 0.5) / number for one in range(number)]
    return [usual * math.exp(normal.inv_cdf(share)) for share in shares]


def seeds_of_even_phases(number: int) -> list[float]:
    """Seeds of processes whose moments lie evenly between those of the first one."""
    return [one / number / MAX_SLOWDOWN for one in range(number)]


@usual_durations
@spreads
def test_the_end_is_noticed_within_seconds_however_long_aws_takes(usual: float, spread: float):
    timing = Timing(usual, 4 * usual)
    lags = sorted(
        watched(timing, actual, seed)[1]
        for actual in true_durations(usual, spread, number=80)
        for seed in seeds_of_even_phases(4)
    )
    loop = statistics.mean(-actual % 15 for actual in true_durations(usual, spread, number=5000))
    assert statistics.mean(lags) <= 2.6
    assert lags[int(0.95 * len(lags))] <= 5
    assert statistics.mean(lags) / loop <= 0.35, "a loop of 15 s is three times as late"


@pytest.mark.parametrize("actual", [80, 600, 1700])
def test_the_looks_do_not_depend_on_the_usual_duration(actual: float):
    looks = [
        watched(Timing(usual, 1800), actual, seed=0.3)[0].looks for usual in (1, 60, 600, 1800)
    ]
    assert all(one == looks[0] for one in looks)


@given(actual=st.floats(70, 5400), seed=seeds)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_no_true_duration_is_noticed_later_than_one_longest_pause(actual: float, seed: float):
    _, lag = watched(Timing(600, 5400), actual, seed)
    assert -ROUNDING <= lag <= MAX_PAUSE + JITTER + ROUNDING


@given(actual=st.floats(0.5, 60), seed=seeds)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_a_short_step_is_noticed_after_a_small_share_of_its_duration(actual: float, seed: float):
    _, lag = watched(TIMING, actual, seed)
    longest = max(1.2 * MIN_PAUSE, actual * PAUSE_SHARE)
    assert -ROUNDING <= lag <= longest + JITTER + ROUNDING


@given(seed=seeds)
@settings(max_examples=50, deadline=None, derandomize=True)
def test_a_long_wait_costs_one_call_per_five_seconds(seed: float):
    looks = watched(TIMING, 1790, seed)[0].looks
    late = [look for look in looks if look >= 65]
    assert len(late) <= (1790 - 65) / 5 + 2, "jitter at both ends"


@given(seed=seeds)
@settings(max_examples=50, deadline=None, derandomize=True)
def test_the_first_minute_costs_fewer_calls_than_a_look_per_second(seed: float):
    looks = watched(TIMING, 1000, seed)[0].looks
    assert len([look for look in looks if look < 60]) <= 55


@given(seed=seeds, now=st.floats(0, 1e6))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_a_moment_of_a_patient_wait_is_one_of_every_less_patient_wait(seed: float, now: float):
    beat = Beat(seed)
    for level in range(7):
        moment = beat.next_after(now, MIN_PAUSE * 2**level)
        for shorter in range(level):
            assert beat.next_after(moment - MIN_PAUSE / 2, MIN_PAUSE * 2**shorter) == moment


@given(seed=seeds, level=st.integers(0, 3))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_jitter_moves_each_pause_by_at_most_a_tenth(seed: float, level: int):
    beat, pause = Beat(seed), MIN_PAUSE * 2**level
    moments = [1000.0]
    while len(moments) < 50:
        moments.append(beat.next_after(moments[-1], pause))
    pauses = [later - earlier for earlier, later in itertools.pairwise(moments[1:])]
    # A moment that is shared with more patient waits moves as theirs do.
    assert all(abs(one - pause) <= 0.1 * MAX_PAUSE for one in pauses)
    assert level < 3 or all(abs(one - pause) <= 0.1 * pause for one in pauses)
    assert len(set(pauses)) > 40, "no two are the same"


def test_two_processes_do_not_look_at_the_same_moments():
    one, two = (watched(TIMING, 700, seed)[0] for seed in (0.1, 0.2))
    assert not set(one.looks[1:]) & set(two.looks[1:])


def test_two_waits_of_one_process_meet_after_their_first_look():
    time = FakeTime()
    early = Step(time, duration=300)
    time.waiter(seed=0.4).wait(GOAL, TIMING, early.look)
    again = FakeTime(moment=1_007.7)
    late = Step(again, duration=300)
    again.waiter(seed=0.4).wait(GOAL, TIMING, late.look)
    moments = {round(1_007.7 + look, 6) for look in late.looks[1:]}
    met = [look for look in early.looks if look > 75 and round(1_000 + look, 6) in moments]
    assert len(met) == len([look for look in early.looks if look > 75])


def looks_with_trouble(trouble: Exception, first: int, number: int) -> list[float]:
    """The pauses of a wait in which looks `first` to `first + number` fail."""
    time = FakeTime()
    looks = 0

    def look() -> Observation[None]:
        nonlocal looks
        looks += 1
        if first <= looks < first + number:
            raise trouble
        return Observation("CREATE_IN_PROGRESS", None)

    with pytest.raises(DeadlineError):
        time.waiter().wait(GOAL, Timing(600, 7200), look)
    return time.sleeps[:-1]


@pytest.mark.parametrize("trouble", [ThrottledError("too fast"), TransientError("AWS is busy")])
def test_trouble_doubles_the_pause_at_once_and_it_shrinks_again_when_aws_answers(
    trouble: Exception,
):
    pauses = looks_with_trouble(trouble, first=100, number=1)
    before, after, later = pauses[98], pauses[99], pauses[120]
    assert before == pytest.approx(MAX_PAUSE, abs=JITTER)
    assert 2 * MAX_PAUSE - JITTER <= after <= 3 * MAX_PAUSE + JITTER
    assert later == pytest.approx(MAX_PAUSE, abs=JITTER)


def test_trouble_that_goes_on_makes_it_a_look_per_80_seconds_and_never_fewer():
    pauses = looks_with_trouble(ThrottledError("too fast"), first=100, number=10_000)
    assert pauses[-1] == pytest.approx(MAX_PAUSE * MAX_SLOWDOWN, abs=JITTER)
    assert max(pauses) <= 1.75 * MAX_PAUSE * MAX_SLOWDOWN


@given(wait=st.integers(1, 60), number=st.integers(1, 8))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_refused_looks_are_forgotten_after_some_answers(wait: int, number: int):
    pauses = looks_with_trouble(ThrottledError("too fast"), first=wait, number=number)
    assert pauses[wait + number + 60] <= MAX_PAUSE + JITTER


@dataclass
class RateLimit:
    """Takes so many calls per second, and as many at once as in two seconds."""

    fleet: FakeFleet
    calls_per_second: float
    left: float = 0.0
    last: float = 0.0
    refused: list[tuple[float, bool]] = field(default_factory=list)

    def call(self) -> None:
        most, now = 2 * self.calls_per_second, self.fleet.now()
        self.left = min(most, self.left + (now - self.last) * self.calls_per_second)
        self.last = now
        self.refused.append((now - 1_000, self.left < 1))
        if self.left < 1:
            raise ThrottledError("too fast")
        self.left -= 1


def test_a_fleet_of_50_stacks_settles_at_what_the_account_takes():
    fleet = FakeFleet()
    limit = RateLimit(fleet, calls_per_second=5)
    lags: list[float] = []

    def stack(number: int) -> None:
        started, actual = fleet.now(), 500.0 + 7 * number

        def look() -> Observation[None]:
            limit.call()
            done = fleet.now() - started >= actual
            return Observation("ACTIVE" if done else "CREATE_IN_PROGRESS", None)

        fleet.waiter(seed=number / 50).wait(GOAL, TIMING, look)
        lags.append(fleet.now() - started - actual)

    for number in range(50):
        fleet.start(lambda number=number: stack(number), after=number / 25)
    fleet.run()
    later = [refused for at, refused in limit.refused if 60 <= at < 500]
    assert sum(later) / len(later) <= 0.05, "twice as many would be asked for without slowing down"
    assert statistics.mean(lags) <= 4 * MAX_PAUSE


timings = st.tuples(st.floats(0.5, 1800), st.floats(1, 8)).map(
    lambda both: Timing(both[0], both[0] * both[1])
)


@given(timing=timings, look_takes=st.floats(0, 5), seed=seeds)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_what_never_ends_is_given_up_at_the_deadline_with_one_look_more_at_most(
    timing: Timing, look_takes: float, seed: float
):
    time = FakeTime()
    step = Step(time, duration=float("inf"), look_takes=look_takes)
    with pytest.raises(DeadlineError):
        time.waiter(seed=seed).wait(GOAL, timing, step.look)
    assert step.looks[-1] >= timing.deadline_seconds - ROUNDING, (
        "the last look is not before the deadline"
    )
    past = [look for look in step.looks if look > timing.deadline_seconds + ROUNDING]
    assert len(past) <= 1
    assert time.now() - step.start <= timing.deadline_seconds + 2 * look_takes + ROUNDING
