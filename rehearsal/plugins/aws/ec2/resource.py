"""What all resource types of EC2 share: tags, descriptions, and deletions that wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, ClassVar

from rehearsal.plugins.aws.core.errors import code_of
from rehearsal.plugins.aws.core.resource import AwsResource
from rehearsal.plugins.aws.core.tags import tag_list
from rehearsal.plugins.core.failures import CheckFailure
from rehearsal.plugins.core.refusals import not_supported
from rehearsal.plugins.core.resource_type import Call
from rehearsal.plugins.core.values import Properties

# Terraform tries a delete again for so long: network interfaces go some time after their users.
DELETE_TIMEOUT_SECONDS = 5 * 60.0
DELETE_POLL_SECONDS = 0.5


class Ec2Resource(AwsResource):
    """A resource of EC2."""

    service = "ec2"
    #: Name in tag specifications and ARNs.
    ec2_type: ClassVar[str]
    #: boto3's method that describes it, the method's argument for ids, the list in the answer.
    describe_call: ClassVar[tuple[str, str, str]]
    #: boto3's method that deletes it, and the method's argument for the id.
    delete_call: ClassVar[tuple[str, str]]
    #: The filter of DescribeNetworkInterfaces for what is still in it; the provider looks for
    #: interfaces that Lambda left behind before it deletes.
    interface_filter: ClassVar[str | None] = None
    #: Inputs the program of this project has no use for; they are refused, not passed over.
    unsupported: ClassVar[frozenset[str]] = frozenset()

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Refuse inputs only the published plugin can follow."""
        given = {name for name, value in inputs.items() if value not in (None, False, "")}
        return not_supported(sorted(self.unsupported & given), "aws", resource)

    def described(self, identifier: str, old: Properties) -> dict[str, Any] | None:
        """What EC2 says of it; None when there is none."""
        method, argument, listed = self.describe_call
        found = self.if_found(
            old, lambda client: getattr(client, method)(**{argument: [identifier]})[listed]
        )
        return found[0] if found else None

    def arn(self, identifier: str, owner: str, old: Properties) -> str:
        """EC2's form of an ARN."""
        region = self.connection(old).region
        return f"arn:aws:ec2:{region}:{owner}:{self.ec2_type}/{identifier}"

    def tag_specifications(self, inputs: Properties) -> dict[str, Any]:
        """The argument that tags a resource as it is made."""
        if not inputs.get("tagsAll"):
            return {}
        specification = {"ResourceType": self.ec2_type, "Tags": tag_list(inputs["tagsAll"])}
        return {"TagSpecifications": [specification]}

    def set_tags(self, identifier: str, properties: Properties, tags: dict[str, str]) -> None:
        """CreateTags."""
        self.client(properties).create_tags(Resources=[identifier], Tags=tag_list(tags))

    def remove_tags(self, identifier: str, properties: Properties, keys: list[str]) -> None:
        """DeleteTags."""
        tags = [{"Key": key} for key in keys]
        self.client(properties).delete_tags(Resources=[identifier], Tags=tags)

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """Delete it once nothing uses it; EC2 does so at once."""
        method, argument = self.delete_call
        if self.interface_filter:
            filters = [{"Name": self.interface_filter, "Values": [identifier]}]
            self.client(old).describe_network_interfaces(Filters=filters)
        delete = getattr(self.client(old), method)
        self.delete_when_free(call, old, lambda: delete(**{argument: identifier}))
        return False

    def delete_when_free(
        self, call: Call, properties: Properties, delete: Callable[[], Any]
    ) -> bool:
        """Call ``delete`` until nothing hangs on the resource any more; false if it was gone."""
        client = self.client(properties)
        end = time.monotonic() + (call.timeout or DELETE_TIMEOUT_SECONDS)
        while True:
            try:
                delete()
            except client.exceptions.ClientError as error:
                if code_of(error) == self.not_found:
                    return False
                in_use = code_of(error) == "DependencyViolation"
                if not in_use or time.monotonic() > end or call.cancelled.wait(DELETE_POLL_SECONDS):
                    raise
            else:
                return True
