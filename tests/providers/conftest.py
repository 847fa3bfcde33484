"""Providers meet no shell of a developer's, and leave Python's tracebacks as they found them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from tests.providers.fake_aws import FakeAws
from tests.unit.clockwork import FakeTime


@pytest.fixture(autouse=True)
def _no_aws_in_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "PULUMI_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _whole_tracebacks_afterwards() -> Iterator[None]:
    """An expected error sets the process's limit to 0; the next test's failure needs its trace."""
    yield
    if hasattr(sys, "tracebacklimit"):
        del sys.tracebacklimit


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def aws(time: FakeTime) -> FakeAws:
    """A cluster whose first HSM is ACTIVE and shows a genuine identity."""
    return FakeAws(time)
