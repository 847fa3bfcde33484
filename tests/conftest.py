"""AWS's durations in the rehearsals of a test run: drawn, the same in every run with one seed.

The seed stays the same, so that a run that fails can be run again; `--seed` draws others.
"""

import os
import signal
import zlib

import pytest

from rehearsal.emulator.core.durations import DEFAULT_SPREAD
from rehearsal.emulator.process import SEED_VARIABLE, SPREAD_VARIABLE
from tests.support.forks import serve_workers

SLOW = {"end_to_end", "engine", "packaging"}
"""Folders of tests that run the engine, or build an environment."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("rehearsal")
    group.addoption("--seed", type=int, default=1, help="of AWS's durations: others with another")
    group.addoption(
        "--spread",
        type=float,
        default=DEFAULT_SPREAD,
        help="how much AWS's durations differ from the usual ones; 0: not",
    )


def pytest_configure(config: pytest.Config) -> None:
    os.environ[SPREAD_VARIABLE] = str(config.getoption("--spread"))
    _heed_interrupts()
    serve_workers(config)


def _heed_interrupts() -> None:
    """What a shell starts in the background ignores Ctrl-C; what the tests start must not."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header(config: pytest.Config) -> str:
    spread, seed = config.getoption("--spread"), config.getoption("--seed")
    return f"rehearsal: AWS's durations have spread {spread}; --seed {seed} gives the same again"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what runs the engine: started last, a long file would keep one worker busy."""
    items.sort(key=lambda item: not SLOW.intersection(item.path.parts))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give each test durations of its own, whatever ran before it."""
    chance = zlib.crc32(f"{item.config.getoption('--seed')} {item.nodeid}".encode())
    os.environ[SEED_VARIABLE] = str(chance)
