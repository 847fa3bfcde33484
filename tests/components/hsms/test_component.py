"""HSMs 2..n: when they are made, where, under which names, and what is refused before."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from pulumi.runtime import rpc

from pulumi_cloudhsm.aws.cloudhsmv2 import Cluster, Hsm
from pulumi_cloudhsm.waiting.waiter import Goal
from tests.support.fake_cloud import CLUSTER_ID, HSM_ID, World, cluster_seen
from tests.support.recording import OWNER, Run, bare, config, run

FIRST = "cloudhsm-hsm-1"


def settings(count: int = 3, **changes: Any) -> dict[str, str]:
    return config(activation={"mode": "manual"}, hsms={"count": count}, **changes)


def listed_at(*places: Any) -> dict[str, str]:
    return config(activation={"mode": "manual"}, hsms={"places": list(places)})


def made(done: Run) -> dict[str, tuple[str, str]]:
    """Name to zone and address of every HSM."""
    return {
        one.name: (one["availabilityZone"], one.inputs.get("ipAddress", ""))
        for one in done.resources
        if one.type == "aws:cloudhsmv2/hsm:Hsm"
    }


def active(*hsms: tuple[str, str], state: str = "ACTIVE") -> World:
    """Our cluster, activated, with HSMs of these ids at these addresses."""
    shown = tuple(Hsm(hsm_id, "ACTIVE", "", "", ip) for hsm_id, ip in hsms)
    seen = cluster_seen(state, owner=OWNER)
    later = initialized().as_left()
    later.sights = [[Cluster(**{**vars(seen), "hsms": shown})]]
    return later


def lost(world: World, *names: str) -> World:
    """The same, with resources that the state lacks."""
    for name in names:
        del world.state[name], world.urns[name]
    return world


@functools.cache
def initialized() -> World:
    """After a first `up` with one HSM."""
    world = World()
    run(config(), world=world).succeeded()
    return world


@pytest.mark.parametrize("preview", [True, False])
def test_they_take_the_zones_in_turn_at_fixed_addresses(preview: bool) -> None:
    """In a first preview, AWS has not chosen the first one's address, which another could meet."""
    assert made(run(settings(4), preview=preview).succeeded()) == {
        "cloudhsm-hsm-1": ("eu-central-1a", ""),
        "cloudhsm-hsm-2": ("eu-central-1b", "10.42.31.254"),
        "cloudhsm-hsm-3": ("eu-central-1a", rpc.UNKNOWN if preview else "10.42.15.254"),
        "cloudhsm-hsm-4": ("eu-central-1b", "10.42.31.253"),
    }


def small(count: int, **changes: Any) -> dict[str, str]:
    """In the smallest subnets: 11 addresses each."""
    return settings(count, network={"vpcCidr": "10.42.0.0/24"}, **changes)


def test_no_hsm_takes_the_address_that_aws_has_given_to_the_first_one() -> None:
    """AWS chooses it, and with small subnets it may be any: here the uppermost one."""
    met = World()
    with patch("tests.support.fake_cloud.HSM_IP", "10.42.0.14"):
        done = run(small(3), world=met).succeeded()
    assert made(done)["cloudhsm-hsm-3"] == ("eu-central-1a", "10.42.0.13")
    again = run(small(3), world=met.as_left()).succeeded()
    assert made(again) == made(done)


def test_nor_one_that_something_else_has_and_each_keeps_its_own() -> None:
    world = World()
    run(small(2), world=world).succeeded()
    later = world.as_left()
    later.sights = [[replace(cluster_seen("ACTIVE", owner=OWNER), subnet_ids=("subnet-1",))]]
    later.in_use = {"10.42.0.14": "eni-1 of a file system", "10.42.0.30": "eni-2"}
    done = run(small(4), world=later, preview=True).succeeded()
    assert "DescribeNetworkInterfaces" in later.calls
    assert made(done) == {
        "cloudhsm-hsm-1": ("eu-central-1a", ""),
        "cloudhsm-hsm-2": ("eu-central-1b", "10.42.0.30"),
        "cloudhsm-hsm-3": ("eu-central-1a", "10.42.0.13"),
        "cloudhsm-hsm-4": ("eu-central-1b", "10.42.0.29"),
    }


