"""A copy of a cluster's newest backup in another Region, made again once it is too old.

AWS tells no id of a new copy. It is found in its Region by the backup that it is a copy of. A copy
has no retention: it stays until it is deleted (user guide, Configuring backup retention). Only
copies with this resource's tags are deleted here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, UpdateResult

from ..aws.backups import BackupCopies, BackupCopy
from ..aws.session import AwsAccess
from ..dynamic_provider import (
    AwsInputs,
    CloudHsmProvider,
    DynamicResource,
    Props,
    ResourceOutputs,
    differs,
    log_line,
    state,
)
from ..errors import StateError, one_line
from . import choice
from .copying import Copying


@dataclass(frozen=True, kw_only=True)
class CopiedBackupInputs(AwsInputs):
    """What a CopiedBackup is made of; `access` is that of the cluster's Region."""

    cluster_id: str
    """Whose newest backup is copied; the copies of another one stay."""
    region: str
    """Where the copy is; another one is another resource."""
    max_age_days: int
    """Age of the backup, in days, after which another copy is made."""
    keep: int | None = None
    """How many copies of our making stay; None: all."""
    share_with: Sequence[str] = ()
    """Accounts that may restore from the copies of our making."""
    scheduled: bool = False
    """Whether AWS copies by itself, too: then the backup is marked as copied."""
    delete_on_destroy: bool = False
    """Whether a destroy deletes the copies of our making."""
    tags: Mapping[str, str]
    """Tags of new copies; they show whose it is. A change alone changes nothing."""


@dataclass(frozen=True, kw_only=True)
class CopiedBackupOutputs(ResourceOutputs):
    """What a CopiedBackup tells."""

    copy_id: str
    """`backup-…` in the other Region; "" once a refresh has missed it."""
    copy_arn: str
    """Its ARN, by which another account restores."""
    source_backup_id: str
    """The backup that it is a copy of."""
    backed_up_at: str
    """When AWS made that backup; ISO 8601, UTC. What is newer is in no copy."""
    looked_at: str
    """When a newer backup was last looked for; ISO 8601, UTC."""
    shared_with: Sequence[str]
    """Accounts in the copy's policy, as of the last refresh."""


