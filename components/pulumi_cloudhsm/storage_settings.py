"""The part of `settings` that is about the file system: Pulumi config in, typed Args out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pulumi

from . import checks
from .cluster import CloudHsmClusterArgs
from .ontap import Deployment
from .storage import StorageArgs, VolumeArgs


def read(config: pulumi.Config, cluster: CloudHsmClusterArgs) -> StorageArgs | None:
    """The file system that a stack's configuration asks for; None without one.

    Raises:
        RunError: a key has a wrong value; names it and the fix.
    """
    if not config.get_bool("fileSystem"):
        return None
    key = config.get("fileSystemKey") or ""
    if not key and not config.get_bool("keyStore"):
        raise checks.InputError(
            "file_system_key",
            "",
            "give the ARN of a KMS key, or set cloudhsm:keyStore to true for a key that the HSMs "
            "hold",
        )
    deployment = config.get("fileSystemDeployment") or Deployment.SINGLE_AZ_1
    subnets = cluster.network.availability_zones if cluster.network else cluster.subnet_ids
    if deployment.startswith("MULTI") and isinstance(subnets, Sequence) and len(subnets) < 2:
        raise checks.InputError(
            "file_system_deployment", deployment, "it needs the cluster to have two zones"
        )
    return StorageArgs(
        region=cluster.region,
        profile=cluster.profile,
        kms_key_arn=key,
        preferred_subnet_id=config.get("fileSystemSubnetId") or "",
        file_system_clients=config.get_object("fileSystemClients") or [],
        protect=cluster.protect,
        file_system_final_backups=cluster.protect,
        tags=cluster.tags,
        file_system_password_secret=config.get("fileSystemPasswordSecret") or "",
        **_given(
            file_system_name=config.get("fileSystemName") or config.get("clusterName"),
            file_system_deployment=config.get("fileSystemDeployment"),
            file_system_capacity=config.get_int("fileSystemCapacity"),
            file_system_throughput=config.get_int("fileSystemThroughput"),
            file_system_volumes=_volumes(config),
            file_system_protocols=_protocols(config),
            file_system_backup_days=config.get_int("fileSystemBackupDays"),
            file_system_usual_seconds=config.get_int("fileSystemUsualSeconds"),
            file_system_deadline_seconds=config.get_int("fileSystemDeadlineSeconds"),
        ),
    )


def checkable(wanted: StorageArgs) -> StorageArgs:
    """With stand-ins for what only the cluster will tell: nothing of them is checked."""
    later = pulumi.Output.from_input("")
    return replace(
        wanted,
        kms_key_arn=wanted.kms_key_arn or later,
        standby_subnet_id=later if wanted.file_system_deployment.startswith("MULTI") else None,
        file_system_clients=wanted.file_system_clients or [later],
    )


def _volumes(config: pulumi.Config) -> list[VolumeArgs] | None:
    listed: Any = config.get_object("fileSystemVolumes") or []
    if not isinstance(listed, list) or not all(map(_is_volume, cast("list[Any]", listed))):
        raise pulumi.RunError(
            "cloudhsm:fileSystemVolumes has to be a list of objects with name and sizeGib (and, if "
            "wanted, path and tiering)"
        )
    return [
        VolumeArgs(
            one["name"],
            one["sizeGib"],
            **_given(junction_path=one.get("path"), tiering=one.get("tiering")),
        )
        for one in cast("list[Any]", listed)
    ] or None


def _protocols(config: pulumi.Config) -> tuple[str, ...] | None:
    listed: list[str] = config.get_object("fileSystemProtocols") or []
    return tuple(listed) or None


def _is_volume(one: Any) -> bool:  # noqa: ANN401
    if not isinstance(one, dict):
        return False
    kinds = {"name": str, "sizeGib": int, "path": str, "tiering": str}
    fields = cast("dict[str, Any]", one)
    return {"name", "sizeGib"} <= fields.keys() and all(
        isinstance(value, kinds.get(key, ())) for key, value in fields.items()
    )


def _given(**fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """Leaves out what is not configured, so that the Args' own defaults hold."""
    return {name: value for name, value in fields.items() if value is not None}
