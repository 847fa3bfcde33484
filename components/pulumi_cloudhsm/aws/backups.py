"""Copies of a cluster's backups in other Regions, and who else may restore from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from .advice import refusal
from .found import tags_of
from .session import AwsAccess, client

if TYPE_CHECKING:
    from mypy_boto3_cloudhsmv2 import CloudHSMV2Client
    from mypy_boto3_cloudhsmv2.type_defs import BackupTypeDef


@dataclass(frozen=True)
class BackupCopy:
    """A copied backup as DescribeBackups shows it in the Region that it was copied to."""

    backup_id: str
    arn: str
    state: str
    source_backup_id: str
    source_cluster_id: str
    created: datetime
    """When the backup was made, not when it was copied: what is newer is not in it."""
    tags: Mapping[str, str]


class BackupCopies:
    """The calls about backups and their copies in one Region, with refusals turned into advice.

    Every method raises TransientError when another try is worth it, and AwsError when not.
    """

    def __init__(self, access: AwsAccess) -> None:
        self._access = access

    def copies(self) -> list[BackupCopy]:
        """The copies in this Region, those of the newest backups first."""
        try:
            pages = self._client().get_paginator("describe_backups").paginate()
            listed = [raw for page in pages for raw in page.get("Backups", [])]
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"listing the backups in {self._access.region}", error) from error
        found = [_copy(raw) for raw in listed if raw.get("SourceBackup")]
        return sorted(found, key=lambda one: one.created, reverse=True)

    def copy(self, backup_id: str, region: str, tags: Mapping[str, str]) -> None:
        """Begins to copy a backup of this Region to another one, once; AWS tells no id.

        Raises:
            TransientError: it is not known whether AWS carried it out; look for the copy.
        """
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        try:
            self._client(attempts=1).copy_backup_to_region(
                BackupId=backup_id,
                DestinationRegion=region,
                TagList=listed,  # pyright: ignore[reportArgumentType]
            )
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"copying {backup_id} to {region}", error) from error

    def tag(self, backup_id: str, tags: Mapping[str, str]) -> None:
        """Adds tags to a backup of this Region."""
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        try:
            self._client().tag_resource(
                ResourceId=backup_id,
                TagList=listed,  # pyright: ignore[reportArgumentType]
            )
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"tagging {backup_id}", error) from error

    def delete(self, backup_id: str) -> None:
        """Deletes a backup; AWS gives it back for seven days."""
        try:
            self._client().delete_backup(BackupId=backup_id)
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"deleting {backup_id}", error) from error

    def policy(self, arn: str) -> str:
        """The resource policy of a backup; "" where it has none."""
        try:
            return self._client().get_resource_policy(ResourceArn=arn).get("Policy") or ""
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"reading the policy of {arn}", error) from error

    def set_policy(self, arn: str, policy: str) -> None:
        """Sets the resource policy of a READY backup; an empty one is taken off."""
        api = self._client()
        try:
            if policy:
                api.put_resource_policy(ResourceArn=arn, Policy=policy)
            else:
                api.delete_resource_policy(ResourceArn=arn)
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"setting the policy of {arn}", error) from error

    def _client(self, attempts: int = 4) -> CloudHSMV2Client:
        return client(self._access, "cloudhsmv2", attempts=attempts)


def _copy(raw: BackupTypeDef) -> BackupCopy:
    created = raw.get("CreateTimestamp")
    return BackupCopy(
        backup_id=raw["BackupId"],
        arn=raw.get("BackupArn", ""),
        state=raw.get("BackupState", ""),
        source_backup_id=raw.get("SourceBackup", ""),
        source_cluster_id=raw.get("SourceCluster", ""),
        # A copy that is just begun may show no date yet.
        created=created.astimezone(UTC) if created else datetime.min.replace(tzinfo=UTC),
        tags=tags_of(raw.get("TagList")),
    )
