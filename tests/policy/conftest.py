"""The engine's layout for the tests that run the pack on the real engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.engine.layout import Layout
from tests.support.forks import forking_layout
from tests.support.policy_pack import policy_pack


@pytest.fixture(scope="session")
def layout() -> Iterator[Layout]:
    with forking_layout() as layout:
        yield layout


@pytest.fixture(scope="session")
def pack() -> Path:
    return policy_pack()
