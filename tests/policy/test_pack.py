"""The pack on the real engine: previews, updates, and the state alone."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from pulumi_cloudhsm.review.plan import read_plan
from rehearsal.engine.layout import Layout
from rehearsal.engine.reviews import STREAMING
from rehearsal.engine.session import rehearsal_session
from rehearsal.engine.workspace import Running

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("pack")]

WITH_PACK = ("--policy-pack", "policy")

SPEED = 480.0
ZONES = {"availabilityZones": ["us-east-1a", "us-east-1b"]}
SUBJECT = {"commonName": "CA", "organization": "Example"}
VIOLATING: dict[str, Any] = {
    "network": ZONES,
    "trust": {"subject": SUBJECT},
    "identity": {"verification": "off", "offReason": "a trial"},
    "disposable": True,
}
KEPT: dict[str, Any] = {
    "network": ZONES,
    "trust": {"mode": "kms", "subject": SUBJECT},
    "tags": {"environment": "prod"},
    "disposable": False,
}


def wait_until_gone(running: Running) -> None:
    """The pack ends with its command, as everything else that it started."""
    deadline = time.monotonic() + 60
    while left := running.members():
        assert time.monotonic() < deadline, f"{left} live on"
        time.sleep(0.05)


def test_what_violates_a_rule_is_refused_before_it_is_made(layout: Layout, tmp_path: Path) -> None:
    with rehearsal_session(
        layout, tmp_path, stack="prod", config=VIOLATING, speed=SPEED
    ) as session:
        pulumi = session.workspace.pulumi
        preview = ("preview", "--json", "--show-sames", *WITH_PACK)
        refused = pulumi(*preview, check=False, env=STREAMING)
        assert refused.returncode != 0
        plan = read_plan(refused.stdout)
        assert {(one.policy, one.resource) for one in plan.findings if one.stops} == {
            ("ca-key-not-in-state", "cloudhsm-ca-key"),
            ("identity-verification", "cloudhsm-identity"),
            ("protected", "cloudhsm-cluster"),
            ("protected", "cloudhsm-initialization"),
        }

        with session.workspace.popen("up", "--yes", "--skip-preview", *WITH_PACK) as running:
            stopped = running.finish()
            assert stopped.returncode != 0
            assert "[mandatory]" in stopped.output, "whichever comes first stops it"
            wait_until_gone(running)
        assert session.emulator.log("CreateCluster") == []


def test_a_stack_that_keeps_the_rules_comes_up_and_its_state_is_analyzed(
    layout: Layout, tmp_path: Path
) -> None:
    with rehearsal_session(layout, tmp_path, stack="prod", config=KEPT, speed=SPEED) as session:
        pulumi = session.workspace.pulumi
        came_up = pulumi("up", "--yes", "--json", *WITH_PACK, env=STREAMING)
        assert {(one.policy, one.level) for one in read_plan(came_up.stdout).findings} == {
            ("alarms-present", "advisory")
        }
        analyze = ("policy", "analyze", *WITH_PACK)
        pulumi(*analyze)

        (session.workspace.project / "certificates" / "prod" / "customerCA.crt").write_text("")
        stricter = tmp_path / "stricter.json"
        stricter.write_text(json.dumps({"backup-retention": {"minimumDays": 379}}))
        refused = pulumi(*analyze, "--policy-pack-config", str(stricter), check=False)
        assert refused.returncode != 0
        assert "customerCA.crt is not what the stack wrote" in refused.output
        assert "cloudhsm:cluster.backupRetentionDays to 379 or more" in refused.output
