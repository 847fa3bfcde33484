"""The engine's layout for every test that runs the program on the real engine."""

import pytest

from rehearsal.engine.layout import Layout, ensure_layout


@pytest.fixture(scope="session")
def layout() -> Layout:
    """This clone's engine; several workers may ask at once, it is made under a lock."""
    return ensure_layout()
