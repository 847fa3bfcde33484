"""What an interrupted run left at AWS is found and imported; a second cluster is never made."""

from typing import Any

import pulumi
import pytest
from botocore.exceptions import NoCredentialsError

from pulumi_cloudhsm.aws.advice import refusal
from pulumi_cloudhsm.aws.cloudhsmv2 import Cluster
from pulumi_cloudhsm.errors import TransientError
from tests.support.fake_cloud import CLUSTER_ID, HSM_ID, World, cluster_seen
from tests.support.recording import OWNER, Run, config, run

# Waits in these tests are real, so the usual duration that shapes them is short.
QUICK: dict[str, Any] = {"waits": {"hsm": {"expectedSeconds": 1, "deadlineSeconds": 60}}}


def seen(*states: str, **more: Any) -> list[list[Cluster]]:
    """Successive sights of one cluster of ours."""
    return [[cluster_seen(state, owner=OWNER, **more)] for state in states]


def begun(sights: list[list[Cluster]]) -> World:
    """The world after a run that was killed: the state holds the deployment's id."""
    return World(sights=sights, begun=True)


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
    world = begun(seen("UNINITIALIZED"))
    done = run(config(), preview=preview, world=world).succeeded()
    assert imported(done) == (CLUSTER_ID, "")


@pytest.mark.parametrize("hsm_state", ["CREATE_IN_PROGRESS", "ACTIVE", "DEGRADED"])
@pytest.mark.parametrize("preview", [True, False])
def test_its_hsm_is_imported_too(preview: bool, hsm_state: str) -> None:
    world = begun(seen("UNINITIALIZED", hsms=[hsm_state]))
    done = run(config(), preview=preview, world=world).succeeded()
    assert imported(done) == (CLUSTER_ID, HSM_ID)


@pytest.mark.parametrize("gone", ["DELETE_IN_PROGRESS", "DELETED"])
def test_an_hsm_that_is_going_is_not_imported(gone: str) -> None:
    world = begun(seen("UNINITIALIZED", hsms=[gone]))
    assert imported(run(config(), world=world).succeeded()) == (CLUSTER_ID, "")


def test_of_two_hsms_none_is_picked_by_chance() -> None:
    world = begun(seen("UNINITIALIZED", hsms=["ACTIVE", "ACTIVE"]))
    assert imported(run(config(), world=world).succeeded()) == (CLUSTER_ID, "")


OTHER_ID = "99999999-89ab-cdef-0123-456789abcdef"


def test_a_cluster_of_another_deployment_is_left_alone() -> None:
    others = [
        cluster_seen("UNINITIALIZED"),
        cluster_seen("UNINITIALIZED", owner="organization/cloudhsm/prod/x", deployment_id=OTHER_ID),
        cluster_seen("UNINITIALIZED", owner=OWNER.upper(), deployment_id=OTHER_ID),
        # The same deployment, but another component of it.
        cluster_seen("UNINITIALIZED", owner=f"{OWNER}-2"),
    ]
    assert imported(run(config(), world=begun([others])).succeeded()) == ("", "")


def test_the_names_may_have_changed_where_the_id_is_ours() -> None:
    """As after `pulumi stack rename`: the tag stays as it was."""
    was = OWNER.replace("/dev/", "/was/")
    world = begun([[cluster_seen("UNINITIALIZED", owner=was)]])
    world.made_as = "organization/cloudhsm/was"
    done = run(config(), world=world).succeeded()
    assert imported(done) == (CLUSTER_ID, "")
    assert done["cloudhsm-cluster"]["tags"]["pulumi-cloudhsm"] == f"{was}-cluster"


@pytest.mark.parametrize("before", ["nothing", "a deployment"])
@pytest.mark.parametrize("state", ["CREATE_IN_PROGRESS", "UNINITIALIZED", "ACTIVE"])
@pytest.mark.parametrize("preview", [True, False])
def test_a_cluster_with_our_names_and_another_id_is_refused(
    preview: bool, state: str, before: str
) -> None:
    """Another backend's stack of the same names, or a state that was lost."""
    seen = cluster_seen(state, owner=OWNER, deployment_id=OTHER_ID)
    world = begun([[seen]])
    world.begun = before == "a deployment"
    done = run(config(), world=world, preview=preview)
    assert isinstance(done.error, pulumi.RunError)
    for words in (CLUSTER_ID, state, OWNER, "restore the state", "pulumi stack rename"):
        assert words in str(done.error)
    assert "\n" not in str(done.error)
    assert "cloudhsm-cluster" not in done


def test_a_healthy_stack_does_not_mind_another_one_of_its_names() -> None:
    world = World()
    run(config(), world=world).succeeded()
    later = world.as_left()
    ours = cluster_seen("INITIALIZED", owner=OWNER, hsms=["ACTIVE"])
    theirs = cluster_seen(
        "ACTIVE", owner=OWNER, deployment_id=OTHER_ID, cluster_id="cluster-zyxwvutsrq2"
    )
    later.sights = [[theirs, ours]]
    assert imported(run(config(), world=later).succeeded()) == ("", "")


