"""Which Python runs the program, by the rules of the published hosts."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TOOLCHAINS_WITH_A_VENV = {"pip", "uv"}
PROGRAM_FILE = "Pulumi.yaml"
PACK_FILE = "PulumiPolicy.yaml"
PLUGIN_FILE = "PulumiPlugin.yaml"
SET_UP = {
    PROGRAM_FILE: "make setup",
    PACK_FILE: "make policy",
    PLUGIN_FILE: "pulumi plugin install",
}
"""What makes the environment that the file names."""


class InterpreterError(Exception):
    """No interpreter; the message is one line that says what to do."""


def program_python(
    options: Mapping[str, Any],
    root: Path,
    environment: Mapping[str, str],
    file: str = PROGRAM_FILE,
) -> Path:
    """Find the interpreter for a program or a policy pack.

    Args:
        options: `runtime.options` of the file (`toolchain`, `virtualenv`).
        root: the file's folder; a relative `virtualenv` starts there.
        environment: asked for PULUMI_PYTHON_CMD and PATH when no virtual environment is named.
        file: Pulumi.yaml, PulumiPolicy.yaml of a pack, or PulumiPlugin.yaml of a plugin.

    Raises:
        InterpreterError: the named environment has no Python, or nothing is named and found.
    """
    toolchain = str(options.get("toolchain") or "pip")
    named = options.get("virtualenv")
    if toolchain not in TOOLCHAINS_WITH_A_VENV and not named:
        raise InterpreterError(
            f"runtime.options.toolchain {toolchain!r} in {file} is not understood by the "
            "rehearsal's language host: add runtime.options.virtualenv with the environment's path"
        )
    if not named and toolchain == "uv" and (root / ".venv").is_dir():
        named = ".venv"
    if named:
        python = root / str(named) / "bin" / "python"
        if not python.exists():
            raise InterpreterError(
                f"runtime.options.virtualenv {str(named)!r} in {file} has no Python at {python}: "
                f"run `{SET_UP[file]}`, or `pulumi install` on a published Pulumi"
            )
        return python
    return _command_python(environment, file)


def _command_python(environment: Mapping[str, str], file: str) -> Path:
    command = environment.get("PULUMI_PYTHON_CMD") or "python3"
    found = shutil.which(command, path=environment.get("PATH"))
    if found is None:
        raise InterpreterError(
            f"no {command!r} on PATH: install Python 3, or name a virtual environment in "
            f"runtime.options.virtualenv of {file}"
        )
    return Path(found)
