"""The example in TypeScript, run by Pulumi's Node.js host with the SDK of the package's plugin.

Its packages are installed once per clone, in a few seconds, and again when package.json or the
schema changes.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rehearsal.emulator.process import RunningEmulator
from rehearsal.engine.core.errors import RehearsalError
from rehearsal.engine.core.locking import file_lock
from rehearsal.engine.layout import PROJECT, SCHEMA, Layout, ensure_host
from rehearsal.engine.pulumi_cli.language_hosts import NODEJS
from rehearsal.engine.pulumi_cli.sdk_generator import generate_sdk
from rehearsal.engine.session import rehearsal_config
from rehearsal.engine.workspace import Workspace
from tests.end_to_end.rehearsed import Rehearsed

EXAMPLE = PROJECT / "examples" / "typescript"
AROUND = Path(__file__).with_name("programs") / "typescript"
REGION = "eu-central-1"
SPEED = 300.0
_INSTALL = ("install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")
_SECONDS = 300.0


def need_node(layout: Layout) -> Path:
    """The folder with the installed packages; skips the test where one of them cannot be had."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("no node and npm on PATH")
    try:
        ensure_host(layout, NODEJS)
    except RehearsalError as error:
        pytest.skip(str(error))
    folder = layout.root / "typescript"
    wanted = hashlib.sha256((EXAMPLE / "package.json").read_bytes() + SCHEMA.read_bytes())
    done = folder / "installed"
    with file_lock(layout.root / ".typescript.lock"):
        if not done.exists() or done.read_text() != wanted.hexdigest():
            shutil.rmtree(folder, ignore_errors=True)
            _install(layout, folder)
            done.write_text(wanted.hexdigest())
    return folder


def _install(layout: Layout, folder: Path) -> None:
    sdk = folder / "sdks" / "cloudhsm"
    state = folder / "state"
    state.mkdir(parents=True)
    shutil.copy2(EXAMPLE / "package.json", folder)
    generate_sdk(layout.cli, layout.pulumi, os.environ | layout.variables(state), "nodejs", sdk)
    installed = _npm(folder, *_INSTALL)
    if installed.returncode != 0:
        pytest.skip(f"npm cannot install the example's packages: {installed.stderr.strip()}")
    compiled = _npm(sdk, "run", "postinstall")
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr


def _npm(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["npm", *arguments], cwd=folder, capture_output=True, text=True, timeout=_SECONDS
    )


def in_typescript(
    layout: Layout, folder: Path, emulator: RunningEmulator, inputs: Mapping[str, Any]
) -> Rehearsed:
    """A stack of the example, whose deployment gets what a rehearsal needs, and further inputs.

    Args:
        layout: the engine.
        folder: where the workspace goes.
        emulator: its AWS, of SPEED.
        inputs: sections of the deployment's inputs.
    """
    packages = need_node(layout)
    own = rehearsal_config(emulator, SPEED)
    added = {"identity": own["identity"], "waits": own["waits"], **inputs}
    variables = {"REHEARSAL_INPUTS": json.dumps(added)}
    workspace = Workspace.create(layout, EXAMPLE, folder, variables=variables)
    for name in ("package.json", "tsconfig.json"):
        shutil.copy2(EXAMPLE / name, workspace.project)
    shutil.copy2(EXAMPLE / "index.ts", workspace.project / "example.ts")
    shutil.copytree(AROUND, workspace.project, dirs_exist_ok=True)
    (workspace.project / "node_modules").symlink_to(packages / "node_modules")
    workspace.point_at_emulator(emulator.endpoint, REGION, emulator.access_key)
    return Rehearsed(workspace, emulator)


def mistakes_in_types(project: Path) -> str:
    """What the compiler says of the program and of `types.ts`; empty when all is right."""
    settings = {"extends": "./tsconfig.json", "files": ["index.ts", "types.ts"]}
    (project / "tsconfig.check.json").write_text(json.dumps(settings))
    command = ["node_modules/.bin/tsc", "--noEmit", "--project", "tsconfig.check.json"]
    checked = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=_SECONDS)
    return checked.stdout + checked.stderr
