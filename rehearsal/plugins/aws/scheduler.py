"""`aws.scheduler.Schedule` and `ScheduleGroup`, as Terraform does them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rehearsal.plugins.aws.core.resource import AwsResource
from rehearsal.plugins.aws.core.tags import tag_list
from rehearsal.plugins.aws.core.waiting import Seen, wait_until_gone
from rehearsal.plugins.core.failures import CheckFailure
from rehearsal.plugins.core.refusals import without_name
from rehearsal.plugins.core.resource_type import Call, Made
from rehearsal.plugins.core.values import Properties

_SETTINGS = {
    "actionAfterCompletion": "ActionAfterCompletion",
    "description": "Description",
    "groupName": "GroupName",
    "name": "Name",
    "scheduleExpression": "ScheduleExpression",
    "scheduleExpressionTimezone": "ScheduleExpressionTimezone",
    "state": "State",
}
_WINDOW = {"mode": "Mode", "maximumWindowInMinutes": "MaximumWindowInMinutes"}
_TARGET = {"arn": "Arn", "roleArn": "RoleArn", "input": "Input"}
_RETRY = {
    "maximumEventAgeInSeconds": "MaximumEventAgeInSeconds",
    "maximumRetryAttempts": "MaximumRetryAttempts",
}


class SchedulerResource(AwsResource):
    """A resource of EventBridge Scheduler."""

    service = "scheduler"
    not_found = "ResourceNotFoundException"

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Refuse one without a name."""
        return without_name(inputs, resource)


class ScheduleGroup(SchedulerResource):
    """A group; its id is its name."""

    token = "aws:scheduler/scheduleGroup:ScheduleGroup"  # noqa: S105 - a type token
    noun = "EventBridge Scheduler Schedule Group"

    def start_create(self, inputs: Properties) -> str:
        """CreateScheduleGroup."""
        tags = {"Tags": tag_list(inputs["tagsAll"])} if inputs.get("tagsAll") else {}
        self.client(inputs).create_schedule_group(Name=inputs["name"], **tags)
        return inputs["name"]

    def find(self, identifier: str, old: Properties) -> Made | None:
        """GetScheduleGroup and ListTagsForResource."""
        found = self.if_found(old, lambda client: client.get_schedule_group(Name=identifier))
        if found is None:
            return None
        tags = self.client(old).list_tags_for_resource(ResourceArn=found["Arn"]).get("Tags")
        outputs = {
            "arn": found["Arn"],
            "creationDate": found["CreationDate"].isoformat(),
            "lastModificationDate": found["LastModificationDate"].isoformat(),
            "name": identifier,
            "namePrefix": old.get("namePrefix") or "",
            "state": found["State"],
            **self.shown_tags(tags),
        }
        return Made(identifier, outputs)

    def set_tags(self, identifier: str, properties: Properties, tags: dict[str, str]) -> None:
        """TagResource."""
        del identifier
        client = self.client(properties)
        client.tag_resource(ResourceArn=properties["arn"], Tags=tag_list(tags))

    def remove_tags(self, identifier: str, properties: Properties, keys: list[str]) -> None:
        """UntagResource."""
        del identifier
        self.client(properties).untag_resource(ResourceArn=properties["arn"], TagKeys=keys)

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """DeleteScheduleGroup, which takes its schedules along in the background."""
        del call
        deleted = self.if_found(old, lambda client: client.delete_schedule_group(Name=identifier))
        return deleted is not None

    def finish_delete(self, call: Call, identifier: str, old: Properties) -> None:
        """Until there is none."""

        def look() -> Seen | None:
            found = self.if_found(old, lambda client: client.get_schedule_group(Name=identifier))
            return Seen(found["State"]) if found else None

        wait_until_gone(frozenset({"ACTIVE", "DELETING"}), look, call)


class Schedule(SchedulerResource):
    """A schedule; its id is "group/name"."""

    token = "aws:scheduler/schedule:Schedule"  # noqa: S105 - a type token
    noun = "EventBridge Scheduler Schedule"
    defaults: ClassVar = {"scheduleExpressionTimezone": "UTC", "state": "ENABLED"}
    updatable: ClassVar = frozenset(
        {
            "description",
            "flexibleTimeWindow",
            "scheduleExpression",
            "scheduleExpressionTimezone",
            "state",
            "target",
        }
    )
    # Without a retry policy, Scheduler's own one shows, and Terraform takes it for no difference.
    chosen_inside: ClassVar = frozenset({"target"})

    def start_create(self, inputs: Properties) -> str:
        """CreateSchedule."""
        self.client(inputs).create_schedule(**_request(inputs))
        return f"{inputs.get('groupName') or 'default'}/{inputs['name']}"

    def find(self, identifier: str, old: Properties) -> Made | None:
        """GetSchedule."""
        group, _, name = identifier.partition("/")
        found = self.if_found(old, lambda client: client.get_schedule(GroupName=group, Name=name))
        if found is None:
            return None
        outputs = {
            **{name: found.get(key) for name, key in _SETTINGS.items()},
            "actionAfterCompletion": found.get("ActionAfterCompletion") or "NONE",
            "arn": found["Arn"],
            "flexibleTimeWindow": _named(found["FlexibleTimeWindow"], _WINDOW),
            "namePrefix": old.get("namePrefix") or "",
            "target": _shown(found["Target"]),
        }
        return Made(identifier, {key: value for key, value in outputs.items() if value is not None})

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """UpdateSchedule, which forgets whatever it is not told."""
        group, _, name = identifier.partition("/")
        request = _request({**inputs, "groupName": group, "name": name})
        self.client(old).update_schedule(**request)

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """DeleteSchedule."""
        del call
        group, _, name = identifier.partition("/")
        self.if_found(old, lambda client: client.delete_schedule(GroupName=group, Name=name))
        return False


def _request(inputs: Properties) -> dict[str, Any]:
    given = {**Schedule.defaults, **inputs}
    wanted = inputs["target"]
    target: dict[str, Any] = {key: wanted[name] for name, key in _TARGET.items() if name in wanted}
    if letters := wanted.get("deadLetterConfig"):
        target["DeadLetterConfig"] = {"Arn": letters["arn"]}
    if retry := wanted.get("retryPolicy"):
        target["RetryPolicy"] = {key: retry[name] for name, key in _RETRY.items() if name in retry}
    window = inputs["flexibleTimeWindow"]
    return {
        **{key: given[name] for name, key in _SETTINGS.items() if given.get(name)},
        "FlexibleTimeWindow": {
            key: window[name] for name, key in _WINDOW.items() if name in window
        },
        "Target": target,
    }


def _shown(target: Mapping[str, Any]) -> Properties:
    shown = _named(target, _TARGET)
    if letters := target.get("DeadLetterConfig"):
        shown["deadLetterConfig"] = {"arn": letters["Arn"]}
    shown["retryPolicy"] = _named(target.get("RetryPolicy") or {}, _RETRY)
    return shown


def _named(found: Mapping[str, Any], names: Mapping[str, str]) -> Properties:
    return {name: found[key] for name, key in names.items() if found.get(key) is not None}
