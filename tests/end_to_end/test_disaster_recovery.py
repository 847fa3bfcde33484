"""The drills of examples/disaster_recovery: what they print, and that everything comes back."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.console import Console

from examples.disaster_recovery import __main__ as command
from examples.disaster_recovery import other_region, same_region
from examples.disaster_recovery.report import Recovery, duration, show
from examples.disaster_recovery.site import RUN, DrillError, Site, Stack
from rehearsal.engine.layout import Layout
from rehearsal.engine.session import rehearsal_config, rehearsal_session
from tests.support.iam import not_allowed

REGION, SPEED = "eu-central-1", 600.0


def test_a_duration_has_two_units_at_most() -> None:
    assert [duration(one) for one in (0, 59.6, 61, 3599, 3725.2)] == [
        "0 s",
        "1 min 0 s",
        "1 min 1 s",
        "59 min 59 s",
        "1 h 2 min",
    ]


def test_no_drill_takes_the_name_of_a_key_store_that_another_one_or_an_earlier_run_left() -> None:
    names = [one.MADE["keyStore"]["name"] for one in (same_region, other_region)]
    assert len(set(names)) == 2
    assert all(one.endswith(RUN) for one in names)


def test_the_table_tells_times_and_what_does_not_come_back() -> None:
    printed = io.StringIO()
    row = Recovery(
        drill="same-region",
        rto_seconds=2000,
        rpo_seconds=90,
        back=["the KMS key"],
        lost=["later keys"],
        kept=[],
    )
    show(Console(file=printed, width=160), [row])
    for text in ("same-region", "33 min 20 s", "1 min 30 s", "the KMS key", "later keys"):
        assert text in printed.getvalue()
    assert "nothing" in printed.getvalue(), "what is still at AWS"


def test_the_command_runs_each_drill_at_its_site_and_prints_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sites: list[Site] = []

    @contextmanager
    def site(folder: Path, region: str, speed: float) -> Iterator[Site]:
        yield Site(folder, region, {}, speed=speed)

    def drill(at: Site, say: Callable[[str], None]) -> Recovery:
        sites.append(at)
        say("lost")
        if at.speed == 1:
            raise DrillError("it did not come back")
        return Recovery(drill="mine", rto_seconds=1, rpo_seconds=2, back=["all"])

    monkeypatch.setattr(command, "rehearsed_site", site)
    monkeypatch.setattr(command, "DRILLS", {"mine": drill})
    assert command.main(["mine", "--folder", str(tmp_path), "--region", REGION]) == 0
    shown = capsys.readouterr().out
    assert "mine: lost" in shown
    assert "2 s" in shown
    assert (sites[0].region, sites[0].folder) == (REGION, tmp_path)
    assert command.main(["--at-aws", "--folder", str(tmp_path)]) == 1
    assert "it did not come back" in capsys.readouterr().err
    assert sites[1].speed == 1, "AWS's own time"


def killed(stack: Stack, reached: Callable[[], bool]) -> None:
    """An operator's command whose CLI is killed with -9 once AWS is where it should be."""
    with subprocess.Popen(
        [stack.site.cli, "up", "--yes", "--skip-preview", "--refresh"],
        cwd=stack.project,
        env=dict(stack.site.environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        while not reached():
            assert process.poll() is None, "it ended before AWS got there"
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    stack.pulumi("cancel", "--yes")


@pytest.mark.engine
def test_a_lost_cluster_comes_back_in_its_stack_though_the_cli_is_killed_twice(
    layout: Layout, tmp_path: Path
) -> None:
    """Once while AWS makes the cluster, and once while KMS connects the key store to it."""
    with rehearsal_session(layout, tmp_path / "rehearsal", speed=SPEED, spread=0) as session:
        emulator, config = session.emulator, rehearsal_config(session.emulator, SPEED)
        environment, cli = session.workspace.environment, str(layout.pulumi)
        site = Site(tmp_path, REGION, environment, cli, config, SPEED)
        before: list[int] = []

        def accepted(operation: str) -> int:
            return len([one for one in emulator.log(operation) if one["outcome"] == "ok"])

        def restore(stack: Stack) -> None:
            before.append(len(emulator.log()))
            stack.set("restore.backupId", "newest")
            killed(stack, lambda: accepted("CreateCluster") == 2)
            killed(stack, lambda: accepted("UpdateCustomKeyStore") == 1)
            same_region.restore(stack)
            stack.up("--refresh", "--expect-no-changes")

        found = same_region.drill(site, lambda _: None, restore)
        assert found.rto_seconds > 0
        since_the_loss = emulator.log()[before[0] :]
        assert not_allowed(since_the_loss, "client-host", "key-store") == {
            "cloudhsm:DeleteBackup",
            "kms:Decrypt",
            "logs:DeleteLogGroup",
        }, "those of the drill itself"
        once = ("InitializeCluster", "CreateCustomKeyStore", "CreateKey", "UpdateCustomKeyStore")
        made = {one: accepted(one) for one in ("CreateCluster", "CreateHsm", *once)}
        assert made == {"CreateCluster": 2, "CreateHsm": 4, **dict.fromkeys(once, 1)}
        left = {kind for kind, ids in emulator.resources().items() if ids}
        assert left <= {"backups", "key_stores"}, "what the table tells"
