"""Copying one backup to another Region: begun once, found there, and waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from ..aws.backups import BackupCopies, BackupCopy
from ..aws.cloudhsmv2 import Backup, CloudHsm
from ..errors import StateError
from ..once import call_once
from ..waiting.waiter import Goal, Observation, Timing, Waiter
from .choice import USABLE, newest_backup
from .workflow import mark

T = TypeVar("T")
_SETTING = "waits.backup_copy.deadline_seconds"


@dataclass(frozen=True, kw_only=True)
class Copying:
    """The steps of a copy.

    Attributes:
        cloudhsm: clusters and backups in the cluster's Region.
        here: copying from there.
        there: what has been copied to the other Region.
        waiter: waits and reports.
        timing: of one copy.
        cluster_id: whose backups are copied.
        region: the other Region.
    """

    cloudhsm: CloudHsm
    here: BackupCopies
    there: BackupCopies
    waiter: Waiter
    timing: Timing
    cluster_id: str
    region: str

    def newest_backup(self) -> Backup:
        """The newest READY backup; waits for the first one, which AWS makes at the activation.

        Raises:
            DeadlineError: there is none for too long; a later `up` goes on.
        """

        def look() -> Observation[Backup | None]:
            backups = self.cloudhsm.backups(self.cluster_id)
            newest = newest_backup(backups)
            if newest is not None:
                return Observation("READY", newest)
            return Observation(backups[0].state if backups else "none yet", None)

        subject = f"the first backup of {self.cluster_id}"
        return _there(self._wait(subject, "READY", look), subject)

    def begin(self, source: Backup, tags: Mapping[str, str]) -> BackupCopy:
        """Begins a copy, once; returns it as soon as AWS shows it.

        Raises:
            StateError: an answer was lost, and AWS shows no copy.
            DeadlineError: AWS shows none for too long.
            AwsError: AWS refused it.
        """
        subject = f"copy of {source.backup_id} in {self.region}"
        before = {one.backup_id for one in self._of(source)}

        def find() -> BackupCopy | None:
            new = [one for one in self._of(source) if one.backup_id not in before]
            return new[0] if new else None

        def look() -> Observation[BackupCopy | None]:
            found = find()
            return Observation("shown" if found else "not shown yet", found)

        def copy() -> bool:
            self.here.copy(source.backup_id, self.region, tags)
            return True

        def is_there() -> bool | None:
            return True if find() else None

        call_once(self.waiter, subject, copy, is_there, self.timing, _SETTING)
        return _there(self._wait(subject, "shown", look), subject)

    def remember(self, copy: BackupCopy) -> None:
        """Marks the source as copied, where it is still there: the workflow sees no other Region.

        Raises:
            AwsError: AWS refused it.
        """
        sources = [one.backup_id for one in self.cloudhsm.backups(self.cluster_id)]
        if copy.source_backup_id in sources:
            self.here.tag(copy.source_backup_id, {mark(self.region): copy.backup_id})

    def until_ready(self, copy: BackupCopy) -> BackupCopy:
        """Waits for a copy that is under way.

        Raises:
            StateError: AWS gave it up.
            DeadlineError: it takes too long; a later `up` goes on.
        """

        def look() -> Observation[BackupCopy | None]:
            listed = [one for one in self.there.copies() if one.backup_id == copy.backup_id]
            if not listed or listed[0].state not in USABLE:
                # User guide, Copying backups across Regions: one that fails goes to DELETED.
                raise StateError(
                    f"AWS gave up {copy.backup_id}, the copy of {copy.source_backup_id} in "
                    f"{self.region}: run `pulumi up` again, which copies again"
                )
            return Observation(listed[0].state, listed[0])

        if copy.state == "READY":
            return copy
        subject = f"copy {copy.backup_id} in {self.region}"
        return _there(self._wait(subject, "READY", look), subject)

    def _of(self, source: Backup) -> list[BackupCopy]:
        return [one for one in self.there.copies() if one.source_backup_id == source.backup_id]

    def _wait(
        self, subject: str, wanted: str, look: Callable[[], Observation[T | None]]
    ) -> T | None:
        goal = Goal(subject, wanted, (wanted,), (), _SETTING)
        return self.waiter.wait(goal, self.timing, look).observation.value


def _there(value: T | None, subject: str) -> T:
    """A value that a wait has ended with."""
    if value is None:  # for the type checker: a wait that ends well has one
        raise StateError(f"{subject} is not there: run `pulumi up` again")
    return value
