"""The engine's layout for every test that runs the program on the real engine."""

from collections.abc import Iterator

import pytest

from rehearsal.engine.layout import Layout
from tests.support.forks import forking_layout


@pytest.fixture(scope="session")
def layout() -> Iterator[Layout]:
    """This clone's engine; several workers may ask at once, it is made under a lock."""
    with forking_layout() as layout:
        yield layout
