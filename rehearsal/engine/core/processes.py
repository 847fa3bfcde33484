"""Which processes of a CLI are still there, and the end of all of them.

The CLI gives every plugin a process group of its own, so ending its group does not end them. All of
them stay in the session that the CLI was started in. Forks of the fork server's templates cannot
join it; they bear its number as their name.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

PROC = Path("/proc")
NAME_PREFIX = "session-"


def session_members(session: int) -> list[int]:
    """List the living processes of a session (zombies don't count)."""
    return sorted(pid for pid, of_session in _sessions() if of_session == session)


def name_after(session: int) -> None:
    """Make this process count as a member of a session that it is not in."""
    (PROC / "self" / "comm").write_text(f"{NAME_PREFIX}{session}")


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
            name, _, rest = (folder / "stat").read_text().rpartition(")")
        except OSError:  # ended meanwhile
            continue
        fields, named = rest.split(), name.partition(f"({NAME_PREFIX}")[2]
        if fields[0] not in "ZX":
            found.append((int(folder.name), int(named if named.isdigit() else fields[3])))
    return found


def _sessions_by_ps() -> list[tuple[int, int]]:
    text = subprocess.run(["ps", "-A", "-o", "pid="], capture_output=True, text=True).stdout
    found: list[tuple[int, int]] = []
    for word in text.split():
        with contextlib.suppress(OSError):
            found.append((int(word), os.getsid(int(word))))
    return found
