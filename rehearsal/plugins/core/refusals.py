"""Refusals of inputs that several resource types share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from rehearsal.plugins.core.failures import CheckFailure
from rehearsal.plugins.core.input_checks import examine, snake_case
from rehearsal.plugins.core.values import UNKNOWN, Properties


def not_allowed(
    inputs: Properties, allowed: Mapping[str, Collection[str]], resource: str
) -> list[CheckFailure]:
    """Refuse each known input whose value is not among those allowed, in Terraform's words.

    Args:
        inputs: all inputs of the resource; an input that is missing passes.
        allowed: name of an input to its values.
        resource: the resource's name in the program.
    """
    failures: list[CheckFailure] = []
    for name, values in allowed.items():
        value = inputs.get(name, UNKNOWN)
        if value is not UNKNOWN and value not in values:
            choices = " ".join(f'"{choice}"' for choice in values)
            reason = f"expected {snake_case(name)} to be one of [{choices}], got {value}"
            failures.append(examine(reason, resource, name))
    return failures


def not_supported(
    names: Iterable[str], plugin: str, resource: str, prefix: str = ""
) -> list[CheckFailure]:
    """Refuse the inputs with these names, which only the published plugin can follow.

    Args:
        names: names of inputs, in the order in which they are told.
        plugin: "aws" or "command".
        resource: the resource's name in the program.
        prefix: where the inputs are, for instance "connection.".
    """
    return [
        examine(
            f"the rehearsal's stand-in for the {plugin} plugin can't do {name}: leave it out, "
            "or run it with the published plugins",
            resource,
            prefix + name,
        )
        for name in names
    ]


def without_name(inputs: Properties, resource: str) -> list[CheckFailure]:
    """Refuse a resource of aws without a name: the published plugin makes one up."""
    if inputs.get("name"):
        return []
    text = "the rehearsal's stand-in for the aws plugin makes up no names: give one"
    return [examine(text, resource, "name")]
