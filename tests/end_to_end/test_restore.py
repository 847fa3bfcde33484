"""A cluster is lost and comes back from its backup, in a second stack of the account. In order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rehearsal.engine.layout import Layout
from rehearsal.engine.operator import operator_at
from tests.end_to_end.rehearsed import Rehearsed, beside, changes_components_only, rehearsed
from tests.end_to_end.test_crashes import kill_when
from tests.end_to_end.test_external_trust import make_ca
from tests.support.pages import commands
from tests.support.published import has_trace

pytestmark = pytest.mark.engine

REGION = "eu-central-1"
# No CA and no activation: both are in the backup.
RESTORED = {
    "aws:region": REGION,
    "network": {"availabilityZones": [f"{REGION}a", f"{REGION}b"]},
    "trust": None,
}
KEPT = {"backups", "log_groups"}
SEEN: dict[str, str] = {}


@pytest.fixture(scope="module")
def lost(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    config = {
        "activation": {"mode": "manual"},
        "hsms": {"count": 2},
        "cluster": {"backupRetentionDays": 30},
    }
    with rehearsed(layout, tmp_path_factory.mktemp("lost"), config) as stack:
        yield stack


@pytest.fixture(scope="module")
def restored(
    lost: Rehearsed, layout: Layout, tmp_path_factory: pytest.TempPathFactory
) -> Rehearsed:
    return beside(lost, layout, tmp_path_factory.mktemp("restored"), "restored", RESTORED)


def want(stack: Rehearsed, key: str, value: str) -> None:
    stack.workspace.pulumi("config", "set", "--path", f"cloudhsm:{key}", value)


def left(stack: Rehearsed) -> set[str]:
    return {kind for kind, ids in stack.emulator.resources().items() if ids}


def backups(stack: Rehearsed) -> list[dict[str, Any]]:
    return stack.emulator.client("cloudhsmv2").describe_backups()["Backups"]


def test_backups_that_aws_makes_are_no_change_of_the_stack(lost: Rehearsed) -> None:
    with operator_at(lost.emulator):
        lost.up()
    lost.up("--expect-no-changes")
    outputs = lost.workspace.outputs()
    assert len(backups(lost)) >= 2, "one of the activation, one of the second HSM"
    assert "backups" not in outputs
    assert lost.cluster()["BackupRetentionPolicy"] == {"Type": "DAYS", "Value": "30"}
    anchor = lost.workspace.project / outputs["certificateFiles"]["customerCA.crt"]
    SEEN["anchor"] = anchor.read_text()


def test_a_changed_retention_is_drift_that_a_refresh_shows_and_up_mends(lost: Rehearsed) -> None:
    lost.emulator.client("cloudhsmv2").modify_cluster(
        ClusterId=lost.cluster()["ClusterId"],
        BackupRetentionPolicy={"Type": "DAYS", "Value": "7"},
    )
    drift = lost.workspace.pulumi("refresh", "--yes", "--skip-preview", "--diff").output
    assert re.search(r"found_days *: 30 => 7", drift), drift
    assert "1 updated" in lost.up().output
    assert lost.cluster()["BackupRetentionPolicy"]["Value"] == "30"


def test_a_destroy_says_what_aws_keeps_and_until_when(lost: Rehearsed) -> None:
    cluster_id = lost.cluster()["ClusterId"]
    shown = lost.workspace.pulumi("destroy", "--yes", "--skip-preview").output
    for backup in backups(lost):
        assert backup["BackupId"] in shown
    assert f"({datetime.now(UTC):%Y-%m-%d})" in shown
    assert f"aws logs delete-log-group --log-group-name /aws/cloudhsm/{cluster_id}" in shown
    assert left(lost) == KEPT
    assert lost.accepted("DeleteBackup") == 0


def test_another_ca_is_refused_before_an_hsm_is_paid_for(
    restored: Rehearsed, tmp_path: Path
) -> None:
    ready = [one for one in backups(restored) if one["BackupState"] == "READY"]
    SEEN["backup"] = ready[0]["BackupId"]
    want(restored, "restore.backupId", SEEN["backup"])
    make_ca(tmp_path / "other")
    want(restored, "restore.caCertificate", str(tmp_path / "other" / "ca.crt"))
    SEEN["hsms"] = str(restored.calls("CreateHsm"))
    refused = restored.up(check=False)
    assert refused.returncode != 0
    assert "is not the one that the cluster was initialized under" in refused.output
    assert not has_trace(refused.output)
    assert str(restored.calls("CreateHsm")) == SEEN["hsms"]


def test_killed_while_aws_restores_the_next_up_adopts_the_cluster(restored: Rehearsed) -> None:
    restored.workspace.pulumi("destroy", "--yes", "--skip-preview")
    (restored.workspace.project / "customerCA.crt").write_text(SEEN["anchor"])
    *asked, last = commands("Restore into a new cluster", "docs/guides/back-up-and-restore.md")
    for command in asked:
        restored.workspace.pulumi(*[word.replace("BACKUP", SEEN["backup"]) for word in command[1:]])
    made = restored.calls("CreateCluster")
    kill_when(restored, lambda stack: stack.calls("CreateCluster") > made)
    restored.workspace.pulumi("cancel", "--yes")
    assert last == ["pulumi", "up"]
    restored.up()
    assert restored.calls("CreateCluster") == made + 1
    restored.workspace.pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates")


def test_it_is_active_with_its_hsms_and_was_neither_initialized_nor_activated(
    restored: Rehearsed,
) -> None:
    cluster, outputs = restored.cluster(), restored.workspace.outputs()
    assert cluster["State"] == outputs["clusterState"] == "ACTIVE"
    assert [hsm["State"] for hsm in cluster["Hsms"]] == ["ACTIVE", "ACTIVE"]
    assert restored.calls("InitializeCluster") == 1, "that of the lost cluster"
    anchor = restored.workspace.project / outputs["certificateFiles"]["customerCA.crt"]
    assert anchor.read_text().strip() == SEEN["anchor"].strip()
    restored.up("--expect-no-changes")
    restored.workspace.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")


def test_the_backup_by_its_arn_is_no_other_backup(restored: Rehearsed) -> None:
    (arn,) = (one["BackupArn"] for one in backups(restored) if one["BackupId"] == SEEN["backup"])
    want(restored, "restore.backupId", arn)
    assert changes_components_only(restored.up().output)
    restored.up("--expect-no-changes")


def test_nothing_is_left_but_backups_and_logs(restored: Rehearsed) -> None:
    restored.workspace.pulumi("destroy", "--yes", "--skip-preview")
    assert left(restored) == KEPT
