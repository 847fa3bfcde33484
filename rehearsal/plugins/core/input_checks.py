"""Checks inputs against the classes of the installed package: names, required ones, types."""

from __future__ import annotations

import difflib
import enum
import re
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rehearsal.plugins.core.failures import CheckFailure, ProviderError
from rehearsal.plugins.core.packages import Function, InputType, nested_input_type
from rehearsal.plugins.core.values import UNKNOWN


def check_inputs(
    inputs: Mapping[str, Any], wanted: InputType, described: str, resource: str
) -> list[CheckFailure]:
    """Every name ``wanted`` does not have, every required one that is missing, every wrong type.

    Args:
        inputs: plain values, unknowns included.
        described: what takes the inputs, for example "pulumi_aws.cloudhsmv2.Cluster 7.51.1".
        resource: the resource's name in the program.
    """
    return list(_failures(inputs, wanted, described, resource, ""))


def check_arguments(arguments: Mapping[str, Any], wanted: Function, version: str) -> None:
    """Check the names of a function's arguments.

    Raises:
        ProviderError: one the function does not have.
    """
    for name in arguments:
        if name not in wanted.arguments:
            hint = _did_you_mean(name, wanted.arguments)
            raise ProviderError(
                f"Invalid or unknown key. {wanted.name} {version} has no argument '{name}'{hint}"
            )


def examine(reason: str, resource: str, path: str) -> CheckFailure:
    """``reason`` with the place it is about, worded like the published plugins do."""
    return CheckFailure(f"{reason}. Examine values at '{resource}.{path}'.")


def _did_you_mean(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(names), n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def snake_case(name: str) -> str:
    """The provider's own name of an input, for example validity_period_hours."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _failures(
    inputs: Mapping[str, Any], wanted: InputType, described: str, resource: str, prefix: str
) -> Iterator[CheckFailure]:
    for name, value in inputs.items():
        if name.startswith("__"):  # the engine's and the plugins' own notes
            continue
        if name not in wanted.types:
            hint = _did_you_mean(name, wanted.types)
            reason = f"Invalid or unknown key. {described} has no input '{prefix}{name}'{hint}"
            yield examine(reason, resource, prefix + name)
        else:
            yield from _type_failures(value, wanted.types[name], described, resource, prefix + name)
    for name in sorted(wanted.required - inputs.keys()):
        reason = (
            f'Missing required argument. The argument "{snake_case(name)}" is required, '
            "but no definition was found"
        )
        yield examine(reason, resource, prefix + name)


def _type_failures(
    value: object,
    hint: Any,  # noqa: ANN401 - a type hint, of any kind
    described: str,
    resource: str,
    path: str,
) -> Iterator[CheckFailure]:
    hint = _without_plumbing(hint)
    if value is UNKNOWN or value is None or hint is Any:
        return
    nested = nested_input_type(hint)
    origin = typing.get_origin(hint) or hint
    if nested is not None and isinstance(value, Mapping):
        yield from _failures(value, nested, described, resource, f"{path}.")
    elif nested is None and origin is not list and _is_below(origin, Mapping):
        if not isinstance(value, Mapping):
            yield _wrong_type("a map", value, resource, path)
            return
        for name, member in value.items():
            member_hint = (typing.get_args(hint) or (str, Any))[1]
            yield from _type_failures(member, member_hint, described, resource, f"{path}.{name}")
    elif _is_below(origin, Sequence) and origin is not str and not _is_enum(origin):
        if not isinstance(value, list):
            yield _wrong_type("a list", value, resource, path)
            return
        for index, member in enumerate(value):
            member_hint = (typing.get_args(hint) or (Any,))[0]
            yield from _type_failures(member, member_hint, described, resource, f"{path}[{index}]")
    elif nested is not None or not _fits(value, origin):
        yield _wrong_type(_name_of(origin), value, resource, path)


def _without_plumbing(hint: Any) -> Any:  # noqa: ANN401
    """The type inside Input[…] and Optional[…], or Any where several are possible."""
    if typing.get_origin(hint) is not typing.Union:
        return hint
    # Input[X] is Union[X, Awaitable[X], Output[X]]: what can arrive here is an X.
    members = [
        member
        for member in typing.get_args(hint)
        if member is not type(None)
        and getattr(typing.get_origin(member) or member, "__name__", "")
        not in {"Awaitable", "Output"}
    ]
    return _without_plumbing(members[0]) if len(members) == 1 else Any


def _is_below(origin: object, kind: type) -> bool:
    """Whether ``origin`` is a class below ``kind``."""
    return isinstance(origin, type) and issubclass(origin, kind)


def _is_enum(origin: object) -> bool:
    return _is_below(origin, enum.Enum)


def _fits(value: object, kind: Any) -> bool:  # noqa: ANN401
    if _is_enum(kind):
        return value in {member.value for member in kind}
    if kind is bool:
        return isinstance(value, bool)
    if kind in (int, float):
        return isinstance(value, kind | int) and not isinstance(value, bool)
    return isinstance(value, str) if kind is str else True


def _name_of(kind: Any) -> str:  # noqa: ANN401
    if _is_enum(kind):
        return "one of " + ", ".join(repr(member.value) for member in kind)
    names = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}
    return names.get(kind, "an object")


def _wrong_type(wanted: str, value: object, resource: str, path: str) -> CheckFailure:
    found = "a map" if isinstance(value, Mapping) else "a list" if isinstance(value, list) else None
    # A scalar may be a secret given in the wrong place: its type is told, its value is not.
    found = found or f"a {type(value).__name__}"
    return examine(f"Invalid type. Expected {wanted}, got {found}", resource, path)
