"""Looking up the subnets that a cluster is to live in."""

from typing import Any

import pulumi
from pulumi_cloudhsm.subnets import SubnetFacts, subnet_facts

from tests.unit.recording import Run, config, run
from tests.unit.world import World

PLACED = {
    "subnet-0123456789abcdef0": ("vpc-1", "eu-central-1c"),
    "subnet-0123456789abcdef1": ("vpc-1", "eu-central-1a"),
}


def facts_of(subnet_ids: Any, *, preview: bool = False) -> tuple[Run, list[SubnetFacts]]:
    found: list[SubnetFacts] = []

    def program() -> None:
        subnet_facts(subnet_ids(), pulumi.ResourceOptions()).apply(found.append)

    world = World(subnets=dict(PLACED))
    return run(config(), program=program, preview=preview, world=world), found


CIDRS = ["10.42.0.0/20", "10.42.16.0/20"]


def test_zones_come_in_the_order_of_the_given_subnets() -> None:
    done, found = facts_of(lambda: list(PLACED))
    done.succeeded()
    assert found == [SubnetFacts(list(PLACED), ["eu-central-1c", "eu-central-1a"], CIDRS)]


def test_each_subnet_is_asked_for_once_also_in_a_preview() -> None:
    for preview in (True, False):
        done, found = facts_of(lambda: list(PLACED), preview=preview)
        done.succeeded()
        assert len(done.invokes) == 2
        assert len(found) == 1


def test_ids_that_are_outputs_are_looked_up_when_they_are_known() -> None:
    done, found = facts_of(lambda: [pulumi.Output.from_input(one) for one in PLACED])
    done.succeeded()
    assert found[0].subnet_ids == list(PLACED)


def test_subnets_that_are_still_to_be_made_are_not_looked_up_in_a_preview(previewed: Run) -> None:
    assert previewed.invokes == []


def test_subnets_of_a_network_just_made_are_checked_like_any_other(deployed: Run) -> None:
    assert len(deployed.invokes) == 2


def test_a_malformed_id_in_an_output_fails_when_it_is_known() -> None:
    done, found = facts_of(lambda: pulumi.Output.from_input(["subnet-x"]))
    assert isinstance(done.error, pulumi.RunError)
    assert "cloudhsm:subnetIds" in str(done.error)
    assert found == []
