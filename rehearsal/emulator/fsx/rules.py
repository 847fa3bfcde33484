"""What FSx accepts of a request: sizes, throughputs, tags."""

from __future__ import annotations

from typing import Any

from rehearsal.emulator.core.errors import ServiceError

_MIN_CAPACITY_GIB = 1024
_MAX_CAPACITY_GIB = {"1": 196608, "2": 524288}
"""GiB per HA pair, by generation (pulumi_aws, OntapFileSystem, storage_capacity)."""
_THROUGHPUTS = {
    "1": (128, 256, 512, 1024, 2048, 4096),
    "2": (384, 768, 1536, 3072, 6144),
}
"""MBps with one HA pair, by generation (pulumi_aws, throughput_capacity_per_ha_pair)."""
MIN_VOLUME_MEBIBYTES = 20


def check_size(given: dict[str, Any], ontap: dict[str, Any]) -> None:
    """Refuse a capacity or a throughput that a file system cannot have.

    Raises:
        ServiceError: with what there is.
    """
    pairs = ontap.get("HAPairs", 1)
    generation = ontap["DeploymentType"][-1]
    least, most = _MIN_CAPACITY_GIB * pairs, _MAX_CAPACITY_GIB[generation] * pairs
    capacity = given.get("StorageCapacity", 0)
    if not least <= capacity <= most:
        raise refused(f"StorageCapacity {capacity} must be between {least} and {most} GiB.")
    asked = ontap.get("ThroughputCapacityPerHAPair", ontap.get("ThroughputCapacity", 0) // pairs)
    kinds = _THROUGHPUTS[generation]
    if asked not in kinds:
        raise refused(f"The throughput capacity {asked} must be one of {list(kinds)}.")


def tags_of(given: dict[str, Any]) -> dict[str, str]:
    """The tags of a request."""
    return {tag["Key"]: tag["Value"] for tag in given.get("Tags") or ()}


def refused(message: str) -> ServiceError:
    """What FSx answers to what it will not do; the wording is assumed."""
    return ServiceError("BadRequest", message)
