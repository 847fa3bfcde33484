"""CloudHSM v2's control plane in our own words: what the steps ask for, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from .advice import refusal
from .session import AwsAccess, client
from .shared_calls import SHARED

if TYPE_CHECKING:
    from mypy_boto3_cloudhsmv2 import CloudHSMV2Client
    from mypy_boto3_cloudhsmv2.type_defs import BackupTypeDef, ClusterTypeDef, TagTypeDef

DELETING_OR_DELETED = frozenset({"DELETE_IN_PROGRESS", "DELETED"})
"""States of a cluster or an HSM on which nothing can be built."""

BUSY = frozenset(
    {
        "CREATE_IN_PROGRESS",
        "INITIALIZE_IN_PROGRESS",
        "MODIFY_IN_PROGRESS",
        "ROLLBACK_IN_PROGRESS",
        "UPDATE_IN_PROGRESS",
    }
)
"""States in which AWS is at work on a cluster and takes no other change of it."""

CHANGING = frozenset({"MODIFY_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "UPDATE_IN_PROGRESS"})
"""States that do not tell whether a cluster is initialized or active."""

ACTIVE_OR_CHANGING = CHANGING | {"ACTIVE"}
"""States of a cluster that was activated, as far as its state can tell: these are no drift."""


@dataclass(frozen=True)
class Hsm:
    """One HSM as DescribeClusters shows it. Empty strings stand for what AWS leaves out."""

    hsm_id: str
    state: str
    message: str
    zone: str
    ip: str = ""


@dataclass(frozen=True)
class Cluster:
    """One cluster as DescribeClusters shows it. Empty strings stand for what AWS leaves out."""

    cluster_id: str
    state: str
    message: str
    hsms: tuple[Hsm, ...]
    csr: str
    hsm_certificate: str
    aws_hardware_certificate: str
    manufacturer_hardware_certificate: str
    cluster_certificate: str
    tags: Mapping[str, str]
    security_group: str = ""
    subnet_ids: tuple[str, ...] = ()
    hsm_type: str = ""
    retention_days: int = 0
    source_backup_id: str = ""
    network_type: str = ""
    vpc_id: str = ""

    @property
    def live_hsms(self) -> tuple[Hsm, ...]:
        """The HSMs that exist or are being made (a deleted one stays listed for two minutes)."""
        return tuple(hsm for hsm in self.hsms if hsm.state not in DELETING_OR_DELETED)

    @property
    def was_initialized(self) -> bool:
        """Whether its trust anchor is known to be set, whatever AWS is doing with it now.

        A change or a defect can come before the initialization, too, so its state alone does not
        tell. AWS shows a certificate only afterwards, and a backup has one.
        """
        shown = bool(self.cluster_certificate or self.source_backup_id)
        return shown or self.state in ("INITIALIZED", "ACTIVE")

    @property
    def was_activated(self) -> bool:
        """Whether its first administrator is known to have a password.

        AWS takes a second HSM of no other cluster (terraform-provider-aws, issue 7437). A cluster
        from a backup has the backup's administrators.
        """
        restored = bool(self.source_backup_id) and self.state != "CREATE_IN_PROGRESS"
        second = bool(self.cluster_certificate and self.live_hsms[1:])
        return self.state == "ACTIVE" or second or restored

    @property
    def is_past_its_csr(self) -> bool:
        """Whether InitializeCluster has been carried out or is being carried out."""
        return self.was_initialized or self.state == "INITIALIZE_IN_PROGRESS"


@dataclass(frozen=True)
class NewCluster:
    """What CreateCluster is asked for."""

    hsm_type: str
    mode: str
    network_type: str
    subnet_ids: tuple[str, ...]
    tags: Mapping[str, str]
    source_backup_id: str = ""


@dataclass(frozen=True)
class Backup:
    """One backup as DescribeBackups shows it."""

    backup_id: str
    state: str
    cluster_id: str
    created: datetime | None
    mode: str = ""
    hsm_type: str = ""
    never_expires: bool = False
    source_region: str = ""  # where a copy was made from


class CloudHsm:
    """The calls this project makes to CloudHSM v2, with AWS's refusals turned into advice."""

    def __init__(self, access: AwsAccess) -> None:
        self._access = access

    def clusters(self, cluster_ids: Sequence[str] = ()) -> list[Cluster]:
        """All clusters of the region, or those with the given ids.

        Threads that ask at the same time share one call.

        Raises:
            TransientError: worth another try.
            AwsError: not worth one.
        """
        ids = tuple(cluster_ids)
        return list(SHARED.ask((self._access, ids), lambda: self._describe(ids)))

    def _describe(self, cluster_ids: Sequence[str]) -> list[Cluster]:
        filters = {"clusterIds": list(cluster_ids)} if cluster_ids else {}
        try:
            pages = self._client().get_paginator("describe_clusters").paginate(Filters=filters)
            return [_cluster(raw) for page in pages for raw in page.get("Clusters", [])]
        except (ClientError, BotoCoreError) as error:
            raise refusal("describing CloudHSM clusters", error) from error

    def cluster(self, cluster_id: str) -> Cluster | None:
        """One cluster; None when AWS does not know it (any more).

        DescribeClusters has no not-found error: an unknown id gives an empty list.
        """
        found = self.clusters([cluster_id])
        return found[0] if found else None

    def create(self, wanted: NewCluster) -> str:
        """Calls CreateCluster, once; returns the id.

        Raises:
            TransientError: it is not known whether AWS carried it out; look for the tags.
            AwsError: AWS refused it.
        """
        request: Any = {
            "HsmType": wanted.hsm_type,
            "Mode": wanted.mode,
            "NetworkType": wanted.network_type,
            "SubnetIds": list(wanted.subnet_ids),
            "TagList": _tag_list(wanted.tags),
        }
        if wanted.source_backup_id:
            request["SourceBackupId"] = wanted.source_backup_id
        try:
            answer = self._client(attempts=1).create_cluster(**request)
        except (ClientError, BotoCoreError) as error:
            raise refusal("creating the cluster", error) from error
        return answer["Cluster"].get("ClusterId", "")

    def delete(self, cluster_id: str) -> None:
        """Begins to delete a cluster that has no HSM left."""
        try:
            self._client().delete_cluster(ClusterId=cluster_id)
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"deleting {cluster_id}", error) from error

    def set_tags(self, cluster_id: str, tags: Mapping[str, str], removed: Sequence[str]) -> None:
        """Adds or overwrites tags of a cluster, and removes others."""
        api = self._client()
        try:
            if removed:
                api.untag_resource(ResourceId=cluster_id, TagKeyList=list(removed))
            if tags:
                api.tag_resource(ResourceId=cluster_id, TagList=_tag_list(tags))
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"setting the tags of {cluster_id}", error) from error

    def initialize(self, cluster_id: str, signed_certificate: str, trust_anchor: str) -> None:
        """Calls InitializeCluster, once: it is never repeated by itself, it cannot be undone.

        Raises:
            TransientError: it is not known whether AWS carried it out; look at the state.
            AwsError: AWS refused it.
        """
        try:
            self._client(attempts=1).initialize_cluster(
                ClusterId=cluster_id, SignedCert=signed_certificate, TrustAnchor=trust_anchor
            )
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"initializing {cluster_id}", error) from error

    def backups(self, cluster_id: str) -> list[Backup]:
        """The backups of a cluster, the newest first; also of one that is deleted."""
        return self._backups("clusterIds", cluster_id, f"listing the backups of {cluster_id}")

    def backup(self, backup_id: str) -> Backup | None:
        """One backup of this region, by its id; None when there is none."""
        found = self._backups("backupIds", backup_id, f"describing {backup_id}")
        return found[0] if found else None

    def keep_backups(self, cluster_id: str, days: int) -> None:
        """Sets how long AWS keeps a cluster's backups."""
        try:
            self._client().modify_cluster(
                ClusterId=cluster_id, BackupRetentionPolicy={"Type": "DAYS", "Value": str(days)}
            )
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"setting the backup retention of {cluster_id}", error) from error

    def _backups(self, by: str, wanted: str, doing: str) -> list[Backup]:
        try:
            paginator = self._client().get_paginator("describe_backups")
            pages = paginator.paginate(Filters={by: [wanted]}, SortAscending=False)
            found = [raw for page in pages for raw in page.get("Backups", [])]
        except (ClientError, BotoCoreError) as error:
            raise refusal(doing, error) from error
        return [_backup(raw) for raw in found]

    def _client(self, attempts: int = 4) -> CloudHSMV2Client:
        return client(self._access, "cloudhsmv2", attempts=attempts)


