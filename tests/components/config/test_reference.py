"""docs/reference/configuration.md is what the docstrings say, and they say all that it needs."""

from __future__ import annotations

import sys

from tests.support.recording import ROOT

sys.path.insert(0, str(ROOT / "tools"))

import configuration_reference as reference

from pulumi_cloudhsm.config.loading import sections


def test_the_page_is_current() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page(), (
        "run .venv/bin/python tools/configuration_reference.py"
    )


def test_every_key_says_what_it_is_and_whether_it_can_be_changed() -> None:
    lacking = [
        row.key
        for key, kind in sections().items()
        for row in reference.rows(kind, f"{key}.")
        if not row.changeable or len(row.text) < 5
    ]
    assert lacking == []


def test_a_key_without_a_default_is_said_to_be_needed() -> None:
    rows = {row.key: row for row in reference.rows(sections()["restore"], "restore.")}
    assert rows["restore.backupId"].default == "needed"
