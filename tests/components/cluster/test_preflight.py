"""Told before the first HSM is paid for: zones without CloudHSM, and the account's quota."""

from __future__ import annotations

from dataclasses import replace

import pulumi
import pytest

from pulumi_cloudhsm.aws.cloudhsmv2 import Cluster, Hsm
from pulumi_cloudhsm.errors import AwsError
from tests.support.fake_cloud import World, cluster_seen
from tests.support.recording import OWNER, config, run

ZONES = ["eu-central-1a", "eu-central-1c"]
SUBNETS = {
    "subnet-0123456789abcdef0": ("vpc-1", "eu-central-1a"),
    "subnet-0123456789abcdef1": ("vpc-1", "eu-central-1b"),
}


def others(number: int) -> Cluster:
    """Somebody else's cluster with so many HSMs."""
    hsms = tuple(Hsm(f"hsm-{one}", "ACTIVE", "", "") for one in range(number))
    return replace(cluster_seen("ACTIVE", cluster_id="cluster-22222222222"), hsms=hsms)


@pytest.mark.parametrize("preview", [True, False])
def test_a_zone_without_cloudhsm_is_refused_with_those_that_have_it(preview: bool) -> None:
    done = run(config(), preview=preview, world=World(offered=ZONES))
    assert isinstance(done.error, pulumi.RunError)
    line = str(done.error)
    assert "cloudhsm:network.availabilityZones" in line
    assert "'eu-central-1b'" in line
    assert "eu-central-1a, eu-central-1c" in line
    assert done.of("aws") == []


@pytest.mark.parametrize("preview", [True, False])
def test_so_is_a_subnet_in_one(preview: bool) -> None:
    world = World(offered=ZONES, subnets=dict(SUBNETS))
    done = run(
        config(network={"subnetIds": list(SUBNETS), "availabilityZones": None}),
        preview=preview,
        world=world,
    )
    assert "network.subnetIds" in str(done.error)
    assert "eu-central-1b" in str(done.error)


def test_a_cluster_that_is_there_has_shown_that_its_zones_will_do() -> None:
    sights = [[cluster_seen("UNINITIALIZED", owner=OWNER)]]
    world = World(offered=ZONES, sights=sights, begun=True)
    run(config(), world=world).succeeded()


def test_who_may_not_look_is_told_so_and_goes_on() -> None:
    world = World(offered=AwsError("looking for the zones with CloudHSM: AWS said: no"))
    done = run(config(), world=world).succeeded()
    assert any("could not look ahead" in line for line in done.said("warning"))


@pytest.mark.parametrize("preview", [True, False])
def test_more_hsms_than_the_quota_leaves_are_told(preview: bool) -> None:
    world = World(sights=[[others(5)]])
    done = run(
        config(activation={"mode": "manual"}, hsms={"count": 2}), preview=preview, world=world
    ).succeeded()
    (line,) = done.said("warning")
    assert "2 HSMs are wanted besides 5 in other clusters" in line
    assert "Service Quotas" in line


def test_as_many_as_the_quota_leaves_are_no_news() -> None:
    world = World(sights=[[others(4)]])
    done = run(config(activation={"mode": "manual"}, hsms={"count": 2}), world=world).succeeded()
    assert done.said("warning") == []


def test_hsms_that_are_there_already_need_no_warning() -> None:
    own = replace(others(7), tags=cluster_seen("ACTIVE", owner=OWNER).tags)
    world = World(sights=[[own]])
    done = run(config(activation={"mode": "manual"}, hsms={"count": 7}), world=world)
    assert not [line for line in done.said("warning") if "Service Quotas" in line]


def test_an_update_that_makes_hsms_says_beforehand_what_an_interruption_leaves() -> None:
    """After Ctrl-C the engine ends the program, and shows again what was logged before."""
    world = World()
    told = [
        line for line in run(config(), world=world).succeeded().said("info") if "Ctrl-C" in line
    ]
    assert len(told) == 1
    for part in ("1.60 USD for 1 HSM", "`pulumi up` goes on", "`pulumi destroy` ends it"):
        assert part in told[0]
    assert run(config(), preview=True).succeeded().said("info") == []
    later = world.as_left()
    later.sights = [[cluster_seen("INITIALIZED", owner=OWNER, hsms=["ACTIVE"])]]
    assert run(config(), world=later).succeeded().said("info") == []


def test_after_a_rename_of_the_stack_our_own_hsms_are_not_those_of_other_clusters() -> None:
    renamed = "organization/cloudhsm/before/cloudhsm"
    seen = cluster_seen("ACTIVE", owner=renamed, hsms=["ACTIVE"] * 5)
    world = World()
    run(config(), world=world).succeeded()
    later = world.as_left()
    later.sights = [[seen]]
    wanted = config(activation={"mode": "manual"}, hsms={"count": 6})
    done = run(wanted, world=later, preview=True).succeeded()
    assert [line for line in done.said("warning") if "other clusters" in line] == []


def test_the_fifth_cluster_of_an_account_is_told() -> None:
    others = [cluster_seen("ACTIVE", cluster_id=f"cluster-{number}") for number in range(4)]
    done = run(config(), world=World(sights=[others]), preview=True).succeeded()
    assert [line for line in done.said("warning") if "there are 4 clusters" in line]
