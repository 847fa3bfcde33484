"""A cluster becomes ACTIVE, grows, shrinks and sleeps on the real engine. In order."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator

import pytest

from rehearsal.engine.layout import Layout
from rehearsal.engine.operator import operator_at
from tests.end_to_end.rehearsed import Rehearsed, rehearsed
from tests.end_to_end.test_crashes import kill_when
from tests.support.iam import not_allowed

pytestmark = pytest.mark.engine

CONFIG = {"activation": {"mode": "manual"}, "hsms": {"count": 3}}
ELSEWHERE = "us-west-2"
SEEN: dict[str, str] = {}


@pytest.fixture(scope="module")
def stack(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    with rehearsed(layout, tmp_path_factory.mktemp("scaling"), CONFIG, speed=240) as stack:
        yield stack


def hsms(stack: Rehearsed) -> dict[str, str]:
    """Address to id of what AWS bills."""
    return {
        hsm["EniIp"]: hsm["HsmId"]
        for hsm in stack.cluster()["Hsms"]
        if not hsm["State"].startswith("DELETE")
    }


def want(stack: Rehearsed, count: int) -> None:
    stack.workspace.pulumi("config", "set", "--path", "cloudhsm:hsms.count", str(count))


def test_up_waits_for_the_person_who_activates_and_then_adds_hsms(stack: Rehearsed) -> None:
    with operator_at(stack.emulator, reads_for=4):
        SEEN["up"] = stack.up().output
    assert "cluster activate" in SEEN["up"]
    assert stack.workspace.outputs()["clusterState"] == "ACTIVE"
    listed = stack.workspace.outputs()["hsms"]
    assert {hsm["ip"]: hsm["id"] for hsm in listed} == hsms(stack)
    assert [hsm["zone"][-1] for hsm in listed] == ["a", "b", "a"]
    # The last address of 10.42.0.0/20 and of 10.42.16.0/20 is AWS's own, as are the first four.
    assert [hsm["ip"] for hsm in listed[1:]] == ["10.42.31.254", "10.42.15.254"]


def test_only_one_hsm_was_asked_for_before_the_activation(stack: Rehearsed) -> None:
    log = stack.emulator.log()
    created = [entry["time"] for entry in log if entry["operation"] == "CreateHsm"]
    active = next(
        entry["time"]
        for entry in log
        if entry["operation"] == "transition"
        and entry["parameters"]["To"] == "ACTIVE"
        and "HsmId" not in entry["parameters"]
    )
    assert [moment > active for moment in created] == [False, True, True]


def test_a_second_up_and_a_refresh_find_nothing_to_do(stack: Rehearsed) -> None:
    stack.up("--expect-no-changes")
    stack.workspace.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    stack.up("--expect-no-changes")


@pytest.mark.parametrize("count", [5, 2])
def test_growing_and_shrinking_touches_only_the_difference(stack: Rehearsed, count: int) -> None:
    before = hsms(stack)
    want(stack, count)
    stack.up()
    after = hsms(stack)
    assert len(after) == count
    assert len(set(before.items()) ^ set(after.items())) == abs(count - len(before))
    stack.up("--expect-no-changes")


def test_without_hsms_the_cluster_stays_and_nothing_is_initialized_again(stack: Rehearsed) -> None:
    SEEN["addresses"] = " ".join(sorted(hsms(stack)))
    want(stack, 0)
    shown = stack.up().output
    assert hsms(stack) == {}
    assert "2 deleted" in shown
    assert stack.cluster()["State"] == "ACTIVE"
    stack.up("--expect-no-changes")
    stack.workspace.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")


def test_they_come_back_and_further_ones_have_their_addresses_again(stack: Rehearsed) -> None:
    want(stack, 2)
    stack.up()
    assert len(hsms(stack)) == 2
    assert "10.42.31.254" in hsms(stack)
    stack.up("--expect-no-changes")
    assert stack.calls("InitializeCluster") == 1


def test_killed_while_a_further_hsm_is_made_the_next_up_adopts_it(stack: Rehearsed) -> None:
    want(stack, 3)
    made = stack.calls("CreateHsm")
    kill_when(stack, lambda stack: stack.calls("CreateHsm") > made and len(hsms(stack)) == 3)
    stack.workspace.pulumi("cancel", "--yes")
    stack.up()
    assert stack.calls("CreateHsm") == made + 1
    assert len(hsms(stack)) == 3
    stack.workspace.pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
    stack.up("--expect-no-changes")


def test_an_hsm_that_aws_has_replaced_is_drift_and_nothing_is_made_again(stack: Rehearsed) -> None:
    before, made = hsms(stack), stack.calls("CreateHsm")
    stack.emulator.set_fault("hsm_replaced", ip="10.42.31.254", seconds=0)
    after = hsms(stack)
    assert before.keys() == after.keys()
    assert before["10.42.31.254"] != after["10.42.31.254"]
    shown = stack.up("--refresh").output
    assert "replaced" not in shown, shown
    assert {hsm["ip"]: hsm["id"] for hsm in stack.workspace.outputs()["hsms"]} == after
    assert stack.calls("CreateHsm") == made
    stack.up("--expect-no-changes")


def copies(stack: Rehearsed) -> list[tuple[str, str]]:
    there = stack.emulator.client("cloudhsmv2", region=ELSEWHERE)
    return [(one["BackupId"], one["BackupState"]) for one in there.describe_backups()["Backups"]]


def test_another_region_gets_one_copy_of_the_newest_backup(stack: Rehearsed) -> None:
    key = "cloudhsm:backupCopies.regions[0]"
    stack.workspace.pulumi("config", "set", "--path", key, ELSEWHERE)
    stack.up()
    told = stack.workspace.outputs()["backupCopiesByRegion"][ELSEWHERE]
    assert copies(stack) == [(told["id"], "READY")]
    stack.workspace.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    stack.up("--expect-no-changes")
    assert stack.calls("CopyBackupToRegion") == 1


def until(reached: Callable[[], object]) -> None:
    end = time.monotonic() + 120
    while not reached():
        assert time.monotonic() < end, "it never got there"
        time.sleep(0.05)


def run_schedules(stack: Rehearsed, region: str | None = None) -> list[str]:
    """Starts what Scheduler would start there; how each run ended. The rehearsal's starts none."""
    scheduler = stack.emulator.client("scheduler", region=region)
    workflows = stack.emulator.client("stepfunctions", region=region)

    def state(run: str) -> str:
        return workflows.describe_execution(executionArn=run)["status"]

    runs: list[str] = []
    for one in scheduler.list_schedules()["Schedules"]:
        schedule = scheduler.get_schedule(GroupName=one["GroupName"], Name=one["Name"])
        assert schedule["ScheduleExpression"] == "rate(1 day)"
        arn, given = schedule["Target"]["Arn"], schedule["Target"]["Input"]
        name = str(uuid.uuid4())  # as Scheduler gives one
        started = workflows.start_execution(stateMachineArn=arn, name=name, input=given)
        run = started["executionArn"]
        runs.append(run)
        until(lambda run=run: state(run) != "RUNNING")
    return [state(run) for run in runs]


