"""What can never be changed of a file system: one line with both values, in the preview."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_cloudhsm.validation import InputError
from tests.support.fake_cloud import World
from tests.support.recording import Run, config, run

KEY = "arn:aws:kms:eu-central-1:123456789012:key/11112222-3333-4444-5555-666677778888"


def later(then: dict[str, Any], *, disposable: bool = True) -> Run:
    world = World()
    first = {"keyArn": KEY, "name": "files"}
    run(config(fileSystem=first, disposable=disposable), world=world).succeeded()
    changed = config(fileSystem={**first, **then}, disposable=disposable)
    again = world.as_left()
    again.subnets["subnet-0123456789abcdef9"] = ("vpc-0123456789abcdef0", "eu-central-1c")
    return run(changed, world=again, preview=True)


CHANGES = {
    "deployment": ({"deployment": "MULTI_AZ_1"}, "'MULTI_AZ_1'", "has SINGLE_AZ_1"),
    "name": ({"name": "other"}, "'other'", "has files"),
    "subnetId": (
        {"subnetId": "subnet-0123456789abcdef9"},
        "'subnet-0123456789abcdef9'",
        "has subnet-0000000000a2a0000",
    ),
}


@pytest.mark.parametrize("field", CHANGES)
def test_a_change_is_refused_in_a_protected_stack_and_told_in_a_disposable_one(field: str) -> None:
    then, wanted, there = CHANGES[field]
    refused = later(then, disposable=False)
    assert isinstance(refused.error, InputError)
    line = str(refused.error)
    for part in (
        f"cloudhsm:fileSystem.{field} is {wanted}",
        there,
        "which can never be changed",
        "set it back, or make a second file system and copy the data",
    ):
        assert part in line
    told = later(then).succeeded()
    (warning,) = [one for one in told.said("warning") if f"fileSystem.{field} is {wanted}" in one]
    assert "all data of this one is lost" in warning


@pytest.mark.parametrize(("wanted", "fits"), [(1024, True), (1100, False), (1127, True)])
def test_capacity_grows_by_at_least_a_tenth(wanted: int, fits: bool) -> None:
    done = later({"capacityGib": wanted})
    assert (done.error is None) is fits
    if not fits:
        assert "cloudhsm:fileSystem.capacityGib is 1100" in str(done.error)
        assert "give at least 1127" in str(done.error)


def test_in_given_subnets_the_route_tables_of_two_zones_are_asked_for() -> None:
    subnets = {
        "subnet-0123456789abcdef0": ("vpc-1", "eu-central-1a"),
        "subnet-0123456789abcdef1": ("vpc-1", "eu-central-1b"),
    }
    given = {"availabilityZones": None, "subnetIds": list(subnets)}
    for tables, told in (([], 1), (["rtb-0123456789abcdef0"], 0)):
        wanted = {"keyArn": KEY, "deployment": "MULTI_AZ_1", "routeTableIds": tables}
        world = World(subnets=dict(subnets))
        done = run(config(network=given, fileSystem=wanted), world=world, preview=True).succeeded()
        lines = [one for one in done.said("warning") if "main route table" in one]
        assert len(lines) == told
