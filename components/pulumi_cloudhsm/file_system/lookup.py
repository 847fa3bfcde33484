"""Looks at FSx around a creation: last checks, progress, and AWS's reason for a failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..aws.cloudhsmv2 import CloudHsm
from ..aws.found import is_owned
from ..aws.fsx import BROKEN, USABLE, Fsx, Part
from ..aws.kms import KeyStore, Kms
from ..aws.session import AwsAccess
from ..errors import StateError
from ..recovery.create_hooks import Progress, ProgressMaker
from ..waiting.waiter import Goal, Observation, Timing

DELETE_SVM, DELETE_VOLUME = "delete-storage-virtual-machine", "delete-volume"
_DELETING = ("DELETING",)


@dataclass(frozen=True)
class FileSystemLookup:
    """Looks at a file system; the inputs of its resource hold the tags that show whose it is."""

    access: AwsAccess
    """Account and Region."""
    timing: Timing
    """Expected duration and deadline of a file system's creation."""

    def refuse_unusable_key(self, inputs: Mapping[str, Any]) -> None:
        """FSx cannot encrypt with such a key, and may only say so after half an hour.

        Raises:
            StateError: says what is wrong with the key, and what to do.
        """
        arn = inputs.get("kmsKeyId")
        if not arn:
            return
        kms = Kms(self.access)
        key = kms.key(arn)
        store = kms.key_store(key.store_id) if key.store_id else None
        if key.state == "Enabled":
            self._refuse_without_hsms(arn, store)
            return
        if key.deleted_on is not None:
            fix = "cancel that (aws kms cancel-key-deletion), or give another key"
        elif store is not None and store.state != "CONNECTED":
            fix = (
                f"its key store {store.key_store_id} is {store.state}; run `pulumi up --refresh`, "
                "which connects it again"
            )
        else:
            fix = "enable it (aws kms enable-key), or give another key"
        raise StateError(f"the key {arn} is {key.state}, so no file system can be made: {fix}")

    def _refuse_without_hsms(self, arn: str, store: KeyStore | None) -> None:
        """A key stays Enabled, and its store CONNECTED, when the HSMs are gone.

        Args:
            arn: the key.
            store: its key store; None where it is in none, or in another account's.

        Raises:
            StateError: no HSM of the store's cluster is ACTIVE.
        """
        if store is None:
            return
        cluster = CloudHsm(self.access).cluster(store.cluster_id)
        states = [hsm.state for hsm in cluster.live_hsms] if cluster else []
        if "ACTIVE" not in states:
            seen = f" ({', '.join(states)})" if states else ""
            raise StateError(
                f"the key {arn} is in {store.key_store_id}, and {store.cluster_id} has no ACTIVE "
                f"HSM{seen}, so no file system can be made: add HSMs (hsms.count), then run "
                "`pulumi up` again"
            )

    def refuse_broken(self, inputs: Mapping[str, Any]) -> None:
        """Called before a storage virtual machine is created.

        Raises:
            StateError: its file system is broken.
        """
        system = self._fsx.file_system(inputs.get("fileSystemId", ""))
        if system is not None and system.state in BROKEN:
            raise StateError(broken(system))

    def why_no_file_system(self, inputs: Mapping[str, Any]) -> str | None:
        """AWS's reason for a file system that failed."""
        system = self._file_system(inputs)
        return broken(system) if system and system.state in BROKEN else None

    def why_no_svm(self, inputs: Mapping[str, Any]) -> str | None:
        """AWS's reason for a storage virtual machine that failed."""
        return failed_part(self._svm(inputs), DELETE_SVM)

    def why_no_volume(self, inputs: Mapping[str, Any]) -> str | None:
        """AWS's reason for a volume that failed."""
        return failed_part(self._volume(inputs), DELETE_VOLUME)

    def progress(self, what: str) -> ProgressMaker:
        """Reports how far AWS is with the file system."""
        goal = Goal(what, USABLE[0], USABLE, BROKEN, "")

        def make(report: Callable[[str], None], _: str, inputs: Mapping[str, Any]) -> Progress:
            def look() -> Observation[object]:
                found = self._file_system(inputs)
                return Observation(found.state if found else "asked for", None)

            return Progress(goal, self.timing, look, report)

        return make

    def _file_system(self, inputs: Mapping[str, Any]) -> Part | None:
        living = (one for one in self._fsx.file_systems() if one.state not in _DELETING)
        return next((one for one in living if is_owned(one.tags, inputs["tags"])), None)

    @property
    def _fsx(self) -> Fsx:
        return Fsx(self.access)

    def _svm(self, inputs: Mapping[str, Any]) -> Part | None:
        svms = self._fsx.svms(inputs["fileSystemId"])
        living = (one for one in svms if one.state not in _DELETING)
        return next((one for one in living if one.name == inputs["name"]), None)

    def _volume(self, inputs: Mapping[str, Any]) -> Part | None:
        volumes = self._fsx.volumes(inputs["storageVirtualMachineId"])
        return next((one for one in volumes if one.name == inputs["name"]), None)


def broken(system: Part) -> str:
    """What is wrong with a file system and what to do, in one line."""
    reason = system.reason or "no reason given"
    if system.state == "FAILED":
        fix = (
            "it holds nothing: delete it (aws fsx delete-file-system --file-system-id "
            f"{system.identifier}), then run `pulumi up --refresh`"
        )
    else:
        fix = "repair what AWS names, then run `pulumi up` again"
    return f"{system.identifier} is {system.state}, AWS said: {reason}; {fix}"


def failed_part(part: Part | None, command: str) -> str | None:
    """What is wrong with a storage virtual machine or volume, in one line; None if nothing is.

    Args:
        part: as FSx shows it; None where there is none.
        command: of `aws fsx`, which deletes it.
    """
    if part is None or part.state not in BROKEN:
        return None
    reason = part.reason or "no reason given"
    fix = "repair what AWS names, then run `pulumi up` again"
    if part.state == "FAILED":
        fix = f"delete it (aws fsx {command}), then run `pulumi up --refresh`"
    return f"{part.identifier} is {part.state}, AWS said: {reason}; {fix}"
