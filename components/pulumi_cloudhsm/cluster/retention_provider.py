"""How long AWS keeps a cluster's backups: a setting that pulumi-aws lacks.

Backups are what a lost cluster is restored from, so nothing here ever deletes one. On a destroy
this resource goes after the HSMs and before the cluster: it says what AWS keeps, and until when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, UpdateResult

from ..aws.cloudhsmv2 import DELETING_OR_DELETED, Backup
from ..aws.logs import audit_log_group
from ..dynamic_provider import (
    AwsInputs,
    CloudHsmProvider,
    DynamicResource,
    Props,
    ResourceOutputs,
    differs,
    log_line,
    state,
    wait_until_idle,
)
from ..errors import CloudHsmError, one_line

_SETTING = "waits.hsm.deadline_seconds"


@dataclass(frozen=True, kw_only=True)
class BackupRetentionInputs(AwsInputs):
    """The wanted setting."""

    cluster_id: str
    """`cluster-…`; another one replaces the resource."""
    retention_days: int
    """7 to 379."""


@dataclass(frozen=True, kw_only=True)
class BackupRetentionOutputs(ResourceOutputs):
    """The setting that AWS has."""

    found_days: int
    """The number that AWS has, as of the last refresh."""


class BackupRetentionProvider(CloudHsmProvider):
    """Reads the cluster's setting, and writes it where it is another one."""

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Sets the retention unless it is set; waits while AWS is at work on the cluster.

        That ModifyCluster takes it before the activation, too, is assumed: CloudFormation's
        AWS::CloudHSM::Cluster changes it in place, and its clusters have no HSM.

        Raises:
            StateError: the cluster is gone.
            DeadlineError: AWS stays at work on the cluster for too long; a later `up` goes on.
            AwsError: AWS refused it.
        """
        outs = self._settled(props)
        return CreateResult(id_=f"{props['cluster_id']}/backups", outs=outs)

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Another cluster has its own; another value, wanted or found, is set again."""
        replaces = differs(olds, news, "cluster_id")
        drifted = olds.get("found_days") != olds.get("retention_days")
        changed = differs(olds, news, "retention_days") or drifted
        return DiffResult(changes=bool(replaces or changed), replaces=replaces)

    @one_line
    def update(self, _id: str, _olds: Props, news: Props) -> UpdateResult:
        """Sets it again."""
        return UpdateResult(outs=self._settled(news))

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports what AWS has."""
        inputs = BackupRetentionInputs.read(props)
        cluster = self.cloudhsm(inputs.access).cluster(inputs.cluster_id)
        if cluster is None or cluster.state in DELETING_OR_DELETED:
            return ReadResult("", {})
        return ReadResult(id_, {**props, "found_days": cluster.retention_days})

    @one_line
    def delete(self, _id: str, props: Props) -> None:
        """Changes nothing at AWS; says what AWS keeps of the cluster."""
        inputs = BackupRetentionInputs.read(props)
        cluster_id = inputs.cluster_id
        try:
            backups = self.cloudhsm(inputs.access).backups(cluster_id)
            log_group = audit_log_group(inputs.access, cluster_id)
        except CloudHsmError as error:
            # Only a report: no reason to let a destroy stop here.
            log_line(f"could not look what AWS keeps of {cluster_id}: {error}")
            return
        log_line(_kept(cluster_id, backups, inputs.retention_days))
        if log_group:
            log_line(
                f"the audit log of {cluster_id} stays, in the log group {log_group}; when nobody "
                f"needs it: aws logs delete-log-group --log-group-name {log_group}"
            )

    def _settled(self, props: Props) -> dict[str, Any]:
        inputs = BackupRetentionInputs.read(props)
        api, cluster_id = self.cloudhsm(inputs.access), inputs.cluster_id
        days = inputs.retention_days
        cluster = wait_until_idle(api, self.waiter(), cluster_id, inputs.timing, _SETTING)
        if cluster.retention_days != days:
            api.keep_backups(cluster_id, days)
            log_line(
                f"{cluster_id} keeps its backups for {days} days, not {cluster.retention_days}"
            )
        return state(inputs, BackupRetentionOutputs(found_days=days))


def _kept(cluster_id: str, backups: Sequence[Backup], days: int) -> str:
    there = [backup for backup in backups if backup.state != "DELETED"]
    if not there:
        return f"there is no backup of {cluster_id}: it was never activated"
    shown = ", ".join(
        f"{backup.backup_id} ({f'{backup.created:%Y-%m-%d}' if backup.created else 'just begun'})"
        for backup in there
    )
    made = [backup.created for backup in there if backup.created]
    until = f"; the last but one go by {max(made) + timedelta(days=days):%Y-%m-%d}" if made else ""
    return (
        f"AWS keeps {len(there)} backups of {cluster_id}, each for {days} days from the day it was "
        f"made: {shown}{until}, the last one stays until you delete it (aws cloudhsmv2 "
        "delete-backup); a cluster is restored from one with restore.backup_id"
    )


class BackupRetention(DynamicResource, module="cloudhsm", name="BackupRetention"):
    """The number of days for which AWS keeps a cluster's backups."""

    retention_days: pulumi.Output[int]
    """The wanted number."""
    found_days: pulumi.Output[int]
    """The number that AWS has, as of the last refresh."""

    def __init__(
        self, name: str, inputs: BackupRetentionInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the setting.

        Args:
            name: logical name.
            inputs: the wanted setting.
            opts: Pulumi's options.
        """
        super().__init__(BackupRetentionProvider(), name, inputs, BackupRetentionOutputs, opts)
