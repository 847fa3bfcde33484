"""Which processes of a CLI are still there, and the end of all of them.

The CLI gives every plugin a process group of its own, so ending its group does not end them. All of
them stay in the session that the CLI was started in.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

PROC = Path("/proc")


def session_members(session: int) -> list[int]:
    """List the living processes of a session (zombies don't count)."""
    return sorted(pid for pid, of_session in _sessions() if of_session == session)


def end_session(session: int, patience: float = 2.0) -> None:
    """Kill every process of a session and wait up to `patience` seconds for their end."""
    deadline = time.monotonic() + patience
    while members := session_members(session):
        for pid in members:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            return
        time.sleep(0.05)


def _sessions() -> list[tuple[int, int]]:
    if not PROC.joinpath("self", "stat").exists():
        return _sessions_by_ps()
    found: list[tuple[int, int]] = []
    for folder in PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            # "pid (name) state ppid pgrp session …"; the name may hold spaces and brackets.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # ended meanwhile
            continue
        if fields[0] not in "ZX":
            found.append((int(folder.name), int(fields[3])))
    return found


def _sessions_by_ps() -> list[tuple[int, int]]:
    text = subprocess.run(["ps", "-A", "-o", "pid="], capture_output=True, text=True).stdout
    found: list[tuple[int, int]] = []
    for word in text.split():
        with contextlib.suppress(OSError):
            found.append((int(word), os.getsid(int(word))))
    return found
