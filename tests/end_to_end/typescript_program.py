"""The example in TypeScript, run by Pulumi's Node.js host with the SDK of the package's plugin.

Published packages are installed once per machine and package.json, in the user's cache folder.
The SDK is compiled once per clone, and again when the schema changes.
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
from rehearsal.engine.pulumi_cli.cli import cache_folder
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
    """The folder of packages and SDK; skips the test where one of them cannot be had."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("no node and npm on PATH")
    try:
        ensure_host(layout, NODEJS)
    except RehearsalError as error:
        pytest.skip(str(error))
    packages = _published_packages()
    folder = layout.root / "typescript"
    wanted = f"{packages} {hashlib.sha256(SCHEMA.read_bytes()).hexdigest()}"
    done = folder / "compiled"
    with file_lock(layout.root / ".typescript.lock"):
        if not done.exists() or done.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            (folder / "state").mkdir(parents=True)
            (folder / "node_modules").symlink_to(packages)
            _compile_sdk(layout, folder)
            done.write_text(wanted)
    return folder


def _published_packages() -> Path:
    wanted = json.loads((EXAMPLE / "package.json").read_text())
    del wanted["dependencies"]["@pulumi/cloudhsm"]
    text = json.dumps(wanted)
    cache = cache_folder()
    folder = cache / f"typescript-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    with file_lock(cache / ".typescript.lock"):
        if not folder.exists():
            partial = folder.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            (partial / "package.json").write_text(text)
            installed = _npm(partial, *_INSTALL)
            if installed.returncode != 0:
                pytest.skip(f"npm cannot install the example's packages: {installed.stderr}")
            partial.replace(folder)
    return folder / "node_modules"


def _compile_sdk(layout: Layout, folder: Path) -> None:
    sdk = folder / "sdks" / "cloudhsm"
    environment = os.environ | layout.variables(folder / "state")
    generate_sdk(layout.cli, layout.pulumi, environment, "nodejs", sdk)
    # As npm does where it installs the SDK.
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
    # Node.js and the compiler look in each folder above, too.
    (folder / "node_modules").symlink_to(packages / "node_modules")
    scope = workspace.project / "node_modules" / "@pulumi"
    scope.mkdir(parents=True)
    (scope / "cloudhsm").symlink_to(packages / "sdks" / "cloudhsm")
    workspace.point_at_emulator(emulator.endpoint, REGION, emulator.access_key)
    return Rehearsed(workspace, emulator)


def mistakes_in_types(project: Path) -> str:
    """What the compiler says of the program and of `types.ts`; empty when all is right."""
    settings = {"extends": "./tsconfig.json", "files": ["index.ts", "types.ts"]}
    (project / "tsconfig.check.json").write_text(json.dumps(settings))
    command = ["../node_modules/.bin/tsc", "--noEmit", "--project", "tsconfig.check.json"]
    checked = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=_SECONDS)
    return checked.stdout + checked.stderr
