"""Finds every process that a command has started, wherever it has gone since."""

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

from rehearsal.engine.layout import PROJECT

MARK = "REHEARSAL_TEST_MARK"


def new_mark() -> dict[str, str]:
    """An environment variable that all descendants inherit."""
    return {MARK: uuid.uuid4().hex}


def living(mark: dict[str, str]) -> list[tuple[int, str]]:
    """Process ids and command lines of the living processes with that mark."""
    wanted = f"{MARK}={mark[MARK]}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            if state not in "ZX" and wanted in (folder / "environ").read_bytes().split(b"\0"):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found.append((int(folder.name), command))
        except OSError:  # ended meanwhile, or not ours
            continue
    return found


def living_after(mark: dict[str, str], seconds: float) -> list[tuple[int, str]]:
    """Who still lives after at most so many seconds; then ends them, so that none is left."""
    deadline = time.monotonic() + seconds
    while (left := living(mark)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid, _ in left:
        os.kill(pid, signal.SIGKILL)
    return left


def start(
    module: str, *arguments: str, stderr: int = subprocess.PIPE, **variables: str
) -> subprocess.Popen[str]:
    """A module of the rehearsal as a process, in a session of its own, with pipes to all of it."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=PROJECT,
        env={**os.environ, **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        start_new_session=True,
    )
