"""Every deployment has an id of its own, kept in the state and in the tags of all that is made."""

from __future__ import annotations

import gc
import weakref

import pulumi
import pytest

from pulumi_cloudhsm import CommonArgs, Network, NetworkArgs
from pulumi_cloudhsm.recovery.stack_state import StackState
from tests.support.fake_cloud import World
from tests.support.fake_owned import DEPLOYMENT_ID
from tests.support.recording import OWNER, Run, config, run

STASH = "pulumi:index:Stash"
CHAIN = config(activation={"mode": "ssm"}, hsms={"count": 2}, keyStore={}, fileSystem={})
WITHOUT_TAGS = {
    "aws:cloudhsmv2/hsm:Hsm",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:kms/alias:Alias",
}


@pytest.fixture(scope="module")
def chain() -> Run:
    return run(CHAIN).succeeded()


def test_the_id_is_kept_for_ever(chain: Run) -> None:
    (stash,) = [one for one in chain.resources if one.type == STASH]
    assert stash["input"] == {"id": DEPLOYMENT_ID, "stack": "organization/cloudhsm/dev"}
    assert stash.request.parent.endswith("CloudHsmDeployment::cloudhsm")
    assert list(stash.request.ignoreChanges) == ["input"]


def test_everything_that_can_carry_tags_carries_id_and_names(chain: Run) -> None:
    made = [one for one in chain.of("aws") if one.type not in WITHOUT_TAGS]
    assert len(made) > 30
    for one in made:
        assert one["tags"]["pulumi-cloudhsm-id"] == DEPLOYMENT_ID, one.name
        names = f"{OWNER.removesuffix('cloudhsm')}{one.name}"
        assert one["tags"]["pulumi-cloudhsm"] == names, one.name


def test_no_tag_is_there_before_the_state_holds_the_id(chain: Run) -> None:
    for one in chain.of("aws"):
        assert one.type in WITHOUT_TAGS or "cloudhsm-id" in chain.ancestors(one.name), one.name


def test_an_id_that_the_state_holds_is_used_again() -> None:
    world = World()
    run(config(), world=world).succeeded()
    later = world.as_left()
    kept = {"id": "99999999-89ab-cdef-0123-456789abcdef", "stack": "organization/cloudhsm/was"}
    later.state["cloudhsm-id"] = ("stash", {"input": kept, "output": kept})
    done = run(config(), world=later).succeeded()
    assert done["cloudhsm-id"]["input"] == kept
    assert done["cloudhsm-network-vpc"]["tags"]["pulumi-cloudhsm-id"] == kept["id"]


def test_a_renamed_or_moved_deployment_keeps_the_names_in_its_tags() -> None:
    done = run(CHAIN, world=World(begun=True, made_as="organization/cloudhsm/was")).succeeded()
    made = [one for one in done.of("aws") if one.type not in WITHOUT_TAGS]
    assert len(made) > 30
    for one in made:
        assert one["tags"]["pulumi-cloudhsm"] == f"organization/cloudhsm/was/{one.name}"


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize(
    ("moved", "left"),
    [("cloudhsm-id", "cloudhsm-cluster"), ("cloudhsm-ca-key", "cloudhsm-ca-certificate")],
)
def test_a_part_that_was_moved_away_alone_is_not_made_anew(
    moved: str, left: str, preview: bool
) -> None:
    """As after `pulumi state move` of one resource."""
    world = World()
    run(config(), world=world).succeeded()
    later = world.as_left()
    del later.state[moved], later.urns[moved]
    done = run(config(), world=later, preview=preview)
    assert isinstance(done.error, pulumi.RunError)
    for words in (f"the state holds {left}, but not ", moved, "pulumi state move"):
        assert words in str(done.error)
    assert moved not in done


def test_another_deployment_beside_it_is_no_part_that_was_moved_away() -> None:
    world = World()
    run({}, program=lambda: network(None, "net-2"), world=world).succeeded()
    both = run(
        {}, program=lambda: [network(None, one) for one in ("net", "net-2")], world=world.as_left()
    )
    assert len([one for one in both.succeeded().resources if one.type == STASH]) == 2


def test_a_stash_of_the_programs_own_is_nobodys_identity() -> None:
    kept: list[object] = ["text", 1, {"id": 2}, None]
    urn = f"urn:pulumi:dev::cloudhsm::{STASH}::"
    held = {f"{urn}{one}": {"type": STASH, "outputs": {"input": one}} for one in kept}
    assert StackState(held).deployment_ids == set()


def test_a_first_preview_knows_no_id() -> None:
    done = run(config(), preview=True).succeeded()
    assert DEPLOYMENT_ID not in str([one.inputs for one in done.resources])


def test_names_of_roles_and_security_groups_differ_between_deployments(chain: Run) -> None:
    """Two stacks of one name in one VPC or account."""
    for name in ("cloudhsm-client-host-role", "cloudhsm-client-host-profile"):
        assert chain[name]["name"] == f"cloudhsm-client-host-{DEPLOYMENT_ID[:8]}"
    for name in ("cloudhsm-client-host", "cloudhsm-storage"):
        assert chain[f"{name}-group"]["name"] == f"{name}-{DEPLOYMENT_ID[:8]}"


class A(pulumi.ComponentResource):
    def __init__(self, name: str) -> None:
        super().__init__("acme:index:A", name)


class B(pulumi.ComponentResource):
    def __init__(self, name: str) -> None:
        super().__init__("acme:index:B", name)


def network(parent: pulumi.Resource | None, name: str = "net") -> Network:
    return Network(
        name,
        NetworkArgs(availability_zones=["eu-central-1a"]),
        common=CommonArgs(region="eu-central-1"),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def under_parents() -> None:
    network(A("one"))
    network(B("two"))
    network(None)


def test_components_of_one_name_under_different_parents_are_told_apart() -> None:
    done = run({}, program=under_parents).succeeded()
    stashes = [one.request.parent for one in done.resources if one.type == STASH]
    assert len(set(stashes)) == 3
    names = {
        one["tags"]["pulumi-cloudhsm"] for one in done.resources if one.type == "aws:ec2/vpc:Vpc"
    }
    assert names == {
        "organization/cloudhsm/dev/acme:index:A/one/net-vpc",
        "organization/cloudhsm/dev/acme:index:B/two/net-vpc",
        "organization/cloudhsm/dev/net-vpc",
    }


def test_a_program_that_has_ended_is_not_kept_in_memory() -> None:
    """One process may run many: Pulumi's Automation API, and these tests."""
    made: list[weakref.ref[Network]] = []

    def program() -> None:
        made.append(weakref.ref(network(None)))

    run({}, program=program).succeeded()
    # The SDK itself keeps the latest one.
    run({}, program=program).succeeded()
    gc.collect()
    assert made[0]() is None
