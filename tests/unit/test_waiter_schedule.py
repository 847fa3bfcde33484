"""When the waiter looks: seldom while nothing can have happened, closely when it is due."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi_cloudhsm.errors import DeadlineError
from pulumi_cloudhsm.waiter import Goal, Pace

from tests.unit.clockwork import FakeTime, Step

GOAL = Goal("cluster-abc", "ACTIVE", ("ACTIVE",), ("DEGRADED",), "deadline_seconds")
PACE = Pace(usual=600, deadline=1800)
ROUNDING = 0.002
"""Seconds: the waiter's shortest sleep, and what adding seconds to a clock rounds away."""


def watched(pace: Pace, actual: float, chance=lambda: 0.5) -> tuple[Step, float]:
    """Waits for a step that takes `actual` seconds; the step with its looks, and the lag."""
    time = FakeTime()
    step = Step(time, duration=actual)
    reached = time.waiter(chance=chance).wait(GOAL, pace, step.look)
    return step, reached.seconds - actual


# A step of ten minutes, which is asked for every 15 s by the loop that people use today: 40 looks
# and a lag of 7.5 s on average when it takes as long as usual.
@pytest.mark.parametrize(
    ("share", "most_looks", "longest_lag"),
    [(0.5, 3, 1), (0.8, 4, 46), (1.0, 10, 6), (1.2, 30, 13), (2.0, 50, 31)],
)
def test_looks_and_lag_for_steps_quicker_and_slower_than_usual(
    share: float, most_looks: int, longest_lag: float
):
    step, lag = watched(PACE, share * PACE.usual)
    assert len(step.looks) <= most_looks
    assert 0 <= lag <= longest_lag


def test_before_the_expected_end_there_are_few_looks_and_around_it_many():
    step, _ = watched(PACE, 1.1 * PACE.usual)
    early = [look for look in step.looks if look < 0.8 * PACE.usual]
    around = [look for look in step.looks if 0.95 * PACE.usual <= look <= 1.1 * PACE.usual]
    assert len(early) <= 3
    assert len(around) >= 4 * len(early)


def test_a_step_that_is_long_overdue_is_asked_for_no_more_than_twice_a_minute():
    step, _ = watched(PACE, 1790)
    late = [look for look in step.looks if look >= 1200]
    assert len(late) <= 22


def test_jitter_moves_each_pause_by_at_most_a_tenth():
    early, late = watched(PACE, 700, lambda: 0.0)[0], watched(PACE, 700, lambda: 0.999999)[0]
    assert early.looks[1] == pytest.approx(0.9 * PACE.pause(0))
    assert late.looks[1] == pytest.approx(1.1 * PACE.pause(0), rel=1e-5)


def test_two_waiters_do_not_look_at_the_same_moments():
    one, two = (watched(PACE, 700, random.Random(seed).random)[0] for seed in (1, 2))
    assert not set(one.looks[1:]) & set(two.looks[1:])


@pytest.mark.parametrize("usual", [0.2, 1, 10, 240, 600, 7200])
def test_pauses_fit_the_step_and_stay_between_a_tenth_of_a_second_and_half_a_minute(usual: float):
    pace = Pace(usual, 10 * usual)
    assert 0.1 <= pace.shortest_pause <= 5
    assert pace.shortest_pause <= pace.longest_pause <= 30
    assert pace.pause(usual) == pace.shortest_pause
    assert pace.pause(10 * usual) == pace.longest_pause
    assert 2 <= pace.heartbeat <= 120


paces = st.tuples(st.floats(0.5, 7200), st.floats(1, 20)).map(
    lambda both: Pace(both[0], both[0] * both[1])
)


@given(pace=paces, share=st.floats(0, 1), seed=st.integers(0, 1000))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_whatever_ends_before_the_deadline_is_noticed_soon(pace: Pace, share: float, seed: int):
    actual = share * pace.deadline
    _, lag = watched(pace, actual, random.Random(seed).random)
    late = max(pace.longest_pause, pace.usual / 2) * 1.1
    assert -ROUNDING <= lag <= late + ROUNDING


@given(pace=paces, look_takes=st.floats(0, 5), seed=st.integers(0, 1000))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_what_never_ends_is_given_up_at_the_deadline_with_one_look_more_at_most(
    pace: Pace, look_takes: float, seed: int
):
    time = FakeTime()
    step = Step(time, duration=float("inf"), look_takes=look_takes)
    with pytest.raises(DeadlineError):
        time.waiter(chance=random.Random(seed).random).wait(GOAL, pace, step.look)
    assert step.looks[-1] >= pace.deadline - ROUNDING, "the last look is not before the deadline"
    past = [look for look in step.looks if look > pace.deadline + ROUNDING]
    assert len(past) <= 1
    assert time.now() - step.start <= pace.deadline + 2 * look_takes + ROUNDING
