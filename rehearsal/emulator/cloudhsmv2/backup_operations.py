"""The operations of CloudHSM v2 on backups: what AWS accepts, refuses and answers.

The refusals' codes follow botocore's model; their texts are ours, since none of AWS's is public.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rehearsal.emulator.cloudhsmv2 import description, rules
from rehearsal.emulator.cloudhsmv2.backups import Backup, Backups
from rehearsal.emulator.core.errors import ServiceError, invalid_request, not_found
from rehearsal.emulator.core.faults import Faults
from rehearsal.emulator.core.place import Place
from rehearsal.emulator.core.timeline import Timeline

Handler = Callable[[Place, dict[str, Any]], dict[str, Any]]


class BackupOperations:
    """Carries out the calls about backups; the caller holds the service's lock."""

    def __init__(self, backups: Backups, timeline: Timeline, faults: Faults) -> None:
        self._backups, self._timeline, self._faults = backups, timeline, faults

    def handlers(self) -> dict[str, Handler]:
        """What answers each operation."""
        return {
            "CopyBackupToRegion": self._copy,
            "DeleteBackup": self._delete,
            "DeleteResourcePolicy": self._delete_policy,
            "DescribeBackups": self._describe,
            "GetResourcePolicy": self._get_policy,
            "ModifyBackupAttributes": self._modify,
            "PutResourcePolicy": self._put_policy,
            "RestoreBackup": self._restore,
        }

    def backup(self, place: Place, backup_id: str) -> Backup:
        """The backup with this id.

        Raises:
            ServiceError: there is none.
        """
        backup = self._backups.find(backup_id, place)
        if backup is None:
            raise not_found(f"Backup '{backup_id}' was not found.")
        return backup

    def source(self, place: Place, given: dict[str, Any]) -> Backup | None:
        """The backup that CreateCluster is to restore, None for a new cluster.

        Raises:
            ServiceError: it is not there, not READY, or of another mode.
        """
        named = given.get("SourceBackupId")
        if not named:
            return None
        by_arn = named.startswith("arn:")
        backup = self._usable(place, named) if by_arn else self.backup(place, named)
        if backup.state != "READY":
            raise _wrong_state(backup, "READY")
        if given.get("Mode", backup.mode) != backup.mode:
            # User guide, "Cluster modes": backups can be restored into the same mode only.
            raise invalid_request(
                f"Backup '{backup.backup_id}' was made in mode {backup.mode} and can't be "
                f"restored in mode {given['Mode']}."
            )
        return backup

    def _describe(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        # Only what other accounts share is Shared, and there are no other accounts here.
        now, all_ = self._timeline.now(), self._backups.listed(place)
        listed = [] if given.get("Shared") else [one for one in all_ if one.shown_from <= now]
        return description.page_of_backups(listed, given)

    def _copy(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        source = self._ready(place, given)
        destination = given["DestinationRegion"]
        if destination == place.region:
            raise invalid_request(f"Backup '{source.backup_id}' is in {destination} already.")
        if Place(destination).partition != place.partition:
            # User guide, "Copying backups across Regions": within a partition only.
            raise invalid_request(f"{destination} is not in the partition of {place.region}.")
        # API reference: without tags in the request, those of the source are copied.
        tags = rules.tags(given["TagList"]) if "TagList" in given else dict(source.tags)
        fails = self._faults.take("backup_copy_fails") is not None
        copy = self._backups.copy(source, destination, tags, self._timeline.now(), fails=fails)
        return {
            "DestinationBackup": {
                "CreateTimestamp": copy.created_at,
                "SourceRegion": place.region,
                "SourceBackup": source.backup_id,
                "SourceCluster": source.cluster_id,
            }
        }

    def _delete(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        backup = self._ready(place, given)
        self._backups.delete(backup, self._timeline.now())
        return {"Backup": description.backup(backup)}

    def _restore(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        backup = self.backup(place, given["BackupId"])
        if backup.state != "PENDING_DELETION":
            raise _wrong_state(backup, "PENDING_DELETION")
        self._backups.restore(backup, self._timeline.now())
        return {"Backup": description.backup(backup)}

    def _modify(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        backup = self._ready(place, given)
        self._backups.exempt(backup, given["NeverExpires"], self._timeline.now())
        return {"Backup": description.backup(backup)}

    def _put_policy(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        backup = self._of_arn(place, given)
        if backup.state != "READY":  # API reference: only such a backup can be shared
            raise _wrong_state(backup, "READY")
        policy = given.get("Policy", "")
        try:
            document = json.loads(policy)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise invalid_request("Policy is not a JSON document.")
        backup.policy = policy
        return {"ResourceArn": description.backup_arn(backup), "Policy": policy}

    def _get_policy(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        backup = self._of_arn(place, given)
        return {"Policy": backup.policy} if backup.policy else {}

    def _delete_policy(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        backup = self._of_arn(place, given)
        policy, backup.policy = backup.policy, None
        answer = {"ResourceArn": description.backup_arn(backup)}
        return answer | ({"Policy": policy} if policy else {})

    def _ready(self, place: Place, given: dict[str, Any]) -> Backup:
        backup = self.backup(place, given["BackupId"])
        if backup.state != "READY":
            raise _wrong_state(backup, "READY")
        return backup

    def _of_arn(self, place: Place, given: dict[str, Any]) -> Backup:
        arn = given.get("ResourceArn", "")
        if ":backup/" not in arn:
            # API reference, PutResourcePolicy: backups are all that supports policies.
            raise invalid_request("ResourceArn must be the ARN of a backup.")
        return self._named(place, arn)

    def _usable(self, place: Place, arn: str) -> Backup:
        """A backup of this account, or of another one whose policy lets this one restore it.

        User guide, "Working with shared backups": by the full ARN, in the backup's Region.
        """
        parts = arn.split(":")
        owner = replace(place, account=parts[4]) if len(parts) > 5 else place
        backup = self._named(owner, arn)
        if owner != place and not _allows(backup.policy, place, arn):
            raise not_found(f"Backup '{arn}' was not found.")
        return backup

    def _named(self, place: Place, arn: str) -> Backup:
        backup = self._backups.find(arn.rpartition("/")[2], place)
        if backup is None or description.backup_arn(backup) != arn:
            # Also of another region, which can't be told apart from here.
            raise not_found(f"Backup '{arn}' was not found.")
        return backup


def _allows(policy: str | None, place: Place, arn: str) -> bool:
    """Whether a policy lets an account make a cluster; wildcards are not understood here."""

    def listed(value: Any) -> list[Any]:  # noqa: ANN401 - as JSON has it
        return value if isinstance(value, list) else [value]

    account = {place.account, f"arn:{place.partition}:iam::{place.account}:root"}
    return any(
        one["Effect"] == "Allow"
        and account & set(listed(one["Principal"]["AWS"]))
        and "cloudhsm:CreateCluster" in listed(one["Action"])
        and arn in listed(one["Resource"])
        for one in json.loads(policy or '{"Statement": []}')["Statement"]
    )


def _wrong_state(backup: Backup, needed: str) -> ServiceError:
    return invalid_request(
        f"Backup '{backup.backup_id}' is in state {backup.state}; it must be {needed}."
    )
