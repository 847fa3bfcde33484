"""Requests and responses against botocore's own model of the service."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from rehearsal.emulator.core.errors import ServiceError


@cache
def service_model(service: str = "cloudhsmv2") -> Any:  # noqa: ANN401 - botocore has no types
    """botocore's model of a service, CloudHSM v2 if none is named."""
    # Loaded without a session: a fifth of the time, and no look at the user's AWS config.
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    loader = Loader(include_default_search_paths=True)
    return ServiceModel(loader.load_service_model(service, "service-2"), service)


def check_request(operation: str, parameters: Mapping[str, object]) -> None:
    """Refuse a request that does not fit the model; members it does not know are ignored.

    Raises:
        ServiceError: the first violations. The service declares no ValidationException. Whether AWS
        answers one all the same is not public. So it is the declared
        CloudHsmInvalidRequestException, in the wording that AWS services share.
    """
    shape = service_model().operation_model(operation).input_shape
    known = {name: value for name, value in parameters.items() if name in shape.members}
    found = list(violations(shape, known))
    if found:
        noun = "error" if len(found) == 1 else "errors"
        raise ServiceError(
            "CloudHsmInvalidRequestException",
            f"{len(found)} validation {noun} detected: {'; '.join(found)}",
        )


def check_kms_request(operation: str, parameters: Mapping[str, object]) -> None:
    """As `check_service_request`, of KMS."""
    check_service_request("kms", operation, parameters)


def check_service_request(service: str, operation: str, parameters: Mapping[str, object]) -> None:
    """Refuse a request to another service than CloudHSM that does not fit its model.

    Raises:
        ServiceError: the first violations, as a ValidationException.
    """
    shape = service_model(service).operation_model(operation).input_shape
    found = list(violations(shape, parameters))
    if found:
        raise ServiceError("ValidationException", "; ".join(found))


def violations(shape: Any, value: object, path: str = "") -> Iterator[str]:  # noqa: ANN401
    """Every way in which ``value`` breaks ``shape``, in the wording AWS services share."""
    kind = shape.type_name
    if kind == "structure":
        yield from _structure(shape, value, path)
    elif kind == "list":
        if not isinstance(value, list):
            yield _wrong_type(path, "list", value)
            return
        yield from _size(shape, len(value), value, path)
        for index, item in enumerate(value, 1):
            yield from violations(shape.member, item, f"{path}.{index}.member")
    elif kind == "map":
        if not isinstance(value, Mapping):
            yield _wrong_type(path, "map", value)
            return
        yield from _size(shape, len(value), value, path)
        for key, item in value.items():
            yield from violations(shape.key, key, f"{path}.{key}.key")
            yield from violations(shape.value, item, f"{path}.{key}")
    elif kind == "string":
        yield from _string(shape, value, path)
    elif kind in ("integer", "long"):
        if isinstance(value, bool) or not isinstance(value, int):
            yield _wrong_type(path, kind, value)
        else:
            yield from _range(shape, value, path)
    elif kind == "blob":
        yield from _blob(shape, value, path)
    elif kind == "boolean":
        if not isinstance(value, bool):
            yield _wrong_type(path, kind, value)
    elif kind == "timestamp":
        if isinstance(value, bool) or not isinstance(value, int | float | datetime):
            yield _wrong_type(path, kind, value)
    else:
        yield f"Value at '{path}' has the unchecked type {kind}"


def _structure(shape: Any, value: object, path: str) -> Iterator[str]:  # noqa: ANN401
    if not isinstance(value, Mapping):
        yield _wrong_type(path, "structure", value)
        return
    for name in shape.required_members:
        if value.get(name) is None:
            yield _failed(None, _child(path, name), "Member must not be null")
    for name, item in value.items():
        if name not in shape.members:
            yield f"Unknown member '{_child(path, name)}'"
        elif item is not None:
            yield from violations(shape.members[name], item, _child(path, name))


def _string(shape: Any, value: object, path: str) -> Iterator[str]:  # noqa: ANN401
    if not isinstance(value, str):
        yield _wrong_type(path, "string", value)
        return
    yield from _size(shape, len(value), value, path)
    pattern = shape.metadata.get("pattern")
    if pattern and not _matches(pattern, shape.name, value):
        constraint = f"Member must satisfy regular expression pattern: {pattern}"
        yield _failed(value, path, constraint)
    if shape.enum and value not in shape.enum:
        yield _failed(value, path, f"Member must satisfy enum value set: {list(shape.enum)}")


def _blob(shape: Any, value: object, path: str) -> Iterator[str]:  # noqa: ANN401
    """Bytes, which JSON carries as base64."""
    try:
        size = len(base64.b64decode(value if isinstance(value, str) else b"!", validate=True))
    except ValueError:
        yield _wrong_type(path, "blob", value)
        return
    yield from _size(shape, size, value, path)


def _matches(pattern: str, shape_name: str, value: str) -> bool:
    if shape_name == "VpcId" and pattern.endswith("]"):
        # The pattern of CloudHSM's model lacks its quantifier and fits no real VPC id.
        pattern += "{8,17}"
    if shape_name == "DNSName":
        # FSx's names of endpoints begin with what they are for: management., iscsi.svm-….
        pattern = pattern.replace("^(", r"^([a-z]+\.)?(svm-[0-9a-f]{17}\.)?(", 1)
    # Python's re knows no Unicode classes; \w and \s hold all the letters, numbers and spaces
    # that \p{L}, \p{N} and \p{Z} name (and control spaces, which a tag may have here).
    pattern = pattern.replace(r"\p{L}", r"\w").replace(r"\p{N}", "").replace(r"\p{Z}", r"\s")
    return re.fullmatch(pattern, value) is not None


def _size(shape: Any, size: int, value: object, path: str) -> Iterator[str]:  # noqa: ANN401
    yield from _bounds(shape, size, value, path, "length")


def _range(shape: Any, value: int, path: str) -> Iterator[str]:  # noqa: ANN401
    yield from _bounds(shape, value, value, path, "value")


def _bounds(
    shape: Any,  # noqa: ANN401
    number: int,
    value: object,
    path: str,
    measure: str,
) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and number < least:
        constraint = f"Member must have {measure} greater than or equal to {least}"
        yield _failed(value, path, constraint)
    if most is not None and number > most:
        constraint = f"Member must have {measure} less than or equal to {most}"
        yield _failed(value, path, constraint)


def _child(path: str, name: str) -> str:
    name = name[:1].lower() + name[1:]
    return f"{path}.{name}" if path else name


def _failed(value: object, path: str, constraint: str) -> str:
    shown = "null" if value is None else str(value)
    if len(shown) > 100:
        shown = shown[:100] + "..."
    text = f"'{shown}'" if value is not None else shown
    return f"Value {text} at '{path}' failed to satisfy constraint: {constraint}"


def _wrong_type(path: str, expected: str, value: object) -> str:
    return f"Value at '{path}' must be a {expected}, not {type(value).__name__}"