def test_more_hsms_than_a_small_subnet_has_addresses_are_refused_in_the_preview() -> None:
    done = run(small(26), preview=True)
    line = str(done.error)
    for part in ("cloudhsm:hsms.count is 26", "/28", "no address left"):
        assert part in line


@pytest.mark.parametrize(
    ("ip", "told"),
    [
        ("10.42.0.3", "keeps the first four addresses and the last one of the subnet 10.42.0.0/20"),
        ("10.42.15.255", "keeps the first four addresses and the last one"),
        ("10.42.16.9", "give an address of its zone's subnet 10.42.0.0/20"),
    ],
)
def test_an_address_that_no_hsm_can_have_is_refused(ip: str, told: str) -> None:
    done = run(listed_at({"zone": "eu-central-1a", "ip": ip}), preview=True)
    assert f"cloudhsm:hsms.places[0].ip is '{ip}'" in str(done.error)
    assert told in str(done.error)
    assert done.resources == []


@pytest.mark.parametrize("preview", [True, False])
def test_an_address_in_a_given_subnet_that_something_has_is_refused(preview: bool) -> None:
    subnets = {
        "subnet-0123456789abcdef0": ("vpc-1", "eu-central-1a"),
        "subnet-0123456789abcdef1": ("vpc-1", "eu-central-1b"),
    }
    given = {"availabilityZones": None, "subnetIds": list(subnets)}
    world = World(subnets=subnets, in_use={"10.42.0.9": "eni-7 CloudHSM Managed Interface"})
    places = {"places": [{"zone": "eu-central-1a", "ip": "10.42.0.9"}]}
    done = run(config(network=given, hsms=places), world=world, preview=preview)
    line = str(done.error)
    assert "cloudhsm:hsms.places[0].ip is '10.42.0.9': eni-7 CloudHSM Managed Interface" in line
    assert done.of("aws") == []


def test_all_of_them_wait_for_the_activation_and_none_for_another() -> None:
    done = run(settings(4)).succeeded()
    for number in (2, 3, 4):
        before = done.ancestors(f"cloudhsm-hsm-{number}")
        assert {"cloudhsm-activation-wait", "cloudhsm-initialization"} <= before
        assert not {f"cloudhsm-hsm-{other}" for other in (2, 3, 4)} & before


def test_growing_and_shrinking_keeps_names_and_places() -> None:
    five = made(run(settings(5)).succeeded())
    assert made(run(settings(3)).succeeded()).items() < five.items()


def test_given_subnets_place_them_too() -> None:
    world = World(
        subnets={
            "subnet-0000000000000000a": ("vpc-1", "eu-central-1c"),
            "subnet-0000000000000000b": ("vpc-1", "eu-central-1a"),
        }
    )
    given = {"subnetIds": list(world.subnets), "availabilityZones": None}
    done = run(settings(3, network=given), world=world).succeeded()
    assert made(done) == {
        "cloudhsm-hsm-1": ("eu-central-1c", ""),
        "cloudhsm-hsm-2": ("eu-central-1a", "10.42.31.254"),
        "cloudhsm-hsm-3": ("eu-central-1c", "10.42.15.254"),
    }


def test_a_list_of_places_names_each_after_its_address() -> None:
    listed = [
        {"zone": "eu-central-1b", "ip": "10.42.16.9"},
        {"zone": "eu-central-1a", "ip": "10.42.0.9"},
        {"zone": "eu-central-1b", "ip": "10.42.16.10"},
    ]
    all_three = made(run(listed_at(*listed)).succeeded())
    assert all_three == {
        "cloudhsm-hsm-1": ("eu-central-1b", "10.42.16.9"),
        "cloudhsm-hsm-10-42-0-9": ("eu-central-1a", "10.42.0.9"),
        "cloudhsm-hsm-10-42-16-10": ("eu-central-1b", "10.42.16.10"),
    }
    without_the_second = made(run(listed_at(listed[0], listed[2])).succeeded())
    assert without_the_second.items() < all_three.items()


def test_what_comes_next_waits_until_all_are_active() -> None:
    done = run(settings(3)).succeeded()
    gate = done["cloudhsm-hsm-active"]
    assert bare(gate["hsm_ids"]) == [hsm["id"] for hsm in bare(done.exports)["hsms"]]
    assert {"cloudhsm-hsm-1", "cloudhsm-hsm-2", "cloudhsm-hsm-3"} <= done.ancestors(gate.name)


