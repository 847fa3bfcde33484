"""Processes of the engine as forks of templates: the same to the CLI, and gone with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rehearsal.emulator.process import running_emulator
from rehearsal.engine.core.environment import without_the_users_own
from rehearsal.engine.core.processes import session_members
from rehearsal.engine.forking import emulator_start, with_fork_server
from rehearsal.engine.layout import HOSTS, Layout, ensure_layout
from rehearsal.engine.workspace import Running, Workspace
from tests.rehearsal.engine.conftest import PROGRAMS

UP = ("up", "--yes", "--skip-preview")
LAUNCH = [sys.executable, "-I", "-S", str(HOSTS / "launch.py")]
TELLS = """
import json, os, sys
print(json.dumps({
    "forked": "pulumi.dynamic" in sys.modules, "arguments": sys.argv[1:], "folder": os.getcwd(),
    "variable": os.environ.get("MINE"), "pid": os.getpid(), "path": sys.path[0],
    "rehearsal": [name for name in sys.modules if name.startswith("rehearsal")],
}), flush=True)
sys.stdin.readline()
raise SystemExit(7)
"""

READS = """
import json, sys
read = []
sys.addaudithook(lambda event, given: event == "open" and read.append(str(given[0])))
import boto3
for service in sys.argv[1:]:
    for _ in range(2):
        session = boto3.Session("key", "secret", region_name="eu-west-1")
        client = session.client(service, endpoint_url="http://127.0.0.1:9")
