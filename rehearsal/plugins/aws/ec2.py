"""What VPCs and subnets share: EC2's tags, and deleting while something still hangs on them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, ClassVar

from rehearsal.plugins.aws.errors import code_of
from rehearsal.plugins.aws.resource import AwsResource
from rehearsal.plugins.aws.tags import tag_list
from rehearsal.plugins.failures import CheckFailure
from rehearsal.plugins.input_checks import examine
from rehearsal.plugins.resource_type import Call
from rehearsal.plugins.values import Properties

# Terraform tries a delete again for so long: network interfaces go some time after their users.
DELETE_TIMEOUT_SECONDS = 5 * 60.0
DELETE_POLL_SECONDS = 0.5


class Ec2Resource(AwsResource):
    """A resource of EC2."""

    service = "ec2"
    #: Name in tag specifications, and the error code for "there is none".
    ec2_type: ClassVar[str]
    not_found: ClassVar[str]
    #: Inputs the program of this project has no use for; they are refused, not passed over.
    unsupported: ClassVar[frozenset[str]]

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Refuse inputs only the published plugin can follow."""
        return [
            examine(
                f"the rehearsal's stand-in for the aws plugin can't do {name}: leave it out, "
                "or run it with the published plugins",
                resource,
                name,
            )
            for name in sorted(self.unsupported & inputs.keys())
            if inputs[name] not in (None, False, "")
        ]

    def tag_specifications(self, inputs: Properties) -> dict[str, Any]:
        """The argument that tags a resource as it is made."""
        if not inputs.get("tags"):
            return {}
        specification = {"ResourceType": self.ec2_type, "Tags": tag_list(inputs["tags"])}
        return {"TagSpecifications": [specification]}

    def set_tags(self, identifier: str, properties: Properties, tags: dict[str, str]) -> None:
        """CreateTags."""
        self.client(properties).create_tags(Resources=[identifier], Tags=tag_list(tags))

    def remove_tags(self, identifier: str, properties: Properties, keys: list[str]) -> None:
        """DeleteTags."""
        tags = [{"Key": key} for key in keys]
        self.client(properties).delete_tags(Resources=[identifier], Tags=tags)

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
