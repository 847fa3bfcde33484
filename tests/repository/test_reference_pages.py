"""docs/reference/components.md and outputs.md are what signatures and docstrings say."""

from __future__ import annotations

import sys

import pytest

from tests.support.recording import ROOT

sys.path.insert(0, str(ROOT / "tools"))

import components_reference as reference

import pulumi_cloudhsm
from pulumi_cloudhsm.deployment.outputs import DeploymentOutputs
from pulumi_cloudhsm.names import camel_case


@pytest.mark.parametrize("name", reference.PAGES)
def test_the_page_is_current(name: str) -> None:
    written = (reference.FOLDER / name).read_text(encoding="utf-8")
    assert written == reference.PAGES[name](), "run .venv/bin/python tools/components_reference.py"


def test_every_public_name_has_a_section() -> None:
    page = reference.components_page()
    assert [name for name in dir(pulumi_cloudhsm) if f"\n### {name}\n" not in page] == []


def test_every_output_of_the_program_has_a_row() -> None:
    rows = reference.outputs_page()
    hints = DeploymentOutputs.__annotations__
    exported = [name for name, hint in hints.items() if str(hint).startswith("pulumi.Output")]
    assert len(exported) > 20
    assert [name for name in exported if f"| `{camel_case(name)}` |" not in rows] == []
