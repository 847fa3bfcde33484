"""Tags of clusters and backups: what ListTags, TagResource and UntagResource do."""

from __future__ import annotations

from typing import Any, Protocol

from rehearsal.emulator import description, rules
from rehearsal.emulator.errors import ServiceError


class Tagged(Protocol):
    """What has tags."""

    tags: dict[str, str]


def list_tags(resource: Tagged, given: dict[str, Any]) -> dict[str, Any]:
    """One page of its tags."""
    return description.page_of_tags(resource.tags, given)


def tag(resource: Tagged, given: dict[str, Any]) -> dict[str, Any]:
    """Add or overwrite tags.

    Raises:
        ServiceError: reserved or repeated keys, or too many tags.
    """
    tags = resource.tags | rules.tags(given["TagList"])
    if len(tags) > rules.TAGS_PER_RESOURCE:
        raise ServiceError(
            "CloudHsmResourceLimitExceededException",
            f"A resource can have at most {rules.TAGS_PER_RESOURCE} tags.",
        )
    resource.tags = tags
    return {}


def untag(resource: Tagged, given: dict[str, Any]) -> dict[str, Any]:
    """Remove tags; keys that are not there are ignored."""
    removed = given["TagKeyList"]
    resource.tags = {k: v for k, v in resource.tags.items() if k not in removed}
    return {}
