"""Tags of clusters and backups: what ListTags, TagResource and UntagResource do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from rehearsal.emulator.cloudhsmv2 import description, rules
from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.core.place import Place


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


def handlers(
    tagged: Callable[[Place, dict[str, Any]], Tagged],
) -> dict[str, Callable[[Place, dict[str, Any]], dict[str, Any]]]:
    """The operations on tags; ``tagged`` gives what a request (place, parameters) is about."""
    return {
        "ListTags": lambda place, given: list_tags(tagged(place, given), given),
        "TagResource": lambda place, given: tag(tagged(place, given), given),
        "UntagResource": lambda place, given: untag(tagged(place, given), given),
    }
