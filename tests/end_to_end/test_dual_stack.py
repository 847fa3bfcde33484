"""A cluster with IPv6 on the real engine: interrupted, found again, changed, and gone. In order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rehearsal.engine.layout import Layout
from tests.end_to_end.rehearsed import Rehearsed, rehearsed
from tests.end_to_end.test_crashes import kill_when

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def stack(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    config = {"network": {"networkType": "DUALSTACK"}}
    with rehearsed(layout, tmp_path_factory.mktemp("dual"), config, speed=240) as stack:
        yield stack


def test_killed_while_aws_makes_the_cluster_the_next_up_goes_on_with_it(stack: Rehearsed) -> None:
    kill_when(stack, lambda stack: stack.calls("CreateCluster") > 0)
    stack.workspace.pulumi("cancel", "--yes")
    shown = stack.up().output
    assert "is there already" in shown
    assert stack.calls("CreateCluster") == 1
    cluster = stack.cluster()
    assert (cluster["NetworkType"], cluster["State"]) == ("DUALSTACK", "INITIALIZED")
    assert ":" in cluster["Hsms"][0]["EniIpV6"]


def test_a_second_up_and_a_refresh_find_nothing_to_do(stack: Rehearsed) -> None:
    stack.workspace.pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
    stack.up("--expect-no-changes")
    stack.workspace.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")


def test_tags_change_in_place(stack: Rehearsed) -> None:
    stack.workspace.pulumi("config", "set", "--path", "cloudhsm:tags.team", "keys")
    stack.up()
    tags = {tag["Key"]: tag["Value"] for tag in stack.cluster()["TagList"]}
    assert tags["team"] == "keys"
    assert stack.calls("CreateCluster") == 1


def test_destroy_leaves_nothing(stack: Rehearsed) -> None:
    stack.workspace.pulumi("destroy", "--yes", "--skip-preview")
    assert {kind: ids for kind, ids in stack.emulator.resources().items() if ids} == {}
