"""Waves, limits, failures and resuming, with a stand-in for each stack's process."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pulumi_cloudhsm.errors import CloudHsmError
from pulumi_cloudhsm.fleet.declaration import Fleet, StackOfFleet, Wave
from pulumi_cloudhsm.fleet.page import page
from pulumi_cloudhsm.fleet.progress import DONE, FAILED, HELD, Progress
from pulumi_cloudhsm.fleet.rollout import Rollout

PROCESS = (sys.executable, str(Path(__file__).with_name("fake_process.py")))


@dataclass
class Stage:
    """A program's folder and the fleet that is rolled out in it."""

    folder: Path

    def fleet(self, *stacks: str | StackOfFleet, **given: object) -> Fleet:
        listed = [
            StackOfFleet(name=one, region="eu-central-1") if isinstance(one, str) else one
            for one in stacks
        ]
        fleet = Fleet(project=str(self.folder), stacks=listed, **given)  # pyright: ignore
        fleet.check()
        return fleet

    def rollout(
        self, fleet: Fleet, command: str = "up", *, resume: bool = False
    ) -> tuple[Rollout, Progress]:
        progress = Progress(self.folder / "run")
        progress.begin({one.name: fleet.fingerprint_of(one) for one in fleet.stacks}, resume=resume)
        return Rollout(fleet, command, progress, process=PROCESS), progress

    def set(self, name: str) -> None:
        (self.folder / name).touch()

    def unset(self, name: str) -> None:
        (self.folder / name).unlink()

    def notes(self, what: str = "begin") -> list[str]:
        path = self.folder / "notes"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line.split()[1] for line in lines if line.startswith(what)]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def until(reached: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < end, "it never got there"
        time.sleep(0.01)


def states(progress: Progress) -> dict[str, str]:
    return {name: one.state for name, one in progress.stacks.items()}


def test_a_failing_stack_stops_no_other_of_its_wave_and_a_resume_takes_up_only_it(
    stage: Stage,
) -> None:
    fleet = stage.fleet("one", "two", "three")
    stage.set("fails-two")
    rollout, progress = stage.rollout(fleet)

    assert rollout.run() is False
    assert states(progress) == {"one": DONE, "two": FAILED, "three": DONE}
    assert progress.stacks["two"].error == "AWS said: no"

    stage.unset("fails-two")
    (stage.folder / "notes").unlink()
    again, progress = stage.rollout(fleet, resume=True)
    assert again.run() is True
    assert stage.notes() == ["two"]
    assert set(states(progress).values()) == {DONE}


def test_a_resume_takes_up_what_is_declared_otherwise_now(stage: Stage) -> None:
    stage.rollout(stage.fleet("one", "two"))[0].run()
    (stage.folder / "notes").unlink()
    changed = StackOfFleet(name="two", region="eu-west-1")
    stage.rollout(stage.fleet("one", changed), resume=True)[0].run()
    assert stage.notes() == ["two"]
    (stage.folder / "notes").unlink()
    stage.rollout(stage.fleet("one", changed))[0].run()
    assert sorted(stage.notes()) == ["one", "two"], "without --resume everything is done again"


def test_no_more_run_at_the_same_time_than_the_limits_allow(stage: Stage) -> None:
    ireland = StackOfFleet(name="ireland", region="eu-west-1")
    fleet = stage.fleet("a", "b", ireland, "c", parallel=2, parallel_per_place=1)
    stage.set("hold")
    rollout, _ = stage.rollout(fleet)
    thread = threading.Thread(target=rollout.run)
    thread.start()
    # The second place is free, so a stack of it overtakes `b`.
    until(lambda: len(stage.notes()) == 2)
    assert sorted(stage.notes()) == ["a", "ireland"]
    stage.set("release-ireland")
    until(lambda: stage.notes("end") == ["ireland"])
    assert sorted(stage.notes()) == ["a", "ireland"], "the place of `a` is still taken"
    stage.set("release-a")
    until(lambda: stage.notes()[2:] == ["b"])
    stage.unset("hold")
    thread.join()
    assert sorted(stage.notes("end")) == ["a", "b", "c", "ireland"]


def waves(stage: Stage, **wave: object) -> Fleet:
    first = Wave(name="first", **wave)  # pyright: ignore
    canary = [StackOfFleet(name=one, region="eu-west-1", wave="first") for one in ("x", "y")]
    return stage.fleet(*canary, "rest", waves=[first, Wave(name="last")])


def test_a_wave_begins_when_the_one_before_is_through(stage: Stage) -> None:
    rollout, progress = stage.rollout(waves(stage))
    assert rollout.run() is True
    assert sorted(stage.notes()[:2]) == ["x", "y"]
    assert stage.notes()[2:] == ["rest"]
    assert set(states(progress).values()) == {DONE}


@pytest.mark.parametrize(("allowed", "rest"), [(0, HELD), (1, DONE)])
def test_failures_of_a_wave_hold_the_later_ones_back(stage: Stage, allowed: int, rest: str) -> None:
    stage.set("fails-y")
    fleet = waves(stage, max_failures=allowed)
    rollout, progress = stage.rollout(fleet)
    assert rollout.run() is False
    assert states(progress) == {"x": DONE, "y": FAILED, "rest": rest}
    text = page(fleet, "up", progress, rollout.checks)
    assert ("1 of 2 stacks are not done" in text) is (rest == HELD)


def test_a_check_between_waves_holds_the_later_ones_back_and_says_why(stage: Stage) -> None:
    check = ["sh", "-c", "echo $FLEET_WAVE $FLEET_STACKS; exit 3"]
    rollout, progress = stage.rollout(waves(stage, check=check))
    assert rollout.run() is False
    assert rollout.checks == {"first": "first x y"}
    assert states(progress) == {"x": DONE, "y": DONE, "rest": HELD}

    passing, progress = stage.rollout(waves(stage, check=["true"]), resume=True)
    assert passing.run() is True
    assert states(progress)["rest"] == DONE


def test_a_process_that_ends_without_a_result_is_a_failure_with_a_way_on(stage: Stage) -> None:
    stage.set("dies-one")
    rollout, progress = stage.rollout(stage.fleet("one"))
    assert rollout.run() is False
    assert "pulumi cancel" in progress.stacks["one"].error


def test_stopping_begins_nothing_more_and_lets_what_runs_end(stage: Stage) -> None:
    stage.set("hold")
    rollout, progress = stage.rollout(stage.fleet("one", "two", parallel=1))
    thread = threading.Thread(target=rollout.run)
    thread.start()
    until(lambda: stage.notes() == ["one"])
    rollout.stop()
    stage.unset("hold")
    thread.join()
    assert stage.notes() == ["one"]
    assert states(progress) == {"one": DONE, "two": "waiting"}


def test_what_a_killed_run_had_under_way_is_taken_up(stage: Stage) -> None:
    fleet = stage.fleet("one", "two")
    _, progress = stage.rollout(fleet)
    progress.move("one", state=DONE)
    progress.move("two", state="running")
    rollout, _ = stage.rollout(fleet, resume=True)
    assert rollout.run() is True
    assert stage.notes() == ["two"]


def test_a_file_that_is_of_no_run_is_one_line(stage: Stage) -> None:
    (stage.folder / "run").mkdir()
    (stage.folder / "run" / "progress.json").write_text("[1]")
    with pytest.raises(CloudHsmError, match="start without --resume"):
        stage.rollout(stage.fleet("one"), resume=True)


@pytest.mark.parametrize("command", ["refresh", "destroy"])
def test_only_preview_and_up_write_a_stacks_file(stage: Stage, command: str) -> None:
    stage.rollout(stage.fleet("one"), command)[0].run()
    assert not (stage.folder / "Pulumi.one.yaml").exists()
    stage.rollout(stage.fleet("one"), "preview")[0].run()
    assert "aws:region: eu-central-1" in (stage.folder / "Pulumi.one.yaml").read_text()
