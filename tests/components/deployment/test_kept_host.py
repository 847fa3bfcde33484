"""A client host with nothing left to do: each run that keeps it says so, and no other run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.fake_cloud import World
from tests.support.recording import config, run

CHAIN: dict[str, Any] = {
    "activation": {"mode": "ssm"},
    "hsms": {"count": 2},
    "keyStore": {},
}


def told(then: dict[str, Any], *, preview: bool = True) -> list[str]:
    """What the run after a whole chain says of the host."""
    world = World()
    first = run(config(**CHAIN), world=world).succeeded()
    assert not _of_host(first.said("warning")), "it is needed in the run that makes it"
    done = run(config(**{**CHAIN, **then}), world=world.as_left(), preview=preview).succeeded()
    return _of_host(done.said("warning"))


def _of_host(lines: list[str]) -> list[str]:
    return [line for line in lines if "client host" in line]


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("client", [None, {"host": True}])
def test_a_run_that_keeps_the_host_says_so(preview: bool, client: dict[str, Any] | None) -> None:
    (line,) = told({"client": client} if client else {}, preview=preview)
    for part in ("read the administrator's password", "43 USD a month", "cloudhsm:client.host"):
        assert part in line


@pytest.mark.parametrize(
    "then",
    [
        pytest.param({"client": {"host": False}}, id="switched off"),
        pytest.param({"hsms": {"count": 3}}, id="needed for kmsuser on a new HSM"),
    ],
)
def test_nothing_is_said_of_a_host_that_goes_or_is_needed(then: dict[str, Any]) -> None:
    assert told(then) == []


def test_a_cluster_without_a_key_store_needs_it_for_the_activation_only() -> None:
    assert len(told({"keyStore": None})) == 1
