"""Dataclasses that the state holds as dicts of plain values, nested ones included. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from types import UnionType
from typing import Any, Self, Union, cast, get_args, get_origin, get_type_hints

from .errors import CloudHsmError

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Key of what the engine marks in a state and on the wire, a secret for example.

Source: Pulumi's developer docs, property values over the wire."""
Props = Mapping[str, Any]
"""What the engine hands over: names to plain values, or to `Unknown` in a preview."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """A dataclass that the state holds as a dict of plain values."""

    def props(self) -> dict[str, Any]:
        """The fields as the engine takes them; what is None is left out by the engine."""
        return {one.name: _plain(getattr(self, one.name)) for one in fields(self)}

    @classmethod
    def read(cls, props: Props) -> Self:
        """The fields from what the engine hands over; other keys are ignored.

        A key that is missing has its field's default, else None. `Unknown` stays as it is. A field
        that takes a whole number has one: the engine hands every number over as a float.
        """
        return cls(**_typed_fields(cls, props))


def in_clear(value: object) -> Any:  # noqa: ANN401
    """A value of an exported state without the marks of secrets.

    Raises:
        CloudHsmError: a secret is encrypted.
    """
    if isinstance(value, Mapping):
        given = cast("Mapping[str, Any]", value)
        if SIGNATURE not in given:
            return {key: in_clear(one) for key, one in given.items()}
        if "plaintext" not in given:
            raise CloudHsmError("the secrets are encrypted: add --show-secrets to the export")
        return json.loads(given["plaintext"])
    return [in_clear(one) for one in cast("list[Any]", value)] if isinstance(value, list) else value


def _plain(value: Any) -> Any:  # noqa: ANN401
    if is_dataclass(value) and not isinstance(value, type):
        given = {one.name: (getattr(value, one.name), _default(one)) for one in fields(value)}
        short = getattr(value, "SHORT", False)
        return {
            name: _plain(one)
            for name, (one, default) in given.items()
            if not short or one != default
        }
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(one) for one in cast("Sequence[Any]", value)]
    return value


def _default(field: Any) -> Any:  # noqa: ANN401
    if field.default is not MISSING:
        return field.default
    return None if field.default_factory is MISSING else field.default_factory()


def _typed(hint: Any, value: Any, field: Any) -> Any:  # noqa: ANN401
    if value is None:
        return _default(field)
    record = _record(hint)
    if record is not None and isinstance(value, Mapping):
        return record(**_typed_fields(record, cast("Props", value)))
    if isinstance(value, Sequence) and (each := _record(next(iter(get_args(hint)), None))):
        items = cast("Sequence[Props]", value)
        return [each(**_typed_fields(each, one)) for one in items]
    if isinstance(value, float) and value.is_integer() and int in (hint, *get_args(hint)):
        return int(value)
    return cast("Any", value)


def _typed_fields(record: Any, props: Props) -> dict[str, Any]:  # noqa: ANN401
    hints = get_type_hints(record)
    return {one.name: _typed(hints[one.name], props.get(one.name), one) for one in fields(record)}


def _record(hint: Any) -> Any:  # noqa: ANN401
    """The dataclass of a hint `X` or `X | None`; None for any other hint."""
    choices = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return next((one for one in choices if isinstance(one, type) and is_dataclass(one)), None)
