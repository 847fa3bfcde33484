"""IPv6 for HSMs: chosen once, with subnets that have it, and never together with KMS."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.fake_cloud import CLUSTER_ID, World, cluster_seen
from tests.support.fake_owned import DEPLOYMENT_ID
from tests.support.recording import OWNER, config, run

DUAL = "pulumi-python:dynamic/cloudhsm:DualStackCluster"
SUBNETS = {
    "subnet-0123456789abcdef0": ("vpc-1", "eu-central-1a"),
    "subnet-0123456789abcdef1": ("vpc-1", "eu-central-1b"),
}


def settings(**changes: Any) -> dict[str, str]:
    """The development stack with IPv6; changes of the section `network`, or of the whole."""
    network = {"networkType": "DUALSTACK", **changes.pop("network", {})}
    return config(network=network, **changes)


@pytest.mark.parametrize("preview", [True, False])
def test_a_new_network_gets_ipv6_ranges(preview: bool) -> None:
    done = run(settings(), preview=preview).succeeded()
    assert done["cloudhsm-network-vpc"]["assignGeneratedIpv6CidrBlock"] is True
    if not preview:
        assert [done[f"cloudhsm-network-eu-central-1{zone}"]["ipv6CidrBlock"] for zone in "ab"] == [
            "2001:db8:1234:5600::/64",
            "2001:db8:1234:5601::/64",
        ]


def test_an_ipv4_network_has_none() -> None:
    done = run(config()).succeeded()
    assert "assignGeneratedIpv6CidrBlock" not in done["cloudhsm-network-vpc"].inputs
    assert "ipv6CidrBlock" not in done["cloudhsm-network-eu-central-1a"].inputs


@pytest.mark.parametrize("preview", [True, False])
def test_the_chain_after_it_is_the_same(preview: bool) -> None:
    done = run(
        settings(activation={"mode": "manual"}, hsms={"count": 2}), preview=preview
    ).succeeded()
    assert done["cloudhsm-cluster"].type == DUAL
    for step in ("cloudhsm-backups", "cloudhsm-hsm-1", "cloudhsm-initialization", "cloudhsm-hsm-2"):
        assert "cloudhsm-cluster" in done.ancestors(step)
    if not preview:
        assert done["cloudhsm-hsm-1"]["clusterId"] == CLUSTER_ID


def test_it_carries_the_tags_by_which_it_is_found_again() -> None:
    cluster = run(settings()).succeeded()["cloudhsm-cluster"]
    assert cluster["tags"] == {
        "Name": "cloudhsm",
        "environment": "dev",
        "pulumi-cloudhsm": f"{OWNER}-cluster",
        "pulumi-cloudhsm-id": DEPLOYMENT_ID,
    }


@pytest.mark.parametrize("preview", [True, False])
def test_subnets_without_ipv6_are_refused_by_name(preview: bool) -> None:
    done = run(
        settings(network={"subnetIds": list(SUBNETS), "availabilityZones": None}),
        preview=preview,
        world=World(subnets=dict(SUBNETS)),
    )
    assert "network.subnetIds" in str(done.error)
    assert "subnet-0123456789abcdef1" in str(done.error)
    assert done.of("aws") == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"network": {"networkType": "IPV6"}}, "IPV4 or DUALSTACK"),
        (
            {
                "activation": {"mode": "manual"},
                "hsms": {"count": 2},
                "keyStore": {"kmsUserSecret": "kmsuser"},
            },
            "KMS cannot use IPv6",
        ),
    ],
)
def test_what_cannot_work_is_refused(changes: dict[str, Any], told: str) -> None:
    done = run(settings(**changes))
    assert told in str(done.error)
    assert "cloudhsm:network.networkType" in str(done.error)
    assert done.resources == []


@pytest.mark.parametrize(
    ("given", "there"), [(settings, "IPV4"), (config, "DUALSTACK")], ids=["to dual", "to IPv4"]
)
def test_the_type_of_a_cluster_that_is_there_is_never_changed(given: Any, there: str) -> None:
    seen = replace(cluster_seen("ACTIVE", owner=OWNER), network_type=there)
    done = run(given(), world=World(sights=[[seen]], begun=True))
    assert f"the cluster is {there}, which can never be changed" in str(done.error)
    assert done.of("aws") == []
