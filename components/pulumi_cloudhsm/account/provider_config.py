"""The configuration of the default aws provider, `aws:`, as it counts for our own calls.

Source of the keys: https://www.pulumi.com/registry/packages/aws/installation-configuration/
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import Field, fields
from typing import Any, cast

import pulumi

from ..aws.access import AssumedRole, AwsAccessArgs, WebIdentityRole
from ..names import camel_case
from ..validation import InputError

_RECORDS: Mapping[str, type[AssumedRole | WebIdentityRole]] = {
    "assume_roles": AssumedRole,
    "assume_role_with_web_identity": WebIdentityRole,
}
_FIELDS = fields(AwsAccessArgs)


def access_of_config() -> AwsAccessArgs:
    """How the default aws provider reaches AWS; empty where no `aws:` key says.

    Raises:
        InputError: a key holds what neither the provider nor this package can read.
    """
    config = pulumi.Config("aws")
    given = ((one, config.get(camel_case(one.name))) for one in _FIELDS)
    access = AwsAccessArgs(**{one.name: _value(one, text) for one, text in given if text})
    check_access(access)
    return access


def check_access(access: AwsAccessArgs) -> None:
    """Refuses what our own calls cannot follow.

    Raises:
        InputError: names the field, the value and the fix.
    """
    for name in ("shared_config_files", "shared_credentials_files"):
        files: Sequence[str] = getattr(access, name)
        if len(files) > 1:
            raise InputError(
                f"aws_access.{name}",
                list(files),
                "AWS's SDK for Python reads one such file: give one that holds all profiles",
            )
    if bool(access.access_key) != bool(access.secret_key):
        raise InputError("aws_access.access_key", "[secret]", "give key and secret, or neither")


def _value(field: Field[Any], text: str) -> Any:  # noqa: ANN401
    """The value of a key as its field has it."""
    name, hint = field.name, str(field.type)
    if hint == "bool":
        return text.lower() == "true"
    if hint.startswith("str"):
        return text
    try:
        held = json.loads(text)
    except ValueError:
        raise InputError(
            f"aws_access.{name}", text, "give JSON, as the aws provider takes"
        ) from None
    if name == "endpoints":
        # A list of objects, as Terraform writes it.
        every = cast("Sequence[Mapping[str, str]]", held)
        return {service: url for one in every for service, url in one.items()}
    kind = _RECORDS.get(name)
    if kind is None:
        return tuple(str(one) for one in held)
    if isinstance(held, list):
        several = cast("list[Mapping[str, Any]]", held)
        return tuple(_record(kind, one, name) for one in several)
    return _record(kind, held, name)


def _record(
    kind: type[AssumedRole | WebIdentityRole], held: Mapping[str, Any], name: str
) -> AssumedRole | WebIdentityRole:
    known = {camel_case(one.name): one.name for one in fields(kind)}
    unknown = [key for key in held if key not in known]
    if unknown or "roleArn" not in held:
        raise InputError(
            f"aws_access.{name}", sorted(held), f"give roleArn, and of the rest {sorted(known)}"
        )
    return kind(**{known[key]: one for key, one in held.items()})
