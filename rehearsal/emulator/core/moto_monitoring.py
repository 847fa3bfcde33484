"""Where moto's Scheduler and CloudWatch Logs answer otherwise than AWS.

As in `moto_corrections`, each names what AWS does and the public source, and a test holds it.
"""

# moto's classes have no useful types.
# ruff: noqa: ANN401

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

_SCHEDULER = "scheduler.amazonaws.com"


def correct() -> None:
    """Correct moto's classes, once."""
    from moto.logs.metric_filters import MetricFilters
    from moto.logs.models import LogsBackend
    from moto.scheduler.models import EventBridgeSchedulerBackend

    _keep_one_filter_of_a_name(MetricFilters)
    _refuse_filters_of_missing_groups(LogsBackend)
    _refuse_missing_and_second_groups(EventBridgeSchedulerBackend)
    _ask_for_a_role_that_can_be_assumed(EventBridgeSchedulerBackend)


def _keep_one_filter_of_a_name(filters: Any) -> None:
    """PutMetricFilter "creates or updates a metric filter": API reference of CloudWatch Logs."""
    add = filters.add_filter

    def added(self: Any, filter_name: str, pattern: str, group: str, *rest: Any) -> None:
        self.delete_filter(filter_name, group)
        add(self, filter_name, pattern, group, *rest)

    filters.add_filter = added


def _refuse_filters_of_missing_groups(backend: Any) -> None:
    """PutMetricFilter of a log group that is not there: ResourceNotFoundException.

    API reference of CloudWatch Logs, PutMetricFilter, Errors.
    """
    from moto.logs.exceptions import ResourceNotFoundException

    put = backend.put_metric_filter

    def checked(self: Any, filter_name: str, pattern: str, log_group_name: str, how: Any) -> None:
        if log_group_name not in self.groups:
            raise ResourceNotFoundException()
        put(self, filter_name, pattern, log_group_name, how)

    backend.put_metric_filter = checked


def _refuse_missing_and_second_groups(backend: Any) -> None:
    """A schedule group that is there, or is not: API reference of EventBridge Scheduler.

    CreateScheduleGroup, Errors: ConflictException. DeleteScheduleGroup and CreateSchedule, Errors:
    ResourceNotFoundException.
    """
    from moto.core.exceptions import JsonRESTError

    make, delete, schedule = (
        backend.create_schedule_group,
        backend.delete_schedule_group,
        backend.create_schedule,
    )

    def made(self: Any, name: str, **rest: Any) -> Any:
        if name in self.schedule_groups:
            raise JsonRESTError("ConflictException", f"Schedule group {name} already exists.")
        return make(self, name=name, **rest)

    def deleted(self: Any, name: str | None) -> None:
        self.get_schedule_group(name)
        delete(self, name)

    def scheduled(self: Any, **given: Any) -> Any:
        self.get_schedule_group(given["group_name"])
        return schedule(self, **given)

    backend.create_schedule_group = made
    backend.delete_schedule_group = deleted
    backend.create_schedule = scheduled


def _ask_for_a_role_that_can_be_assumed(backend: Any) -> None:
    """CreateSchedule looks whether it may assume the role; the text is the one that users report.

    The aws provider waits for it, since IAM is late (internal/service/scheduler/schedule.go).
    """
    from moto.iam.models import iam_backends
    from moto.scheduler.exceptions import ValidationException

    schedule = backend.create_schedule

    def scheduled(self: Any, **given: Any) -> Any:
        roles = iam_backends[self.account_id]["aws"].roles.values()
        role = next((one for one in roles if one.arn == given["target"]["RoleArn"]), None)
        trust = unquote(str(role.assume_role_policy_document)) if role else "{}"
        if _SCHEDULER not in str(json.loads(trust)):
            raise ValidationException(
                "The execution role you provide must allow AWS EventBridge Scheduler to assume the "
                "role."
            )
        return schedule(self, **given)

    backend.create_schedule = scheduled
