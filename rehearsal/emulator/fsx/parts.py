"""What FSx for ONTAP keeps: file systems, storage virtual machines, volumes, backups."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rehearsal.emulator.core.place import Place

KeyTrouble = Callable[[Place, str], str | None]
"""Why KMS would not let a key (where it is, id or ARN) be used; None if it would."""

Shown = dict[str, Any]
"""As the service shows it, in botocore's model."""


def new_id(prefix: str) -> str:
    """An id as FSx makes them: a prefix and 17 hexadecimal digits."""
    return f"{prefix}-{secrets.token_hex(9)[:17]}"


@dataclass
class Part:
    """What file systems, storage virtual machines and volumes have in common."""

    identifier: str
    place: Place
    state: str
    created_at: float
    arn_path: str
    """The end of its ARN, such as `file-system/fs-…`."""
    tags: dict[str, str] = field(default_factory=dict)
    reason: str | None = None
    """Why it is FAILED or MISCONFIGURED."""

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self.place.arn("fsx", self.arn_path)

    def shown_in_common(self, id_name: str, reason_name: str) -> Shown:
        """The members that all three kinds have; the names of two of them differ."""
        shown: Shown = {
            id_name: self.identifier,
            "Lifecycle": self.state,
            "CreationTime": self.created_at,
            "ResourceARN": self.arn,
        }
        if self.tags:  # an empty list would break the model
            shown["Tags"] = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        if self.reason:
            shown[reason_name] = {"Message": self.reason}
        return shown


@dataclass
class FileSystem(Part):
    """An ONTAP file system."""

    request: dict[str, Any] = field(default_factory=dict)
    """CreateFileSystem's parameters, kept up to date by UpdateFileSystem."""
    vpc_id: str = ""
    kms_key: str = ""
    interfaces: tuple[tuple[str, str], ...] = ()
    """Id and address of its network interfaces."""
    password: str | None = None
    """fsxadmin's; never shown."""
    actions: list[Shown] = field(default_factory=list)

    def host(self, name: str) -> str:
        """A DNS name of this file system."""
        return f"{name}.{self.identifier}.fsx.{self.place.region}.amazonaws.com"

    def endpoint(self, name: str) -> Shown:
        """A named endpoint, on all of its addresses."""
        return {"DNSName": self.host(name), "IpAddresses": [ip for _, ip in self.interfaces]}

    def shown(self) -> Shown:
        """The `FileSystem` of the model."""
        given = self.request["OntapConfiguration"]
        throughput = given.get("ThroughputCapacity") or given.get("ThroughputCapacityPerHAPair")
        ontap: Shown = {
            "AutomaticBackupRetentionDays": given.get("AutomaticBackupRetentionDays", 30),
            "DailyAutomaticBackupStartTime": given.get("DailyAutomaticBackupStartTime", "06:00"),
            "DeploymentType": given["DeploymentType"],
            "DiskIopsConfiguration": {
                "Mode": "AUTOMATIC",
                "Iops": 3 * self.request["StorageCapacity"],
            },
            "HAPairs": given.get("HAPairs", 1),
            "PreferredSubnetId": given.get("PreferredSubnetId", self.request["SubnetIds"][0]),
            "ThroughputCapacity": throughput,
            "ThroughputCapacityPerHAPair": throughput,
            "WeeklyMaintenanceStartTime": given.get("WeeklyMaintenanceStartTime", "7:05:00"),
        }
        if given["DeploymentType"].startswith("MULTI_AZ"):
            ontap["EndpointIpAddressRange"] = given.get("EndpointIpAddressRange", "198.19.255.0/24")
            ontap["RouteTableIds"] = given.get("RouteTableIds", [])
        if self.state not in ("CREATING", "FAILED"):
            ontap["Endpoints"] = {
                "Intercluster": self.endpoint("intercluster"),
                "Management": self.endpoint("management"),
            }
        return {
            **self.shown_in_common("FileSystemId", "FailureDetails"),
            "AdministrativeActions": self.actions,
            "FileSystemType": "ONTAP",
            "KmsKeyId": self.kms_key,
            "NetworkInterfaceIds": [interface for interface, _ in self.interfaces],
            "OntapConfiguration": ontap,
            "OwnerId": self.place.account,
            "StorageCapacity": self.request["StorageCapacity"],
            "StorageType": self.request.get("StorageType", "SSD"),
            "SubnetIds": self.request["SubnetIds"],
            "VpcId": self.vpc_id,
        }


