"""One fork server for all workers of a test run: each one's own would load everything anew."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from rehearsal.emulator.process import Start
from rehearsal.engine.forking import fork_server, forked_emulator, with_fork_server
from rehearsal.engine.layout import Layout, ensure_layout

VARIABLE = "REHEARSAL_SERVER_OF_THE_TESTS"
"""The server's folder, for the workers."""


def serve_workers(config: pytest.Config) -> None:
    """Start a server where there are workers, until the run ends. It loads nothing unasked."""
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):
        return
    running = ExitStack()
    config.add_cleanup(running.close)
    folder = running.enter_context(fork_server(Path(sys.executable)))
    if folder is not None:
        os.environ[VARIABLE] = str(folder)


@contextmanager
def forking_layout() -> Iterator[Layout]:
    """This clone's engine, with the run's server or one of its own."""
    layout = ensure_layout()
    if VARIABLE in os.environ:
        yield replace(layout, fork_server=Path(os.environ[VARIABLE]))
        return
    with with_fork_server(layout) as forking:
        yield forking


def emulator_of_the_run() -> Start | None:
    """How to start an emulator as a fork; None: as ever, where the run has no server."""
    folder = os.environ.get(VARIABLE)
    return forked_emulator(Path(sys.executable), Path(folder)) if folder else None
