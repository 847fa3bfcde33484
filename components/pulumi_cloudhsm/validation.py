"""Checks of what a user gives, before anything is created: one line with input, value and fix."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, cast
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime import get_root_resource

from .errors import without_pem


@dataclass(frozen=True)
class InputNames:
    """What a run's user calls the inputs: Args fields, or the config keys that set them.

    Attributes:
        field: takes the path of an Args field.
        text: takes a line that names Args fields.
        deployment: name of the deployment that the config describes; empty without config.
    """

    field: Callable[[str], str] = str
    text: Callable[[str], str] = str
    deployment: str = ""


NEEDS_PLAIN = "give a plain value: resources are named or chosen by it before they are made"
"""The fix for an Output in a field that takes none."""
MAX_SHOWN = 500
"""Characters of a value in an error line."""
_REGION = re.compile(r"[a-z]{2,5}(-[a-z]+)+-\d{1,2}")
_NAMES: WeakKeyDictionary[pulumi.Resource, InputNames] = WeakKeyDictionary()
_ARGS_FIELDS = InputNames()


def name_inputs(names: InputNames) -> None:
    """Sets the names for this run, as the package's `config` does."""
    if (root := get_root_resource()) is not None:
        _NAMES[root] = names


def input_names() -> InputNames:
    """The names in this run."""
    root = get_root_resource()
    return _ARGS_FIELDS if root is None else _NAMES.get(root, _ARGS_FIELDS)


class InputError(pulumi.RunError):
    """A wrong input. Pulumi shows a RunError as its own line, without a traceback.

    Attributes:
        field: path of the Args field, in snake_case: `hsms.count`.
        value: what was given.
        fix: what to give instead.
        shown: the value as the line shows it, without PEM texts.
    """

    def __init__(self, field: str, value: object, fix: str) -> None:
        """Builds the line.

        Args:
            field: the Args field; `section` puts the path of its record before it.
            value: what was given; never a secret.
            fix: what to give instead.
        """
        is_output = isinstance(value, pulumi.Output)
        shown = "an Output" if is_output else brief(value)
        names = input_names()
        super().__init__(
            f"{names.field(field)} is {shown}: {' '.join(names.text(fix).splitlines())}"
        )
        self.field, self.value, self.fix, self.shown = field, value, fix, shown


def brief(value: object) -> str:
    """A value for a line: without PEM texts, and no longer than a screen takes in."""
    text = without_pem(repr(value))
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}… ({len(text)} characters)"


@contextmanager
def section(name: str) -> Generator[None]:
    """Names the record of a field that a check inside refuses: `count` becomes `hsms.count`.

    Raises:
        InputError: the one of the check, with the longer path.
    """
    try:
        yield
    except InputError as error:
        raise InputError(f"{name}.{error.field}", error.value, error.fix) from None


def check_plain(record: object) -> None:
    """Refuses an Output in a field that names resources or decides which of them exist.

    Args:
        record: an Args dataclass; records in its fields are looked at, too.

    Raises:
        InputError: names the field and the fix.
    """
    for one in fields(cast("Any", record)):
        value: Any = getattr(record, one.name)
        hint = str(one.type)
        if isinstance(value, pulumi.Output) and hint.startswith("pulumi.Input["):
            continue
        items: dict[str, Any] = {one.name: value}
        if isinstance(value, Sequence) and not isinstance(value, str):
            if "pulumi.Input[" in hint:
                continue
            several = enumerate(cast("Sequence[Any]", value))
            items = {f"{one.name}[{at}]": item for at, item in several}
        for name, item in items.items():
            if isinstance(item, pulumi.Output):
                raise InputError(name, cast("object", item), NEEDS_PLAIN)
            if is_dataclass(item):
                with section(name):
                    check_plain(item)


def check_name(value: object) -> None:
    """A name that resources, IAM roles, security groups and secrets at AWS can carry.

    Raises:
        InputError: names the value and the fix.
    """
    if not isinstance(value, str) or not re.fullmatch("[A-Za-z][A-Za-z0-9-]{0,39}", value):
        raise InputError("name", value, "give 1 to 40 letters, digits and hyphens, a letter first")