@dataclass
class Svm(Part):
    """A storage virtual machine."""

    name: str = ""
    security_style: str = "UNIX"
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))

    def shown(self, home: FileSystem) -> Shown:
        """The `StorageVirtualMachine` of the model."""
        shown = {
            **self.shown_in_common("StorageVirtualMachineId", "LifecycleTransitionReason"),
            "FileSystemId": home.identifier,
            "Name": self.name,
            "RootVolumeSecurityStyle": self.security_style,
            "Subtype": "DEFAULT",
            "UUID": self.uuid,
        }
        if self.state not in ("CREATING", "FAILED"):
            endpoint = home.endpoint(self.identifier)
            shown["Endpoints"] = {
                "Iscsi": home.endpoint(f"iscsi.{self.identifier}"),
                "Management": endpoint,
                "Nfs": endpoint,
            }
        return shown


@dataclass
class Volume(Part):
    """A volume of a storage virtual machine."""

    name: str = ""
    svm: Svm | None = None
    is_root: bool = False
    request: dict[str, Any] = field(default_factory=dict)
    """CreateVolume's OntapConfiguration, kept up to date by UpdateVolume."""
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    actions: list[Shown] = field(default_factory=list)

    def shown(self, home: FileSystem) -> Shown:
        """The `Volume` of the model."""
        given = self.request
        ontap: Shown = {
            "CopyTagsToBackups": given.get("CopyTagsToBackups", False),
            "FlexCacheEndpointType": "NONE",
            "OntapVolumeType": given.get("OntapVolumeType", "RW"),
            "SecurityStyle": given.get("SecurityStyle", "UNIX"),
            "SizeInBytes": given["SizeInMegabytes"] << 20,
            "SizeInMegabytes": given["SizeInMegabytes"],
            "SnapshotPolicy": given.get("SnapshotPolicy", "default"),
            "StorageEfficiencyEnabled": given.get("StorageEfficiencyEnabled", False),
            "StorageVirtualMachineId": self.svm.identifier if self.svm else "",
            "StorageVirtualMachineRoot": self.is_root,
            "TieringPolicy": given.get("TieringPolicy", {"Name": "NONE"}),
            "UUID": self.uuid,
            "VolumeStyle": given.get("VolumeStyle", "FLEXVOL"),
        }
        if given.get("JunctionPath"):
            ontap["JunctionPath"] = given["JunctionPath"]
        return {
            **self.shown_in_common("VolumeId", "LifecycleTransitionReason"),
            "AdministrativeActions": self.actions,
            "FileSystemId": home.identifier,
            "Name": self.name,
            "OntapConfiguration": ontap,
            "VolumeType": "ONTAP",
        }


@dataclass
class Backup:
    """The final backup of a deleted volume, which outlives it and its file system."""

    identifier: str
    place: Place
    created_at: float
    volume: Shown
    file_system: Shown

    def shown(self) -> Shown:
        """The `Backup` of the model."""
        return {
            "BackupId": self.identifier,
            "CreationTime": self.created_at,
            "FileSystem": self.file_system,
            "KmsKeyId": self.file_system["KmsKeyId"],
            "Lifecycle": "AVAILABLE",
            "OwnerId": self.place.account,
            "ResourceARN": self.place.arn("fsx", f"backup/{self.identifier}"),
            "ResourceType": "VOLUME",
            "Type": "USER_INITIATED",
            "Volume": self.volume,
        }
