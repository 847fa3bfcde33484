"""The end-to-end tests can pass with Pulumi's published plugins and hosts as well as with ours."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.engine.layout import PLUGINS_VARIABLE
from rehearsal.engine.workspace import Running
from tests.support.published import end_orphans, has_trace

END_TO_END = Path(__file__).resolve().parents[1] / "end_to_end"
INTERRUPTED = """\
  pulumi:pulumi:Stack (cloudhsm-dev):
    error: no: fix it
    Traceback (most recent call last):
      File "/opt/pulumi-language-python-exec", line 98, in <module>
        loop.run_until_complete(coro)
    KeyboardInterrupt
Resources:
"""
FAULT = INTERRUPTED.replace("KeyboardInterrupt", "KeyError: 'EniIp'")


@pytest.mark.parametrize(
    ("plugins", "output", "told"),
    [
        ("stand-in", INTERRUPTED, True),
        ("published", INTERRUPTED, False),
        ("published", FAULT, True),
        ("published", FAULT + INTERRUPTED, True),
        ("published", INTERRUPTED + FAULT, True),
        ("published", "error: no: fix it", False),
    ],
)
def test_only_the_published_hosts_may_show_where_a_program_was_interrupted(
    monkeypatch: pytest.MonkeyPatch, plugins: str, output: str, told: bool
) -> None:
    monkeypatch.setenv(PLUGINS_VARIABLE, plugins)
    assert has_trace(output) is told


@pytest.fixture
def lingering() -> Iterator[Running]:
    """A command whose helper outlives it."""
    process = subprocess.Popen(
        ["sh", "-c", "sleep 60 & exec sleep 60"], text=True, start_new_session=True
    )
    with Running(process, ("up",)) as running:
        while len(running.members()) < 2:
            time.sleep(0.01)
        yield running


def test_published_orphans_are_ended_and_ours_are_a_fault(
    monkeypatch: pytest.MonkeyPatch, lingering: Running
) -> None:
    monkeypatch.setattr("tests.support.published._END_WITHIN_SECONDS", 0.2)
    lingering.kill_cli()
    monkeypatch.setenv(PLUGINS_VARIABLE, "stand-in")
    with pytest.raises(AssertionError, match="outlived"):
        end_orphans(lingering)
    monkeypatch.setenv(PLUGINS_VARIABLE, "published")
    end_orphans(lingering)
    assert lingering.members() == []


def test_no_end_to_end_test_asks_for_more_than_published_plugins_give() -> None:
    for path in END_TO_END.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r'"Traceback"|\.members\(\)', text), (
            f"{path.name}: tests/support/published.py"
        )