@pytest.mark.parametrize("state", ["DELETE_IN_PROGRESS", "DELETED"])
def test_a_cluster_of_ours_that_is_going_is_neither_imported_nor_in_the_way(state: str) -> None:
    world = begun(seen(state))
    assert imported(run(config(), world=world).succeeded()) == ("", "")


def test_an_update_waits_until_a_cluster_that_aws_still_makes_can_be_used() -> None:
    world = begun(
        [
            *seen("CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS"),
            *seen("UNINITIALIZED"),
        ]
    )
    done = run(config(**QUICK), world=world).succeeded()
    assert imported(done) == (CLUSTER_ID, "")
    assert len(world.calls) >= 4
    assert any("left by an interrupted run" in line for line in done.said("info"))


def test_a_preview_never_waits() -> None:
    world = begun(seen("CREATE_IN_PROGRESS"))
    done = run(config(), preview=True, world=world).succeeded()
    assert imported(done) == ("", "")
    assert world.calls == ["DescribeClusters"]
    (line,) = done.said("info")
    assert line.startswith(f"{CLUSTER_ID} is CREATE_IN_PROGRESS: the update waits for it")


def test_a_cluster_that_aws_failed_to_make_is_told_with_its_reason() -> None:
    world = begun([*seen("CREATE_IN_PROGRESS"), *seen("DEGRADED", message="no capacity in 1a")])
    done = run(config(**QUICK), world=world)
    assert isinstance(done.error, pulumi.RunError)
    for words in (CLUSTER_ID, "DEGRADED", "no capacity in 1a"):
        assert words in str(done.error)
    assert "\n" not in str(done.error)
    assert "cloudhsm-cluster" not in done


def test_a_cluster_that_vanishes_meanwhile_is_told() -> None:
    world = begun([*seen("CREATE_IN_PROGRESS"), []])
    done = run(config(**QUICK), world=world)
    assert isinstance(done.error, pulumi.RunError)
    assert "run `pulumi up` once more" in str(done.error)
    assert "cloudhsm-cluster" not in done


def test_a_cluster_that_is_never_done_ends_at_the_deadline_naming_the_setting() -> None:
    world = begun(seen("CREATE_IN_PROGRESS"))
    done = run(config(waits={"hsm": {"expectedSeconds": 1, "deadlineSeconds": 1}}), world=world)
    assert isinstance(done.error, pulumi.RunError)
    assert "waits.hsm.deadline_seconds" in str(done.error)
    assert "CREATE_IN_PROGRESS" in str(done.error)


@pytest.mark.parametrize("preview", [True, False])
def test_several_clusters_with_our_tag_are_named_and_none_is_picked(preview: bool) -> None:
    world = begun(
        [
            [
                cluster_seen("UNINITIALIZED", owner=OWNER),
                cluster_seen("ACTIVE", owner=OWNER, cluster_id="cluster-zyxwvutsrq2"),
            ]
        ]
    )
    done = run(config(), world=world, preview=preview)
    line = str(done.error)
    assert isinstance(done.error, pulumi.RunError)
    for words in (CLUSTER_ID, "cluster-zyxwvutsrq2", "pulumi-cloudhsm-id", "untag-resource"):
        assert words in line
    assert "\n" not in line
    assert "cloudhsm-cluster" not in done


LATER = ["INITIALIZE_IN_PROGRESS", "INITIALIZED", "ACTIVE", "DEGRADED"]


@pytest.mark.parametrize("state", LATER)
@pytest.mark.parametrize("preview", [True, False])
def test_a_cluster_past_its_initialization_that_the_state_lost_is_told(
    preview: bool, state: str
) -> None:
    """Its CSR is gone, so a state without it can't go on; making another would bill twice."""
    done = run(config(), world=begun(seen(state)), preview=preview)
    assert isinstance(done.error, pulumi.RunError)
    for words in (CLUSTER_ID, state, "restore the state", "untag-resource"):
        assert words in str(done.error)
    assert "\n" not in str(done.error)
    assert "cloudhsm-cluster" not in done


@pytest.mark.parametrize("preview", [True, False])
def test_the_same_cluster_is_welcome_where_the_state_holds_it(preview: bool) -> None:
    world = World()
    run(config(), world=world).succeeded()
    later = world.as_left()
    later.sights = seen("INITIALIZED", hsms=["ACTIVE"])
    done = run(config(), world=later, preview=preview).succeeded()
    assert done.said("warning") == []
    assert imported(done) == ("", "")


def test_a_cluster_that_appears_between_plan_and_creation_stops_the_creation() -> None:
    """The interrupted run's own provider may still be at work while the next one starts."""
    world = begun([[], *seen("CREATE_IN_PROGRESS")])
    done = run(config(), world=world)
    assert done.error is not None
    assert CLUSTER_ID in str(done.error)
    assert OWNER in str(done.error)
    assert "\n" not in str(done.error)
    assert "cloudhsm-cluster" not in world.state


def test_an_import_is_not_a_creation_and_is_not_stopped() -> None:
    world = begun(seen("UNINITIALIZED"))
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
