"""The waiter's promises: how it ends, what it tolerates, what it says."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from pulumi_cloudhsm.errors import (
    AwsError,
    DeadlineError,
    StateError,
    ThrottledError,
    TransientError,
)
from pulumi_cloudhsm.waiting.polling import MAX_PAUSE
from pulumi_cloudhsm.waiting.waiter import Goal, Observation, Timing, about, duration
from tests.support.fake_clock import FakeTime, Step, script

GOAL = Goal(
    subject="first HSM of cluster-abc",
    wanted="ACTIVE",
    reached=("ACTIVE", "UPDATE_IN_PROGRESS"),
    failed=("DEGRADED", "DELETED"),
    setting="hsm_deadline_seconds",
)
PACE = Timing(expected_seconds=600, deadline_seconds=1800)


def seen(state: str, message: str = "") -> Observation[str]:
    return Observation(state, f"value of {state}", message)


def test_a_goal_that_is_reached_already_costs_one_look_no_sleep_and_no_word():
    time, lines = FakeTime(), []
    reached = time.waiter(lines.append).wait(GOAL, PACE, script(seen("ACTIVE")))
    assert (reached.looks, reached.seconds, time.sleeps, lines) == (1, 0, [], [])


def test_the_value_of_the_last_look_and_the_time_it_took_come_back():
    time = FakeTime()
    step = Step(time, duration=600)
    reached = time.waiter().wait(GOAL, PACE, step.look)
    assert reached.observation.state == "ACTIVE"
    assert reached.observation.value == f"seen at {step.looks[-1]:g}"
    assert reached.looks == len(step.looks)
    assert reached.seconds == pytest.approx(sum(time.sleeps))


def test_any_of_several_good_states_ends_the_wait():
    reached = FakeTime().waiter().wait(GOAL, PACE, script(seen("UPDATE_IN_PROGRESS")))
    assert reached.observation.state == "UPDATE_IN_PROGRESS"


@pytest.mark.parametrize("state", GOAL.failed)
def test_a_failed_state_ends_it_at_once_with_what_aws_says(state: str):
    time = FakeTime()
    look = script(seen("CREATE_IN_PROGRESS"), seen(state, "hardware on fire"), seen("ACTIVE"))
    with pytest.raises(StateError) as error:
        time.waiter().wait(GOAL, PACE, look)
    assert str(error.value) == (
        f"first HSM of cluster-abc went to {state} while waiting for ACTIVE: hardware on fire"
    )
    assert len(time.sleeps) == 1, "no look after the failed state"


def test_a_failed_state_without_a_message_says_that_there_is_none():
    with pytest.raises(StateError, match="AWS gives no StateMessage"):
        FakeTime().waiter().wait(GOAL, PACE, script(seen("DEGRADED")))


def test_states_that_nobody_knows_are_waited_through():
    look = script(seen("TELEPORT_IN_PROGRESS"), seen("ANOTHER_NEW_STATE"), seen(""), seen("ACTIVE"))
    assert FakeTime().waiter().wait(GOAL, PACE, look).looks == 4


def test_time_up_names_the_last_state_the_durations_and_how_to_go_on():
    time = FakeTime()
    with pytest.raises(DeadlineError) as error:
        time.waiter().wait(GOAL, PACE, script(seen("CREATE_IN_PROGRESS")))
    assert str(error.value) == (
        "first HSM of cluster-abc is still CREATE_IN_PROGRESS after 30m00s (wanted ACTIVE, usually "
        "10 min). AWS may still get there: run `pulumi up` again to go on waiting, or raise "
        "hsm_deadline_seconds"
    )
    assert time.now() - 1_000 == pytest.approx(PACE.deadline_seconds), "neither earlier nor later"


def test_a_look_at_the_deadline_itself_still_counts():
    time = FakeTime()
    step = Step(time, duration=PACE.deadline_seconds)
    reached = time.waiter().wait(GOAL, PACE, step.look)
    assert reached.seconds == PACE.deadline_seconds


def test_a_deadline_that_no_input_prolongs_names_none():
    goal = replace(GOAL, setting="")
    with pytest.raises(DeadlineError) as late:
        FakeTime().waiter().wait(goal, PACE, script(seen("CREATE_IN_PROGRESS")))
    assert str(late.value).endswith("run `pulumi up` again to go on waiting")


def test_slow_looks_do_not_carry_it_far_past_the_deadline():
    time = FakeTime()
    step = Step(time, duration=float("inf"), look_takes=20)
    with pytest.raises(DeadlineError):
        time.waiter().wait(GOAL, PACE, step.look)
    assert time.now() - 1_000 <= PACE.deadline_seconds + 2 * step.look_takes


@pytest.mark.parametrize("trouble", [TransientError("AWS is busy"), ThrottledError("too fast")])
def test_trouble_that_passes_is_tolerated(trouble: Exception):
    look = script(seen("CREATE_IN_PROGRESS"), trouble, trouble, seen("ACTIVE"))
    assert FakeTime().waiter().wait(GOAL, PACE, look).looks == 4


def test_trouble_that_does_not_pass_ends_it_at_once():
    time = FakeTime()
    with pytest.raises(AwsError, match="no access"):
        time.waiter().wait(GOAL, PACE, script(AwsError("no access")))
    assert not time.sleeps


def test_trouble_is_told_and_the_state_known_before_is_kept():
    lines: list[str] = []
    trouble = TransientError("AWS is busy")
    with pytest.raises(DeadlineError) as error:
        FakeTime().waiter(lines.append).wait(
            GOAL, PACE, script(seen("CREATE_IN_PROGRESS"), trouble)
        )
    assert "is still CREATE_IN_PROGRESS" in str(error.value)
    assert "the last look failed: AWS is busy" in str(error.value)
    told = [
        line for line in lines if "the last look failed and is tried again: AWS is busy" in line
    ]
    assert told == lines[1:], "the heartbeats tell it"
    assert told


def test_trouble_at_the_very_first_look_is_told_at_once():
    lines: list[str] = []
    look = script(TransientError("AWS is busy"), seen("ACTIVE"))
    FakeTime().waiter(lines.append).wait(GOAL, PACE, look)
    assert lines[0].startswith("first HSM of cluster-abc: no answer yet, waiting for ACTIVE")
    assert lines[0].endswith("the last look failed and is tried again: AWS is busy")


def test_trouble_that_is_over_is_not_told_at_the_deadline():
    look = script(TransientError("AWS is busy"), seen("CREATE_IN_PROGRESS"))
    with pytest.raises(DeadlineError) as error:
        FakeTime().waiter().wait(GOAL, PACE, look)
    assert "busy" not in str(error.value)


def test_one_line_per_change_of_state_and_per_heartbeat_and_no_more():
    time, lines = FakeTime(), []
    started = time.now()

    def look() -> Observation[str]:
        elapsed = time.now() - started
        return seen("ASKED" if elapsed < 250 else "CREATING" if elapsed < 1000 else "ACTIVE")

    reached = time.waiter(lines.append).wait(GOAL, PACE, look)
    states = [line.split(": ")[1].split(",")[0].split(" after")[0] for line in lines]
    assert [state for state, _ in itertools.groupby(states)] == ["ASKED", "CREATING", "ACTIVE"]
    assert len(lines) <= 3 + reached.seconds / PACE.heartbeat
    assert len(lines) < reached.looks / 10, "looks are not told one by one"


def test_a_line_holds_state_goal_elapsed_usual_and_deadline():
    time, lines = FakeTime(), []
    time.waiter(lines.append).wait(GOAL, PACE, Step(time, duration=700).look)
    assert lines[0] == (
        "first HSM of cluster-abc: CREATE_IN_PROGRESS, waiting for ACTIVE (0s elapsed, usually "
        "10 min, deadline 30 min)"
    )
    assert lines[-1].startswith("first HSM of cluster-abc: ACTIVE after 11m4")
    assert any("2m0" in line for line in lines), "a heartbeat tells that time passes"


def test_once_the_usual_duration_is_over_a_line_says_what_that_means_and_when_to_act():
    time, lines = FakeTime(), []
    time.waiter(lines.append).wait(GOAL, PACE, Step(time, duration=900).look)
    usual = [line for line in lines if "usually 10 min" in line]
    late = [line for line in lines if "longer than the usual 10 min" in line]
    assert usual + late == lines[:-1], "first one kind, then the other"
    assert late[0].endswith(
        "elapsed, longer than the usual 10 min: slow, but AWS shows no failure; nothing to do "
        "before the deadline of 30 min)"
    )


def test_a_state_that_stays_is_told_again_within_a_heartbeat_and_a_pause():
    time = FakeTime()
    told: list[float] = []
    with pytest.raises(DeadlineError):
        time.waiter(lambda _: told.append(time.now())).wait(
            GOAL, PACE, script(seen("CREATE_IN_PROGRESS"))
        )
    longest = max(later - earlier for earlier, later in itertools.pairwise(told))
    assert longest <= PACE.heartbeat + 1.1 * MAX_PAUSE


@pytest.mark.parametrize(
    ("usual", "deadline"), [(0, 10), (-1, 10), (11, 10), (float("nan"), 10), (1, float("nan"))]
)
def test_a_pace_that_cannot_be_kept_is_refused_with_both_values(usual: float, deadline: float):
    with pytest.raises(ValueError, match="usual duration") as error:
        Timing(usual, deadline)
    assert f"{usual:g} s" in str(error.value)
    assert f"{deadline:g} s" in str(error.value)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.04, "0s"),
        (4.24, "4.2s"),
        (9.96, "10s"),
        (59.4, "59s"),
        (59.6, "1m00s"),
        (210, "3m30s"),
        (3599.7, "1h00m"),
        (3900, "1h05m"),
    ],
)
def test_seconds_are_written_for_people(seconds: float, text: str):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0.4 s"),
        (5, "5 s"),
        (66.7, "67 s"),
        (210, "3.5 min"),
        (600, "10 min"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
    ],
)
def test_usual_durations_and_deadlines_are_written_without_false_precision(
    seconds: float, text: str
):
    assert about(seconds) == text


def test_the_usual_reason_of_a_delay_is_said_once_and_the_lines_become_rare():
    """An agent that never reports: not one line 250 times, and the reason among them."""
    goal = Goal("agent", "Online", ("Online",), (), "setting", "it has no way out")
    time, lines = FakeTime(), []
    with pytest.raises(DeadlineError) as error:
        time.waiter(lines.append).wait(goal, Timing(90, 3600), script(seen("not seen yet")))
    assert len([line for line in lines if "it has no way out" in line]) == 1
    assert len(lines) <= 12
    assert str(error.value).endswith("; it has no way out")
