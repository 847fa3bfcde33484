"""FSx for NetApp ONTAP, in front of moto, which knows no storage virtual machines and volumes.

States and requests follow botocore's model and its texts; the refusals' wording is assumed. What
FSx serves to other file systems than ONTAP's is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rehearsal.emulator.cloudhsmv2.service import CloudHsm
from rehearsal.emulator.core import validation
from rehearsal.emulator.core.call_log import CallLog
from rehearsal.emulator.core.durations import Durations
from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.core.faults import Fault
from rehearsal.emulator.core.place import Place
from rehearsal.emulator.core.request import AwsRequest
from rehearsal.emulator.fsx.file_systems import FileSystemOperations
from rehearsal.emulator.fsx.parts import KeyTrouble
from rehearsal.emulator.fsx.rules import tags_of
from rehearsal.emulator.fsx.storage_virtual_machines import SvmOperations
from rehearsal.emulator.fsx.store import FileSystemStore
from rehearsal.emulator.fsx.volumes import VolumeOperations


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
        self._store = FileSystemStore(hsms, log, durations, key_trouble)
        self._files = FileSystemOperations(self._store)
        self._volumes = VolumeOperations(self._store)
        self._svms = SvmOperations(self._store, self._volumes)

    def clear(self) -> None:
        """Forget everything."""
        self._store.clear()

    def remaining(self) -> dict[str, list[str]]:
        """Ids of what exists, by kind."""
        store = self._store
        return {
            "file_systems": sorted(store.file_systems),
            "storage_virtual_machines": sorted(store.svms),
            "volumes": sorted(store.volumes),
            "file_system_backups": sorted(store.backups),
        }

    def strike(self, fault: Fault) -> bool:
        """Let a fault happen to what exists; false where there is nothing of its target."""
        return self._store.strike(fault)

    def answer(self, asked: AwsRequest) -> dict[str, Any]:
        """The answer to a call.

        Raises:
            ServiceError: FSx would refuse it, or it is not emulated.
        """
        handlers: dict[str, Callable[[Place, dict[str, Any]], dict[str, Any]]] = {
            "CreateFileSystem": self._files.create,
            "DescribeFileSystems": self._files.describe,
            "UpdateFileSystem": self._files.update,
            "DeleteFileSystem": self._files.delete,
            "CreateStorageVirtualMachine": self._svms.create,
            "DescribeStorageVirtualMachines": self._svms.describe,
            "DeleteStorageVirtualMachine": self._svms.delete,
            "CreateVolume": self._volumes.create,
            "DescribeVolumes": self._volumes.describe,
            "UpdateVolume": self._volumes.update,
            "DeleteVolume": self._volumes.delete,
            "DescribeBackups": self._volumes.describe_backups,
            "DeleteBackup": self._volumes.delete_backup,
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
        with self._store.hsms.lock:
            self._store.hsms.timeline.advance()
            return handler(asked.place, asked.parameters)

    # Tags.

    def _tag(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        self._store.by_arn(place, given["ResourceARN"]).tags |= tags_of(given)
        return {}

    def _untag(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        tags = self._store.by_arn(place, given["ResourceARN"]).tags
        for key in given["TagKeys"]:
            tags.pop(key, None)
        return {}

    def _list_tags(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        tags = self._store.by_arn(place, given["ResourceARN"]).tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
