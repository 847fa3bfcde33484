"""A client host with nothing left to do: each run that keeps it says so, and no other run."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pulumi_cloudhsm.deployment import kept_host
from tests.support.fake_cloud import World
from tests.support.recording import Run, config, run

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
    for part in (
        "read the administrator's password for up to two days",
        "43 USD a month",
        "cloudhsm:client.host",
    ):
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


BORN = datetime(2026, 12, 1, 23, 30, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The moment of a run, to be changed."""
    now = [BORN]
    monkeypatch.setattr(kept_host, "present", lambda: now[0])
    return now


def ends(done: Run) -> dict[str, str]:
    """Action to the moment at which the host's right to it ends."""
    statements = json.loads(done["cloudhsm-client-host-rights"]["policy"])["Statement"]
    limited = [one for one in statements if "DateLessThan" in one.get("Condition", {})]
    return {one["Action"]: one["Condition"]["DateLessThan"]["aws:CurrentTime"] for one in limited}


def test_the_right_to_read_passwords_ends_by_itself(clock: list[datetime]) -> None:
    key = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    chain = config(**CHAIN, client={"secretsKmsKey": key})
    midnight = "2026-12-03T00:00:00Z"
    assert ends(run(chain).succeeded()) == {
        "secretsmanager:GetSecretValue": midnight,
        "kms:Decrypt": midnight,
    }


def test_a_run_without_a_step_on_the_host_changes_no_right(clock: list[datetime]) -> None:
    world = World()
    first = ends(run(config(**CHAIN), world=world).succeeded())
    clock[0] = BORN + timedelta(days=100)
    for preview in (True, False):
        done = run(config(**CHAIN), world=world.as_left(), preview=preview).succeeded()
        assert ends(done) == first


@pytest.mark.parametrize(
    ("later", "renewed"),
    [(timedelta(hours=12), "2026-12-03T00:00:00Z"), (timedelta(days=30), "2027-01-02T00:00:00Z")],
)
def test_a_step_on_the_host_renews_a_right_that_is_about_to_end(
    clock: list[datetime], later: timedelta, renewed: str
) -> None:
    world = World()
    run(config(**CHAIN), world=world).succeeded()
    clock[0] = BORN + later
    grown = config(**{**CHAIN, "hsms": {"count": 3}})
    done = run(grown, world=world.as_left()).succeeded()
    assert ends(done) == {"secretsmanager:GetSecretValue": renewed}
