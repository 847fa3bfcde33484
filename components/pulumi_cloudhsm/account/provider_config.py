"""The configuration of the default aws provider, `aws:`, as it counts for our own calls.

Source of the keys: https://www.pulumi.com/registry/packages/aws/installation-configuration/
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import Field, fields
from typing import Any, cast

import pulumi

from ..aws.access import AwsAccessArgs
from ..names import camel_case
from ..structure import record
from ..validation import InputError


def access_of_config() -> AwsAccessArgs:
    """How the default aws provider reaches AWS; empty where no `aws:` key says.

    Raises:
        InputError: a key holds what neither the provider nor this package can read.
    """
    config = pulumi.Config("aws")
    known = ((one, config.get(camel_case(one.name))) for one in fields(AwsAccessArgs))
    given = {camel_case(one.name): _given(one, text) for one, text in known if text}
    access = record(AwsAccessArgs, given, "aws_access")
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


def _given(field: Field[Any], text: str) -> Any:  # noqa: ANN401
    """A key's value: Pulumi hands over text, which is JSON where the key takes more than that."""
    hint = str(field.type)
    if hint.startswith("str"):
        return text
    if hint == "bool":
        return text.lower() == "true"
    try:
        held: Any = json.loads(text)
    except (ValueError, RecursionError):
        fix = "give JSON, as the aws provider takes"
        raise InputError(f"aws_access.{field.name}", "[no JSON]", fix) from None
    if not isinstance(held, list):
        return held
    items = cast("list[Any]", held)
    if field.name.endswith("_account_ids"):
        # YAML makes numbers of what is not quoted.
        return [str(one) if type(one) is int else one for one in items]
    if field.name == "endpoints" and all(isinstance(one, Mapping) for one in items):
        # A list of objects, as Terraform writes it.
        return {service: url for one in items for service, url in one.items()}
    return items
