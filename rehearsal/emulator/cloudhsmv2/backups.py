"""Backups of clusters: what they hold, when they are made and how long they are kept.

Pure, as lifecycle.py is. Sources: user guide, "Cluster backups", "Configuring backup retention"
and "Deleting and restoring backups"; API reference, Backup. The backup that AWS makes at least
once every 24 hours is left out: it would make every rehearsal differ from the next.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from rehearsal.emulator.cloudhsmv2 import users
from rehearsal.emulator.cloudhsmv2.records import Cluster, Hsm, User, new_id
from rehearsal.emulator.core.durations import Durations
from rehearsal.emulator.core.place import Place
from rehearsal.emulator.core.timeline import Timeline

DAY = 86_400.0
PENDING_DAYS = 7
"""How long a deleted backup can be restored (API reference, DeleteBackup)."""


@dataclass(frozen=True)
class Copied:
    """Where a copied backup comes from, and when it was copied."""

    region: str
    backup_id: str
    cluster_id: str
    at: float


@dataclass
class Backup:
    """One backup of one cluster: what was on one of its HSMs, and what the service keeps of it."""

    backup_id: str
    place: Place
    cluster_id: str
    history: str
    """The cluster that all with this backup history descend from."""
    hsm_type: str
    mode: str
    created_at: float
    retention_days: int
    users: Mapping[str, User]
    trust_anchor: str | None
    cluster_certificate: str | None
    keys: Mapping[str, bytes]
    """The keys that were on the HSM: one that is made later is in no backup before the next."""
    state: str = "CREATE_IN_PROGRESS"
    never_expires: bool = False
    expires_at: float = math.inf
    delete_at: float | None = None
    tags: dict[str, str] = field(default_factory=dict)
    copied: Copied | None = None
    shown_from: float = 0.0
    """When it is first listed."""
    policy: str | None = None


class Observer(Protocol):
    """Is told what becomes of backups, with the exact moment."""

    def backup_moved(self, backup: Backup, old: str, new: str, at: float) -> None:
        """A backup went from one state to another."""
        ...


class Backups:
    """All backups of one account, in all regions.

    The callers check what AWS would refuse; the methods here only carry out what was accepted.
    """

    def __init__(self, timeline: Timeline, durations: Durations, observer: Observer) -> None:
        self._timeline, self._durations, self._observer = timeline, durations, observer
        self._backups: dict[str, Backup] = {}

    def clear(self) -> None:
        """Forget all backups."""
        self._backups.clear()

    def listed(self, place: Place | None = None) -> list[Backup]:
        """The backups that exist, in the order they were made or copied."""
        return [b for b in self._backups.values() if place in (None, b.place)]

    def find(self, backup_id: str, place: Place) -> Backup | None:
        """The backup with this id here."""
        backup = self._backups.get(backup_id)
        return backup if backup and backup.place == place else None

    def take(self, cluster: Cluster, hsm: Hsm, at: float) -> Backup:
        """Make a backup of what is on an HSM: the users it has, not those that miss on it."""
        backup = Backup(
            backup_id=new_id("backup"),
            place=cluster.place,
            cluster_id=cluster.cluster_id,
            history=cluster.history,
            hsm_type=hsm.hsm_type,
            mode=cluster.mode,
            created_at=at,
            retention_days=cluster.retention_days,
            users=users.on_hsm(cluster, hsm.hsm_id),
            trust_anchor=cluster.trust_anchor,
            cluster_certificate=cluster.cluster_certificate,
            keys=dict(cluster.keys),
        )
        self._begin(backup, self._durations.create_backup, at)
        return backup

    def copy(
        self, source: Backup, region: str, tags: dict[str, str], at: float, *, fails: bool = False
    ) -> Backup:
        """Copy a backup into another region; it keeps its CreateTimestamp (API reference).

        One that fails goes to DELETED (user guide, "Copying backups across Regions").
        """
        backup = replace(
            source,
            backup_id=new_id("backup"),
            place=replace(source.place, region=region),
            state="CREATE_IN_PROGRESS",
            never_expires=False,  # assumed
            expires_at=math.inf,
            tags=tags,
            copied=Copied(source.place.region, source.backup_id, source.cluster_id, at),
            shown_from=at + self._durations.show_copy / self._timeline.speed,
            policy=None,
        )
        if fails:
            self._backups[backup.backup_id] = backup
            self._observer.backup_moved(backup, "", backup.state, at)
            seconds = self._durations.copy_backup
            self._timeline.after(seconds, lambda t: self._remove(backup, t), since=at)
        else:
            self._begin(backup, self._durations.copy_backup, at)
        return backup

    def delete(self, backup: Backup, at: float) -> None:
        """DeleteBackup was accepted: it can be restored for seven days."""

        def gone(t: float) -> None:
            if backup.delete_at == t:
                self._remove(backup, t)

        self._move(backup, "PENDING_DELETION", at)
        backup.delete_at = self._timeline.after(PENDING_DAYS * DAY, gone, since=at)

    def restore(self, backup: Backup, at: float) -> None:
        """RestoreBackup was accepted: back to READY (release note of the SDKs, 2018-09-10)."""
        backup.delete_at = None
        self._move(backup, "READY", at)
        self._expire(backup, at)

    def retain(self, cluster: Cluster, at: float) -> None:
        """The cluster's retention has changed; it holds for the backups there are, too."""
        for backup in self._of(cluster.place, cluster.cluster_id):
            backup.retention_days = cluster.retention_days
            self._schedule(backup)
            self._expire(backup, at)

    def exempt(self, backup: Backup, never_expires: bool, at: float) -> None:
        """ModifyBackupAttributes was accepted."""
        backup.never_expires = never_expires
        self._expire(backup, at)

    def _begin(self, backup: Backup, seconds: float, at: float) -> None:
        self._backups[backup.backup_id] = backup
        self._observer.backup_moved(backup, "", backup.state, at)
        self._schedule(backup)

        def ready(t: float) -> None:
            self._move(backup, "READY", t)
            self._expire(backup, t)  # an older one may have been kept only for being the last

        self._timeline.after(seconds, ready, since=at)

    def _schedule(self, backup: Backup) -> None:
        if backup.copied:
            # User guide, "Configuring backup retention": a copy is deleted by hand only.
            return
        days = backup.retention_days * DAY
        backup.expires_at = self._timeline.after(
            days, lambda t: self._expire(backup, t), since=backup.created_at
        )

    def _expire(self, backup: Backup, at: float) -> None:
        """Delete what is due of the backups of the same cluster in the same region.

        CloudHSM does not delete a cluster's last backup (user guide, "Configuring backup
        retention"). That a backup that has expired can't be restored is assumed.
        """
        ready = [b for b in self._of(backup.place, backup.cluster_id) if b.state == "READY"]
        for each in ready[:-1]:
            if not each.never_expires and each.expires_at <= at:
                self._remove(each, at)

    def _of(self, place: Place, cluster_id: str) -> list[Backup]:
        found = (b for b in self.listed(place) if b.cluster_id == cluster_id)
        return sorted(found, key=lambda backup: backup.created_at)

    def _remove(self, backup: Backup, at: float) -> None:
        # Whether AWS still lists one that is DELETED is not public; it is not here.
        self._move(backup, "DELETED", at)
        del self._backups[backup.backup_id]

    def _move(self, backup: Backup, state: str, at: float) -> None:
        old, backup.state = backup.state, state
        self._observer.backup_moved(backup, old, state, at)


def restore_onto(cluster: Cluster, backup: Backup) -> None:
    """Give a new cluster what the backup holds; it needs neither initialization nor activation.

    User guide, "Creating clusters from backups": same users, keys, certificates and policies.
    """
    cluster.source_backup_id = backup.backup_id
    cluster.history = backup.history
    cluster.users = {name: replace(user, missing_on=set()) for name, user in backup.users.items()}
    cluster.keys = dict(backup.keys)
    cluster.trust_anchor = backup.trust_anchor
    cluster.cluster_certificate = backup.cluster_certificate
    cluster.activated = True
