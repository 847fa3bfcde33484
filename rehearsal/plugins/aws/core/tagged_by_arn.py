"""Resources whose service takes tags by `ResourceARN`."""

from __future__ import annotations

from rehearsal.plugins.aws.core.resource import AwsResource
from rehearsal.plugins.aws.core.tags import tag_list
from rehearsal.plugins.core.values import Properties


class TaggedByArn(AwsResource):
    """Sets and removes the tags of what the output `arn` names."""

    def set_tags(self, identifier: str, properties: Properties, tags: dict[str, str]) -> None:
        """TagResource."""
        del identifier
        client = self.client(properties)
        client.tag_resource(ResourceARN=properties["arn"], Tags=tag_list(tags))

    def remove_tags(self, identifier: str, properties: Properties, keys: list[str]) -> None:
        """UntagResource."""
        del identifier
        self.client(properties).untag_resource(ResourceARN=properties["arn"], TagKeys=keys)
