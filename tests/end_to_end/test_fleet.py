"""A fleet on the real engine: stacks in three Regions and two accounts, one of which fails first.

Four stacks against one emulator; `make fleet` runs eight.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_cloudhsm.timeline.run import read_run
from rehearsal.engine.fleet import rehearsed_fleet
from rehearsal.engine.layout import Layout

pytestmark = pytest.mark.engine


def test_one_failing_stack_stops_no_other_and_a_resume_takes_up_only_it(
    layout: Layout, tmp_path: Path
) -> None:
    with rehearsed_fleet(layout, tmp_path, 4) as fleet:
        fleet.set_fault()
        first = fleet.run("up")
        assert first.status == 1, first.output
        states = {name: one["state"] for name, one in fleet.standing("up").items()}
        assert states == dict.fromkeys(fleet.names, "done") | {fleet.victim: "failed"}
        assert "cloudhsm:CreateCluster" in fleet.standing("up")[fleet.victim]["error"]
        assert "--resume" in fleet.summary("up")
        made = len(fleet.emulator.log("InitializeCluster"))
        assert made == len(fleet.names) - 1
        assert read_run(fleet.events("up", fleet.victim)).result == "failed"

        fleet.emulator.clear_faults()
        again = fleet.run("up", "--resume")
        assert again.status == 0, again.output
        places = [
            (one["account"], one["region"]) for one in fleet.emulator.log("InitializeCluster")
        ]
        assert len(places) == len(fleet.names), "the others were left alone"
        assert places[-1] == fleet.place
        assert len(set(places)) == 4
        assert read_run(fleet.events("up", fleet.names[0])).result == "succeeded"

        gone = fleet.run("destroy")
        assert gone.status == 0, gone.output
        assert fleet.remaining() == {}
