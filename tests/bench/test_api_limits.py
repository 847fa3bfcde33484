"""The simulation of many clusters beside API limits: its waits are the program's own."""

from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from bench import api_limits
from bench.api_limits import CLUSTERS_API, RATE, Bucket, World, results, simulate
from pulumi_cloudhsm.errors import TransientError
from pulumi_cloudhsm.waiting.polling import Beat
from pulumi_cloudhsm.waiting.waiter import Clock, Goal, Observation, Timing, Waiter

NO_LIMIT = 1e9
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "limits.md"


def noticed_by_the_waiter(actual, beat, refused):
    """When the package's own waiter sees the end, if AWS refuses the looks with these numbers."""
    moment, looks = 0.0, 0

    def sleep(seconds):
        nonlocal moment
        moment += seconds

    def look():
        nonlocal looks
        looks += 1
        if looks in refused:
            raise TransientError("Rate exceeded")
        return Observation("ACTIVE" if moment >= actual else "CREATE_IN_PROGRESS", None)

    waiter = Waiter(Clock(lambda: moment, sleep), beat=beat)
    goal = Goal("step", "ACTIVE", ("ACTIVE",), (), "")
    waiter.wait(goal, Timing(actual, 100 * actual), look)
    return moment


def noticed_by_the_simulation(actual, beat, refused):
    class Refusing(Bucket):
        looks = 0

        def take(self, now):
            super().take(now)
            self.looks += 1
            return self.looks not in refused

    world, limit = World(), Refusing(NO_LIMIT)
    world.begin(api_limits._wait(world, limit, actual, beat, Random(1)), 0)
    world.run()
    return world.now


@pytest.mark.parametrize("refused", [frozenset(), frozenset({3, 4, 20})])
@pytest.mark.parametrize("actual", [7, 80, 900])
def test_a_simulated_wait_looks_when_the_waiter_does(actual, refused, monkeypatch):
    monkeypatch.setattr(api_limits, "ATTEMPTS", 1)
    beat = Beat(0.3)
    expected = noticed_by_the_waiter(actual, beat, refused)
    assert noticed_by_the_simulation(actual, beat, refused) == pytest.approx(expected, abs=1e-6)


def test_the_same_seed_gives_the_same_numbers():
    assert results(20, 2) == results(20, 2)
    assert simulate(20, seed=1) != simulate(20, seed=2)


def test_no_api_answers_more_than_its_limit():
    for limit in simulate(50).values():
        answered = sum(limit.seconds.values()) - limit.throttled
        assert answered <= RATE * (max(limit.seconds) - min(limit.seconds) + 2)


def test_every_step_of_every_cluster_is_noticed_and_none_before_its_end():
    for clusters in (1, 50):
        lags = [lag for limit in simulate(clusters).values() for lag in limit.lags]
        assert len(lags) == clusters * len(api_limits.STEPS)
        assert min(lags) >= 0


def test_one_cluster_is_never_throttled_and_notices_within_the_longest_pause():
    for limit in simulate(1).values():
        assert limit.throttled == 0
        assert max(limit.lags) <= 6


def test_more_clusters_in_an_account_are_throttled_more_and_notice_later():
    found = [results(clusters, 1)[CLUSTERS_API] for clusters in (1, 10, 50, 100, 500)]
    for fewer, more in pairwise(found):
        assert fewer.throttled < more.throttled
        assert fewer.mean_lag < more.mean_lag


def test_accounts_share_no_limit():
    spread, alone = results(500, 10)[CLUSTERS_API], results(500, 1)[CLUSTERS_API]
    assert spread.mean_lag < alone.mean_lag / 4
    assert spread.calls == pytest.approx(results(50, 1)[CLUSTERS_API].calls, rel=0.25)


def test_without_a_limit_many_clusters_notice_as_soon_as_one():
    lags = [lag for limit in simulate(50, NO_LIMIT).values() for lag in limit.lags]
    assert max(lags) <= 6


def test_the_page_shows_what_the_simulation_gives():
    page = PAGE.read_text()
    for line in api_limits.table([one for one in api_limits.SIZES if one[1] == 1]).splitlines():
        assert line in page
