"""The stack's own file, `Pulumi.STACK.yaml`, with what the list declares laid over it.

A `pulumi up` by hand then does what the fleet does. What the list does not name stays: secrets, the
salt of a passphrase, further keys.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import yaml


def write_stack_file(project: Path, stack: str, config: Mapping[str, Any]) -> bool:
    """Writes the stack's file where it says something else.

    Args:
        project: the program's folder.
        stack: name of the stack.
        config: by full key; values that Pulumi's own providers take as JSON text become that.

    Returns:
        Whether it was written.
    """
    path, held = _path(project, stack), _held(project, stack)
    given = {key: as_pulumi_has_it(key, value) for key, value in config.items()}
    merged = {**held, "config": {**held_config(project, stack), **given}}
    if merged == held:
        return False
    path.write_text(yaml.safe_dump(merged, sort_keys=False), encoding="utf-8")
    return True


def held_config(project: Path, stack: str) -> dict[str, Any]:
    """The config in a stack's file, by full key; empty where there is none."""
    return cast("dict[str, Any]", _held(project, stack).get("config") or {})


def _path(project: Path, stack: str) -> Path:
    return project / f"Pulumi.{stack}.yaml"


def _held(project: Path, stack: str) -> dict[str, Any]:
    path = _path(project, stack)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return cast("dict[str, Any]", yaml.safe_load(text) or {})


def as_pulumi_has_it(key: str, value: object) -> object:
    """A value as a stack's file has it: JSON in one text for a provider, else nested."""
    if key.startswith("aws:") and not isinstance(value, str):
        return json.dumps(value)
    return value
