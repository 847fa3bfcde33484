"""Only what the state lacks is imported: else the engine deletes what it has just imported."""

from __future__ import annotations

import pulumi
import pytest

from pulumi_cloudhsm.aws.cloudhsmv2 import Cluster, Hsm
from pulumi_cloudhsm.recovery.stack_state import StackState
from tests.support.fake_cloud import HSM_ID, World, cluster_seen
from tests.support.recording import OWNER, Run, config, run

SETTINGS = config(activation={"mode": "manual"}, hsms={"count": 2})
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


@pytest.mark.parametrize("preview", [True, False])
def test_the_state_is_read_once_in_a_run(finished: World, preview: bool) -> None:
    done = run(SETTINGS, world=finished, preview=preview).succeeded()
    assert done.invokes.count(READ_STATE) == 1


def test_a_state_that_is_half_written_is_read_again(finished: World) -> None:
    """The engine writes the file of a local backend while the program starts."""
    del finished.urns["cloudhsm-hsm-2"], finished.state["cloudhsm-hsm-2"]
    finished.refused_once = {READ_STATE: "failed to load checkpoint: EOF"}
    done = run(SETTINGS, world=finished).succeeded()
    assert imported(done) == {"cloudhsm-hsm-2": "hsm-aaaaaaaaaa2"}
    assert done.invokes.count(READ_STATE) == 2


UNTOLD = {READ_STATE: "unrecognized function\nnext line"}


def test_where_the_engine_does_not_tell_a_preview_warns_and_imports_nothing(
    finished: World,
) -> None:
    finished.refused_invokes = UNTOLD
    done = run(SETTINGS, world=finished, preview=True).succeeded()
    assert imported(done) == {}
    (line, *_) = done.said("warning")
    assert "unrecognized function next line" in line


def test_where_the_engine_does_not_tell_an_update_stops(finished: World) -> None:
    """It could make a second one of everything that an interrupted run has made."""
    finished.refused_invokes = UNTOLD
    done = run(SETTINGS, world=finished)
    assert isinstance(done.error, pulumi.RunError)
    assert "unrecognized function next line" in str(done.error)
    assert "\n" not in str(done.error)


@pytest.mark.parametrize(
    ("chain", "lacks"),
    [
        ("acme:index:A$cloudhsm:index:Network$aws:ec2/vpc:Vpc", False),
        ("acme:index:Top$acme:index:A$cloudhsm:index:Network$aws:ec2/vpc:Vpc", False),
        ("acme:index:B$cloudhsm:index:Network$aws:ec2/vpc:Vpc", True),
        ("cloudhsm:index:Network$aws:ec2/vpc:Vpc", True),
        ("acme:index:A$cloudhsm:index:Network", True),
    ],
)
def test_a_resource_is_known_by_its_parents_types_and_its_name(chain: str, lacks: bool) -> None:
    state = StackState({f"urn:pulumi:dev::cloudhsm::{chain}::net-vpc": {}})
    types = ["acme:index:A", "cloudhsm:index:Network", "aws:ec2/vpc:Vpc"]
    assert state.lacks(types, "net-vpc") is lacks
    assert state.lacks(types, "net-other") is True


def test_nothing_is_known_to_be_missing_where_the_engine_did_not_tell() -> None:
    assert StackState(None).lacks(["aws:ec2/vpc:Vpc"], "net-vpc") is False
