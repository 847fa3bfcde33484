"""What an interrupted run left of a client host is taken over: it is billed, and in the way."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi_cloudhsm.errors import AwsError

from tests.unit.recording import OWNER, Run, config, run
from tests.unit.world import World

SETTINGS = config(activation="ssm")
INSTANCE, NAT = "cloudhsm-client-host-instance", "cloudhsm-client-host-network-nat"


def interrupted(name: str, **changes: Any) -> World:
    """After a run that was killed while AWS made this."""
    world = World()
    run(SETTINGS, world=world).succeeded()
    later = world.as_left()
    del later.state[name], later.urns[name]
    for field, value in changes.items():
        setattr(later, field, value)
    return later


def imported(done: Run) -> dict[str, str]:
    return {one.name: one.request.importId for one in done.resources if one.request.importId}


def test_a_first_run_does_not_look() -> None:
    world = World(hosts=["i-1"], nat_gateways=["available"])
    assert imported(run(SETTINGS, world=world).succeeded()) == {}
    assert not {"DescribeInstances", "DescribeNatGateways"} & set(world.calls)


@pytest.mark.parametrize("preview", [True, False])
def test_the_instance_is_imported(preview: bool) -> None:
    done = run(SETTINGS, world=interrupted(INSTANCE, hosts=["i-1"]), preview=preview).succeeded()
    assert imported(done) == {INSTANCE: "i-1"}
    assert "metadataOptions" in done[INSTANCE].request.ignoreChanges
    owner = OWNER.removesuffix("cloudhsm") + "cloudhsm-client-host"
    assert done[INSTANCE]["tags"]["pulumi-cloudhsm"] == owner


def test_of_two_instances_none_is_picked_by_chance() -> None:
    done = run(SETTINGS, world=interrupted(INSTANCE, hosts=["i-1", "i-2"]))
    assert isinstance(done.error, pulumi.RunError)
    assert "i-1, i-2" in str(done.error)


def test_who_may_not_look_is_told_so_and_goes_on() -> None:
    world = interrupted(INSTANCE, hosts=AwsError("looking for the client host: AWS said: no"))
    done = run(SETTINGS, world=world).succeeded()
    assert imported(done) == {}
    assert any("AWS said: no" in line for line in done.said("warning"))


@pytest.mark.parametrize("preview", [True, False])
def test_the_nat_gateway_is_imported(preview: bool) -> None:
    world = interrupted(NAT, nat_gateways=["available"])
    assert imported(run(SETTINGS, world=world, preview=preview).succeeded()) == {NAT: "nat-1"}


def test_a_nat_gateway_that_can_never_be_used_is_told() -> None:
    world = interrupted(NAT, nat_gateways=["pending", "failed"])
    world.nat_gateways = ["pending", "gone"]
    done = run(SETTINGS, world=world)
    assert isinstance(done.error, pulumi.RunError)
    assert "nat-1" in str(done.error)


def test_what_the_state_holds_is_never_imported() -> None:
    world = World()
    run(SETTINGS, world=world).succeeded()
    later = world.as_left()
    later.hosts, later.nat_gateways = ["i-1"], ["available"]
    assert imported(run(SETTINGS, world=later).succeeded()) == {}
    assert not {"DescribeInstances", "DescribeNatGateways"} & set(later.calls)
