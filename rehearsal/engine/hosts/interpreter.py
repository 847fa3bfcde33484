"""Which Python runs the program, by the rules of the published hosts."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TOOLCHAINS_WITH_A_VENV = {"pip", "uv"}


class InterpreterError(Exception):
    """No interpreter; the message is one line that says what to do."""


def program_python(options: Mapping[str, Any], root: Path, environment: Mapping[str, str]) -> Path:
    """Find the interpreter for a program.

    Args:
        options: `runtime.options` of Pulumi.yaml (`toolchain`, `virtualenv`).
        root: the folder of Pulumi.yaml; a relative `virtualenv` starts there.
        environment: asked for PULUMI_PYTHON_CMD and PATH when no virtual environment is named.

    Raises:
        InterpreterError: the named environment has no Python, or nothing is named and found.
    """
    toolchain = str(options.get("toolchain") or "pip")
    named = options.get("virtualenv")
    if toolchain not in TOOLCHAINS_WITH_A_VENV and not named:
        raise InterpreterError(
            f"runtime.options.toolchain {toolchain!r} in Pulumi.yaml is not understood by the "
            "rehearsal's language host: add runtime.options.virtualenv with the environment's path"
        )
    if not named and toolchain == "uv" and (root / ".venv").is_dir():
        named = ".venv"
    if named:
        python = root / str(named) / "bin" / "python"
        if not python.exists():
            raise InterpreterError(
                f"runtime.options.virtualenv {str(named)!r} in Pulumi.yaml has no Python at "
                f"{python}: run `make setup`, or `pulumi install` on a published Pulumi"
            )
        return python
    return _command_python(environment)


def _command_python(environment: Mapping[str, str]) -> Path:
    command = environment.get("PULUMI_PYTHON_CMD") or "python3"
    found = shutil.which(command, path=environment.get("PATH"))
    if found is None:
        raise InterpreterError(
            f"no {command!r} on PATH: install Python 3, or name a virtual environment in "
            "runtime.options.virtualenv of Pulumi.yaml"
        )
    return Path(found)