named = [path for path in read if "botocore" in path and ".json" in path]
print(json.dumps({"read": named, "service": client.meta.service_model.service_id}), flush=True)
"""


@pytest.fixture(scope="module")
def forking() -> Iterator[Layout]:
    with with_fork_server(ensure_layout()) as layout:
        yield layout


class Launched:
    """A script under the launcher, as the CLI would start it."""

    def __init__(
        self, layout: Layout, script: Path, *arguments: str, python: str = sys.executable
    ) -> None:
        self.process = subprocess.Popen(
            [*LAUNCH, "program", python, "-u", str(script), *arguments],
            cwd=script.parent,
            env={
                **without_the_users_own(),
                **layout.variables(script.parent),
                "MINE": "1",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.told = json.loads(self.process.stdout.readline())

    def __enter__(self) -> Launched:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(TELLS)
    return path


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def status(pid: int) -> tuple[str, int]:
    """The state of a process and its parent."""
    _, fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)
    state, parent, *_ = fields.split()
    return state, int(parent)


def until_gone(session: int, seconds: float = 30.0) -> list[int]:
    deadline = time.monotonic() + seconds
    while (left := session_members(session)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def test_a_fork_has_its_own_arguments_folder_variables_streams_and_status(
    forking: Layout, script: Path
) -> None:
    with Launched(forking, script, "a", "b c") as launched:
        assert launched.told == {
            "forked": True,
            "arguments": ["a", "b c"],
            "folder": str(script.parent),
            "variable": "1",
            "pid": launched.told["pid"],
            "path": str(script.parent),
            "rehearsal": [],
        }
        assert launched.told["pid"] in session_members(launched.process.pid)
        launched.process.communicate("go on\n")
        assert launched.process.returncode == 7
        assert until_gone(launched.process.pid) == []


def test_a_fork_reads_no_description_of_a_service_that_its_template_has_read(
    forking: Layout, tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text(READS)
    with Launched(forking, script, "ec2", "cloudhsmv2") as launched:
        assert launched.told == {"read": [], "service": "CloudHSM V2"}
    with Launched(forking, script, "transfer") as launched:
        assert launched.told["service"] == "Transfer"
        assert len(launched.told["read"]) == len(set(launched.told["read"])) > 0, "once, and shared"


def test_signals_reach_the_fork_and_its_end_is_the_launchers(forking: Layout, script: Path) -> None:
    with Launched(forking, script) as launched:
        launched.process.send_signal(signal.SIGTERM)
        assert launched.process.wait(30) == -signal.SIGTERM


def test_a_killed_launcher_takes_its_fork_along(forking: Layout, script: Path) -> None:
    with Launched(forking, script) as launched:
        launched.process.kill()
        launched.process.wait()
        assert until_gone(launched.process.pid) == []


def test_a_template_goes_on_when_a_launcher_is_killed_as_its_fork_ends(
    forking: Layout, script: Path
) -> None:
    with Launched(forking, script) as launched:
        fork = launched.told["pid"]
        template = status(fork)[1]
        os.kill(template, signal.SIGSTOP)  # so that it meets both at once
        try:
            assert launched.process.stdin is not None
            launched.process.stdin.write("go on\n")
            launched.process.stdin.flush()
            until(lambda: status(fork)[0] == "Z")
            launched.process.kill()
            launched.process.wait()
        finally:
            os.kill(template, signal.SIGCONT)
    with Launched(forking, script) as launched:
        assert launched.told["forked"] is True
        assert status(launched.told["pid"])[1] == template


def test_another_interpreter_is_started_and_not_forked(forking: Layout, script: Path) -> None:
    other = str(Path(sys.base_prefix) / "bin" / "python3")
    with Launched(forking, script, python=other) as launched:
        assert launched.told["forked"] is False
        assert launched.told["pid"] == launched.process.pid


def test_a_server_that_has_gone_is_done_without(script: Path, tmp_path: Path) -> None:
    with Launched(replace(ensure_layout(), fork_server=tmp_path / "gone"), script) as launched:
        assert launched.told["forked"] is False
        launched.process.communicate("go on\n")
        assert launched.process.returncode == 7


def test_emulators_are_forks_that_make_ids_of_their_own_and_end_with_the_block(
    forking: Layout,
) -> None:
    start = emulator_start(forking)
    with running_emulator(start=start) as one, running_emulator(start=start) as other:
        made = {
            emulator.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
            for emulator in (one, other)
        }
        launchers = [one.process, other.process]
        commands = [Path(f"/proc/{each.pid}/cmdline").read_text() for each in launchers]
    assert len(made) == 2
    assert all("launch.py" in command for command in commands), "became an interpreter"
    assert [each.returncode for each in launchers] == [0, 0], "a fork's status"


def test_without_a_server_an_emulator_is_started_as_ever() -> None:
    assert emulator_start(ensure_layout()) is None


def test_forks_end_with_the_server(script: Path) -> None:
    with with_fork_server(ensure_layout()) as layout:
        launched = Launched(layout, script)
    with launched:
        assert launched.process.wait(30) != 0
        assert until_gone(launched.process.pid) == []


@pytest.mark.engine
def test_a_program_lives_on_forks_which_do_not_outlive_the_cli(
    forking: Layout, tmp_path: Path
) -> None:
    workspace = Workspace.create(forking, PROGRAMS / "tiny", tmp_path)
    assert "+ 2 created" in workspace.pulumi(*UP).output
    assert "2 unchanged" in workspace.pulumi(*UP, "--expect-no-changes").output

    with napping(workspace) as running:
        forks = [pid for pid in running.members() if is_fork(pid)]
        assert len(forks) == 3, "language host, program and dynamic host"
        running.interrupt()
        assert running.finish(30).returncode != 0
        assert until_gone(running.process.pid) == []

    workspace.pulumi("cancel", "--yes", check=False)
    with napping(workspace) as running:
        running.kill_cli()
        assert until_gone(running.process.pid) == []


def napping(workspace: Workspace) -> Running:
    workspace.pulumi("destroy", "--yes", "--skip-preview", check=False)
    workspace.pulumi("config", "set", "seconds", "60")
    running = workspace.popen(*UP)
    deadline = time.monotonic() + 30
    while sum(map(is_fork, running.members())) < 3:
        assert time.monotonic() < deadline, running.members()
        time.sleep(0.02)
    return running


def is_fork(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text().startswith("session-")
    except OSError:
        return False
