"""Tags: the provider's default tags, those it ignores, and the lists AWS wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rehearsal.plugins.core.values import UNKNOWN, Properties

Tags = dict[str, str]


@dataclass(frozen=True)
class TagRules:
    """What the provider's configuration says about tags."""

    default: Mapping[str, str] = field(default_factory=dict)
    ignored_keys: frozenset[str] = frozenset()
    ignored_prefixes: tuple[str, ...] = ()

    @classmethod
    def from_config(cls, config: Properties) -> TagRules:
        """Read `defaultTags` and `ignoreTags`."""
        ignore = config.get("ignoreTags") or {}
        return cls(
            default=(config.get("defaultTags") or {}).get("tags") or {},
            ignored_keys=frozenset(ignore.get("keys") or []),
            ignored_prefixes=tuple(ignore.get("keyPrefixes") or []),
        )

    def merged(self, tags: Tags | None) -> Tags | None:
        """A resource's tags with the default ones below them, which is `tagsAll`."""
        if tags is UNKNOWN or not self.default:
            return tags
        return {**self.default, **(tags or {})}

    def without_default(self, tags: Tags, given: Tags) -> Tags:
        """Tags without those that only the default ones explain."""
        return {
            key: value
            for key, value in tags.items()
            if key in given or self.default.get(key) != value
        }

    def visible(self, tags: Sequence[Mapping[str, str]]) -> Tags:
        """Tags as AWS lists them, without its own and the ignored ones."""
        return {
            tag["Key"]: tag["Value"]
            for tag in sorted(tags, key=lambda tag: tag["Key"])
            if not tag["Key"].startswith(("aws:", *self.ignored_prefixes))
            and tag["Key"] not in self.ignored_keys
        }


def tag_list(tags: Mapping[str, str] | None) -> list[dict[str, str]]:
    """Tags as AWS takes them."""
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]


def changed_tags(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Tags, list[str]]:
    """Tags to set and keys to remove, to get from ``old`` to ``new``."""
    added = {key: value for key, value in new.items() if old.get(key) != value}
    return added, [key for key in old if key not in new]
