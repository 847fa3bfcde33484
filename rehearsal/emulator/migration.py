"""Another HSM type for a cluster, HSM by HSM, and back.

Pure, as lifecycle.py is. Source: user guide, "Migrating from hsm1.medium to hsm2m.medium": before
each HSM a backup of the whole cluster, one HSM at a time, about 30 minutes each, the same IP
addresses; AWS rolls back by itself if a validation fails, the user can for 24 hours. What is
shown of the types meanwhile, and that an HSM is ACTIVE until it is replaced, is assumed.
"""

from __future__ import annotations

from rehearsal.emulator.backups import Backups
from rehearsal.emulator.durations import Durations
from rehearsal.emulator.faults import Faults
from rehearsal.emulator.lifecycle import Cluster, Hsm, Lifecycle, Rollback
from rehearsal.emulator.timeline import Timeline

ROLLBACK_SECONDS = 24 * 3600.0
"""For how long after the start of a migration it can be taken back."""


class Migration:
    """Carries out the migrations that were accepted."""

    def __init__(
        self,
        timeline: Timeline,
        durations: Durations,
        faults: Faults,
        lifecycle: Lifecycle,
        backups: Backups,
    ) -> None:
        self._timeline, self._durations, self._faults = timeline, durations, faults
        self._lifecycle, self._backups = lifecycle, backups

    def start(self, cluster: Cluster, hsm_type: str, at: float) -> None:
        """ModifyCluster with another HsmType was accepted."""

        def too_late(_: float) -> None:
            if cluster.rollback is rollback:
                cluster.rollback = None

        until = self._timeline.after(ROLLBACK_SECONDS, too_late, since=at)
        rollback = cluster.rollback = Rollback(cluster.hsm_type, until)
        self._lifecycle.move_cluster(cluster, "MODIFY_IN_PROGRESS", at)
        self._next(cluster, hsm_type, list(cluster.hsms), at)

    def roll_back(self, cluster: Cluster, hsm_type: str, at: float) -> None:
        """A migration is taken back, by the user or since a validation has failed."""
        self._lifecycle.move_cluster(cluster, "ROLLBACK_IN_PROGRESS", at)
        migrated = [hsm for hsm in cluster.hsms if hsm.hsm_type != hsm_type]

        def done(t: float) -> None:
            for hsm in migrated:
                self._replace(cluster, hsm, hsm_type, t)
            cluster.rollback = None
            self._finish(cluster, hsm_type, t)

        seconds = self._durations.roll_back_hsm * max(1, len(migrated))
        self._lifecycle.cluster_step(cluster, seconds, at, done)

    def _next(self, cluster: Cluster, hsm_type: str, hsms: list[Hsm], at: float) -> None:
        old_type = cluster.hsm_type
        if hsms:
            self._backups.take(cluster, hsms[0], at)

        def done(t: float) -> None:
            if hsms:
                self._replace(cluster, hsms[0], hsm_type, t)
            if self._faults.take("migration_rolls_back", cluster_id=cluster.cluster_id):
                self.roll_back(cluster, old_type, t)
            elif len(hsms) > 1:
                self._next(cluster, hsm_type, hsms[1:], t)
            else:
                self._finish(cluster, hsm_type, t)

        self._lifecycle.cluster_step(cluster, self._durations.migrate_hsm, at, done)

    def _replace(self, cluster: Cluster, hsm: Hsm, hsm_type: str, at: float) -> None:
        hsm.hsm_type = hsm_type
        self._lifecycle.replace_hsm(cluster, hsm, 0, at)

    def _finish(self, cluster: Cluster, hsm_type: str, at: float) -> None:
        cluster.hsm_type = hsm_type
        self._lifecycle.move_cluster(cluster, "ACTIVE", at)
