"""Another HSM type for a cluster, HSM by HSM, and back.

Pure, as lifecycle.py is. Source: user guide, "Migrating from hsm1.medium to hsm2m.medium": before
each HSM a backup of the whole cluster, one HSM at a time, about 30 minutes each, the same IP
addresses; the cluster shows the wanted type at once, each HSM its own. AWS rolls back by itself if
a validation fails, the user can for 24 hours, also while the migration goes on; users that were
made after it are lost then. That an HSM is ACTIVE until it is replaced is assumed.
"""

from __future__ import annotations

from dataclasses import replace

from rehearsal.emulator.backups import Backups
from rehearsal.emulator.durations import Durations
from rehearsal.emulator.faults import Faults
from rehearsal.emulator.lifecycle import Cluster, Hsm, Lifecycle, Rollback
from rehearsal.emulator.timeline import Event, Timeline

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
        kept = {name: replace(user, missing_on=set()) for name, user in cluster.users.items()}
        rollback = cluster.rollback = Rollback(cluster.hsm_type, until, kept)
        cluster.hsm_type = hsm_type
        self._lifecycle.move_cluster(cluster, "MODIFY_IN_PROGRESS", at)
        self._migrate(cluster, list(cluster.hsms), at)

    def roll_back(self, cluster: Cluster, to: Rollback, at: float) -> None:
        """A migration is taken back, by the user or since a validation has failed."""
        cluster.hsm_type = to.hsm_type
        self._lifecycle.move_cluster(cluster, "ROLLBACK_IN_PROGRESS", at)
        migrated = [hsm for hsm in cluster.hsms if hsm.hsm_type != to.hsm_type]

        def finish(t: float) -> None:
            # The HSMs come from the backups of before; whoever was made since is not in them.
            cluster.users = {name: replace(user) for name, user in to.users.items()}
            cluster.rollback = None
            self._lifecycle.move_cluster(cluster, "ACTIVE", t)

        self._replace(cluster, migrated, self._durations.roll_back_hsm, finish, at)

    def _migrate(self, cluster: Cluster, hsms: list[Hsm], at: float) -> None:
        if hsms:
            self._backups.take(cluster, hsms[0], at)

        def next_one(t: float) -> None:
            failed = self._faults.take("migration_rolls_back", cluster_id=cluster.cluster_id)
            if failed and cluster.rollback:
                self.roll_back(cluster, cluster.rollback, t)
            elif len(hsms) > 1:
                self._migrate(cluster, hsms[1:], t)
            else:
                self._lifecycle.move_cluster(cluster, "ACTIVE", t)

        self._replace(cluster, hsms[:1], self._durations.migrate_hsm, next_one, at)

    def _replace(
        self, cluster: Cluster, hsms: list[Hsm], seconds: float, then: Event, at: float
    ) -> None:
        """Replace HSMs one by one by such of the cluster's type; without any, wait once."""

        def done(t: float) -> None:
            for hsm in hsms[:1]:
                hsm.hsm_type = cluster.hsm_type
                self._lifecycle.replace_hsm(cluster, hsm, 0, t)
            if len(hsms) > 1:
                self._replace(cluster, hsms[1:], seconds, then, t)
            else:
                then(t)

        self._lifecycle.cluster_step(cluster, seconds, at, done)
