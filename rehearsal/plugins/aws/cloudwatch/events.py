"""`aws.cloudwatch.EventRule` and `EventTarget`, as Terraform does them: EventBridge's."""

from __future__ import annotations

from typing import Any, ClassVar

from rehearsal.plugins.aws.core.policies import normalized
from rehearsal.plugins.aws.core.resource import AwsResource
from rehearsal.plugins.aws.core.tagged_by_arn import TaggedByArn
from rehearsal.plugins.aws.core.tags import tag_list
from rehearsal.plugins.core.failures import CheckFailure, ProviderError
from rehearsal.plugins.core.refusals import not_supported, without_name
from rehearsal.plugins.core.resource_type import Call, Made
from rehearsal.plugins.core.values import Properties

_BUS = "default"


class EventRule(TaggedByArn):
    """A rule of the default bus; its id is its name."""

    token = "aws:cloudwatch/eventRule:EventRule"  # noqa: S105 - a type token
    service = "events"
    noun = "EventBridge Rule"
    not_found = "ResourceNotFoundException"
    defaults: ClassVar = {"eventBusName": _BUS, "forceDestroy": False, "state": "ENABLED"}
    updatable: ClassVar = frozenset({"description", "eventPattern", "state", "tags"})
    json_texts: ClassVar = frozenset({"eventPattern"})

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Refuse one without a name."""
        return without_name(inputs, resource)

    def start_create(self, inputs: Properties) -> str:
        """PutRule."""
        self._put(inputs, {"Tags": tag_list(inputs["tagsAll"])} if inputs.get("tagsAll") else {})
        return inputs["name"]

    def find(self, identifier: str, old: Properties) -> Made | None:
        """DescribeRule and ListTagsForResource."""
        found = self.if_found(old, lambda client: client.describe_rule(Name=identifier))
        if found is None:
            return None
        tags = self.client(old).list_tags_for_resource(ResourceARN=found["Arn"]).get("Tags")
        outputs = {
            "arn": found["Arn"],
            "description": found.get("Description") or "",
            "eventBusName": found.get("EventBusName") or _BUS,
            "eventPattern": normalized(found["EventPattern"]),
            "forceDestroy": bool(old.get("forceDestroy")),
            "name": identifier,
            "namePrefix": old.get("namePrefix") or "",
            "state": found["State"],
            **self.shown_tags(tags),
        }
        return Made(identifier, outputs)

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """PutRule again."""
        del identifier, old
        self._put(inputs, {})

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """DeleteRule, which EventBridge refuses while the rule has targets."""
        del call
        self.if_found(old, lambda client: client.delete_rule(Name=identifier))
        return False

    def _put(self, inputs: Properties, also: dict[str, Any]) -> None:
        self.client(inputs).put_rule(
            Name=inputs["name"],
            Description=inputs.get("description") or "",
            EventPattern=inputs["eventPattern"],
            State=inputs.get("state") or "ENABLED",
            **also,
        )


class EventTarget(AwsResource):
    """A target of a rule; its id is "rule-target"."""

    token = "aws:cloudwatch/eventTarget:EventTarget"  # noqa: S105 - a type token
    service = "events"
    noun = "EventBridge Target"
    not_found = "ResourceNotFoundException"
    defaults: ClassVar = {"eventBusName": _BUS, "forceDestroy": False}
    updatable: ClassVar = frozenset({"arn", "inputTransformer"})

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Refuse what only the published plugin can follow."""
        supported = {"arn", "rule", "targetId", "inputTransformer", "eventBusName", "region"}
        return not_supported(sorted(inputs.keys() - supported), "aws", resource)

    def start_create(self, inputs: Properties) -> str:
        """PutTargets."""
        self._put(inputs)
        return f"{inputs['rule']}-{inputs['targetId']}"

    def find(self, identifier: str, old: Properties) -> Made | None:
        """ListTargetsByRule."""
        rule, name = old.get("rule", ""), old.get("targetId", "")
        found = self.if_found(old, lambda client: client.list_targets_by_rule(Rule=rule)["Targets"])
        target = next((one for one in found or [] if one["Id"] == name), None)
        if target is None:
            return None
        outputs: Properties = {
            "arn": target["Arn"],
            "eventBusName": _BUS,
            "forceDestroy": bool(old.get("forceDestroy")),
            "rule": rule,
            "targetId": name,
        }
        if transformer := target.get("InputTransformer"):
            outputs["inputTransformer"] = {
                "inputPaths": transformer.get("InputPathsMap") or {},
                "inputTemplate": transformer["InputTemplate"],
            }
        return Made(identifier, outputs)

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """PutTargets again."""
        del identifier
        self._put({**inputs, "rule": old["rule"], "targetId": old["targetId"]})

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """RemoveTargets."""
        del call, identifier
        wanted = {"Rule": old["rule"], "Ids": [old["targetId"]]}
        self._all_taken(self.if_found(old, lambda client: client.remove_targets(**wanted)))
        return False

    def _put(self, inputs: Properties) -> None:
        target: dict[str, Any] = {"Id": inputs["targetId"], "Arn": inputs["arn"]}
        if transformer := inputs.get("inputTransformer"):
            target["InputTransformer"] = {
                "InputPathsMap": transformer.get("inputPaths") or {},
                "InputTemplate": transformer["inputTemplate"],
            }
        answer = self.client(inputs).put_targets(Rule=inputs["rule"], Targets=[target])
        self._all_taken(answer)

    @staticmethod
    def _all_taken(answer: Any) -> None:  # noqa: ANN401 - boto3
        """These calls succeed as such, whatever becomes of each target."""
        for one in (answer or {}).get("FailedEntries") or []:
            raise ProviderError(f"{one.get('ErrorCode')}: {one.get('ErrorMessage')}")