def lose_from_the_state(stack: Rehearsed, name: str) -> None:
    """As after a crash: AWS has it, and what depends on it."""
    resources = json.loads(stack.export())["deployment"]["resources"]
    (urn,) = (one["urn"] for one in resources if one["urn"].endswith(name))
    stack.workspace.pulumi("state", "delete", urn, "--yes", "--target-dependents")


def test_aws_copies_by_itself_and_keeps_as_many_as_wanted(stack: Rehearsed) -> None:
    for key, value in (("schedule", "rate(1 day)"), ("keep", "1")):
        stack.workspace.pulumi("config", "set", "--path", f"cloudhsm:backupCopies.{key}", value)
    before = len(stack.emulator.log())
    stack.up()
    log = stack.emulator.log()[before:]
    assert not_allowed(log, "backup-copies", "backup-schedule") == set()
    lose_from_the_state(stack, f"backups-keep-{ELSEWHERE}-machine")
    stack.up()
    made = [one["operation"] for one in stack.emulator.log()]
    assert made.count("CreateStateMachine") == made.count("CreateSchedule") == 2, "adopted"
    assert run_schedules(stack) == ["SUCCEEDED"]
    assert stack.calls("CopyBackupToRegion") == 1, "the `up` has marked what it has copied"

    here = stack.emulator.client("cloudhsmv2")
    for backup in here.describe_backups()["Backups"]:
        mark = f"pulumi-cloudhsm-copied-to-{ELSEWHERE}"
        here.untag_resource(ResourceId=backup["BackupId"], TagKeyList=[mark])
    assert run_schedules(stack) == ["SUCCEEDED"]
    assert stack.calls("CopyBackupToRegion") == 2
    until(lambda: [state for _, state in copies(stack)] == ["READY"] * 2)
    assert run_schedules(stack, ELSEWHERE) == ["SUCCEEDED"]
    assert sorted(state for _, state in copies(stack)) == ["PENDING_DELETION", "READY"]

    (left,) = (one for one, state in copies(stack) if state == "READY")
    stack.up("--refresh")
    assert stack.workspace.outputs()["backupCopiesByRegion"][ELSEWHERE]["id"] == left
    stack.up("--expect-no-changes")


def test_destroy_leaves_what_cloudhsm_keeps_of_a_cluster(stack: Rehearsed) -> None:
    kept = copies(stack)
    stack.workspace.pulumi("destroy", "--yes", "--skip-preview")
    assert copies(stack) == kept
    left = {kind: ids for kind, ids in stack.emulator.resources().items() if ids}
    assert set(left) == {"backups", "log_groups"}
    for region in (None, ELSEWHERE):
        workflows = stack.emulator.client("stepfunctions", region=region)
        assert workflows.list_state_machines()["stateMachines"] == []
        scheduler = stack.emulator.client("scheduler", region=region)
        assert [one["Name"] for one in scheduler.list_schedule_groups()["ScheduleGroups"]] == [
            "default"
        ]


def test_nobody_activates_so_up_stops_with_the_commands_and_a_later_up_goes_on(
    layout: Layout, tmp_path_factory: pytest.TempPathFactory
) -> None:
    config = {
        **CONFIG,
        "hsms": {"count": 2},
        "waits": {"activation": {"expectedSeconds": 1, "deadlineSeconds": 2}},
    }
    with rehearsed(layout, tmp_path_factory.mktemp("slow"), config) as stack:
        stopped = stack.up(check=False)
        assert stopped.returncode != 0
        assert "run `pulumi up` again to go on waiting" in stopped.output
        assert "cluster activate" in stopped.output
        assert len(hsms(stack)) == 1
        stack.emulator.activate(stack.cluster()["ClusterId"])
        time.sleep(0.1)
        stack.up()
        assert len(hsms(stack)) == 2
        assert stack.calls("InitializeCluster") == 1
