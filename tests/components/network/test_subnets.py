"""Existing subnets are looked up before a cluster is made; those just made are known."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from pulumi_cloudhsm.common import CommonArgs
from pulumi_cloudhsm.network.args import NetworkArgs
from pulumi_cloudhsm.network.component import KnownSubnets, Network
from tests.support.fake_cloud import World
from tests.support.recording import Run, config, run

PLACED = {
    "subnet-0123456789abcdef0": ("vpc-1", "eu-central-1c"),
    "subnet-0123456789abcdef1": ("vpc-1", "eu-central-1a"),
}
SUBNET = "subnet-0123456789abcdef"
ZONES, CIDRS = ["eu-central-1c", "eu-central-1a"], ["10.42.0.0/20", "10.42.16.0/20"]


def looked_up(subnet_ids: Any, *, preview: bool = False) -> tuple[Run, list[Any], list[Network]]:
    """What a Network tells of existing subnets; `subnet_ids` is called in the program."""
    found: list[Any] = []
    made: list[Network] = []

    def program() -> None:
        network = Network("keys", NetworkArgs(subnet_ids=subnet_ids()))
        made.append(network)
        outputs = (network.vpc_id, network.subnet_ids, network.zones, network.subnet_cidrs)
        pulumi.Output.all(*outputs).apply(found.append)

    world = World(subnets=dict(PLACED))
    return run(config(), program=program, preview=preview, world=world), found, made


@pytest.mark.parametrize("preview", [True, False])
def test_zones_come_in_the_order_of_the_given_subnets_and_each_is_asked_for_once(
    preview: bool,
) -> None:
    done, found, (network,) = looked_up(lambda: list(PLACED), preview=preview)
    done.succeeded()
    assert found == [["vpc-1", list(PLACED), ZONES, CIDRS]]
    assert network.known == KnownSubnets(ZONES, CIDRS)
    assert network.vpc_cidr is None
    assert done.invokes.count("aws:ec2/getSubnet:getSubnet") == 2
    assert done.of("aws") == []


@pytest.mark.parametrize("whole", [True, False])
def test_ids_that_are_outputs_are_looked_up_when_they_are_known(whole: bool) -> None:
    def given() -> Any:
        if whole:
            return pulumi.Output.from_input(list(PLACED))
        return [pulumi.Output.from_input(one) for one in PLACED]

    done, found, (network,) = looked_up(given)
    done.succeeded()
    assert found == [["vpc-1", list(PLACED), ZONES, CIDRS]]
    assert network.known is None, "nothing may depend on them before anything runs"


def test_subnets_that_are_made_are_known_and_not_looked_up(deployed: Run, previewed: Run) -> None:
    for done in (deployed, previewed):
        assert "aws:ec2/getSubnet:getSubnet" not in done.invokes


def test_a_malformed_id_in_an_output_fails_when_it_is_known() -> None:
    done, found, _ = looked_up(lambda: pulumi.Output.from_input(["subnet-x"]))
    assert isinstance(done.error, pulumi.RunError)
    assert "network.subnet_ids is 'subnet-x'" in str(done.error)
    assert found == []


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (NetworkArgs(), "network.availability_zones is []"),
        (NetworkArgs(subnet_ids=[]), "1 to 10 subnets"),
        (NetworkArgs(["eu-central-1a"], subnet_ids=list(PLACED)), "network.availability_zones"),
        (NetworkArgs(subnet_ids=list(PLACED), vpc_cidr="10.0.0.0/16"), "network.vpc_cidr"),
        (NetworkArgs(["eu-central-1"]), "it is no zone of AWS"),
        (NetworkArgs(["us-east-1a"]), None),
    ],
)
def test_contradictions_are_refused_before_anything_is_declared(
    args: NetworkArgs, told: str | None
) -> None:
    done = run(config(), program=lambda: _declare(args))
    assert (told is None) == (done.error is None)
    assert told is None or told in str(done.error)
    assert (done.resources == []) == (told is not None)


def test_zones_have_to_belong_to_the_region_where_it_is_plain() -> None:
    args, common = NetworkArgs(["us-east-1a"]), CommonArgs(region="eu-central-1")
    done = run(config(), program=lambda: _declare(args, common=common))
    assert "it is no zone of Region eu-central-1" in str(done.error)


def _declare(args: NetworkArgs, **parts: Any) -> None:
    Network("keys", args, **parts)


@pytest.mark.parametrize(
    ("placed", "words"),
    [
        ({"0": ("vpc-1", "eu-central-1a"), "1": ("vpc-2", "eu-central-1b")}, "one VPC"),
        (
            {"0": ("vpc-1", "eu-central-1a"), "1": ("vpc-1", "eu-central-1a")},
            "one subnet per Availability Zone",
        ),
    ],
)
@pytest.mark.parametrize("preview", [True, False])
def test_subnets_that_cannot_carry_a_cluster_are_refused_with_where_they_are(
    placed: dict[str, tuple[str, str]], words: str, preview: bool
) -> None:
    subnets = {f"{SUBNET}{end}": place for end, place in placed.items()}
    done = run(
        config(network={"subnetIds": list(subnets), "availabilityZones": None}),
        world=World(subnets=subnets),
        preview=preview,
    )
    line = str(done.error)
    assert isinstance(done.error, pulumi.RunError)
    assert "\n" not in line
    assert "cloudhsm:network.subnetIds" in line
    assert words in line
    for subnet_id, (vpc, zone) in subnets.items():
        assert subnet_id in line
        assert f"{vpc}/{zone}" in line
    assert done.of("aws") == [], "a lookup is allowed, a resource is not"


@pytest.mark.parametrize("preview", [True, False])
def test_a_subnet_that_is_not_there_is_named_before_anything_is_made(preview: bool) -> None:
    there = {f"{SUBNET}0": ("vpc-1", "eu-central-1a")}
    done = run(
        config(network={"subnetIds": [*there, f"{SUBNET}1"], "availabilityZones": None}),
        world=World(subnets=there),
        preview=preview,
    )
    line = str(done.error)
    assert isinstance(done.error, pulumi.RunError)
    assert "\n" not in line
    assert "cloudhsm:network.subnetIds" in line
    assert f"'{SUBNET}1'" in line
    assert "this account and Region" in line
    assert done.of("aws") == []
