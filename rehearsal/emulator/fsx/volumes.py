"""The operations of FSx on volumes and on their backups."""

from __future__ import annotations

from typing import Any

from rehearsal.emulator.core.place import Place
from rehearsal.emulator.fsx.parts import Backup, Svm, Volume, new_id
from rehearsal.emulator.fsx.rules import MIN_VOLUME_MEBIBYTES, refused, tags_of
from rehearsal.emulator.fsx.store import FileSystemStore, matching, page


class VolumeOperations:
    """Creates, describes, updates and deletes volumes and backups; the caller holds the lock."""

    def __init__(self, store: FileSystemStore) -> None:
        self._store = store

    def create(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        """CreateVolume."""
        made = self._store.made_before(place, given)
        if made:
            return {"Volume": self._store.shown(self._store.volumes[made])}
        ontap = {**given.get("OntapConfiguration", {})}
        if given["VolumeType"] != "ONTAP" or not ontap:
            raise refused("The rehearsal makes volumes of the type ONTAP, with a configuration.")
        svm = self._store.svm(place, ontap["StorageVirtualMachineId"])
        self._store.usable(place, self._store.home(svm).identifier)
        if svm.state != "CREATED":
            raise refused(f"{svm.identifier} is {svm.state}; it must be CREATED.")
        if "SizeInBytes" in ontap:
            ontap["SizeInMegabytes"] = ontap.pop("SizeInBytes") >> 20
        if ontap.get("SizeInMegabytes", 0) < MIN_VOLUME_MEBIBYTES:
            raise refused(f"A volume has at least {MIN_VOLUME_MEBIBYTES} MiB.")
        path = ontap.get("JunctionPath")
        for beside in (one for one in self._store.volumes.values() if one.svm is svm):
            if beside.name == given["Name"]:
                raise refused(f"{svm.identifier} has a volume named {given['Name']}.")
            if path and beside.request.get("JunctionPath") == path:
                raise refused(f"{beside.identifier} is mounted at {path}.")
        volume = self.add(svm, given["Name"], ontap, tags_of(given))
        self._store.remember(place, given, volume.identifier)
        self._store.begin(volume, self._store.durations.create_volume, "CREATED", target="volume")
        return {"Volume": self._store.shown(volume)}

    def add(
        self,
        svm: Svm,
        name: str,
        ontap: dict[str, Any],
        tags: dict[str, str],
        is_root: bool = False,
    ) -> Volume:
        """Make a volume without the checks of CreateVolume."""
        identifier, home = new_id("fsvol"), self._store.home(svm)
        volume = Volume(
            identifier,
            svm.place,
            "CREATING",
            self._store.now(),
            f"volume/{home.identifier}/{identifier}",
            tags,
            name=name,
            svm=svm,
            is_root=is_root,
            request=ontap,
        )
        self._store.put(volume, home)
        return volume

    def describe(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        """DescribeVolumes."""
        found = self._store.all_in(place, self._store.volumes, given.get("VolumeIds"), "Volume")
        shown = matching([self._store.shown(one) for one in found], given)
        return page("Volumes", shown, given)

    def update(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        """UpdateVolume."""
        volume = self._store.volume(place, given["VolumeId"])
        changes = {**given.get("OntapConfiguration", {})}
        if "SizeInBytes" in changes:
            changes["SizeInMegabytes"] = changes.pop("SizeInBytes") >> 20
        volume.request = {**volume.request, **changes}
        now = self._store.now()
        volume.actions = [
            {
                "AdministrativeActionType": "VOLUME_UPDATE",
                "RequestTime": now,
                "Status": "COMPLETED",
            }
        ]
        return {"Volume": self._store.shown(volume)}

    def delete(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        """DeleteVolume."""
        volume = self._store.volume(place, given["VolumeId"])
        if volume.is_root:
            raise refused(f"{volume.identifier} is a root volume.")
        answer: dict[str, Any] = {"VolumeId": volume.identifier}
        if not given.get("OntapConfiguration", {}).get("SkipFinalBackup"):
            # It is encrypted as the volume is, so it needs the key at once.
            home = self._store.home(volume)
            trouble = self._store.key_trouble(place, home.kms_key)
            if trouble:
                raise refused(f"The final backup cannot be made: the key {home.kms_key} {trouble}.")
            final = Backup(
                new_id("backup"), place, self._store.now(), self._store.shown(volume), home.shown()
            )
            self._store.backups[final.identifier] = final
            answer["OntapResponse"] = {"FinalBackupId": final.identifier}
        self._store.end(
            volume,
            self._store.durations.delete_volume,
            lambda: self._store.volumes.pop(volume.identifier, None),
        )
        return {**answer, "Lifecycle": volume.state}

    def describe_backups(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        """DescribeBackups."""
        named = given.get("BackupIds")
        for identifier in named or ():
            self._store.backup(place, identifier)
        shown = [
            backup.shown()
            for backup in self._store.backups.values()
            if backup.place == place and (not named or backup.identifier in named)
        ]
        return page("Backups", shown, given)

    def delete_backup(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        """DeleteBackup."""
        backup = self._store.backup(place, given["BackupId"])
        del self._store.backups[backup.identifier]
        return {"BackupId": backup.identifier, "Lifecycle": "DELETED"}
