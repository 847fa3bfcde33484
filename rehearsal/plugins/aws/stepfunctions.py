"""`aws.sfn.StateMachine`, as Terraform's aws_sfn_state_machine does it."""

from __future__ import annotations

from typing import ClassVar

from rehearsal.plugins.aws.core.resource import AwsResource
from rehearsal.plugins.aws.core.waiting import Seen, wait_until_gone
from rehearsal.plugins.core.failures import CheckFailure
from rehearsal.plugins.core.refusals import not_supported, without_name
from rehearsal.plugins.core.resource_type import Call, Made
from rehearsal.plugins.core.values import Properties

_KNOWN = {"definition", "name", "region", "roleArn", "tags", "tagsAll", "type"}


class StateMachine(AwsResource):
    """A state machine; its id is its ARN."""

    token = "aws:sfn/stateMachine:StateMachine"  # noqa: S105 - a type token
    service = "stepfunctions"
    noun = "Step Functions State Machine"
    not_found = "StateMachineDoesNotExist"
    defaults: ClassVar = {"publish": False, "type": "STANDARD"}
    updatable: ClassVar = frozenset({"definition", "roleArn", "tags"})
    chosen_by_aws: ClassVar = frozenset(
        {"encryptionConfiguration", "loggingConfiguration", "tracingConfiguration"}
    )
    json_texts: ClassVar = frozenset({"definition"})

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Refuse what only the published plugin can follow, and a missing name."""
        further = sorted(inputs.keys() - _KNOWN)
        return [*not_supported(further, "aws", resource), *without_name(inputs, resource)]

    def start_create(self, inputs: Properties) -> str:
        """CreateStateMachine."""
        answer = self.client(inputs).create_state_machine(
            name=inputs["name"],
            definition=inputs["definition"],
            roleArn=inputs["roleArn"],
            type=inputs.get("type") or "STANDARD",
            tags=_listed(inputs.get("tagsAll") or {}),
        )
        return answer["stateMachineArn"]

    def find(self, identifier: str, old: Properties) -> Made | None:
        """DescribeStateMachine and ListTagsForResource."""
        found = self.if_found(
            old, lambda client: client.describe_state_machine(stateMachineArn=identifier)
        )
        if found is None:
            return None
        tags = self.client(old).list_tags_for_resource(resourceArn=identifier)["tags"]
        outputs = {
            "arn": identifier,
            "creationDate": found["creationDate"].isoformat(),
            "definition": found["definition"],
            "description": found.get("description") or "",
            "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
            "loggingConfiguration": {"level": "OFF", "includeExecutionData": False},
            "name": found["name"],
            "namePrefix": old.get("namePrefix") or "",
            "publish": False,
            "revisionId": found.get("revisionId") or "",
            "roleArn": found["roleArn"],
            "stateMachineVersionArn": "",
            "status": found["status"],
            "tracingConfiguration": {"enabled": False},
            "type": found["type"],
            "versionDescription": "",
            **self.shown_tags([{"Key": tag["key"], "Value": tag["value"]} for tag in tags]),
        }
        return Made(identifier, outputs)

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """UpdateStateMachine."""
        self.client(old).update_state_machine(
            stateMachineArn=identifier, definition=inputs["definition"], roleArn=inputs["roleArn"]
        )

    def set_tags(self, identifier: str, properties: Properties, tags: dict[str, str]) -> None:
        """TagResource."""
        self.client(properties).tag_resource(resourceArn=identifier, tags=_listed(tags))

    def remove_tags(self, identifier: str, properties: Properties, keys: list[str]) -> None:
        """UntagResource."""
        self.client(properties).untag_resource(resourceArn=identifier, tagKeys=keys)

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """DeleteStateMachine, which ends its runs in the background."""
        del call
        if self.find(identifier, old) is None:
            return False
        self.client(old).delete_state_machine(stateMachineArn=identifier)
        return True

    def finish_delete(self, call: Call, identifier: str, old: Properties) -> None:
        """Until there is none."""

        def look() -> Seen | None:
            found = self.find(identifier, old)
            return Seen(found.outputs["status"]) if found else None

        wait_until_gone(frozenset({"ACTIVE", "DELETING"}), look, call)


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]
