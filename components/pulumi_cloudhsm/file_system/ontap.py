"""Sizes, ports and costs of FSx for NetApp ONTAP; calls neither AWS nor Pulumi."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..prices import HOURS_PER_MONTH, Price, price


class Deployment(StrEnum):
    """Where the two file servers are, and their generation; can never be changed."""

    SINGLE_AZ_1 = "SINGLE_AZ_1"
    SINGLE_AZ_2 = "SINGLE_AZ_2"
    MULTI_AZ_1 = "MULTI_AZ_1"
    MULTI_AZ_2 = "MULTI_AZ_2"

    @property
    def in_two_zones(self) -> bool:
        """Whether a second subnet is needed."""
        return self.startswith("MULTI")

    @property
    def first_generation(self) -> bool:
        """Whether it is of the first generation, which has other sizes."""
        return self.endswith("_1")

    @property
    def throughputs(self) -> tuple[int, ...]:
        """MBps there are, with one pair of servers. Source: FSx API reference."""
        if self.first_generation:
            return (128, 256, 512, 1024, 2048, 4096)
        return (384, 768, 1536, 3072, 6144)

    @property
    def max_capacity_gib(self) -> int:
        """GiB of SSD at most. Source: pulumi_aws, OntapFileSystem."""
        return 196_608 if self.first_generation else 524_288


MIN_CAPACITY_GIB = 1024
"""GiB of SSD at least. Source: FSx API reference."""
MAX_VOLUME_GIB = 307_200
"""GiB: 300 TiB for a FlexVol. Source: FSx for ONTAP user guide, managing volumes."""
COOLING_DAYS = {"AUTO": 31, "SNAPSHOT_ONLY": 2, "ALL": None, "NONE": None}
"""Days until data counts as cold, by tiering policy: ONTAP's own defaults.

The aws provider shows a difference in every preview where they are left out."""


@dataclass(frozen=True)
class Port:
    """What one rule of the security group lets in."""

    protocol: str
    first: int
    last: int
    purpose: str

    @property
    def label(self) -> str:
        """Short name: `tcp-2049`."""
        return self.protocol if self.first < 0 else f"{self.protocol}-{self.first}"


# Source: FSx for ONTAP user guide, "File System Access Control with Amazon VPC".
_MANAGEMENT = (
    Port("icmp", -1, -1, "ping"),
    Port("tcp", 22, 22, "ONTAP CLI"),
    Port("tcp", 443, 443, "ONTAP REST API"),
)
_NFS = tuple(
    Port(protocol, first, last, purpose)
    for protocol in ("tcp", "udp")
    for first, last, purpose in (
        (111, 111, "NFS portmapper"),
        (635, 635, "NFS mount"),
        (2049, 2049, "NFS"),
        (4045, 4046, "NFS lock and status"),
    )
)
_PORTS = {
    "nfs": (*_NFS, Port("udp", 4049, 4049, "NFS quota")),
    "smb": (
        Port("tcp", 135, 135, "SMB remote procedure calls"),
        Port("tcp", 139, 139, "SMB over NetBIOS"),
        Port("tcp", 445, 445, "SMB"),
    ),
    "iscsi": (Port("tcp", 3260, 3260, "iSCSI"),),
}
PROTOCOLS = tuple(_PORTS)
"""How clients may reach the data."""


def ports(protocols: Collection[str]) -> list[Port]:
    """The ports that clients of these protocols need, and those of ONTAP's management."""
    return [
        *_MANAGEMENT,
        *(port for name in PROTOCOLS if name in protocols for port in _PORTS[name]),
    ]


def cost(deployment: Deployment, capacity: int, throughput: int) -> str:
    """About what AWS charges in us-east-1, for people."""
    storage, transfer = prices(deployment)
    monthly = capacity * storage.usd + throughput * transfer.usd
    return (
        f"about {monthly:.0f} USD a month ({monthly / HOURS_PER_MONTH:.2f} an hour) for "
        f"{capacity} GiB of SSD and {throughput} MBps, used or not; backups and what was moved to "
        "the capacity pool come on top"
    )


def prices(deployment: Deployment, region: str | None = None) -> tuple[Price, Price]:
    """The prices of a GB of SSD and of one MBps, both for a month.

    Args:
        deployment: one zone or two.
        region: None for us-east-1.
    """
    zones = "two zones" if deployment.in_two_zones else "one zone"
    return (
        price(f"file system, SSD, {zones}", region),
        price(f"file system, throughput, {zones}", region),
    )


def dns_names(
    system: Sequence[Mapping[str, Any]], svm: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """The DNS name of each kind of endpoint: `management`, `nfs`, `iscsi`, `smb`.

    Args:
        system: the aws provider's endpoints of the file system: a list of one object of lists.
        svm: the same of the storage virtual machine.
    """
    return {
        **_hosts(system, {"managements": "management"}),
        **_hosts(svm, {"nfs": "nfs", "iscsis": "iscsi", "smbs": "smb"}),
    }


def _hosts(endpoints: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for kind, name in names.items():
        for one in endpoints[0].get(kind) or () if endpoints else ():
            found[name] = one["dns_name"]
    return found


def mount_commands(host: str, volumes: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """How a Linux host mounts each volume, by the volume's name.

    Args:
        host: the storage virtual machine's name for NFS.
        volumes: name and junction path of each.
    """
    return {
        name: f"sudo mount -t nfs -o nfsvers=4.1 {host}:{path} /mnt/{name}"
        for name, path in volumes
    }
