"""The engine's layout for every test that runs the program on the real engine."""

from collections.abc import Iterator

import pytest

from rehearsal.engine.forking import with_fork_server
from rehearsal.engine.layout import Layout, ensure_layout


@pytest.fixture(scope="session")
def layout() -> Iterator[Layout]:
    """This clone's engine; several workers may ask at once, it is made under a lock."""
    with with_fork_server(ensure_layout()) as layout:
        yield layout
