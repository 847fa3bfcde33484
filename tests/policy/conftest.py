"""The engine's layout for the tests that run the pack on the real engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.engine.forking import with_fork_server
from rehearsal.engine.layout import Layout, ensure_layout
from tests.support.policy_pack import policy_pack


@pytest.fixture(scope="session")
def layout() -> Iterator[Layout]:
    with with_fork_server(ensure_layout()) as layout:
        yield layout


@pytest.fixture(scope="session")
def pack() -> Path:
    return policy_pack()
