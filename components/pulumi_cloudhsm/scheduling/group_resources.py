"""A group of EventBridge schedules with a role of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from ..common import CommonArgs
from ..recovery.kinds import ROLE, SCHEDULE, SCHEDULE_GROUP
from ..recovery.orphans import Recovery
from ..recovery.part import Part
from .trust_policy import trust_of

Rights = Mapping[str, pulumi.Input[str]]
"""IAM action to the one resource that it is allowed on."""


class ScheduleGroup:
    """Schedules that share a role, and the metrics of their group.

    Attributes:
        group_name: dimension of the group's metrics.
        arn: of the group; it tells partition and account.
    """

    group_name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(
        self,
        component: Part,
        name: str,
        recovery: Recovery,
        common: CommonArgs,
        away: Recovery | None = None,
    ) -> None:
        """Declares group and role.

        Args:
            component: their parent.
            name: logical name, and with the deployment's id the name at AWS.
            recovery: the component's tags and names.
            common: its other tags.
            away: the same for another Region, where the group is to be there.
        """
        self._component, self._name = component, name
        self._recovery = here = away or recovery
        child = pulumi.ResourceOptions(parent=component)
        key = recovery.deployment.known_unique(name)
        group = aws.scheduler.ScheduleGroup(
            f"{name}-group",
            name=recovery.unique(name),
            tags=recovery.tags(f"{name}-group", common.tags),
            region=here.region,
            opts=here.adopt(SCHEDULE_GROUP, f"{name}-group", child, key=key),
        )
        self._role = aws.iam.Role(
            f"{name}-role",
            name=recovery.unique(name),
            description="EventBridge schedules for CloudHSM",
            assume_role_policy=group.arn.apply(
                lambda arn: trust_of("scheduler.amazonaws.com", arn)
            ),
            tags=recovery.tags(f"{name}-role", common.tags),
            opts=recovery.adopt(ROLE, f"{name}-role", child, key=key),
        )
        self.group_name, self.arn = group.name, group.arn

    def allow(self, rights: Rights) -> None:
        """Declares what the schedules may do, and nothing else; before the first of them."""
        self._rights = aws.iam.RolePolicy(
            f"{self._name}-rights",
            name="schedules",
            role=self._role.name,
            policy=pulumi.Output.all(**rights).apply(_policy),
            opts=pulumi.ResourceOptions(parent=self._component),
        )

    def schedule(
        self,
        which: str,
        expression: pulumi.Input[str],
        target_arn: pulumi.Input[str],
        message: pulumi.Input[str],
        **target: Any,  # noqa: ANN401 - the provider's own
    ) -> None:
        """Declares a schedule.

        Args:
            which: its name in the group.
            expression: when it runs, in UTC.
            target_arn: what it calls.
            message: what it sends there.
            target: the target's further settings.
        """
        name = f"{self._name}-{which}"
        key = f"{self._recovery.deployment.known_unique(self._name)}/{which}"
        aws.scheduler.Schedule(
            name,
            name=which,
            group_name=self.group_name,
            schedule_expression=expression,
            flexible_time_window={"mode": "OFF"},
            region=self._recovery.region,
            target=aws.scheduler.ScheduleTargetArgs(
                arn=target_arn, role_arn=self._role.arn, input=message, **target
            ),
            opts=self._recovery.adopt(
                SCHEDULE,
                name,
                pulumi.ResourceOptions(parent=self._component, depends_on=[self._rights]),
                key=key,
            ),
        )


def _policy(rights: Mapping[str, str]) -> str:
    statements = [
        {"Effect": "Allow", "Action": action, "Resource": resource}
        for action, resource in rights.items()
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
