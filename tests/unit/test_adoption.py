"""What an interrupted run left at AWS is found and imported; a second cluster is never made."""

from typing import Any

import pulumi
import pytest
from botocore.exceptions import NoCredentialsError
from pulumi_cloudhsm.aws.advice import refusal
from pulumi_cloudhsm.aws.cloudhsmv2 import Cluster
from pulumi_cloudhsm.errors import TransientError

from tests.unit.recording import OWNER, Run, config, run
from tests.unit.world import CLUSTER_ID, HSM_ID, World, cluster_seen

# Waits in these tests are real, so the usual duration that shapes them is short.
QUICK: dict[str, Any] = {"hsmUsualSeconds": 1, "hsmDeadlineSeconds": 60}


def seen(*states: str, **more: Any) -> list[list[Cluster]]:
    """Successive sights of one cluster of ours."""
    return [[cluster_seen(state, owner=OWNER, **more)] for state in states]


def imported(done: Run) -> tuple[str, str]:
    return (
        done["cloudhsm-cluster"].request.importId,
        done["cloudhsm-hsm-1"].request.importId,
    )


@pytest.mark.parametrize("preview", [True, False])
def test_nothing_is_imported_where_nothing_was_left(preview: bool) -> None:
    assert imported(run(config(), preview=preview).succeeded()) == ("", "")


@pytest.mark.parametrize("preview", [True, False])
def test_an_unfinished_cluster_with_our_tag_is_imported(preview: bool) -> None:
    world = World(sights=seen("UNINITIALIZED"))
    done = run(config(), preview=preview, world=world).succeeded()
    assert imported(done) == (CLUSTER_ID, "")


@pytest.mark.parametrize("hsm_state", ["CREATE_IN_PROGRESS", "ACTIVE", "DEGRADED"])
@pytest.mark.parametrize("preview", [True, False])
def test_its_hsm_is_imported_too(preview: bool, hsm_state: str) -> None:
    world = World(sights=seen("UNINITIALIZED", hsms=[hsm_state]))
    done = run(config(), preview=preview, world=world).succeeded()
    assert imported(done) == (CLUSTER_ID, HSM_ID)


@pytest.mark.parametrize("gone", ["DELETE_IN_PROGRESS", "DELETED"])
def test_an_hsm_that_is_going_is_not_imported(gone: str) -> None:
    world = World(sights=seen("UNINITIALIZED", hsms=[gone]))
    assert imported(run(config(), world=world).succeeded()) == (CLUSTER_ID, "")


def test_of_two_hsms_none_is_picked_by_chance() -> None:
    world = World(sights=seen("UNINITIALIZED", hsms=["ACTIVE", "ACTIVE"]))
    assert imported(run(config(), world=world).succeeded()) == (CLUSTER_ID, "")


@pytest.mark.parametrize(
    "owner",
    [None, OWNER + "2", "organization/cloudhsm/prod/cloudhsm", OWNER.upper(), "cloudhsm"],
)
def test_a_cluster_of_somebody_else_is_left_alone(owner: str | None) -> None:
    world = World(sights=[[cluster_seen("UNINITIALIZED", owner=owner)]])
    assert imported(run(config(), world=world).succeeded()) == ("", "")


@pytest.mark.parametrize("state", ["DELETE_IN_PROGRESS", "DELETED"])
def test_a_cluster_of_ours_that_is_going_is_neither_imported_nor_in_the_way(state: str) -> None:
    world = World(sights=seen(state))
    assert imported(run(config(), world=world).succeeded()) == ("", "")


def test_an_update_waits_until_a_cluster_that_aws_still_makes_can_be_used() -> None:
    world = World(
        sights=[
            *seen("CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS"),
            *seen("UNINITIALIZED", hsms=["CREATE_IN_PROGRESS"]),
        ]
    )
    done = run(config(**QUICK), world=world).succeeded()
    assert imported(done) == (CLUSTER_ID, HSM_ID)
    assert len(world.calls) >= 4
    assert any("left by an interrupted run" in line for line in done.said("info"))


def test_a_preview_never_waits() -> None:
    world = World(sights=seen("CREATE_IN_PROGRESS"))
    done = run(config(), preview=True, world=world).succeeded()
    assert imported(done) == (CLUSTER_ID, "")
    assert world.calls == ["DescribeClusters"]


def test_a_cluster_that_aws_failed_to_make_is_told_with_its_reason() -> None:
    world = World(
        sights=[*seen("CREATE_IN_PROGRESS"), *seen("DEGRADED", message="no capacity in 1a")]
    )
    done = run(config(**QUICK), world=world)
    assert isinstance(done.error, pulumi.RunError)
    for words in (CLUSTER_ID, "DEGRADED", "no capacity in 1a"):
        assert words in str(done.error)
    assert "\n" not in str(done.error)
    assert "cloudhsm-cluster" not in done


