"""The drill of a lost Region, with what must be true of it that its table does not tell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.disaster_recovery import other_region
from examples.disaster_recovery.site import Site
from rehearsal.emulator.process import RunningEmulator
from rehearsal.engine.layout import Layout
from rehearsal.engine.session import rehearsal_config, rehearsal_session
from tests.end_to_end.rehearsed import Rehearsed
from tests.end_to_end.test_examples import example

pytestmark = pytest.mark.engine

LOST, THERE, SPEED = "eu-central-1", "eu-west-1", 600.0
COPIED, SERVES = "a copy is in", "serves in"
KEPT = {"backups", "key_stores", "log_groups"}


class Drilled:
    """What is seen while the drill runs."""

    def __init__(self, emulator: RunningEmulator, first: Rehearsed, layout: Layout) -> None:
        self._emulator, self._first, self._layout = emulator, first, layout
        self.plan, self.passwords = "", list[str]()
        self._marks = dict[str, int]()

    def say(self, line: str) -> None:
        if COPIED in line:
            secrets = self._emulator.client("secretsmanager", region=LOST)
            listed = secrets.list_secrets()["SecretList"]
            self.passwords = [
                secrets.get_secret_value(SecretId=one["ARN"])["SecretString"] for one in listed
            ]
            self.plan = self._preview()
        for mark in (COPIED, SERVES):
            if mark in line:
                self._marks[mark] = len(self._emulator.log())

    def asked(self) -> Iterator[tuple[str, str]]:
        """Region and operation of each call from the loss to the service."""
        for one in self._emulator.log()[self._marks[COPIED] : self._marks[SERVES]]:
            if one["operation"] != "transition":
                yield one["region"], one["operation"]

    def _preview(self) -> str:
        """The plan of the example that asks the first stack for what it needs."""
        config = {"lostStack": f"organization/cloudhsm/{other_region.FIRST}"}
        folder = self._first.workspace.folder / "example"
        stack = example(
            "restore-elsewhere", self._layout, folder, self._emulator, config, beside=self._first
        )
        return stack.workspace.pulumi("preview").output


def test_a_lost_regions_cluster_serves_in_another_region(layout: Layout, tmp_path: Path) -> None:
    with rehearsal_session(layout, tmp_path / "rehearsal", speed=SPEED, spread=0) as session:
        emulator, workspace = session.emulator, session.workspace
        config = rehearsal_config(emulator, SPEED)
        cli = str(layout.pulumi)
        site = Site(tmp_path, LOST, workspace.environment, cli, config, SPEED)
        seen = Drilled(emulator, Rehearsed(workspace, emulator), layout)
        recovery = other_region.drill(site, seen.say)
        asked = list(seen.asked())
        left = {kind for kind, ids in emulator.resources().items() if ids}
    # Nothing of the lost Region is needed, and what cannot come back is said.
    assert THERE in {region for region, _ in asked}
    assert [one for one in asked if one[0] == LOST] == []
    told = (tmp_path / f"{other_region.SECOND}.log").read_text()
    for shown in (told, seen.plan):
        assert f"is a copy from {LOST}" in shown
        assert "cannot be decrypted here" in shown
    # The users came back: KMS had changed kmsuser's password, the administrator's is the old one.
    assert "given the secret's password" in told
    assert "InitializeCluster" not in {operation for _, operation in asked}
    assert "CustomKeyStore" in seen.plan
    assert recovery.rto_seconds > 0
    assert recovery.rpo_seconds > 0
    assert any("KMS key" in one for one in recovery.lost)
    # No password is in what is put aside, in a log or in a plan.
    assert len(seen.passwords) == 2
    texts = [file.read_text() for file in tmp_path.rglob("*.log")]
    texts += [file.read_text() for file in tmp_path.rglob("Pulumi.*.yaml")]
    for password in seen.passwords:
        assert not [
            text for text in [*texts, seen.plan, json.dumps(recovery.back)] if password in text
        ]
    assert left <= KEPT
