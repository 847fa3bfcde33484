"""A fork server for the commands of one rehearsal or one run of tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rehearsal.emulator.process import Start
from rehearsal.engine.core.environment import without_the_users_own
from rehearsal.engine.core.errors import RehearsalError
from rehearsal.engine.layout import HOSTS, SERVER_VARIABLE, Layout

MAX_SOCKET_PATH = 100
"""Bytes that every system takes for the address of a local socket."""


@contextmanager
def with_fork_server(layout: Layout) -> Iterator[Layout]:
    """Start a fork server and give the layout that uses it; the server ends with the block.

    Without one, or where there can be none, every command starts its processes anew. The result is
    the same, later.

    Raises:
        RehearsalError: it does not start.
    """
    with fork_server(layout.python) as folder:
        yield replace(layout, fork_server=folder)


@contextmanager
def fork_server(python: Path) -> Iterator[Path | None]:
    """Start a fork server of that interpreter and give its folder; None: there can be none here.

    Raises:
        RehearsalError: it does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="rehearsal-"))
    if not hasattr(os, "pidfd_open") or len(os.fsencode(folder)) + 10 > MAX_SOCKET_PATH:
        folder.rmdir()
        yield None
        return
    start = ("-u", "-P", str(HOSTS / "start.py"), "rehearsal.engine.hosts.fork_server")
    process = subprocess.Popen(
        [str(python), *start, str(folder)],
        cwd=folder,
        env=without_the_users_own(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,  # the user's Ctrl-C is for the command; this one ends after it
    )
    assert process.stdout is not None  # noqa: S101 - Popen was given a pipe
    try:
        if not process.stdout.readline():
            raise RehearsalError("the fork server does not start; the lines above say why")
        yield folder
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


def emulator_start(layout: Layout) -> Start | None:
    """How to start an emulator as a fork of the server's template; None: there is no server."""
    if layout.fork_server is None:
        return None
    return forked_emulator(layout.python, layout.fork_server)


def forked_emulator(python: Path, fork_server: Path) -> Start:
    """How to start an emulator as a fork of that server's template."""
    launch = (str(python), "-I", "-S", str(HOSTS / "launch.py"), "emulator")
    module = (str(python), "-u", "-P", str(HOSTS / "start.py"), "rehearsal.emulator")
    variables = {**without_the_users_own(), SERVER_VARIABLE: str(fork_server)}
    return Start((*launch, *module), variables)