def test_a_destroy_of_a_protected_stack_stops_before_an_hsm_is_deleted() -> None:
    done = run(settings(3, disposable=False)).succeeded()
    kept = {one.name for one in done.resources if one.request.protect and one.request.custom}
    assert not kept & set(made(done)), "a protected HSM could not go when the cluster shrinks"
    reached = kept.union(*(done.ancestors(name) for name in kept))
    assert reached == {one.name for one in done.resources if one.request.custom}


@pytest.mark.parametrize("preview", [True, False])
def test_hsms_that_an_interrupted_run_left_are_found_by_their_address(preview: bool) -> None:
    world = active((HSM_ID, "10.42.0.10"), ("hsm-left", "10.42.15.254"))
    done = run(settings(3), world=lost(world, FIRST), preview=preview).succeeded()
    imported = {name: done[name].request.importId for name in made(done)}
    assert imported == {
        "cloudhsm-hsm-1": HSM_ID,
        "cloudhsm-hsm-2": "",
        "cloudhsm-hsm-3": "hsm-left",
    }


def test_an_hsm_that_is_about_to_go_is_not_taken_for_the_first_one() -> None:
    """Else it would be imported under one name and deleted under the other."""
    world = lost(active(("hsm-second", "10.42.31.254")), FIRST)
    assert run(settings(1), world=world).succeeded()["cloudhsm-hsm-1"].request.importId == ""


def test_a_first_hsm_with_an_address_is_found_by_it_and_by_nothing_else() -> None:
    listed = [{"zone": "eu-central-1a", "ip": "10.42.0.9"}]
    for ip, found in (("10.42.0.9", "hsm-first"), ("10.42.0.10", "")):
        world = lost(active(("hsm-first", ip)), FIRST)
        done = run(listed_at(*listed), world=world).succeeded()
        assert done["cloudhsm-hsm-1"].request.importId == found


def test_of_two_strangers_none_is_taken_for_the_first_hsm() -> None:
    world = lost(active((HSM_ID, "10.42.0.10"), ("hsm-other", "10.42.0.11")), FIRST)
    assert run(settings(2), world=world).succeeded()["cloudhsm-hsm-1"].request.importId == ""


@pytest.mark.parametrize("preview", [True, False])
def test_an_active_cluster_may_have_no_hsm(preview: bool) -> None:
    done = run(settings(0), world=active(), preview=preview).succeeded()
    assert made(done) == {}
    assert "hsm_id" in done["cloudhsm-identity"].request.ignoreChanges
    assert "nothing" in bare(done.exports)["hourlyCost"]


@pytest.mark.parametrize("state", ["DEGRADED", "UPDATE_IN_PROGRESS"])
def test_the_first_hsms_identity_is_kept_in_whatever_state_an_initialized_cluster_is(
    state: str,
) -> None:
    world = active((HSM_ID, "10.42.0.10"))
    ((cluster,),) = world.sights
    world.sights = [[replace(cluster, state=state, cluster_certificate="PEM")]]
    done = run(settings(1), world=world).succeeded()
    assert "hsm_id" in done["cloudhsm-identity"].request.ignoreChanges


@pytest.mark.parametrize("state", ["DEGRADED", "MODIFY_IN_PROGRESS"])
def test_an_activation_in_the_state_counts_where_aws_shows_none(state: str) -> None:
    """AWS shows neither certificate nor second HSM, but an earlier run has seen it ACTIVE."""
    world = World()
    run(settings(1), world=world).succeeded()
    later = world.as_left()
    later.sights = [[cluster_seen(state, owner=OWNER)]]
    assert made(run(settings(0), world=later, preview=True).succeeded()) == {}


