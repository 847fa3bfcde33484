"""A tenth of the campaign: one stack, whose CLI is killed at one call after the other, up and down.

Language host, plugins and the host of dynamic providers outlive each kill, as published ones do.
`make campaign` kills at every call.
"""

from __future__ import annotations

import pytest

from rehearsal.engine.campaign.points import Result, chosen, points_of
from rehearsal.engine.campaign.runs import WHOLE_CHAIN, Campaign
from rehearsal.engine.layout import Layout

pytestmark = pytest.mark.engine

MODE = "unanswered"
TENTH = {
    "up": (
        "CreateInternetGateway",
        "AddRoleToInstanceProfile",
        "CreateCluster",
        "RunInstances",
        "CreateHsm",
        "CreateCustomKeyStore",
        "CreateVolume",
    ),
    "down": (
        "ScheduleKeyDeletion",
        "DeleteHsm",
        "DetachInternetGateway",
        "RemoveRoleFromInstanceProfile",
        "DeleteSecret",
        "DeleteCluster",
    ),
}


@pytest.fixture(scope="module")
def results(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> list[Result]:
    folder = tmp_path_factory.mktemp("campaign")
    campaign = Campaign(layout, folder, WHOLE_CHAIN, speed=1000, twins=True)
    wanted = campaign.undisturbed()
    points = [
        point
        for phase, operations in TENTH.items()
        for operation in operations
        for point in chosen(points_of(phase, wanted.calls[phase], MODE), 1, [operation])[:1]
    ]
    results = campaign.chain(list(TENTH), MODE, points, wanted)
    # A twin can make a call by itself before the next run comes to it.
    missed = [one for one in points if str(one) not in {found.point for found in results}]
    singly = (campaign.single(one, wanted, f"missed-{n}") for n, one in enumerate(missed))
    return [*results, *(one for one in singly if one)]


def test_the_cli_was_killed_at_each_of_them(results: list[Result]) -> None:
    wanted = {f"{phase} {one} {MODE}" for phase, ones in TENTH.items() for one in ones}
    assert {one.point for one in results} == wanted


def test_one_further_command_goes_on_after_each_kill(results: list[Result]) -> None:
    assert [(one.point, one.failures) for one in results if one.failures] == []
    assert {one.ups for one in results} == {1}


def test_the_end_is_that_of_an_undisturbed_run_with_one_of_everything(
    results: list[Result],
) -> None:
    assert {line for one in results for line in one.different} == set()
    assert {line for one in results for line in one.twice} == set()


def test_a_second_up_changes_nothing(results: list[Result]) -> None:
    assert {line for one in results for line in one.changed} == set()


def test_a_destroy_leaves_only_what_aws_keeps(results: list[Result]) -> None:
    assert {line for one in results for line in one.left_over} == set()
