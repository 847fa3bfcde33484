"""What ModifyCluster accepts: another retention of backups.

The texts of its refusals are ours, since AWS's are not public.
"""

from __future__ import annotations

from typing import Any

from rehearsal.emulator.cloudhsmv2 import rules
from rehearsal.emulator.cloudhsmv2.backups import Backups
from rehearsal.emulator.cloudhsmv2.records import Cluster
from rehearsal.emulator.core.errors import invalid_request


def modify(cluster: Cluster, given: dict[str, Any], backups: Backups, at: float) -> None:
    """Change the cluster as asked, or nothing of it.

    Migrations to another HSM type are not emulated: there is only one type left to migrate to,
    and every cluster here has it.

    Raises:
        ServiceError: AWS would refuse it.
    """
    if "HsmType" not in given and "BackupRetentionPolicy" not in given:
        raise invalid_request("Nothing to modify: give HsmType or BackupRetentionPolicy.")
    rules.check_type(given.get("HsmType", rules.HSM_TYPE))
    retention = rules.retention_days(given.get("BackupRetentionPolicy"))
    if cluster.state.endswith("_IN_PROGRESS") or cluster.state == "DELETED":
        raise rules.wrong_state(cluster, "UNINITIALIZED, INITIALIZED, ACTIVE or DEGRADED")
    if retention:
        cluster.retention_days = retention
        backups.retain(cluster, at)
