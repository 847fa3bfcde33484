"""Writes the schema of the Pulumi package `cloudhsm` from the Args and outputs of the deployment.

    .venv/bin/python tools/plugin_schema.py

The plugin hands the schema to the engine, and `pulumi package gen-sdk` makes the SDK of a language
of it. A field that takes no Output is `plain`; a default stands in the description alone, so that
only the plugin applies it.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any, cast, get_args, get_origin

sys.path.insert(0, str(Path(__file__).resolve().parent))

from components_reference import annotated, sentence
from configuration_reference import default, docstrings

from pulumi_cloudhsm import Timing
from pulumi_cloudhsm.common import SECRET_FIELDS
from pulumi_cloudhsm.deployment.args import CloudHsmDeploymentArgs
from pulumi_cloudhsm.deployment.component import CloudHsmDeployment
from pulumi_cloudhsm.deployment.kept import DEPLOYMENT
from pulumi_cloudhsm.deployment.outputs import SECRET_OUTPUTS, DeploymentOutputs
from pulumi_cloudhsm.names import camel_case
from pulumi_cloudhsm.plugin.field_names import field_name, in_field_names
from pulumi_cloudhsm.structure import field_hints, plain_type, takes_output

PAGE = (
    Path(__file__).resolve().parents[1] / "components" / "pulumi_cloudhsm" / "plugin"
) / "schema.json"
_WORDS = {str: "string", int: "integer", float: "number", bool: "boolean"}
_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_OUTPUT_TYPES: dict[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "bool": {"type": "boolean"},
    "dict[str, str]": _TEXTS,
    "list[dict[str, str]]": {"type": "array", "items": _TEXTS},
    "dict[str, dict[str, str]]": {"type": "object", "additionalProperties": _TEXTS},
}
_LANGUAGES = {name: {"respectSchemaVersion": True} for name in ("csharp", "go", "java", "nodejs")}
Spec = dict[str, Any]


def described(text: str) -> str:
    """A docstring with the names that other languages have."""
    text = re.sub(r"`([a-z0-9]+_[a-z0-9_.]+)`", lambda found: f"`{field_name(found[1])}`", text)
    return sentence(in_field_names(text))


def record_name(kind: type) -> str:
    """A record's name; the languages add `Args` by themselves."""
    return kind.__name__.removesuffix("Args")


class Types:
    """The records and choices that are met, by their token."""

    def __init__(self) -> None:
        self.found: dict[str, Spec] = {}

    def reference(self, name: str) -> str:
        """What leads to a type."""
        return f"#/types/cloudhsm:index:{name}"

    def of(self, hint: Any, choice: type[StrEnum] | None = None) -> Spec:  # noqa: ANN401
        """The type of a field.

        Args:
            hint: its annotation.
            choice: of a text, the values that it may have.
        """
        kind, plain = plain_type(hint), {} if takes_output(hint) else {"plain": True}
        origin, arguments = get_origin(kind), get_args(kind)
        if choice is not None:
            return {"$ref": self._choice(choice), **plain}
        if isinstance(kind, type) and is_dataclass(kind):
            return {"$ref": self._record(kind), **plain}
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(arguments[1]), **plain}
        if isinstance(origin, type) and issubclass(origin, Sequence):
            return {"type": "array", "items": self.of(arguments[0]), **plain}
        return {"type": _WORDS[kind], **plain}

    def properties(self, kind: type) -> tuple[dict[str, Spec], list[str]]:
        """The fields of a record, and which of them have to be given."""
        hints = field_hints(kind)
        texts = docstrings(kind)
        specs: dict[str, Spec] = {}
        for one in fields(kind):
            choice = type(one.default) if isinstance(one.default, StrEnum) else None
            spec = self.of(hints[one.name], choice)
            spec["description"] = described(texts[one.name]) + _default(one)
            if one.name in SECRET_FIELDS:
                spec["secret"] = True
            specs[camel_case(one.name)] = spec
        return specs, [camel_case(one.name) for one in fields(kind) if _is_required(kind, one)]

    def _record(self, kind: type) -> str:
        name = record_name(kind)
        if f"cloudhsm:index:{name}" not in self.found:
            self.found[f"cloudhsm:index:{name}"] = {}  # it may hold itself
            specs, required = self.properties(kind)
            self.found[f"cloudhsm:index:{name}"] = {
                "type": "object",
                "description": described(inspect.getdoc(kind) or ""),
                "properties": specs,
                **({"required": required} if required else {}),
            }
        return self.reference(name)

    def _choice(self, kind: type[StrEnum]) -> str:
        texts = dict(_members(kind))
        self.found[f"cloudhsm:index:{kind.__name__}"] = {
            "type": "string",
            "description": described(inspect.getdoc(kind) or ""),
            "enum": [
                {
                    "name": "".join(part.capitalize() for part in one.name.split("_")),
                    "value": one.value,
                    **({"description": described(texts[one.name])} if one.name in texts else {}),
                }
                for one in kind
            ],
        }
        return self.reference(kind.__name__)


def _members(kind: type[StrEnum]) -> Iterator[tuple[str, str]]:
    body = cast("ast.ClassDef", ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]).body
    for one, after in pairwise(body):
        if isinstance(one, ast.Assign) and isinstance(after, ast.Expr):
            yield (
                ast.unparse(one.targets[0]),
                " ".join(str(ast.literal_eval(after.value)).split()),
            )


def _is_required(kind: type, one: Field[Any]) -> bool:
    # Every field that holds a Timing has one by default; its parts count where none are given.
    return kind is not Timing and one.default is MISSING and one.default_factory is MISSING


def _default(one: Field[Any]) -> str:
    told = default(one)
    return f" Default: {told}." if told.startswith("`") and not is_dataclass(one.default) else ""


def outputs() -> dict[str, Spec]:
    """The outputs of a deployment."""
    found: dict[str, Spec] = {}
    for name, (written, text) in annotated(DeploymentOutputs).items():
        if not written.startswith("pulumi.Output["):
            continue
        kind = _OUTPUT_TYPES[written.removeprefix("pulumi.Output[")[:-1]]
        secret = {"secret": True} if name in SECRET_OUTPUTS else {}
        found[camel_case(name)] = {**kind, "description": described(text), **secret}
    return found


def schema() -> Spec:
    """The whole schema, but for the version, which the plugin adds."""
    types = Types()
    inputs, required = types.properties(CloudHsmDeploymentArgs)
    given = outputs()
    return {
        "name": "cloudhsm",
        "displayName": "AWS CloudHSM",
        "description": "AWS CloudHSM v2: from an empty VPC to storage under keys of your own HSMs",
        "keywords": ["pulumi", "aws", "cloudhsm", "kms", "category/cloud", "kind/component"],
        "license": "Apache-2.0",
        "meta": {"moduleFormat": "(.*)"},
        # A Python program imports `pulumi_cloudhsm` itself; the SDK must not take its name.
        "language": {**_LANGUAGES, "python": {"packageName": "pulumi_cloudhsm_remote"}},
        "config": {},
        "types": dict(sorted(types.found.items())),
        "provider": {"description": "The provider of the package; it takes no configuration."},
        "resources": {
            DEPLOYMENT: {
                "isComponent": True,
                "description": described(inspect.getdoc(CloudHsmDeployment) or ""),
                "inputProperties": inputs,
                "requiredInputs": required,
                "properties": given,
                "required": list(given),
            }
        },
        "functions": {},
    }


def page() -> str:
    """The schema as the file holds it."""
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
