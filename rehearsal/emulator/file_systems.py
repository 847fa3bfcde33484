"""FSx for NetApp ONTAP, in front of moto, which knows no storage virtual machines and volumes.

States and requests follow botocore's model and its texts; the refusals' wording is assumed. What
FSx serves to other file systems than ONTAP's is refused.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from rehearsal.emulator import network, validation
from rehearsal.emulator.call_log import CallLog
from rehearsal.emulator.cloudhsmv2 import CloudHsm
from rehearsal.emulator.durations import Durations
from rehearsal.emulator.errors import ServiceError
from rehearsal.emulator.faults import Fault
from rehearsal.emulator.file_system_parts import (
    Backup,
    FileSystem,
    Shown,
    Svm,
    Volume,
    new_id,
)
from rehearsal.emulator.file_system_shelf import Shelf, matching, page
from rehearsal.emulator.request import AwsRequest

KeyTrouble = Callable[[str, str], str | None]
"""Why KMS would not let a key (region, id or ARN) be used; None if it would."""

_LEAST_CAPACITY = 1024
_MOST_CAPACITY = {"1": 196608, "2": 524288}
"""GiB per HA pair, by generation (pulumi_aws, OntapFileSystem, storage_capacity)."""
_THROUGHPUTS = {
    "1": (128, 256, 512, 1024, 2048, 4096),
    "2": (384, 768, 1536, 3072, 6144),
}
"""MBps with one HA pair, by generation (pulumi_aws, throughput_capacity_per_ha_pair)."""
_LEAST_VOLUME_MEBIBYTES = 20


class FileSystems:
    """Answers every call to FSx.

    Args:
        hsms: whose lock, clock and faults this shares.
        log: takes the transitions.
        durations: how long AWS takes.
        key_trouble: asks KMS whether a key can be used.
    """

    def __init__(
        self, hsms: CloudHsm, log: CallLog, durations: Durations, key_trouble: KeyTrouble
    ) -> None:
        self._shelf = Shelf(hsms, log)
        self._durations, self._key_trouble = durations, key_trouble

    def clear(self) -> None:
        """Forget everything."""
        self._shelf.clear()

    def remaining(self) -> dict[str, list[str]]:
        """Ids of what exists, by kind."""
        shelf = self._shelf
        return {
            "file_systems": sorted(shelf.file_systems),
            "storage_virtual_machines": sorted(shelf.svms),
            "volumes": sorted(shelf.volumes),
            "file_system_backups": sorted(shelf.backups),
        }

    def strike(self, fault: Fault) -> bool:
        """Let a fault happen to what exists; false where there is nothing of its target."""
        return self._shelf.strike(fault)

    def answer(self, asked: AwsRequest) -> dict[str, Any]:
        """The answer to a call.

        Raises:
            ServiceError: FSx would refuse it, or it is not emulated.
        """
        handlers: dict[str, Callable[[str, dict[str, Any]], dict[str, Any]]] = {
            "CreateFileSystem": self._create_file_system,
            "DescribeFileSystems": self._describe_file_systems,
            "UpdateFileSystem": self._update_file_system,
            "DeleteFileSystem": self._delete_file_system,
            "CreateStorageVirtualMachine": self._create_svm,
            "DescribeStorageVirtualMachines": self._describe_svms,
            "DeleteStorageVirtualMachine": self._delete_svm,
            "CreateVolume": self._create_volume,
            "DescribeVolumes": self._describe_volumes,
            "UpdateVolume": self._update_volume,
            "DeleteVolume": self._delete_volume,
            "DescribeBackups": self._describe_backups,
            "DeleteBackup": self._delete_backup,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": self._list_tags,
        }
        handler = handlers.get(asked.operation)
        if handler is None:
            raise ServiceError(
                "UnsupportedOperation", f"The rehearsal does not emulate {asked.operation} of FSx."
            )
        validation.check_service_request("fsx", asked.operation, asked.parameters)
        with self._shelf.hsms.lock:
            self._shelf.hsms.timeline.advance()
            return handler(asked.region, asked.parameters)

    # File systems.

    def _create_file_system(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        made = self._shelf.made_before(given)
        if made:
            return {"FileSystem": self._shelf.file_systems[made].shown()}
        ontap = given.get("OntapConfiguration")
        if given["FileSystemType"] != "ONTAP" or ontap is None:
            raise _bad("The rehearsal makes file systems of the type ONTAP, with a configuration.")
        _check_size(given, ontap)
        subnets = self._subnets(region, given, ontap)
        key = given.get("KmsKeyId")
        trouble = self._key_trouble(region, key) if key else None
        if trouble:
            raise _bad(f"The KMS key {key} {trouble}.")
        identifier = new_id("fs")
        made_at = self._shelf.now()
        two = [subnets[0].subnet_id, subnets[-1].subnet_id]  # one server of the pair in each
        # Without a group of the caller's, EC2 gives the VPC's default one.
        interfaces = network.create_interfaces(
            region, two, given.get("SecurityGroupIds", []), f"ENI for FSx file system {identifier}"
        )
        system = FileSystem(
            identifier,
            region,
            "CREATING",
            made_at,
            f"file-system/{identifier}",
            _tags(given),
            request={**given, "OntapConfiguration": {**ontap}},
            vpc_id=subnets[0].vpc_id,
            kms_key=key or f"arn:aws:kms:{region}:{network.ACCOUNT}:key/{uuid.uuid4()}",
            interfaces=tuple(interfaces),
            password=ontap.get("FsxAdminPassword"),
        )
        self._shelf.file_systems[identifier] = system
        self._shelf.remember(given, identifier)
        self._shelf.begin(
            system, self._durations.create_file_system, "AVAILABLE", target="file_system"
        )
        return {"FileSystem": system.shown()}

    def _describe_file_systems(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        found = self._shelf.all_in(
            region, self._shelf.file_systems, given.get("FileSystemIds"), "FileSystem"
        )
        return page("FileSystems", [one.shown() for one in found], given)

    def _update_file_system(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        system = self._shelf.file_system(region, given["FileSystemId"])
        if system.state != "AVAILABLE":
            raise _bad(f"{system.identifier} is {system.state}; it must be AVAILABLE.")
        ontap = {**given.get("OntapConfiguration", {})}
        password = ontap.pop("FsxAdminPassword", None)
        wanted = {**system.request, "OntapConfiguration": system.request["OntapConfiguration"]}
        if "StorageCapacity" in given:
            # API reference: at least ten percent more, and never less.
            if given["StorageCapacity"] < 1.1 * wanted["StorageCapacity"]:
                raise _bad("The new storage capacity must be at least 10 percent larger.")
            wanted["StorageCapacity"] = given["StorageCapacity"]
        wanted["OntapConfiguration"] = {**wanted["OntapConfiguration"], **ontap}
        _check_size(wanted, wanted["OntapConfiguration"])
        system.password = password or system.password
        action = {
            "AdministrativeActionType": "FILE_SYSTEM_UPDATE",
            "RequestTime": self._shelf.now(),
            "Status": "IN_PROGRESS",
        }
        system.actions = [action]
        self._shelf.move(system, "UPDATING", self._shelf.now())

        def done(at: float) -> None:
            if system.state == "UPDATING":
                system.request, action["Status"] = wanted, "COMPLETED"
                self._shelf.move(system, "AVAILABLE", at)

        self._shelf.after(self._durations.update_file_system, done)
        return {"FileSystem": system.shown()}

    def _delete_file_system(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        system = self._shelf.file_system(region, given["FileSystemId"])
        # API reference, DeleteFileSystem: first all volumes and storage virtual machines.
        svms = self._shelf.svms.values()
        if inside := [svm.identifier for svm in svms if self._shelf.home(svm) is system]:
            names = ", ".join(sorted(inside))
            raise _bad(f"{system.identifier} has storage virtual machines: {names}.")

        def gone() -> None:
            for interface, _ in system.interfaces:
                network.delete_interface(region, interface)
            self._shelf.file_systems.pop(system.identifier, None)

        self._shelf.end(system, self._durations.delete_file_system, gone)
        return {"FileSystemId": system.identifier, "Lifecycle": system.state}

    # Storage virtual machines.

    def _create_svm(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        made = self._shelf.made_before(given)
        if made:
            return {"StorageVirtualMachine": self._shown(self._shelf.svms[made])}
        home = self._usable(region, given["FileSystemId"])
        if "ActiveDirectoryConfiguration" in given:
            raise _bad("The rehearsal has no Active Directory.")
        beside = [one for one in self._shelf.svms.values() if self._shelf.home(one) is home]
        if any(one.name == given["Name"] for one in beside):
            raise _bad(f"{home.identifier} has a storage virtual machine named {given['Name']}.")
        identifier = new_id("svm")
        style = given.get("RootVolumeSecurityStyle", "UNIX")
        svm = Svm(
            identifier,
            region,
            "CREATING",
            self._shelf.now(),
            f"storage-virtual-machine/{home.identifier}/{identifier}",
            _tags(given),
            name=given["Name"],
            security_style=style,
        )
        self._shelf.put(svm, home)
        self._shelf.remember(given, identifier)
        # Its root volume comes and goes with it.
        root = {"SizeInMegabytes": 1024, "JunctionPath": "/", "SecurityStyle": style}
        self._add_volume(svm, f"{svm.name}_root", root, {}, is_root=True).state = "CREATED"
        self._shelf.begin(svm, self._durations.create_svm, "CREATED", target="svm")
        return {"StorageVirtualMachine": self._shown(svm)}

    def _describe_svms(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        named = given.get("StorageVirtualMachineIds")
        found = self._shelf.all_in(region, self._shelf.svms, named, "StorageVirtualMachine")
        shown = matching([self._shown(one) for one in found], given)
        return page("StorageVirtualMachines", shown, given)

    def _delete_svm(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        svm = self._shelf.svm(region, given["StorageVirtualMachineId"])
        own = [one for one in self._shelf.volumes.values() if one.svm is svm]
        if left := [one.identifier for one in own if not one.is_root]:
            raise _bad(f"{svm.identifier} has volumes: {', '.join(sorted(left))}.")

        def gone() -> None:
            for volume in own:
                self._shelf.volumes.pop(volume.identifier, None)
            self._shelf.svms.pop(svm.identifier, None)

        self._shelf.end(svm, self._durations.delete_svm, gone)
        return {"StorageVirtualMachineId": svm.identifier, "Lifecycle": svm.state}

    # Volumes.

    def _create_volume(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        made = self._shelf.made_before(given)
        if made:
            return {"Volume": self._shown(self._shelf.volumes[made])}
        ontap = {**given.get("OntapConfiguration", {})}
        if given["VolumeType"] != "ONTAP" or not ontap:
            raise _bad("The rehearsal makes volumes of the type ONTAP, with a configuration.")
        svm = self._shelf.svm(region, ontap["StorageVirtualMachineId"])
        self._usable(region, self._shelf.home(svm).identifier)
        if svm.state != "CREATED":
            raise _bad(f"{svm.identifier} is {svm.state}; it must be CREATED.")
        if "SizeInBytes" in ontap:
            ontap["SizeInMegabytes"] = ontap.pop("SizeInBytes") >> 20
        if ontap.get("SizeInMegabytes", 0) < _LEAST_VOLUME_MEBIBYTES:
            raise _bad(f"A volume has at least {_LEAST_VOLUME_MEBIBYTES} MiB.")
        path = ontap.get("JunctionPath")
        for beside in (one for one in self._shelf.volumes.values() if one.svm is svm):
            if beside.name == given["Name"]:
                raise _bad(f"{svm.identifier} has a volume named {given['Name']}.")
            if path and beside.request.get("JunctionPath") == path:
                raise _bad(f"{beside.identifier} is mounted at {path}.")
        volume = self._add_volume(svm, given["Name"], ontap, _tags(given))
        self._shelf.remember(given, volume.identifier)
        self._shelf.begin(volume, self._durations.create_volume, "CREATED", target="volume")
        return {"Volume": self._shown(volume)}

    def _add_volume(
        self,
        svm: Svm,
        name: str,
        ontap: dict[str, Any],
        tags: dict[str, str],
        is_root: bool = False,
    ) -> Volume:
        identifier, home = new_id("fsvol"), self._shelf.home(svm)
        volume = Volume(
            identifier,
            svm.region,
            "CREATING",
            self._shelf.now(),
            f"volume/{home.identifier}/{identifier}",
            tags,
            name=name,
            svm=svm,
            is_root=is_root,
            request=ontap,
        )
        self._shelf.put(volume, home)
        return volume

    def _describe_volumes(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        found = self._shelf.all_in(region, self._shelf.volumes, given.get("VolumeIds"), "Volume")
        shown = matching([self._shown(one) for one in found], given)
        return page("Volumes", shown, given)

    def _update_volume(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        volume = self._shelf.volume(region, given["VolumeId"])
        changes = {**given.get("OntapConfiguration", {})}
        if "SizeInBytes" in changes:
            changes["SizeInMegabytes"] = changes.pop("SizeInBytes") >> 20
        volume.request = {**volume.request, **changes}
        now = self._shelf.now()
        volume.actions = [
            {
                "AdministrativeActionType": "VOLUME_UPDATE",
                "RequestTime": now,
                "Status": "COMPLETED",
            }
        ]
        return {"Volume": self._shown(volume)}

    def _delete_volume(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        volume = self._shelf.volume(region, given["VolumeId"])
        if volume.is_root:
            raise _bad(f"{volume.identifier} is a root volume.")
        answer: dict[str, Any] = {"VolumeId": volume.identifier}
        if not given.get("OntapConfiguration", {}).get("SkipFinalBackup"):
            # It is encrypted as the volume is, so it needs the key at once.
            home = self._shelf.home(volume)
            trouble = self._key_trouble(region, home.kms_key)
            if trouble:
                raise _bad(f"The final backup cannot be made: the key {home.kms_key} {trouble}.")
            final = Backup(
                new_id("backup"), region, self._shelf.now(), self._shown(volume), home.shown()
            )
            self._shelf.backups[final.identifier] = final
            answer["OntapResponse"] = {"FinalBackupId": final.identifier}
        self._shelf.end(
            volume,
            self._durations.delete_volume,
            lambda: self._shelf.volumes.pop(volume.identifier, None),
        )
        return {**answer, "Lifecycle": volume.state}

    # Backups and tags.

    def _describe_backups(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        named = given.get("BackupIds")
        for identifier in named or ():
            self._shelf.backup(region, identifier)
        shown = [
            backup.shown()
            for backup in self._shelf.backups.values()
            if backup.region == region and (not named or backup.identifier in named)
        ]
        return page("Backups", shown, given)

    def _delete_backup(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        backup = self._shelf.backup(region, given["BackupId"])
        del self._shelf.backups[backup.identifier]
        return {"BackupId": backup.identifier, "Lifecycle": "DELETED"}

    def _tag(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        self._shelf.by_arn(region, given["ResourceARN"]).tags |= _tags(given)
        return {}

    def _untag(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        tags = self._shelf.by_arn(region, given["ResourceARN"]).tags
        for key in given["TagKeys"]:
            tags.pop(key, None)
        return {}

    def _list_tags(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        tags = self._shelf.by_arn(region, given["ResourceARN"]).tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    # Inside.

    def _shown(self, part: Svm | Volume) -> Shown:
        return part.shown(self._shelf.home(part))

    def _usable(self, region: str, identifier: str) -> FileSystem:
        system = self._shelf.file_system(region, identifier)
        if system.state not in ("AVAILABLE", "UPDATING"):
            raise _bad(f"{identifier} is {system.state}; it must be AVAILABLE.")
        return system

    def _subnets(
        self, region: str, given: dict[str, Any], ontap: dict[str, Any]
    ) -> list[network.SubnetFacts]:
        several = ontap["DeploymentType"].startswith("MULTI_AZ")
        if len(given["SubnetIds"]) != 1 + several:
            raise _bad(f"{ontap['DeploymentType']} takes {1 + several} subnets.")
        preferred = ontap.get("PreferredSubnetId")
        if (several and not preferred) or preferred not in (None, *given["SubnetIds"]):
            raise _bad("PreferredSubnetId must be one of SubnetIds.")
        try:
            found = network.subnets(region, given["SubnetIds"])
        except ServiceError as missing:
            raise ServiceError("InvalidNetworkSettings", missing.message) from None
        if len({subnet.availability_zone for subnet in found}) < len(found):
            raise ServiceError("InvalidNetworkSettings", "The subnets must be in two zones.")
        return found


def _check_size(given: dict[str, Any], ontap: dict[str, Any]) -> None:
    pairs = ontap.get("HAPairs", 1)
    generation = ontap["DeploymentType"][-1]
    least, most = _LEAST_CAPACITY * pairs, _MOST_CAPACITY[generation] * pairs
    capacity = given.get("StorageCapacity", 0)
    if not least <= capacity <= most:
        raise _bad(f"StorageCapacity {capacity} must be between {least} and {most} GiB.")
    asked = ontap.get("ThroughputCapacityPerHAPair", ontap.get("ThroughputCapacity", 0) // pairs)
    kinds = _THROUGHPUTS[generation]
    if asked not in kinds:
        raise _bad(f"The throughput capacity {asked} must be one of {list(kinds)}.")


def _tags(given: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in given.get("Tags") or ()}


def _bad(message: str) -> ServiceError:
    """What FSx answers to what it will not do; the wording is assumed."""
    return ServiceError("BadRequest", message)
