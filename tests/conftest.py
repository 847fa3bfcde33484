"""AWS's durations in the rehearsals of a test run: drawn, and the same again with the same seed."""

import os
import random
import zlib

import pytest

from rehearsal.emulator.core.durations import DEFAULT_SPREAD
from rehearsal.emulator.process import SEED_VARIABLE, SPREAD_VARIABLE

RUN_VARIABLE = "REHEARSAL_RUN_SEED"
"""Hands the seed of the run to the workers of pytest-xdist."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("rehearsal")
    group.addoption("--seed", type=int, help="of AWS's durations, to have the same again")
    group.addoption(
        "--spread",
        type=float,
        default=DEFAULT_SPREAD,
        help="how much AWS's durations differ from the usual ones; 0: not",
    )


def pytest_configure(config: pytest.Config) -> None:
    given = config.getoption("--seed")
    if given is not None:
        os.environ[RUN_VARIABLE] = str(given)
    os.environ.setdefault(RUN_VARIABLE, str(random.randrange(10**6)))
    os.environ[SPREAD_VARIABLE] = str(config.getoption("--spread"))


def pytest_report_header() -> str:
    spread, seed = os.environ[SPREAD_VARIABLE], os.environ[RUN_VARIABLE]
    return f"rehearsal: AWS's durations have spread {spread}; --seed {seed} gives the same again"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give each test durations of its own, whatever ran before it."""
    chance = zlib.crc32(f"{os.environ[RUN_VARIABLE]} {item.nodeid}".encode())
    os.environ[SEED_VARIABLE] = str(chance)
