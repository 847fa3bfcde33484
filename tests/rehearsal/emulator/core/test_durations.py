"""How long AWS takes: around the usual time, never twice the same, and the same with one seed."""

import statistics

import pytest

from rehearsal.emulator.core.durations import MAX_FACTOR, Durations
from rehearsal.emulator.process import running_emulator
from tests.rehearsal.emulator.conftest import until
from tests.support.forks import emulator_of_the_run

SPEED, SPREAD = 1000.0, 0.3


def drawn(seed: int, spread: float = 0.3, number: int = 400) -> list[float]:
    durations = Durations(seed, spread)
    return [durations.first_hsm for _ in range(number)]


def test_durations_lie_around_the_usual_one_as_widely_as_the_spread_says() -> None:
    usual = Durations.first_hsm.seconds
    for spread in (0.3, 0.6):
        found = drawn(7, spread)
        assert statistics.median(found) == pytest.approx(usual, rel=0.15)
        assert len(set(found)) > 0.9 * len(found)
        within = [one for one in found if abs(one - usual) < usual * spread]
        assert 0.5 < len(within) / len(found) < 0.85
        assert usual / MAX_FACTOR <= min(found) <= max(found) <= usual * MAX_FACTOR


def test_one_seed_gives_the_same_durations_whatever_else_is_under_way() -> None:
    alone, beside = Durations(3, 0.3), Durations(3, 0.3)
    of_beside = []
    for _ in range(20):
        assert beside.create_volume > 0
        of_beside.append(beside.later_hsm)
    assert of_beside == [alone.later_hsm for _ in range(20)]
    assert drawn(3) != drawn(4)


def test_without_spread_every_step_takes_its_usual_time() -> None:
    durations = Durations(5, 0.0)
    assert durations.initialize == durations.initialize == Durations.initialize.seconds


def seconds_to_make_a_cluster(seed: int | None) -> tuple[float, int]:
    with running_emulator(
        start=emulator_of_the_run(), speed=SPEED, seed=seed, spread=SPREAD
    ) as emulator:
        subnet = emulator.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
        client = emulator.client("cloudhsmv2")
        client.create_cluster(HsmType="hsm2m.medium", Mode="FIPS", SubnetIds=[subnet])
        until(lambda: client.describe_clusters()["Clusters"][0]["State"] == "UNINITIALIZED")
        begin, end = (entry["time"] for entry in emulator.log("transition"))
        return (end - begin) * SPEED, emulator.seed


def test_a_process_started_with_the_seed_it_tells_takes_the_same_time_again() -> None:
    first, seed = seconds_to_make_a_cluster(None)
    assert first == pytest.approx(Durations(seed, SPREAD).create_cluster, abs=0.01)
    assert first != pytest.approx(Durations.create_cluster.seconds, abs=0.01)
    again, same = seconds_to_make_a_cluster(seed)
    assert (again, same) == (pytest.approx(first, abs=0.01), seed)
