"""The engine's layout for the tests that run the pack on the real engine."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.engine.core.locking import file_lock
from rehearsal.engine.forking import with_fork_server
from rehearsal.engine.layout import PROJECT, Layout, ensure_layout


@pytest.fixture(scope="session")
def layout() -> Iterator[Layout]:
    with with_fork_server(ensure_layout()) as layout:
        yield layout


@pytest.fixture(scope="session")
def pack(layout: Layout) -> Path:
    """The policy pack, with its virtual environment."""
    with file_lock(layout.root / ".policy.lock"):
        subprocess.run(["make", "--silent", "policy"], cwd=PROJECT, check=True)
    return PROJECT / "policy"
