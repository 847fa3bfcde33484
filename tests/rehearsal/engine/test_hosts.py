"""The real engine with our language host and dynamic host, on a program with one resource."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rehearsal.engine.workspace import PulumiFailed, Running, Workspace
from tests.rehearsal.engine.conftest import MakeWorkspace

pytestmark = pytest.mark.engine

UP = ("up", "--yes", "--skip-preview")


@contextmanager
def napping(workspace: Workspace, *command: str) -> Iterator[Running]:
    """Start a command and wait until its resource, or its program, naps."""
    begun = workspace.project / "begun"
    with workspace.popen(*command, env={"NAP_BEGUN": str(begun)}) as running:
        deadline = time.monotonic() + 60
        while not begun.exists():
            assert running.process.poll() is None, running.finish().output
            assert time.monotonic() < deadline, running.members()
            time.sleep(0.02)
        yield running


def left_of(running: Running) -> list[int]:
    """The processes of the command that do not end by themselves."""
    deadline = time.monotonic() + 30
    while running.members() and time.monotonic() < deadline:
        time.sleep(0.02)
    return running.members()


def test_a_program_goes_through_its_whole_life(make_workspace: MakeWorkspace) -> None:
    workspace = make_workspace()

    preview = workspace.pulumi("preview")
    assert "+ 2 to create" in preview.output

    up = workspace.pulumi("up", "--yes")
    assert "+ 2 created" in up.output
    assert "napping" in up.output, "the dynamic provider's print is not shown"
    assert "KeyboardInterrupt" not in up.output
    assert "warning" not in up.output, "hosts beside the CLI must count as bundled"
    assert workspace.outputs()["dream"] == "hello"

    again = workspace.pulumi(*UP, "--expect-no-changes")
    assert "2 unchanged" in again.output

    workspace.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    destroy = workspace.pulumi("destroy", "--yes", "--skip-preview")
    assert "- 2 deleted" in destroy.output


@pytest.mark.parametrize(
    ("trouble", "line"),
    [
        ("RunError", "error: seconds: no nap is that long; take fewer"),
        ("RunError in apply", "error: nap: the dream was bad; dream another one"),
    ],
)
def test_a_run_error_is_one_line_without_a_trace(
    make_workspace: MakeWorkspace, trouble: str, line: str
) -> None:
    workspace = make_workspace(config={"trouble": trouble})

    failed = workspace.pulumi(*UP, check=False)

    assert failed.returncode != 0
    diagnostics = failed.output.partition("Diagnostics:")[2]
    errors = [text.strip() for text in diagnostics.splitlines() if "error" in text]
    assert errors[0] == line
    assert "Traceback" not in failed.output


def test_a_bug_of_the_program_keeps_its_trace(make_workspace: MakeWorkspace) -> None:
    failed = make_workspace(config={"trouble": "bug"}).pulumi("preview", check=False)

    assert failed.returncode != 0
    assert "ZeroDivisionError: a bug of the program" in failed.output
    assert "__main__.py" in failed.output


def test_hooks_run_around_a_create(make_workspace: MakeWorkspace) -> None:
    up = make_workspace().pulumi(*UP)

    assert "hook: nap goes to bed" in up.output
    assert "hook: nap woke up" in up.output
    assert "close the window" not in up.output


def test_an_error_hook_runs_once_and_its_advice_is_shown(make_workspace: MakeWorkspace) -> None:
    failed = make_workspace(config={"trouble": "failing create"}).pulumi(*UP, check=False)

    assert failed.returncode != 0
    diagnostics = failed.output.partition("Diagnostics:")[2]
    assert diagnostics.count("error: hook: nap failed to create; close the window") == 1
    assert "RuntimeError: fell out of bed" in diagnostics
    assert "woke up" not in failed.output


def test_ctrl_c_during_a_long_create_ends_it(make_workspace: MakeWorkspace) -> None:
    workspace = make_workspace(config={"seconds": 600})
    with napping(workspace, *UP) as running:
        running.interrupt()
        finished = running.finish(seconds=60.0)
        assert left_of(running) == []
    assert finished.returncode != 0
    assert "run `pulumi up` again" in finished.output
    assert "Traceback" not in finished.output
    assert "KeyboardInterrupt" not in finished.output

    # An orderly end: neither locked nor with a pending operation.
    workspace.pulumi("config", "set", "seconds", "0.1")
    assert "pending" not in workspace.pulumi(*UP).output


def test_ctrl_c_while_the_program_runs_ends_it(make_workspace: MakeWorkspace) -> None:
    workspace = make_workspace(config={"trouble": "hang"})
    with napping(workspace, "preview") as running:
        running.interrupt()
        finished = running.finish(seconds=60.0)
        assert left_of(running) == []
    assert finished.returncode != 0
    assert "Traceback" not in finished.output


def test_nothing_lives_on_after_kill_9_of_the_cli(make_workspace: MakeWorkspace) -> None:
    workspace = make_workspace(config={"seconds": 600})
    with napping(workspace, *UP) as running:
        running.kill_cli()
        assert left_of(running) == []

    locked = workspace.pulumi(*UP, check=False)
    assert "pulumi cancel" in locked.output
    workspace.pulumi("cancel", "--yes")
    workspace.pulumi("config", "set", "seconds", "0.1")
    assert "interrupted while creating" in workspace.pulumi(*UP).output


def test_a_command_that_takes_too_long_is_killed_with_all_its_processes(
    make_workspace: MakeWorkspace,
) -> None:
    workspace = make_workspace(config={"seconds": 600})
    with napping(workspace, *UP) as running:
        with pytest.raises(PulumiFailed, match="not done after 1 s"):
            running.finish(seconds=1.0)
        assert running.members() == []


def test_a_missing_virtual_environment_is_one_line_that_names_it(
    make_workspace: MakeWorkspace,
) -> None:
    workspace = make_workspace()
    (workspace.project / ".venv").unlink()

    failed = workspace.pulumi("preview", check=False)

    assert failed.returncode != 0
    assert "runtime.options.virtualenv '.venv'" in failed.output
    assert "make setup" in failed.output
    assert "Traceback" not in failed.output


def test_secrets_reach_the_program_and_stay_out_of_the_state(make_workspace: MakeWorkspace) -> None:
    workspace = make_workspace()
    workspace.pulumi("config", "set", "--secret", "password", "hush-hush")

    up = workspace.pulumi(*UP)

    assert "hush-hush" not in up.output
    assert "hush-hush" not in workspace.pulumi("stack", "export").stdout
    shown = workspace.pulumi("stack", "output", "--json", "--show-secrets").stdout
    assert json.loads(shown)["password"] == "hush-hush"