class CopiedBackupProvider(CloudHsmProvider):
    """Copies, waits, shares, and deletes what is too many of its own making."""

    def copies(self, access: AwsAccess) -> BackupCopies:
        """Backups in an account and Region."""
        return BackupCopies(access)

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Copies the newest backup, unless a copy is there or under way.

        Raises:
            StateError: AWS gave the copy up, or it has a policy of somebody else.
            DeadlineError: it takes too long; a later `up` goes on.
            AwsError: AWS refused it.
        """
        inputs = CopiedBackupInputs.read(props)
        return CreateResult(id_=f"{inputs.cluster_id}/{inputs.region}", outs=self._settled(inputs))

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Too old a copy is a change, and so is one that is lost, or shared otherwise."""
        replaces = differs(olds, news, "region")
        changed = differs(
            olds,
            news,
            "cluster_id",
            "max_age_days",
            "keep",
            "share_with",
            "scheduled",
            "delete_on_destroy",
        )
        drifted = not olds.get("copy_id") or olds.get("shared_with") != olds.get("share_with")
        return DiffResult(
            changes=bool(replaces or changed or drifted or self._is_due(olds)), replaces=replaces
        )

    @one_line
    def update(self, _id: str, _olds: Props, news: Props) -> UpdateResult:
        """Copies again where the copy is too old or lost; shares it as wanted."""
        return UpdateResult(outs=self._settled(CopiedBackupInputs.read(news)))

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports whether the copy is there, and whom it is shared with."""
        inputs, outputs = CopiedBackupInputs.read(props), CopiedBackupOutputs.read(props)
        there = self._there(inputs)
        listed = there.copies()
        usable = [one for one in listed if one.state in choice.USABLE]
        found = [one for one in usable if one.backup_id == outputs.copy_id]
        if inputs.scheduled:
            # AWS has copied since, and may have deleted the one that the state holds.
            found = sorted(
                [*found, *self._own_of_cluster(listed, inputs)], key=lambda one: one.created
            )
        if not found:
            return ReadResult(id_, {**props, "copy_id": ""})
        copy, shared = found[-1], list(inputs.share_with)
        if choice.own_copies([copy], inputs.tags):
            shared = choice.shared_accounts(there.policy(copy.arn)) or []
        return ReadResult(id_, {**props, **_told(copy), "shared_with": shared})

    @one_line
    def delete(self, _id: str, props: Props) -> None:
        """Deletes the copies of our making where that is wanted; else says what AWS keeps."""
        inputs = CopiedBackupInputs.read(props)
        there = self._there(inputs)
        own = choice.own_copies(there.copies(), inputs.tags)
        if inputs.delete_on_destroy:
            self._delete(there, own, inputs.region)
        elif own:
            log_line(
                f"AWS keeps {len(own)} copies of backups in {inputs.region}, without an end: "
                f"{_named(own)}; to delete one: aws cloudhsmv2 delete-backup --region "
                f"{inputs.region} --backup-id ID"
            )

    def _own_of_cluster(
        self, listed: Sequence[BackupCopy], inputs: CopiedBackupInputs
    ) -> list[BackupCopy]:
        own = choice.own_copies(listed, inputs.tags)
        return [one for one in own if one.source_cluster_id == inputs.cluster_id]

    def _there(self, inputs: CopiedBackupInputs) -> BackupCopies:
        return self.copies(replace(inputs.access, region=inputs.region))

    def _is_due(self, olds: Props) -> bool:
        outputs, now = CopiedBackupOutputs.read(olds), self.now()
        if now - datetime.fromisoformat(outputs.looked_at) <= choice.LOOK_AGAIN:
            return False
        days = CopiedBackupInputs.read(olds).max_age_days
        return choice.is_too_old(datetime.fromisoformat(outputs.backed_up_at), days, now)

    def _settled(self, inputs: CopiedBackupInputs) -> dict[str, Any]:
        there, now = self._there(inputs), self.now()
        copying = Copying(
            cloudhsm=self.cloudhsm(inputs.access),
            here=self.copies(inputs.access),
            there=there,
            waiter=self.waiter(),
            timing=inputs.timing,
            cluster_id=inputs.cluster_id,
            region=inputs.region,
        )
        # What somebody else has copied will do, but its policy is not ours to write.
        whose = inputs.tags if inputs.share_with else None
        copy = choice.newest_copy(there.copies(), inputs.cluster_id, whose)
        if copy is None or choice.is_too_old(copy.created, inputs.max_age_days, now):
            source = copying.newest_backup()
            if copy is None or (source.created and source.created > copy.created):
                copy = copying.begin(source, inputs.tags)
            else:
                log_line(
                    f"no backup of {inputs.cluster_id} is newer than {copy.created:%Y-%m-%d}, "
                    f"which {inputs.region} has: AWS makes none of a cluster without HSMs"
                )
        if inputs.scheduled:
            copying.remember(copy)
        copy = copying.until_ready(copy)
        own = choice.own_copies(there.copies(), inputs.tags)
        for one in own:
            self._share(there, one, inputs.share_with)
        surplus = choice.too_many(own, inputs.cluster_id, inputs.keep, copy.backup_id)
        self._delete(there, surplus, inputs.region)
        outputs = CopiedBackupOutputs(
            **_told(copy),
            looked_at=now.isoformat(),
            shared_with=list(inputs.share_with),
        )
        return state(inputs, outputs)

    def _share(self, there: BackupCopies, copy: BackupCopy, wanted: Sequence[str]) -> None:
        """Gives a copy of our making the wanted policy; leaves that of somebody else alone."""
        found = choice.shared_accounts(there.policy(copy.arn))
        if found == sorted(wanted):
            return
        if found is None:
            if not wanted:
                return
            raise StateError(
                f"{copy.arn} has a policy that this program did not write: take it off (aws "
                "cloudhsmv2 delete-resource-policy), or take share_with out"
            )
        there.set_policy(copy.arn, choice.sharing_policy(copy.arn, wanted))
        names = ", ".join(wanted) or "no other account"
        log_line(f"{copy.backup_id} is shared with {names}")

    def _delete(self, there: BackupCopies, copies: Sequence[BackupCopy], region: str) -> None:
        for one in copies:
            there.delete(one.backup_id)
            log_line(
                f"{one.backup_id} in {region}, a copy of {one.source_backup_id}, is deleted; to "
                "have it back within seven days: aws cloudhsmv2 restore-backup --region "
                f"{region} --backup-id {one.backup_id}"
            )


def _told(copy: BackupCopy) -> dict[str, str]:
    """What the outputs tell of a copy."""
    return {
        "copy_id": copy.backup_id,
        "copy_arn": copy.arn,
        "source_backup_id": copy.source_backup_id,
        "backed_up_at": copy.created.isoformat(),
    }


def _named(copies: Sequence[BackupCopy]) -> str:
    return ", ".join(f"{one.backup_id} ({one.created:%Y-%m-%d})" for one in copies)


class CopiedBackup(DynamicResource, module="cloudhsm", name="CopiedBackup"):
    """A copy of a cluster's newest backup in another Region."""

    copy_id: pulumi.Output[str]
    """`backup-…` in the other Region; "" once a refresh has missed it."""
    copy_arn: pulumi.Output[str]
    """Its ARN, by which another account restores."""
    source_backup_id: pulumi.Output[str]
    """The backup that it is a copy of."""
    backed_up_at: pulumi.Output[str]
    """When AWS made that backup; ISO 8601, UTC. What is newer is in no copy."""
    shared_with: pulumi.Output[Sequence[str]]
    """Accounts in the copy's policy, as of the last refresh."""

    def __init__(
        self, name: str, inputs: CopiedBackupInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(CopiedBackupProvider(), name, inputs, CopiedBackupOutputs, opts)
