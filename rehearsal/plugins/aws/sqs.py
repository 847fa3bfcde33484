"""`aws.sqs.Queue`, as Terraform's aws_sqs_queue does it."""

from __future__ import annotations

from typing import ClassVar

from rehearsal.plugins.aws.core.resource import AwsResource
from rehearsal.plugins.aws.core.waiting import Seen, wait_until_gone
from rehearsal.plugins.core.failures import CheckFailure
from rehearsal.plugins.core.refusals import not_supported, without_name
from rehearsal.plugins.core.resource_type import Call, Made
from rehearsal.plugins.core.values import Properties

_NUMBERS = {
    "delaySeconds": "DelaySeconds",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}
_SSE = "SqsManagedSseEnabled"


class Queue(AwsResource):
    """A queue; its id is its URL."""

    token = "aws:sqs/queue:Queue"  # noqa: S105 - a type token
    service = "sqs"
    noun = "SQS Queue"
    not_found = "AWS.SimpleQueueService.NonExistentQueue"
    defaults: ClassVar = {
        "contentBasedDeduplication": False,
        "delaySeconds": 0,
        "fifoQueue": False,
        "maxMessageSize": 262144,
        "messageRetentionSeconds": 345600,
        "receiveWaitTimeSeconds": 0,
        "visibilityTimeoutSeconds": 30,
    }
    updatable: ClassVar = frozenset({*_NUMBERS, "sqsManagedSseEnabled", "tags"})

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Refuse what only the published plugin can follow, and a missing name."""
        known = {*_NUMBERS, "name", "region", "sqsManagedSseEnabled", "tags", "tagsAll"}
        further = sorted(inputs.keys() - known)
        return [*not_supported(further, "aws", resource), *without_name(inputs, resource)]

    def start_create(self, inputs: Properties) -> str:
        """CreateQueue."""
        tags = {"tags": inputs["tagsAll"]} if inputs.get("tagsAll") else {}
        answer = self.client(inputs).create_queue(
            QueueName=inputs["name"],
            Attributes=self._attributes({**self.defaults, **inputs}),
            **tags,
        )
        return answer["QueueUrl"]

    def find(self, identifier: str, old: Properties) -> Made | None:
        """GetQueueAttributes and ListQueueTags."""
        found = self.if_found(
            old,
            lambda client: client.get_queue_attributes(
                QueueUrl=identifier, AttributeNames=["All"]
            ).get("Attributes"),
            "QueueDoesNotExist",
        )
        if found is None:
            return None
        tags = self.client(old).list_queue_tags(QueueUrl=identifier).get("Tags") or {}
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        outputs = {
            **self.defaults,
            **{name: int(found[key]) for name, key in _NUMBERS.items() if key in found},
            "arn": found["QueueArn"],
            "deduplicationScope": "",
            "fifoThroughputLimit": "",
            "kmsDataKeyReusePeriodSeconds": 300,
            "name": found["QueueArn"].rpartition(":")[2],
            "namePrefix": old.get("namePrefix") or "",
            "policy": found.get("Policy") or "",
            "redriveAllowPolicy": found.get("RedriveAllowPolicy") or "",
            "redrivePolicy": found.get("RedrivePolicy") or "",
            # SQS encrypts by itself unless told otherwise.
            "sqsManagedSseEnabled": found.get(_SSE, "true") == "true",
            "url": identifier,
            **self.shown_tags(listed),
        }
        return Made(identifier, outputs)

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """SetQueueAttributes."""
        self.client(old).set_queue_attributes(
            QueueUrl=identifier, Attributes=self._attributes({**self.defaults, **inputs})
        )

    def set_tags(self, identifier: str, properties: Properties, tags: dict[str, str]) -> None:
        """TagQueue."""
        self.client(properties).tag_queue(QueueUrl=identifier, Tags=tags)

    def remove_tags(self, identifier: str, properties: Properties, keys: list[str]) -> None:
        """UntagQueue."""
        self.client(properties).untag_queue(QueueUrl=identifier, TagKeys=keys)

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """DeleteQueue."""
        del call
        deleted = self.if_found(
            old, lambda client: client.delete_queue(QueueUrl=identifier), "QueueDoesNotExist"
        )
        return deleted is not None

    def finish_delete(self, call: Call, identifier: str, old: Properties) -> None:
        """Until there is none; SQS takes up to a minute."""

        def look() -> Seen | None:
            found = self.if_found(
                old,
                lambda client: client.get_queue_attributes(QueueUrl=identifier),
                "QueueDoesNotExist",
            )
            return Seen("there") if found else None

        wait_until_gone(frozenset({"there"}), look, call)

    @staticmethod
    def _attributes(inputs: Properties) -> dict[str, str]:
        given = {key: str(inputs[name]) for name, key in _NUMBERS.items() if name in inputs}
        if "sqsManagedSseEnabled" in inputs:
            given[_SSE] = "true" if inputs["sqsManagedSseEnabled"] else "false"
        return given
