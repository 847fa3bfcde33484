"""Clusters, HSMs, backups and tags as the service's answers show them, page by page."""

from __future__ import annotations

import base64
import binascii
from typing import Any, TypeVar

from rehearsal.emulator.cloudhsmv2.backups import Backup
from rehearsal.emulator.cloudhsmv2.records import Cluster, Hsm
from rehearsal.emulator.core.errors import invalid_request

T = TypeVar("T")

CLUSTERS_PER_PAGE = 25
BACKUPS_PER_PAGE = 50
TAGS_PER_PAGE = 100
FILTERS = ("clusterIds", "states", "vpcIds")
BACKUP_FILTERS = ("backupIds", "clusterIds", "neverExpires", "sourceBackupIds", "states")


def hsm(of: Cluster, one: Hsm) -> dict[str, Any]:
    """One HSM as in answers."""
    shown = {
        "AvailabilityZone": one.availability_zone,
        "ClusterId": of.cluster_id,
        "SubnetId": one.subnet_id,
        "EniId": one.eni_id,
        "EniIp": one.eni_ip,
        "HsmId": one.hsm_id,
        "HsmType": one.hsm_type,
        "State": one.state,
    }
    if one.eni_ipv6:
        shown["EniIpV6"] = one.eni_ipv6
    if one.state_message:
        shown["StateMessage"] = one.state_message
    return shown


def cluster(one: Cluster, certificate_from: str = "INITIALIZED") -> dict[str, Any]:
    """One cluster as in answers.

    Args:
        one: the cluster.
        certificate_from: the state from which ClusterCertificate is shown, "INITIALIZED" or
            "ACTIVE". That it is there in ACTIVE is documented; whether INITIALIZED has it
            already is not public.
    """
    shown: dict[str, Any] = {
        "BackupPolicy": "DEFAULT",
        "BackupRetentionPolicy": {"Type": "DAYS", "Value": str(one.retention_days)},
        "ClusterId": one.cluster_id,
        "CreateTimestamp": one.created_at,
        "Hsms": [hsm(one, each) for each in one.hsms],
        "HsmType": one.hsm_type,
        "SecurityGroup": one.security_group,
        "State": one.state,
        "SubnetMapping": dict(one.subnet_mapping),
        "VpcId": one.vpc_id,
        "NetworkType": one.network_type,
        "Certificates": _certificates(one, certificate_from),
        "Mode": one.mode,
    }
    if one.state_message:
        shown["StateMessage"] = one.state_message
    if one.source_backup_id:
        shown["SourceBackupId"] = one.source_backup_id
    if one.tags:
        shown["TagList"] = _tag_list(one.tags)
    return shown


def backup_arn(one: Backup) -> str:
    """The ARN of a backup."""
    return one.place.arn("cloudhsm", f"backup/{one.backup_id}")


def backup(one: Backup) -> dict[str, Any]:
    """One backup as in answers."""
    shown: dict[str, Any] = {
        "BackupId": one.backup_id,
        "BackupArn": backup_arn(one),
        "BackupState": one.state,
        "ClusterId": one.cluster_id,
        "CreateTimestamp": one.created_at,
        "NeverExpires": one.never_expires,
        "HsmType": one.hsm_type,
        "Mode": one.mode,
    }
    if one.copied:
        shown["CopyTimestamp"] = one.copied.at
        shown["SourceRegion"] = one.copied.region
        shown["SourceBackup"] = one.copied.backup_id
        shown["SourceCluster"] = one.copied.cluster_id
    if one.delete_at is not None:
        shown["DeleteTimestamp"] = one.delete_at
    if one.tags:
        shown["TagList"] = _tag_list(one.tags)
    return shown


def page_of_clusters(
    clusters: list[Cluster], given: dict[str, Any], certificate_from: str
) -> dict[str, Any]:
    """The answer of DescribeClusters: those that pass the filters, one page of them.

    Raises:
        ServiceError: unknown filter or bad NextToken (both texts assumed).
    """
    filters = _filters(given, FILTERS)
    found = [
        one
        for one in clusters
        if _passes(filters, clusterIds=one.cluster_id, states=one.state, vpcIds=one.vpc_id)
    ]
    page, token = _page(found, given, CLUSTERS_PER_PAGE)
    return {"Clusters": [cluster(one, certificate_from) for one in page], **token}


def page_of_backups(backups: list[Backup], given: dict[str, Any]) -> dict[str, Any]:
    """The answer of DescribeBackups: those that pass the filters, one page of them.

    That the newest comes first where nothing is said is assumed from SortAscending.

    Raises:
        ServiceError: unknown filter or bad NextToken (both texts assumed).
    """
    filters = _filters(given, BACKUP_FILTERS)
    found = [
        one
        for one in backups
        if _passes(
            filters,
            backupIds=one.backup_id,
            clusterIds=one.cluster_id,
            neverExpires=str(one.never_expires).lower(),
            sourceBackupIds=one.copied.backup_id if one.copied else "",
            states=one.state,
        )
    ]
    found.sort(key=lambda one: one.created_at)
    if not given.get("SortAscending"):
        found.reverse()
    page, token = _page(found, given, BACKUPS_PER_PAGE)
    return {"Backups": [backup(one) for one in page], **token}


def page_of_tags(tags: dict[str, str], given: dict[str, Any]) -> dict[str, Any]:
    """The answer of ListTags: one page of a resource's tags."""
    page, token = _page(_tag_list(tags), given, TAGS_PER_PAGE)
    # The model wants at least one tag in TagList and also wants TagList always; for a
    # resource without tags an empty list is what clients can read.
    return {"TagList": page} | token


def _certificates(one: Cluster, certificate_from: str) -> dict[str, str]:
    if one.state == "UNINITIALIZED" and one.identity:
        return {
            "ClusterCsr": one.identity.cluster_csr,
            "HsmCertificate": one.identity.hsm_certificate,
            "AwsHardwareCertificate": one.identity.aws_hardware_certificate,
            "ManufacturerHardwareCertificate": one.identity.manufacturer_hardware_certificate,
        }
    if one.cluster_certificate and (one.activated or certificate_from == "INITIALIZED"):
        return {"ClusterCertificate": one.cluster_certificate}
    return {}


def _filters(given: dict[str, Any], known: tuple[str, ...]) -> dict[str, list[str]]:
    filters: dict[str, list[str]] = given.get("Filters", {})
    for name in filters:
        if name not in known:
            raise invalid_request(f"Unknown filter '{name}'; valid: {', '.join(known)}.")
    return filters


def _passes(filters: dict[str, list[str]], **facts: str) -> bool:
    return all(facts[name] in wanted for name, wanted in filters.items())


def _tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _page(items: list[T], given: dict[str, Any], size: int) -> tuple[list[T], dict[str, str]]:
    """The page that is asked for, of ``size`` items where nothing is said, and the next token."""
    start = _offset(given["NextToken"]) if given.get("NextToken") else 0
    end = start + given.get("MaxResults", size)
    rest = {"NextToken": base64.urlsafe_b64encode(str(end).encode()).decode()}
    return items[start:end], rest if end < len(items) else {}


def _offset(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, binascii.Error):
        raise invalid_request("Invalid NextToken.") from None