def _cluster(raw: ClusterTypeDef) -> Cluster:
    certificates = raw.get("Certificates") or {}
    return Cluster(
        cluster_id=raw.get("ClusterId", ""),
        state=raw.get("State", ""),
        message=raw.get("StateMessage", ""),
        hsms=tuple(
            Hsm(
                hsm_id=hsm["HsmId"],
                state=hsm.get("State", ""),
                message=hsm.get("StateMessage", ""),
                zone=hsm.get("AvailabilityZone", ""),
                ip=hsm.get("EniIp", ""),
            )
            for hsm in raw.get("Hsms") or []
        ),
        csr=certificates.get("ClusterCsr", ""),
        hsm_certificate=certificates.get("HsmCertificate", ""),
        aws_hardware_certificate=certificates.get("AwsHardwareCertificate", ""),
        manufacturer_hardware_certificate=certificates.get("ManufacturerHardwareCertificate", ""),
        cluster_certificate=certificates.get("ClusterCertificate", ""),
        tags={tag["Key"]: tag["Value"] for tag in raw.get("TagList") or []},
        security_group=raw.get("SecurityGroup", ""),
        subnet_ids=tuple((raw.get("SubnetMapping") or {}).values()),
        hsm_type=raw.get("HsmType", ""),
        retention_days=int((raw.get("BackupRetentionPolicy") or {}).get("Value") or 0),
        source_backup_id=raw.get("SourceBackupId", ""),
        network_type=raw.get("NetworkType", ""),
        vpc_id=raw.get("VpcId", ""),
    )


def _tag_list(tags: Mapping[str, str]) -> list[TagTypeDef]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _backup(raw: BackupTypeDef) -> Backup:
    created = raw.get("CreateTimestamp")
    return Backup(
        backup_id=raw["BackupId"],
        state=raw.get("BackupState", ""),
        cluster_id=raw.get("ClusterId", ""),
        created=created.astimezone(UTC) if created else None,
        mode=raw.get("Mode", ""),
        hsm_type=raw.get("HsmType", ""),
        never_expires=raw.get("NeverExpires", False),
        source_region=raw.get("SourceRegion", ""),
    )
