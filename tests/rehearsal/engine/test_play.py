"""The play shell: plain `pulumi` commands against an AWS of our own, gone when it ends."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.rehearsal.engine.marked_processes import living, start

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc"),
]


def play(tmp_path: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    folder = str(tmp_path / "play")
    return start("rehearsal.engine.play", "--folder", folder, *arguments, **variables)


def test_one_command_runs_in_the_rehearsal_and_its_status_is_ours(
    tmp_path: Path, mark: dict[str, str]
) -> None:
    process = play(tmp_path, "--", "pulumi", "config", "get", "aws:region", **mark)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout.strip()) == (0, "eu-central-1"), stderr

    process = play(tmp_path, "--", "sh", "-c", "exit 7", **mark)
    process.communicate(timeout=60)
    assert process.returncode == 7


def test_the_shell_has_pulumi_the_stack_and_the_emulator(
    tmp_path: Path, mark: dict[str, str]
) -> None:
    process = play(tmp_path, SHELL="/bin/sh", AWS_PROFILE="production", **mark)
    asked = "pulumi stack --show-name\necho profile=$AWS_PROFILE\necho at $AWS_ENDPOINT_URL\n"
    stdout, stderr = process.communicate(asked, timeout=60)

    assert process.returncode == 0, stderr
    assert "dev\n" in stdout
    assert "profile=\n" in stdout, "the user's AWS profile reaches the rehearsal"
    assert "at http://127.0.0.1:" in stdout


def test_exports_make_a_plain_shell_part_of_the_rehearsal(
    tmp_path: Path, mark: dict[str, str]
) -> None:
    process = play(tmp_path, "--print-exports", **mark)
    assert process.stdout is not None
    lines = []
    while not lines or not lines[-1].startswith("cd "):
        lines.append(process.stdout.readline())
        assert lines[-1], process.communicate()
    script = "".join(lines) + "pulumi whoami --verbose && pulumi stack --show-name"
    result = subprocess.run(
        ["/bin/sh", "-c", script], capture_output=True, text=True, env={**os.environ, **mark}
    )
    assert result.returncode == 0, result.stderr
    assert f"file://{tmp_path}" in result.stdout

    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 130


def test_a_second_play_in_the_same_folder_is_refused_in_one_line(
    tmp_path: Path, mark: dict[str, str]
) -> None:
    first = play(tmp_path, "--", "sh", "-c", "echo ready; sleep 60", **mark)
    assert first.stdout is not None
    assert first.stdout.readline() == "ready\n"

    second = play(tmp_path, "--", "true", **mark)
    _, stderr = second.communicate(timeout=60)

    assert second.returncode == 1
    assert stderr.startswith("error: another play is open")
    assert stderr.count("\n") == 1
    os.killpg(first.pid, signal.SIGINT)
    first.communicate(timeout=60)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_the_emulator_ends_with_the_play(
    tmp_path: Path, mark: dict[str, str], end: signal.Signals
) -> None:
    process = play(tmp_path, "--", "sh", "-c", "echo ready; exec sleep 60", **mark)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    emulators = [pid for pid, command in living(mark) if "rehearsal.emulator" in command]
    assert len(emulators) == 1

    process.send_signal(end)
    process.wait(timeout=60)

    deadline = time.monotonic() + 30
    while emulators[0] in [pid for pid, _ in living(mark)]:
        assert time.monotonic() < deadline, "the emulator lives on"
        time.sleep(0.05)
    for pid, command in living(mark):  # after SIGKILL the user's own command is the user's
        assert end is signal.SIGKILL, f"{command} lives on"
        os.kill(pid, signal.SIGKILL)
    process.communicate()
