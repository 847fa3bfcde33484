"""Property values between the engine and Python: known, unknown (in a preview) and secret ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

Properties = dict[str, Any]


class Unknown:
    """The value of an output that only `pulumi up` will tell."""

    def __repr__(self) -> str:
        return "[unknown]"


UNKNOWN: Final = Unknown()

# The engine writes an unknown by the type it expects, one identifier each
# (sdk/go/common/resource/plugin/rpc.go of pulumi/pulumi); the Python SDK knows the string's only.
_UNKNOWNS: Final = frozenset(
    {
        rpc.UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)


class Secret:
    """A value the engine must keep encrypted."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "[secret]"


def decode(struct: struct_pb2.Struct) -> Properties:
    """Properties as the engine sent them, `Secret` and `UNKNOWN` inside; nulls are left out."""
    return {
        name: value
        for name, field in struct.fields.items()
        if (value := _decode(field)) is not None
    }


def _decode(field: struct_pb2.Value) -> Any:  # noqa: ANN401 - any JSON value
    match field.WhichOneof("kind"):
        case "string_value":
            return UNKNOWN if field.string_value in _UNKNOWNS else field.string_value
        case "number_value":
            number = field.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return field.bool_value
        case "list_value":
            return [_decode(item) for item in field.list_value.values]
        case "struct_value":
            members = decode(field.struct_value)
            if rpc.is_rpc_secret(members):
                return Secret(members.get("value"))
            return members
        case _:
            return None


def encode(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """The opposite of `decode`."""
    struct = struct_pb2.Struct()
    struct.update({name: _encode(value) for name, value in properties.items()})
    return struct


def _encode(value: Any) -> Any:  # noqa: ANN401
    if value is UNKNOWN:
        return rpc.UNKNOWN
    if isinstance(value, Secret):
        return rpc.wrap_rpc_secret(_encode(value.value))
    if isinstance(value, Mapping):
        return {name: _encode(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_encode(item) for item in value]
    return value


def plain(value: Any) -> Any:  # noqa: ANN401
    """``value`` without the marks of secrets."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def contains_unknown(value: object) -> bool:
    """Whether ``value`` is unknown or has something unknown inside."""
    return value is UNKNOWN or any(contains_unknown(member) for member in _members(value))


def contains_secret(value: object) -> bool:
    """Whether ``value`` is a secret or has one inside."""
    return isinstance(value, Secret) or any(contains_secret(member) for member in _members(value))


def _members(value: object) -> Iterable[object]:
    if isinstance(value, Secret):
        return [value.value]
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else []


def secrets_like(
    outputs: Properties, inputs: Mapping[str, Any], secret: frozenset[str]
) -> Properties:
    """Plain ``outputs`` with the secrets marked: those named, and echoed secret inputs."""
    return {
        name: Secret(value) if name in secret else _secret_like(value, inputs.get(name))
        for name, value in outputs.items()
    }


def _secret_like(value: Any, model: Any) -> Any:  # noqa: ANN401
    if isinstance(model, Secret):
        return Secret(value)
    if isinstance(value, Mapping) and isinstance(model, Mapping):
        return {name: _secret_like(member, model.get(name)) for name, member in value.items()}
    if isinstance(value, list) and isinstance(model, list) and contains_secret(model):
        return Secret(value)  # the plugin may have sorted it: which item was the secret is lost
    return value
