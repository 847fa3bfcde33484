"""The component in a Go program, with the module that Pulumi generates from the schema.

A preview tells that it compiles and constructs; the rest of a run is no matter of the language.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from rehearsal.emulator.process import running_emulator
from rehearsal.engine.core.errors import RehearsalError
from rehearsal.engine.layout import PROJECT, Layout, ensure_host
from rehearsal.engine.pulumi_cli.language_hosts import GO
from rehearsal.engine.pulumi_cli.sdk_generator import generate_sdk
from rehearsal.engine.workspace import Workspace

EXAMPLE = PROJECT / "examples" / "go"
REGION = "eu-central-1"
COMPILING_SECONDS = 800.0  # once per machine, a minute or two of one core

pytestmark = pytest.mark.engine


def compiled(program: Path) -> str:
    """What the compiler says; empty when all is right."""
    done = subprocess.run(
        ["go", "build", "-o", os.devnull, "."],
        cwd=program,
        env={**os.environ, "GOWORK": "off", "GOFLAGS": "-mod=readonly -buildvcs=false"},
        capture_output=True,
        text=True,
        timeout=COMPILING_SECONDS,
    )
    if "dial tcp" in done.stderr:
        pytest.skip(f"no Go modules can be had: {done.stderr.strip()}")
    return done.stderr


@pytest.mark.timeout(900)
def test_the_example_in_go_compiles_and_previews(layout: Layout, tmp_path: Path) -> None:
    if shutil.which("go") is None:
        pytest.skip("no go on PATH")
    try:
        ensure_host(layout, GO)
    except RehearsalError as error:
        pytest.skip(str(error))
    with running_emulator(region=REGION) as emulator:
        workspace = Workspace.create(layout, EXAMPLE, tmp_path)
        workspace.point_at_emulator(emulator.endpoint, REGION, emulator.access_key)
        for name in ("main.go", "go.mod", "go.sum"):
            shutil.copy2(EXAMPLE / name, workspace.project)
        sdk = workspace.project / "sdks" / "cloudhsm"
        generate_sdk(layout.cli, layout.pulumi, workspace.environment, "go", sdk)
        assert compiled(workspace.project) == ""
        shown = workspace.pulumi("preview").output
    assert "cloudhsm:index:CloudHsmDeployment vault create" in shown
    assert "aws:kms:Key vault-keys-key create" in shown
