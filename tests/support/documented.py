"""What the documentation names: config keys, outputs, messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args

import yaml

from pulumi_cloudhsm.config.keys import FLAT
from pulumi_cloudhsm.config.loading import sections
from pulumi_cloudhsm.deployment.outputs import DeploymentOutputs
from pulumi_cloudhsm.names import camel_case
from pulumi_cloudhsm.structure import plain_types
from tests.support.recording import ROOT

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
]
STACK_FILES = [ROOT / "Pulumi.dev.yaml", *sorted((ROOT / "examples").rglob("Pulumi.*.yaml"))]
_SECTION = "|".join(sections())
_FULL = re.compile(r"cloudhsm:([a-z]\w*(?:\.\w+|\[\d+\])*)(?![\w:])")
_PARTIAL = re.compile(rf"`((?:{_SECTION})(?:\.\w+|\[\w*\])+)`")
_OUTPUT = re.compile(r"pulumi stack output (\w+)")


def known_keys() -> set[str]:
    """Every key: flat ones, sections, and the paths of their fields; an index is left out."""
    nested = {path for key, kind in sections().items() for path in _paths(kind, key)}
    return {*FLAT, *sections(), *nested}


def _paths(kind: type, prefix: str) -> Iterator[str]:
    for one in fields(kind):
        inner = plain_types(kind)[one.name]
        path = f"{prefix}.{camel_case(one.name)}"
        yield path
        for record in (inner, *get_args(inner)):
            if isinstance(record, type) and is_dataclass(record):
                yield from _paths(record, path)


def keys_in(text: str) -> set[str]:
    """The config keys that a page mentions, without indexes."""
    return {re.sub(r"\[\w*\]", "", one) for one in _FULL.findall(text) + _PARTIAL.findall(text)}


def keys_of(stack_file: Path) -> set[str]:
    """The config keys that a stack's file sets."""
    config = (yaml.safe_load(stack_file.read_text(encoding="utf-8")) or {}).get("config") or {}
    ours = {key.partition(":")[2]: value for key, value in config.items() if "cloudhsm:" in key}
    return {path for key, value in ours.items() for path in _set_paths(value, key)}


def _set_paths(value: Any, path: str) -> Iterator[str]:
    yield path
    if isinstance(value, dict) and path != "tags":
        for key, one in value.items():
            yield from _set_paths(one, f"{path}.{key}")


def outputs_in(text: str) -> set[str]:
    """The outputs that a page asks for by `pulumi stack output`."""
    return set(_OUTPUT.findall(text))


def known_outputs() -> set[str]:
    """The names that the program exports."""
    hints = DeploymentOutputs.__annotations__
    return {camel_case(one) for one, hint in hints.items() if str(hint).startswith("pulumi.Output")}