def test_a_cluster_that_vanishes_meanwhile_is_told() -> None:
    world = World(sights=[*seen("CREATE_IN_PROGRESS"), []])
    done = run(config(**QUICK), world=world)
    assert isinstance(done.error, pulumi.RunError)
    assert "run `pulumi up` once more" in str(done.error)
    assert "cloudhsm-cluster" not in done


def test_a_cluster_that_is_never_done_ends_at_the_deadline_naming_the_setting() -> None:
    world = World(sights=seen("CREATE_IN_PROGRESS"))
    done = run(config(hsmUsualSeconds=1, hsmDeadlineSeconds=1), world=world)
    assert isinstance(done.error, pulumi.RunError)
    assert "cloudhsm:hsmDeadlineSeconds" in str(done.error)
    assert "CREATE_IN_PROGRESS" in str(done.error)


@pytest.mark.parametrize("preview", [True, False])
def test_several_clusters_with_our_tag_are_named_and_none_is_picked(preview: bool) -> None:
    world = World(
        sights=[
            [
                cluster_seen("UNINITIALIZED", owner=OWNER),
                cluster_seen("ACTIVE", owner=OWNER, cluster_id="cluster-zyxwvutsrq2"),
            ]
        ]
    )
    done = run(config(), world=world, preview=preview)
    line = str(done.error)
    assert isinstance(done.error, pulumi.RunError)
    for words in (CLUSTER_ID, "cluster-zyxwvutsrq2", OWNER, "untag-resource"):
        assert words in line
    assert "\n" not in line
    assert "cloudhsm-cluster" not in done


LATER = ["INITIALIZE_IN_PROGRESS", "INITIALIZED", "ACTIVE", "DEGRADED"]


@pytest.mark.parametrize("state", LATER)
def test_a_cluster_past_its_initialization_is_never_imported_and_no_second_one_is_made(
    state: str,
) -> None:
    """Its CSR is gone, so a state without it can't go on; making another would bill twice."""
    world = World(sights=seen(state))
    done = run(config(), world=world)
    assert done["cloudhsm-cluster"].request.importId == ""
    assert done.error is not None
    for words in (CLUSTER_ID, state, OWNER, "stack import", "untag-resource"):
        assert words in str(done.error)
    assert "cloudhsm-cluster" not in world.state, "the creation did not take place"
    assert "cloudhsm-hsm-1" not in done


@pytest.mark.parametrize("state", ["UNINITIALIZED", *LATER])
@pytest.mark.parametrize("preview", [True, False])
def test_a_cluster_that_the_state_holds_is_no_second_one(
    world: World, deployed: Run, state: str, preview: bool
) -> None:
    later = world.as_left()
    later.sights = seen(state, hsms=["ACTIVE"])
    done = run(config(), world=later, preview=preview).succeeded()
    assert done.said("warning") == []
    # The id of what the state holds already, or none: both change nothing.
    assert imported(done) in {("", ""), (CLUSTER_ID, HSM_ID)}


def test_a_cluster_that_appears_between_plan_and_creation_stops_the_creation() -> None:
    """The interrupted run's own provider may still be at work while the next one starts."""
    world = World(sights=[[], *seen("CREATE_IN_PROGRESS")])
    done = run(config(), world=world)
    assert done.error is not None
    assert CLUSTER_ID in str(done.error)
    assert OWNER in str(done.error)
    assert "\n" not in str(done.error)
    assert "cloudhsm-cluster" not in world.state


def test_an_import_is_not_a_creation_and_is_not_stopped() -> None:
    world = World(sights=seen("UNINITIALIZED"))
    run(config(), world=world).succeeded()
    assert world.state["cloudhsm-cluster"][0] == CLUSTER_ID


TROUBLES = {
    "no credentials": refusal("describing CloudHSM clusters", NoCredentialsError()),
    "a server fault": TransientError("describing CloudHSM clusters: AWS said: boom"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_preview_that_cannot_ask_aws_says_so_in_one_warning_and_goes_on(
    trouble: str, previewed: Run
) -> None:
    done = run(config(), preview=True, world=World(trouble=TROUBLES[trouble])).succeeded()
    (line,) = done.said("warning")
    assert "interrupted run" in line
    assert "AWS said" in line
    assert "\n" not in line
    assert {one.name for one in done.resources} == {one.name for one in previewed.resources}
    assert imported(done) == ("", "")


def test_a_preview_without_credentials_says_what_to_do() -> None:
    world = World(trouble=TROUBLES["no credentials"])
    (line,) = run(config(), preview=True, world=world).succeeded().said("warning")
    assert "AWS_PROFILE" in line


@pytest.mark.parametrize("trouble", TROUBLES)
def test_an_update_that_cannot_ask_aws_ends_with_one_line_and_makes_no_cluster(
    trouble: str,
) -> None:
    done = run(config(), world=World(trouble=TROUBLES[trouble]))
    assert isinstance(done.error, pulumi.RunError)
    assert "\n" not in str(done.error)
    assert "AWS said" in str(done.error)
    assert [one.name for one in done.resources if "cloudhsmv2" in one.type] == []
