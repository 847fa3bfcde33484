"""The operations of FSx on storage virtual machines."""

from __future__ import annotations

from typing import Any

from rehearsal.emulator.core.place import Place
from rehearsal.emulator.fsx.parts import Svm, new_id
from rehearsal.emulator.fsx.rules import refused, tags_of
from rehearsal.emulator.fsx.store import FileSystemStore, matching, page
from rehearsal.emulator.fsx.volumes import VolumeOperations


class SvmOperations:
    """Creates, describes and deletes storage virtual machines; the caller holds the lock."""

    def __init__(self, store: FileSystemStore, volumes: VolumeOperations) -> None:
        self._store, self._volumes = store, volumes

    def create(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        """CreateStorageVirtualMachine."""
        made = self._store.made_before(place, given)
        if made:
            return {"StorageVirtualMachine": self._store.shown(self._store.svms[made])}
        home = self._store.usable(place, given["FileSystemId"])
        if "ActiveDirectoryConfiguration" in given:
            raise refused("The rehearsal has no Active Directory.")
        beside = [one for one in self._store.svms.values() if self._store.home(one) is home]
        if any(one.name == given["Name"] for one in beside):
            raise refused(f"{home.identifier} has a storage virtual machine named {given['Name']}.")
        identifier = new_id("svm")
        style = given.get("RootVolumeSecurityStyle", "UNIX")
        svm = Svm(
            identifier,
            place,
            "CREATING",
            self._store.now(),
            f"storage-virtual-machine/{home.identifier}/{identifier}",
            tags_of(given),
            name=given["Name"],
            security_style=style,
        )
        self._store.put(svm, home)
        self._store.remember(place, given, identifier)
        # Its root volume comes and goes with it.
        root = {"SizeInMegabytes": 1024, "JunctionPath": "/", "SecurityStyle": style}
        self._volumes.add(svm, f"{svm.name}_root", root, {}, is_root=True).state = "CREATED"
        self._store.begin(svm, self._store.durations.create_svm, "CREATED", target="svm")
        return {"StorageVirtualMachine": self._store.shown(svm)}

    def describe(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        """DescribeStorageVirtualMachines."""
        named = given.get("StorageVirtualMachineIds")
        found = self._store.all_in(place, self._store.svms, named, "StorageVirtualMachine")
        shown = matching([self._store.shown(one) for one in found], given)
        return page("StorageVirtualMachines", shown, given)

    def delete(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        """DeleteStorageVirtualMachine."""
        svm = self._store.svm(place, given["StorageVirtualMachineId"])
        own = [one for one in self._store.volumes.values() if one.svm is svm]
        if left := [one.identifier for one in own if not one.is_root]:
            raise refused(f"{svm.identifier} has volumes: {', '.join(sorted(left))}.")

        def gone() -> None:
            for volume in own:
                self._store.volumes.pop(volume.identifier, None)
            self._store.svms.pop(svm.identifier, None)

        self._store.end(svm, self._store.durations.delete_svm, gone)
        return {"StorageVirtualMachineId": svm.identifier, "Lifecycle": svm.state}