@pytest.mark.parametrize("state", [None, "UNINITIALIZED", "INITIALIZED", "MODIFY_IN_PROGRESS"])
def test_before_it_is_active_a_cluster_needs_its_first_hsm(state: str | None) -> None:
    world = active(state=state) if state else World()
    done = run(settings(0), world=world, preview=True)
    assert "hsms.count" in str(done.error)
    assert "give 1 until the cluster is ACTIVE" in str(done.error)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"hsms": {"count": 29}}, ("cloudhsm:hsms.count", "29", "0 to 28")),
        ({"hsms": {"count": -1}}, ("cloudhsm:hsms.count", "-1", "0 to 28")),
        (
            {"hsms": {"count": 2}, "activation": {"mode": "none"}},
            ("cloudhsm:activation.mode", "none", "use ssm, ssh or manual"),
        ),
        (
            {"activation": {"mode": "magic"}},
            ("cloudhsm:activation.mode", "magic", "none, manual, ssm or ssh"),
        ),
        (
            {"waits": {"activation": {"expectedSeconds": -1}}},
            ("cloudhsm:waits.activation", "-1", "above 0"),
        ),
        (
            {"hsms": {"places": [{"zone": "eu-central-1a"}, {"zone": "eu-central-1b"}]}},
            ("cloudhsm:hsms.places", "IPv4 address"),
        ),
        (
            {"hsms": {"places": [{"zone": "eu-central-1a", "ip": "10.42.0"}]}},
            ("cloudhsm:hsms.places", "10.42.0", "IPv4 address"),
        ),
        ({"hsms": {"places": ["eu-central-1a"]}}, ("cloudhsm:hsms.places", "zone")),
        (
            {"hsms": {"count": 2, "places": [{"zone": "eu-central-1a"}]}},
            ("cloudhsm:hsms.count", "leave it out"),
        ),
        (
            {
                "hsms": {
                    "places": [{"zone": "eu-central-1a"}, *[{"zone": "x", "ip": "10.42.0.9"}] * 2]
                }
            },
            ("cloudhsm:hsms.places", "10.42.0.9", "of its own"),
        ),
    ],
)
def test_wrong_input_is_one_line_before_anything_is_declared(
    changes: dict[str, Any], told: tuple[str, ...]
) -> None:
    done = run(config(**{"activation": {"mode": "manual"}, **changes}), preview=True)
    assert done.error is not None
    for part in told:
        assert part in str(done.error)
    assert "\n" not in str(done.error)
    assert done.resources == []


@pytest.mark.parametrize("preview", [True, False])
def test_a_zone_that_the_cluster_is_not_in_is_refused_before_anything_is_made(
    preview: bool,
) -> None:
    done = run(listed_at({"zone": "eu-central-1c"}), preview=preview)
    assert "cloudhsm:hsms.places[0].zone is 'eu-central-1c'" in str(done.error)
    assert "eu-central-1a, eu-central-1b" in str(done.error)
    assert done.resources == []


def test_more_hsms_than_the_usual_quota_are_told_in_the_preview() -> None:
    (line,) = run(settings(7), preview=True).succeeded().said("warning")
    assert "7 HSMs" in line
    assert "6 per Region" in line
    assert run(settings(6), preview=True).succeeded().said("warning") == []


def test_the_cost_is_that_of_all_hsms() -> None:
    assert "4.80 USD for 3 HSMs" in run(settings(3)).succeeded().exports["hourlyCost"]


def test_the_activation_is_told_how_for_this_very_cluster() -> None:
    line = bare(run(settings(1)).succeeded()["cloudhsm-activation-wait"]["instructions"])
    for part in ("configure-cli -a 10.42.0.10", "certificates/dev/customerCA.crt", "dnf install"):
        assert part in line
    assert "\n" not in line
    assert CLUSTER_ID not in line


def test_all_of_them_share_their_hooks_and_each_reports_itself() -> None:
    """The SDK starts a server for each hook, and the engine a connection to it."""
    few, many = (run(settings(count), world=active((HSM_ID, "10.42.0.10"))) for count in (2, 6))
    assert set(few.succeeded().hooks) == set(many.succeeded().hooks)
    made, stopped = list[str](), list[str]()

    class Reporter:
        def __init__(self, goal: Goal, *_: object) -> None:
            self.subject = goal.subject

        def start(self) -> None:
            made.append(self.subject)

        def stop(self) -> None:
            stopped.append(self.subject)

    with patch("pulumi_cloudhsm.recovery.create_hooks.Progress", Reporter):
        run(settings(4), world=active((HSM_ID, "10.42.0.10"))).succeeded()
    assert sorted(made) == [f"cloudhsm-hsm-{number}" for number in (2, 3, 4)]
    assert sorted(stopped) == sorted(made)
