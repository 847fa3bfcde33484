"""Inputs that a program in another language gives, into Args."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pulumi

from ..deployment.args import CloudHsmDeploymentArgs
from ..records import SIGNATURE
from ..structure import record
from ..validation import InputNames
from .field_names import field_name, in_field_names

SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - names a kind of value
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_ACCESS = "awsAccess"
"""The one input whose secrets are used while the program runs."""


PROGRAM_NAMES = InputNames(field_name, in_field_names)
"""What the user of another language calls the inputs."""


def settled(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs with what is known without any resource as plain values.

    Args:
        inputs: as they travel, with signatures.
    """
    return {name: _settled(one, reveal=name == _ACCESS) for name, one in inputs.items()}


def _settled(value: Any, *, reveal: bool) -> Any:  # noqa: ANN401
    if isinstance(value, list):
        return [_settled(one, reveal=reveal) for one in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    given = cast("dict[str, Any]", value)
    kind = given.get(SIGNATURE)
    if kind == SECRET:
        # Else the SDK would make one secret of the whole record around it.
        given, kind = {SIGNATURE: OUTPUT, "value": given["value"], "secret": True}, OUTPUT
    if kind != OUTPUT:
        return {name: _settled(one, reveal=reveal) for name, one in given.items()}
    follows = given.get("secret") or given.get("dependencies")
    if "value" in given and (reveal or not follows):
        return _settled(given["value"], reveal=reveal)
    return given


def args_of(inputs: Mapping[str, Any]) -> CloudHsmDeploymentArgs:
    """The Args of a deployment.

    Args:
        inputs: plain values, and Outputs.

    Raises:
        InputError: an unknown input, a missing one, or a value of the wrong type.
    """
    return record(CloudHsmDeploymentArgs, _with_whole_numbers(dict(inputs)), "")


def _with_whole_numbers(value: Any) -> Any:  # noqa: ANN401
    """Numbers travel as floats."""
    if isinstance(value, pulumi.Output):
        return cast("Any", value)
    if isinstance(value, dict):
        given = cast("dict[str, Any]", value)
        return {name: _with_whole_numbers(one) for name, one in given.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(one) for one in cast("list[Any]", value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value
