"""Programs in YAML, run by Pulumi's own YAML host and the package's plugin."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.emulator.process import RunningEmulator
from rehearsal.engine.core.errors import RehearsalError
from rehearsal.engine.layout import PROJECT, Layout, ensure_host
from rehearsal.engine.pulumi_cli.language_hosts import YAML
from rehearsal.engine.session import rehearsal_config
from rehearsal.engine.workspace import Workspace, laid_over
from tests.end_to_end.rehearsed import Rehearsed

EXAMPLE = PROJECT / "examples" / "yaml"
REGION = "eu-central-1"
SPEED = 300.0


def need_yaml_host(layout: Layout) -> None:
    """Skips the test where no YAML host can be had."""
    try:
        ensure_host(layout, YAML)
    except RehearsalError as error:
        pytest.skip(str(error))


def example() -> dict[str, Any]:
    """The example's program."""
    return yaml.safe_load((EXAMPLE / "Pulumi.yaml").read_text())


def in_yaml(
    program: dict[str, Any],
    layout: Layout,
    folder: Path,
    emulator: RunningEmulator,
    inputs: Mapping[str, Any],
    backend: Path | None = None,
) -> Rehearsed:
    """A stack of a program, whose deployments get what a rehearsal needs, and further inputs.

    Args:
        program: what its Pulumi.yaml holds.
        layout: the engine.
        folder: where the workspace goes.
        emulator: its AWS, of SPEED.
        inputs: of each deployment.
        backend: folder of another stack's state, to be used as well.
    """
    own = rehearsal_config(emulator, SPEED)
    needed = {"identity": own["identity"], "waits": own["waits"], "protect": False}
    for one in program["resources"].values():
        if one["type"] == "cloudhsm:CloudHsmDeployment":
            one["properties"] = laid_over(laid_over(one["properties"], needed), inputs)
    source = folder / "program"
    source.mkdir(parents=True)
    # JSON is YAML, too, and has no aliases, which the YAML host does not read.
    (source / "Pulumi.yaml").write_text(json.dumps(program, indent=2))
    variables = {"PULUMI_BACKEND_URL": f"file://{backend}"} if backend else {}
    workspace = Workspace.create(layout, source, folder, variables=variables)
    workspace.point_at_emulator(emulator.endpoint, REGION, emulator.access_key)
    return Rehearsed(workspace, emulator)
