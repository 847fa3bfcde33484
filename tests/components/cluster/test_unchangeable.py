"""What can never be changed of a cluster: one line with both values and both ways on."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_cloudhsm.validation import InputError
from tests.support.fake_cloud import CLUSTER_ID, World, cluster_seen
from tests.support.recording import OWNER, Run, config, run

SUBNETS = {
    "subnet-0123456789abcdef0": ("vpc-1", "eu-central-1a"),
    "subnet-0123456789abcdef1": ("vpc-1", "eu-central-1b"),
    "subnet-0123456789abcdef2": ("vpc-1", "eu-central-1c"),
}
GIVEN: dict[str, Any] = {"availabilityZones": None, "subnetIds": list(SUBNETS)[:2]}
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]] = {
    "mode": (
        {},
        {"cluster": {"mode": "NON_FIPS"}},
        ("cloudhsm:cluster.mode is 'NON_FIPS'", "has FIPS"),
    ),
    "CIDR": (
        {},
        {"network": {"vpcCidr": "10.43.0.0/16"}},
        ("cloudhsm:network.vpcCidr is '10.43.0.0/16'", "has 10.42.0.0/16"),
    ),
    "a further zone": (
        {},
        {"network": {"availabilityZones": [f"eu-central-1{zone}" for zone in "abc"]}},
        ("cloudhsm:network.availabilityZones is", "has eu-central-1a, eu-central-1b,"),
    ),
    "zones in another order": (
        {},
        {"network": {"availabilityZones": ["eu-central-1b", "eu-central-1a"]}},
        ("cloudhsm:network.availabilityZones is", "has eu-central-1a, eu-central-1b,"),
    ),
    "subnets instead of zones": (
        {},
        {"network": GIVEN},
        ("cloudhsm:network.subnetIds is", "has subnet-0000000000a2a0000, subnet-0000000000a2a1000"),
    ),
    "zones instead of subnets": (
        {"network": GIVEN},
        {},
        ("cloudhsm:network.subnetIds is None", "has subnet-0123456789abcdef0, "),
    ),
    "another subnet": (
        {"network": GIVEN},
        {"network": {**GIVEN, "subnetIds": list(SUBNETS)[1:]}},
        ("cloudhsm:network.subnetIds is", "has subnet-0123456789abcdef0, "),
    ),
    "Region": (
        {},
        {"network": {"availabilityZones": ["us-east-1a", "us-east-1b"]}},
        ("aws:region is 'us-east-1'", "has eu-central-1"),
    ),
    "kind of trust": (
        {},
        {"trust": {"mode": "kms"}},
        ("cloudhsm:trust.mode is 'kms'", "has generated"),
    ),
    "from kms to a generated CA": (
        {"trust": {"mode": "kms"}},
        {},
        ("cloudhsm:trust.mode is 'generated'", "has kms"),
    ),
    "to an external CA": (
        {"trust": {"mode": "acm-pca"}},
        {"trust": {"mode": "external", "subject": None}},
        ("cloudhsm:trust.mode is 'external'", "has acm-pca"),
    ),
}


def later(first: dict[str, Any], then: dict[str, Any], *, preview: bool) -> Run:
    world = World(subnets=dict(SUBNETS))
    run(config(**first), world=world).succeeded()
    again = world.as_left()
    again.sights = [[cluster_seen("ACTIVE", owner=OWNER)]]
    given = config(**then)
    if "us-east-1a" in str(then):
        given["aws:region"] = again.region = "us-east-1"
    return run(given, world=again, preview=preview)


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("case", CHANGES)
def test_a_change_is_refused_with_both_values_and_both_ways_on(case: str, preview: bool) -> None:
    first, then, told = CHANGES[case]
    done = later(first, then, preview=preview)
    assert isinstance(done.error, InputError), done.error
    line = str(done.error)
    for part in (
        *told,
        f"{CLUSTER_ID} has",
        "can never be changed; set it back, or make a new cluster in another stack",
        "first set cloudhsm:disposable true, then run `pulumi up` and `pulumi destroy`",
    ):
        assert part in line
    assert "\n" not in line
    assert "urn:" not in line
    cluster = ("aws:cloudhsmv2", "aws:kms", "tls:")
    assert [one.name for one in done.resources if one.type.startswith(cluster)] == []


@pytest.mark.parametrize("first", [{}, {"network": GIVEN}, {"trust": {"mode": "kms"}}])
def test_the_same_config_again_is_no_change(first: dict[str, Any]) -> None:
    later(first, first, preview=False).succeeded()


def test_before_the_initialization_another_kind_of_trust_is_taken() -> None:
    world = World()
    run(config(), world=world).succeeded()
    again = world.as_left()
    for name in ("cloudhsm-initialization", "cloudhsm-files"):
        del again.state[name], again.urns[name]
    run(config(trust={"mode": "kms"}), world=again, preview=True).succeeded()
