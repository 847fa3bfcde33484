"""State does not know folders: a stack goes on after a provider's module has moved."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import pytest

from rehearsal.engine.layout import PROJECT, Layout
from tests.end_to_end.rehearsed import rehearsed

pytestmark = pytest.mark.engine

MOVED = Path("cluster/retention_provider.py")
TO = Path("hsms/backups_provider.py")


def test_a_moved_provider_module_changes_nothing_and_still_updates_and_destroys(
    layout: Layout, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    package = source / "pulumi_cloudhsm"
    shutil.copytree(PROJECT / "components" / "pulumi_cloudhsm", package)
    env = {"PYTHONPATH": str(source)}
    with rehearsed(layout, tmp_path / "workspace") as stack:
        stack.up(env=env)
        stored = _providers(stack.export())
        assert len(stored) == 4
        assert all(b"pulumi_cloudhsm.state_names" in one for one in stored)
        assert not any(b"retention_provider" in one for one in stored)

        _move(package)
        stack.up("--expect-no-changes", env=env)
        stack.workspace.pulumi("refresh", "--yes", "--expect-no-changes", env=env)
        set_days = ("config", "set", "--path", "cloudhsm:cluster.backupRetentionDays", "30")
        stack.workspace.pulumi(*set_days)
        stack.up(env=env)
        policy = stack.cluster()["BackupRetentionPolicy"]
        assert policy == {"Type": "DAYS", "Value": "30"}
        stack.workspace.pulumi("destroy", "--yes", "--skip-preview", env=env)
        assert {kind: ids for kind, ids in stack.emulator.resources().items() if ids} == {}


def _providers(state: str) -> list[bytes]:
    """What the state holds of each dynamic resource's provider."""
    resources = json.loads(state)["deployment"]["resources"]
    held = (one.get("outputs", {}).get("__provider") for one in resources)
    return [base64.b64decode(one) for one in held if one]


def _move(package: Path) -> None:
    """Moves one provider, and what a developer would change with it: the table and one import."""
    (package / MOVED).rename(package / TO)
    table = package / "state_names.py"
    text = table.read_text()
    before, after = "cluster.retention_provider:", "hsms.backups_provider:"
    assert before in text
    table.write_text(text.replace(before, after))
    importers = [
        file
        for file in package.rglob("*.py")
        if "retention_provider import" in file.read_text() and file != table
    ]
    assert importers, "nothing would notice the move"
    for file in importers:
        moved = file.read_text().replace(
            "from .retention_provider import", "from ..hsms.backups_provider import"
        )
        file.write_text(moved)
