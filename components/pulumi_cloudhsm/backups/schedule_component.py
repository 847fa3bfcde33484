"""AWS copies backups by itself: a schedule starts a workflow, and no code runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from ..common import recovery_of
from ..facts import ClusterFacts
from ..recovery.part import Part
from ..scheduling.arns import PARTITION, part_of
from ..scheduling.group_resources import ScheduleGroup
from ..validation import InputError
from . import workflow
from .args import BackupCopiesArgs
from .workflow_resources import create_workflow

_MAX_NAME = 64
"""Of a role at IAM, and of a group at Scheduler."""
_DIGITS = 9
"""A hyphen and the first digits of the deployment's id."""
Tags = Mapping[str, Mapping[str, pulumi.Input[str]]]
"""By Region: the tags of the copies that the stack makes there."""


class CopySchedule(Part):
    """The newest backup is copied on a schedule; old copies are deleted where a number is given."""

    state_machine_arn: pulumi.Output[str]
    """ARN of the workflow that copies."""

    def __init__(
        self,
        name: str,
        args: BackupCopiesArgs,
        tags: Tags,
        facts: ClusterFacts,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares schedules and workflows.

        Args:
            name: logical name of the copies' component.
            args: the Regions, the schedule, and how many copies stay.
            tags: of the copies.
            facts: the cluster.
            opts: Pulumi's options.

        Raises:
            InputError: the name is too long for the roles.
        """
        super().__init__("cloudhsm:index:CopySchedule", f"{name}-schedule", {}, opts)
        self._name, self._args, self._tags, self._facts = name, args, tags, facts
        self._common, self._recovery = facts.common, recovery_of(self, facts.common)
        self._expression = args.schedule or ""
        self._check_names()
        self.state_machine_arn = self._copy()
        if args.keep is not None:
            for region in args.regions:
                self._delete(region, args.keep)
        self.register_outputs({"state_machine_arn": self.state_machine_arn})

    def _check_names(self) -> None:
        ends = ["-start"]
        if self._args.keep is not None:
            ends += [f"-start-{region}" for region in self._args.regions]
        most = _MAX_NAME - _DIGITS - max(map(len, ends))
        if len(self._name) > most:
            raise InputError(
                "schedule",
                self._expression,
                f"shorten the name {self._name} to {most} characters, or leave the schedule out: "
                "its roles have names of 64 characters at most",
            )

    def _copy(self) -> pulumi.Output[str]:
        group = ScheduleGroup(self, f"{self._name}-start", self._recovery, self._common)
        arn = create_workflow(
            self,
            f"{self._name}-copy",
            group.arn.apply(lambda one: workflow.copying(part_of(one, PARTITION))),
            workflow.RIGHTS["copying"],
            beside=group.arn,
            recovery=self._recovery,
            common=self._common,
        )
        group.allow({"states:StartExecution": arn})
        for region in self._args.regions:
            given = {"region": region, "mark": workflow.mark(region), "tags": self._listed(region)}
            group.schedule(region, self._expression, arn, self._input(given))
        return arn

    def _delete(self, region: str, keep: int) -> None:
        away = recovery_of(self, self._common, region)
        group = ScheduleGroup(
            self, f"{self._name}-start-{region}", self._recovery, self._common, away
        )
        resource = self._recovery.deployment.path(f"{self._name}-{region}")
        arn = create_workflow(
            self,
            f"{self._name}-keep-{region}",
            group.arn.apply(lambda one: workflow.deleting(part_of(one, PARTITION), resource, keep)),
            workflow.RIGHTS["deleting"],
            beside=group.arn,
            recovery=self._recovery,
            common=self._common,
            away=away,
        )
        group.allow({"states:StartExecution": arn})
        given: dict[str, Any] = {"deploymentId": self._recovery.deployment.id, "own": []}
        group.schedule("keep", self._expression, arn, self._input(given))

    def _input(self, given: Mapping[str, Any]) -> pulumi.Output[str]:
        return pulumi.Output.json_dumps({"clusterId": self._facts.cluster_id, **given})

    def _listed(self, region: str) -> list[dict[str, Any]]:
        tags = sorted(self._tags[region].items())
        return [{"Key": key, "Value": value} for key, value in tags]
