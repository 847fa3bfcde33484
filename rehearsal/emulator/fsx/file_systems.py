"""The operations of FSx on ONTAP file systems."""

from __future__ import annotations

import uuid
from typing import Any

from rehearsal.emulator.core import network, service_roles
from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.core.place import Place
from rehearsal.emulator.fsx.parts import FileSystem, new_id
from rehearsal.emulator.fsx.rules import check_size, refused, tags_of
from rehearsal.emulator.fsx.store import FileSystemStore, page


class FileSystemOperations:
    """Creates, describes, updates and deletes file systems; the caller holds the lock."""

    def __init__(self, store: FileSystemStore) -> None:
        self._store = store

    def create(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        """CreateFileSystem."""
        made = self._store.made_before(place, given)
        if made:
            return {"FileSystem": self._store.file_systems[made].shown()}
        ontap = given.get("OntapConfiguration")
        if given["FileSystemType"] != "ONTAP" or ontap is None:
            raise refused(
                "The rehearsal makes file systems of the type ONTAP, with a configuration."
            )
        service_roles.refuse_without(self._store.hsms.faults, "fsx", place)
        check_size(given, ontap)
        subnets = self._subnets(place, given, ontap)
        key = given.get("KmsKeyId")
        trouble = self._store.key_trouble(place, key) if key else None
        if trouble:
            raise refused(f"The KMS key {key} {trouble}.")
        identifier = new_id("fs")
        made_at = self._store.now()
        two = [subnets[0].subnet_id, subnets[-1].subnet_id]  # one server of the pair in each
        # Without a group of the caller's, EC2 gives the VPC's default one.
        interfaces = network.create_interfaces(
            place, two, given.get("SecurityGroupIds", []), f"ENI for FSx file system {identifier}"
        )
        system = FileSystem(
            identifier,
            place,
            "CREATING",
            made_at,
            f"file-system/{identifier}",
            tags_of(given),
            request={**given, "OntapConfiguration": {**ontap}},
            vpc_id=subnets[0].vpc_id,
            kms_key=key or place.arn("kms", f"key/{uuid.uuid4()}"),
            interfaces=tuple(interfaces),
            password=ontap.get("FsxAdminPassword"),
        )
        self._store.file_systems[identifier] = system
        self._store.remember(place, given, identifier)
        self._store.begin(
            system, self._store.durations.create_file_system, "AVAILABLE", target="file_system"
        )
        return {"FileSystem": system.shown()}

    def describe(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        """DescribeFileSystems."""
        found = self._store.all_in(
            place, self._store.file_systems, given.get("FileSystemIds"), "FileSystem"
        )
        return page("FileSystems", [one.shown() for one in found], given)

    def update(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        """UpdateFileSystem."""
        system = self._store.file_system(place, given["FileSystemId"])
        if system.state != "AVAILABLE":
            raise refused(f"{system.identifier} is {system.state}; it must be AVAILABLE.")
        ontap = {**given.get("OntapConfiguration", {})}
        password = ontap.pop("FsxAdminPassword", None)
        wanted = {**system.request, "OntapConfiguration": system.request["OntapConfiguration"]}
        if "StorageCapacity" in given:
            # API reference: at least ten percent more, and never less.
            if given["StorageCapacity"] < 1.1 * wanted["StorageCapacity"]:
                raise refused("The new storage capacity must be at least 10 percent larger.")
            wanted["StorageCapacity"] = given["StorageCapacity"]
        tables = [
            *wanted["OntapConfiguration"].get("RouteTableIds", []),
            *ontap.pop("AddRouteTableIds", []),
        ]
        removed = ontap.pop("RemoveRouteTableIds", [])
        if tables:
            ontap["RouteTableIds"] = [table for table in tables if table not in removed]
        wanted["OntapConfiguration"] = {**wanted["OntapConfiguration"], **ontap}
        check_size(wanted, wanted["OntapConfiguration"])
        system.password = password or system.password
        action = {
            "AdministrativeActionType": "FILE_SYSTEM_UPDATE",
            "RequestTime": self._store.now(),
            "Status": "IN_PROGRESS",
        }
        system.actions = [action]
        self._store.move(system, "UPDATING", self._store.now())

        def done(at: float) -> None:
            if system.state == "UPDATING":
                system.request, action["Status"] = wanted, "COMPLETED"
                self._store.move(system, "AVAILABLE", at)

        self._store.after(self._store.durations.update_file_system, done)
        return {"FileSystem": system.shown()}

    def delete(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        """DeleteFileSystem."""
        system = self._store.file_system(place, given["FileSystemId"])
        # API reference, DeleteFileSystem: first all volumes and storage virtual machines.
        svms = self._store.svms.values()
        if inside := [svm.identifier for svm in svms if self._store.home(svm) is system]:
            names = ", ".join(sorted(inside))
            raise refused(f"{system.identifier} has storage virtual machines: {names}.")

        def gone() -> None:
            for interface, _ in system.interfaces:
                network.delete_interface(place, interface)
            self._store.file_systems.pop(system.identifier, None)

        self._store.end(system, self._store.durations.delete_file_system, gone)
        return {"FileSystemId": system.identifier, "Lifecycle": system.state}

    def _subnets(
        self, place: Place, given: dict[str, Any], ontap: dict[str, Any]
    ) -> list[network.SubnetFacts]:
        several = ontap["DeploymentType"].startswith("MULTI_AZ")
        if len(given["SubnetIds"]) != 1 + several:
            raise refused(f"{ontap['DeploymentType']} takes {1 + several} subnets.")
        preferred = ontap.get("PreferredSubnetId")
        if (several and not preferred) or preferred not in (None, *given["SubnetIds"]):
            raise refused("PreferredSubnetId must be one of SubnetIds.")
        try:
            found = network.subnets(place, given["SubnetIds"])
        except ServiceError as missing:
            raise ServiceError("InvalidNetworkSettings", missing.message) from None
        if len({subnet.availability_zone for subnet in found}) < len(found):
            raise ServiceError("InvalidNetworkSettings", "The subnets must be in two zones.")
        return found
