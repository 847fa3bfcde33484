"""Only what the state misses is imported: else the engine deletes what it has just imported."""

from __future__ import annotations

import pytest
from pulumi_cloudhsm.aws.cloudhsmv2 import Cluster, Hsm

from tests.unit.recording import OWNER, Run, config, run
from tests.unit.world import HSM_ID, World, cluster_seen

SETTINGS = config(activation="manual", hsmCount=2)
READ_STATE = "pulumi:pulumi:readStackResourceOutputs"
ADDRESS = "10.42.31.254"


def imported(done: Run) -> dict[str, str]:
    """Name to id of everything that the engine is told to import."""
    return {one.name: one.request.importId for one in done.resources if one.request.importId}


def at_aws(state: str = "ACTIVE", **hsms: str) -> list[list[Cluster]]:
    """Our cluster with HSMs as id=address."""
    seen = cluster_seen(state, owner=OWNER)
    shown = tuple(Hsm(hsm_id, "ACTIVE", "", "", ip) for hsm_id, ip in hsms.items())
    return [[Cluster(**{**vars(seen), "hsms": shown})]]


@pytest.fixture
def finished() -> World:
    """After an `up` with two HSMs."""
    world = World()
    run(SETTINGS, world=world).succeeded()
    later = world.as_left()
    later.sights = at_aws(**{HSM_ID: "10.42.0.10", "hsm-aaaaaaaaaa2": ADDRESS})
    return later


@pytest.mark.parametrize("preview", [True, False])
def test_what_the_state_holds_is_not_imported(finished: World, preview: bool) -> None:
    assert imported(run(SETTINGS, world=finished, preview=preview).succeeded()) == {}


@pytest.mark.parametrize("preview", [True, False])
def test_an_hsm_that_aws_has_put_in_a_broken_ones_place_is_not_imported(
    finished: World, preview: bool
) -> None:
    finished.sights = at_aws(**{"hsm-new1": "10.42.0.10", "hsm-new2": ADDRESS})
    assert imported(run(SETTINGS, world=finished, preview=preview).succeeded()) == {}


@pytest.mark.parametrize("preview", [True, False])
def test_nor_is_the_first_one_before_the_initialization(finished: World, preview: bool) -> None:
    finished.sights = at_aws("UNINITIALIZED", **{"hsm-new1": "10.42.0.10"})
    assert imported(run(SETTINGS, world=finished, preview=preview).succeeded()) == {}


@pytest.mark.parametrize("preview", [True, False])
def test_what_the_state_misses_is(finished: World, preview: bool) -> None:
    del finished.urns["cloudhsm-hsm-2"]
    del finished.state["cloudhsm-hsm-2"]
    done = run(SETTINGS, world=finished, preview=preview).succeeded()
    assert imported(done) == {"cloudhsm-hsm-2": "hsm-aaaaaaaaaa2"}


def test_the_state_is_not_read_where_nothing_was_found() -> None:
    done = run(config()).succeeded()
    assert READ_STATE not in done.invokes


def test_where_the_engine_does_not_tell_nothing_is_imported_and_that_is_said(
    finished: World,
) -> None:
    finished.refused_invokes = {READ_STATE: "unrecognized function\nnext line"}
    done = run(SETTINGS, world=finished).succeeded()
    assert imported(done) == {}
    (line, *_) = done.said("warning")
    assert "unrecognized function next line" in line
    assert "look for it at AWS" in line
