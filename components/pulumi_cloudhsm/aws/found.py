"""What a look at AWS finds of one deployment, whatever the service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ID_TAG = "pulumi-cloudhsm-id"
"""Key of the tag with the deployment's own random id: whose tag has it may be adopted."""
NAME_TAG = "pulumi-cloudhsm"
"""Key of the tag with readable names: organization, project, stack and resource."""


COMPLETE, HALF_MADE = "complete", "half made"
"""States of what the aws provider makes with several calls, and AWS itself has no state for."""


@dataclass(frozen=True)
class Found:
    """One thing at AWS that belongs to a deployment.

    Attributes:
        identifier: what Pulumi imports it by.
        name: the resource's name, from the tag; what has no tags has a name of its own kind.
        state: in AWS's words; empty where AWS has none.
        reason: why it is in that state, in AWS's words.
    """

    identifier: str
    name: str
    state: str = ""
    reason: str = ""


def resource_name(tags: Mapping[str, str]) -> str:
    """The resource's name in a readable tag: what follows organization, project and stack."""
    return tags.get(NAME_TAG, "").split("/", 3)[-1]


def tags_of(raw: Sequence[Any] | None, key: str = "Key", value: str = "Value") -> dict[str, str]:
    """Tags as AWS lists them, as a dict."""
    return {tag[key]: tag.get(value, "") for tag in raw or ()}


def is_owned(tags: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Whether tags at AWS are those of a resource that is wanted with other tags besides.

    A renamed stack has another name before the resource's own.
    """
    same_id = tags.get(ID_TAG) == wanted.get(ID_TAG)
    return same_id and resource_name(tags) == resource_name(wanted)
