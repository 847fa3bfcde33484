"""What ModifyCluster accepts: another retention of backups, another HSM type.

The texts of its refusals are ours, since AWS's are not public.
"""

from __future__ import annotations

from typing import Any

from rehearsal.emulator import rules
from rehearsal.emulator.backups import Backups
from rehearsal.emulator.errors import invalid_request
from rehearsal.emulator.lifecycle import Cluster, Rollback
from rehearsal.emulator.migration import Migration


class Modification:
    """Carries out ModifyCluster."""

    def __init__(self, backups: Backups, migration: Migration) -> None:
        self._backups, self._migration = backups, migration

    def modify(self, cluster: Cluster, given: dict[str, Any], at: float) -> None:
        """Change the cluster as asked, or nothing of it.

        Raises:
            ServiceError: AWS would refuse it.
        """
        if "HsmType" not in given and "BackupRetentionPolicy" not in given:
            raise invalid_request("Nothing to modify: give HsmType or BackupRetentionPolicy.")
        wanted = given.get("HsmType", cluster.hsm_type)
        retention = rules.retention_days(given.get("BackupRetentionPolicy"))
        back = cluster.rollback
        if back and back.hsm_type != wanted:
            back = None
        if wanted != cluster.hsm_type:
            self._check_migration(cluster, wanted, back)
        elif cluster.state.endswith("_IN_PROGRESS") or cluster.state == "DELETED":
            raise rules.wrong_state(cluster, "UNINITIALIZED, INITIALIZED, ACTIVE or DEGRADED")
        if retention:
            cluster.retention_days = retention
            self._backups.retain(cluster, at)
        if wanted == cluster.hsm_type:
            return
        if back:
            self._migration.roll_back(cluster, back, at)
        else:
            self._migration.start(cluster, wanted, at)

    def _check_migration(self, cluster: Cluster, wanted: str, back: Rollback | None) -> None:
        if back is None:
            rules.check_type(wanted)  # there is no way to another type than the current one
        # User guide, "Synchronizing data after a rollback": also while the migration goes on.
        allowed = ("ACTIVE", "MODIFY_IN_PROGRESS") if back else ("ACTIVE",)
        if cluster.state not in allowed:
            raise rules.wrong_state(cluster, " or ".join(allowed))
        if any(hsm.state != "ACTIVE" for hsm in cluster.hsms):
            # Assumed.
            raise invalid_request(f"Cluster '{cluster.cluster_id}' has HSMs that are not ACTIVE.")
