"""How long AWS keeps a cluster's backups: a setting that pulumi-aws lacks.

Backups are what a lost cluster is restored from, so nothing here ever deletes one. On a destroy
this resource goes after the HSMs and before the cluster: it says what AWS keeps, and until when.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from ..aws.cloudhsmv2 import Backup, Cluster
from ..aws.logs import audit_log_group
from ..errors import CloudHsmError
from .base import Props, one_line, pace, say
from .cluster_setting import ClusterSettingProvider
from .existing_cluster import at_rest

_SETTING = "hsm_deadline_seconds (cloudhsm:hsmDeadlineSeconds)"


class BackupRetentionProvider(ClusterSettingProvider):
    """Reads the cluster's setting, and writes it where it is another one."""

    part, wanted, found = "backups", "retention_days", "found_days"

    def settle(self, props: Props) -> None:
        """Sets the retention unless it is set; waits while AWS is at work on the cluster.

        That ModifyCluster takes it before the activation, too, is assumed: CloudFormation's
        AWS::CloudHSM::Cluster changes it in place, and its clusters have no HSM.

        Raises:
            StateError: the cluster is gone.
            DeadlineError: AWS stays at work on the cluster for too long; a later `up` goes on.
            AwsError: AWS refused it.
        """
        api, cluster_id = self.cloudhsm(props), props["cluster_id"]
        days = int(props["retention_days"])
        cluster = at_rest(api, self.waiter(), cluster_id, pace(props), _SETTING)
        if cluster.retention_days != days:
            api.keep_backups(cluster_id, days)
            say(f"{cluster_id} keeps its backups for {days} days, not {cluster.retention_days}")

    def value_of(self, cluster: Cluster) -> object:
        """How many days AWS keeps them."""
        return cluster.retention_days

    @one_line
    def delete(self, _id: str, props: Props) -> None:
        """Changes nothing at AWS; says what AWS keeps of the cluster."""
        cluster_id = props["cluster_id"]
        try:
            backups = self.cloudhsm(props).backups(cluster_id)
            log_group = audit_log_group(self.access(props), cluster_id)
        except CloudHsmError as error:
            # Only a report: no reason to let a destroy stop here.
            say(f"could not look what AWS keeps of {cluster_id}: {error}")
            return
        say(_kept(cluster_id, backups, int(props["retention_days"])))
        if log_group:
            say(
                f"the audit log of {cluster_id} stays, in the log group {log_group}; when nobody "
                f"needs it: aws logs delete-log-group --log-group-name {log_group}"
            )


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
        "delete-backup); a cluster is restored from one with cloudhsm:sourceBackupId"
    )


class BackupRetention(Resource, module="cloudhsm", name="BackupRetention"):
    """The number of days for which AWS keeps a cluster's backups."""

    retention_days: pulumi.Output[int]
    """The wanted number."""
    found_days: pulumi.Output[int]
    """The number that AWS has, as of the last refresh."""

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the setting.

        Args:
            name: logical name.
            props: `cluster_id`, `region`, `retention_days` (7 to 379), `usual_seconds`,
                `deadline_seconds`.
            opts: Pulumi's options.
        """
        super().__init__(BackupRetentionProvider(), name, {"found_days": None, **props}, opts)