def check_region(field: str, value: object) -> None:
    """A Region's name, not a zone's; an Output and None pass.

    Raises:
        InputError: names the value and the fix.
    """
    if isinstance(value, str) and not _REGION.fullmatch(value):
        raise InputError(field, value, "give a Region like eu-central-1, not a zone")


def check_id(field: str, value: object, kind: str) -> None:
    """An id of EC2, for example `subnet-0123456789abcdef0`; an Output and None pass.

    Raises:
        InputError: names the value and the fix.
    """
    if isinstance(value, str) and not re.fullmatch(rf"{kind}-[0-9a-f]{{8}}([0-9a-f]{{9}})?", value):
        raise InputError(field, value, f"give an id like {kind}-0123456789abcdef0")


def check_secret(field: str, value: object) -> None:
    """Name or ARN of a secret in Secrets Manager; an Output and None pass.

    Source: CreateSecret in the Secrets Manager API reference.

    Raises:
        InputError: names the value and the fix.
    """
    if not isinstance(value, str):
        return
    name = r"[A-Za-z0-9/_+=.@-]{1,512}"
    arn = rf"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{{12}}:secret:{name}"
    if not re.fullmatch(arn if value.startswith("arn:") else name, value):
        raise InputError(
            field,
            value,
            "give the name or ARN of a secret in Secrets Manager: a name has 1 to 512 letters, "
            "digits and any of / _ + = . @ -",
        )


def check_key_arn(field: str, value: object) -> None:
    """ARN of a KMS key, not of an alias; an Output and None pass.

    Raises:
        InputError: names the value and the fix.
    """
    arn = r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+"
    if isinstance(value, str) and not re.fullmatch(arn, value):
        raise InputError(
            field, value, "give the ARN of a KMS key; an alias may move to another key"
        )


def check_policy(field: str, value: object, most: int) -> None:
    """A policy as a JSON object; an Output and None pass.

    Args:
        field: the Args field.
        value: the policy.
        most: characters that AWS takes.

    Raises:
        InputError: names the field, what is wrong and the fix.
    """
    if not isinstance(value, str):
        return
    try:
        policy = json.loads(value)
    except (ValueError, RecursionError) as error:
        raise InputError(field, "[policy]", f"give a policy as JSON: {error}") from None
    if not isinstance(policy, dict) or "Statement" not in policy:
        raise InputError(field, "[policy]", "give a JSON object with Version and Statement")
    if len(value) > most:
        raise InputError(field, f"{len(value)} characters", f"AWS takes at most {most}")


def ipv4_range(field: str, value: str) -> None:
    """An IPv4 range in CIDR notation, or a security group's id where those are taken, too."""
    try:
        ipaddress.IPv4Network(value)
    except ValueError as error:
        raise InputError(
            field, value, f"{error}; give a range like 10.0.0.0/16 or a group like sg-0123456789ab"
        ) from None


_TAG_CHARACTERS = "use letters, digits, spaces and any of _ . : / = + - @: IAM takes no others"
"""Source: IAM user guide, rules for tagging in IAM."""


def check_tags(value: Mapping[str, pulumi.Input[str]], own: int) -> None:
    """AWS takes 50 tags on a cluster, `own` of which this package sets."""
    taken = re.compile(r"[\w .:/=+@-]*")
    if len(value) + own > 50:
        raise InputError("tags", f"{len(value)} tags", f"give at most {50 - own}")
    for key, text in value.items():
        if key.lower().startswith("aws:") or not 1 <= len(key) <= 128:
            raise InputError("tags", key, "a key has 1 to 128 characters and never starts aws:")
        if not taken.fullmatch(key):
            raise InputError("tags", key, _TAG_CHARACTERS)
        # YAML makes numbers and truth values of what is not quoted, whatever the type says.
        if isinstance(text, pulumi.Output):
            continue
        if not isinstance(text, str) or len(text) > 256:
            raise InputError(
                "tags", {key: text}, "a value is text of at most 256 characters; quote a number"
            )
        if not taken.fullmatch(text):
            raise InputError("tags", {key: text}, _TAG_CHARACTERS)


def first_repeated(values: Sequence[str]) -> str | None:
    """The first value that stands in a list more than once; None where each stands once."""
    return next((value for value in values if values.count(value) > 1), None)
