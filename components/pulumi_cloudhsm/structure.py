"""JSON values into Args records: strict types, no unknown keys, one line for each mistake.

The values come from a stack's config, from the aws provider's, or from a program in another
language. The latter may give an Output where a field is an `Input`.

Neither cattrs nor pydantic reads these records. `pulumi.Input` holds a forward reference that only
the SDK's own module can resolve. Pydantic takes its strictness from the record itself. Loading them
costs 70 and 130 ms of every preview besides.
"""

from __future__ import annotations

import types
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import pulumi

from .names import camel_case, nearest
from .validation import NEEDS_PLAIN, InputError

T = TypeVar("T")

_UNITS = {
    "gib": "GiB",
    "mbps": "MBps",
    "hours": "hours",
    "days": "days",
    "seconds": "seconds",
    "bits": "bits",
}


def record(
    kind: type[T],
    given: object,
    path: str,
    also: Mapping[str, Any] | None = None,
    default: T | None = None,
) -> T:
    """An Args record from an object of the config, or of a program in another language.

    Args:
        kind: the record's class.
        given: what the config holds.
        path: the Args field that it is for; empty for all of them.
        also: fields that other keys set; they are no keys of this object.
        default: a record whose fields hold where the object has none of them.

    Raises:
        InputError: an unknown key, a missing one, a value of the wrong type, or an Output where a
            plain value is needed.
    """
    if not isinstance(given, Mapping):
        raise InputError(path, given, "give an object with " + _listed(_keys(kind)))
    values, keys = dict(also or {}), _keys(kind)
    hints = field_hints(kind)
    for key, value in cast("Mapping[str, Any]", given).items():
        name = keys.get(key)
        if name is None or name in values:
            raise _unknown(
                _at(path, key), key, [one for one, of in keys.items() if of not in (also or {})]
            )
        if value is not None:
            within = _within(kind, name)
            values[name] = _value(hints[name], value, _at(path, name), name, within)
    for one in fields(cast("Any", kind)):
        if one.name not in values and default is not None:
            values[one.name] = getattr(default, one.name)
        if one.name not in values and _is_required(one):
            raise InputError(_at(path, one.name), None, "give it; it has no default")
    try:
        return kind(**values)
    except ValueError as error:  # a record that refuses its fields as a whole, Timing for example
        raise InputError(path, cast("object", given), str(error)) from None


def plain_types(kind: type) -> dict[str, Any]:
    """The fields of a record, each with the type that a config can give: of `Input[str]` `str`."""
    hints = field_hints(kind)
    return {one.name: plain_type(hints[one.name]) for one in fields(cast("Any", kind))}


def field_hints(kind: type) -> dict[str, Any]:
    """The fields of a record, each with the type that its annotation says."""
    return get_type_hints(kind, localns={"Output": pulumi.Output, "T": T})


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _keys(kind: type) -> dict[str, str]:
    return {camel_case(one.name): one.name for one in fields(cast("Any", kind))}


def _within(kind: type, name: str) -> Any:  # noqa: ANN401
    """The record that a field has by default; None where it has none."""
    (one,) = (one for one in fields(cast("Any", kind)) if one.name == name)
    return one.default if is_dataclass(one.default) else None


def _is_required(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _unknown(field: str, key: str, known: Collection[str]) -> InputError:
    meant = nearest(key, known)
    fix = f"there is no such key; use {meant}" if meant else f"use some of {_listed(known)}"
    return InputError(field, "set", fix)


def _listed(keys: Collection[str]) -> str:
    return ", ".join(sorted(keys))


def takes_output(hint: Any) -> bool:  # noqa: ANN401
    """Whether a field's type is an `Input`."""
    options = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else ()
    return any(pulumi.Output in (one, get_origin(one)) for one in options)


def plain_type(hint: Any) -> Any:  # noqa: ANN401
    """The type that a config can give: of `Input[str] | None` it is `str`."""
    if get_origin(hint) not in (Union, types.UnionType):
        return hint
    options = [
        one
        for one in get_args(hint)
        if one is not types.NoneType
        and get_origin(one) not in (Awaitable, pulumi.Output)
        and one is not pulumi.Output
    ]
    return options[0]


def _value(
    hint: Any,  # noqa: ANN401
    given: Any,  # noqa: ANN401
    path: str,
    name: str,
    within: Any = None,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    if isinstance(given, pulumi.Output):
        if takes_output(hint):
            return cast("Any", given)
        raise InputError(path, cast("object", given), NEEDS_PLAIN)
    kind = plain_type(hint)
    origin = get_origin(kind)
    if kind is Any:
        return given
    if is_dataclass(kind) and isinstance(kind, type):
        return record(kind, given, path, default=within)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(get_args(kind)[1], given, path, name)
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return _items(get_args(kind)[0], given, path, name)
    if kind is float and isinstance(given, int) and not isinstance(given, bool):
        return float(given)
    if type(given) is not kind:
        raise InputError(path, given, _fix(kind, name))
    return given


def _mapping(kind: Any, given: Any, path: str, name: str) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(given, Mapping):
        raise InputError(path, given, "give an object")
    return {
        key: _value(kind, one, f"{path}.{key}", name)
        for key, one in cast("Mapping[str, Any]", given).items()
    }


def _items(kind: Any, given: Any, path: str, name: str) -> list[Any]:  # noqa: ANN401
    if not isinstance(given, list):
        raise InputError(path, given, "give a list")
    return [
        _value(kind, one, f"{path}[{number}]", name)
        for number, one in enumerate(cast("list[Any]", given))
    ]


def _fix(kind: Any, name: str) -> str:  # noqa: ANN401
    unit = _UNITS.get(name.rpartition("_")[2])
    if kind is bool:
        return "give true or false"
    if kind in (int, float):
        number = "whole number" if kind is int else "number"
        return f"give a {number} of {unit}, without the unit" if unit else f"give a {number}"
    return "give text; put a number in quotes (pulumi config set --path --type string)"
