"""Further HSMs take the zones in turn, at addresses that never depend on the run."""

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from pulumi_cloudhsm.hsms.placement import Place, places

ZONES = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
CIDRS = ["10.42.0.0/20", "10.42.16.0/20", "10.42.32.0/20"]


def test_the_second_hsm_is_in_another_zone_than_the_first() -> None:
    assert places(ZONES, CIDRS, 1) == [Place("eu-central-1b", "10.42.31.254")]


def test_the_zones_come_in_turn_and_addresses_go_down_from_the_top() -> None:
    assert places(ZONES[:2], CIDRS[:2], 4) == [
        Place("eu-central-1b", "10.42.31.254"),
        Place("eu-central-1a", "10.42.15.254"),
        Place("eu-central-1b", "10.42.31.253"),
        Place("eu-central-1a", "10.42.15.253"),
    ]


def test_one_zone_takes_them_all() -> None:
    assert [place.zone for place in places(ZONES[:1], CIDRS[:1], 3)] == ZONES[:1] * 3


@given(st.integers(1, 3), st.integers(0, 27))
def test_growing_moves_nobody_and_no_address_is_given_twice(zones: int, number: int) -> None:
    found = places(ZONES[:zones], CIDRS[:zones], number)
    assert places(ZONES[:zones], CIDRS[:zones], number + 1)[:number] == found
    assert len({place.ip for place in found}) == number
    for place in found:
        network = ipaddress.IPv4Network(CIDRS[ZONES.index(place.zone)])
        assert ipaddress.IPv4Address(place.ip) in network
        kept_by_aws = {*(network[number] for number in range(4)), network[-1]}
        assert ipaddress.IPv4Address(place.ip) not in kept_by_aws
