"""What stands beside the aws provider while it makes a file system: last looks, progress, reasons.

It also finds what an interrupted run left at AWS: a file system carries a tag that names its owner.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from .aws.fsx import BROKEN, USABLE, Fsx, Part
from .aws.kms import Kms
from .aws.ownership import TAG
from .creation import Progress, ProgressMaker
from .errors import CloudHsmError, StateError
from .waiter import Goal, Observation, Pace, Waiter

_GONE = ("DELETING",)
_SETTING = "file_system_deadline_seconds (cloudhsm:fileSystemDeadlineSeconds)"


@dataclass(frozen=True)
class LeftFiles:
    """What is at AWS already, made by an earlier run or known to the state; None where nothing."""

    file_system: Part | None = None
    svm: Part | None = None

    @property
    def file_system_id(self) -> str | None:
        """The file system's id."""
        return self.file_system.identifier if self.file_system else None

    @property
    def svm_id(self) -> str | None:
        """The storage virtual machine's id."""
        return self.svm.identifier if self.svm else None


@dataclass(frozen=True)
class StorageWatch:
    """Looks at one owner's file system.

    Attributes:
        fsx: FSx.
        kms: KMS.
        owner: value of the file system's tag.
        svm_name: name of its storage virtual machine.
        pace: usual duration and deadline of a file system's creation.
    """

    fsx: Fsx
    kms: Kms
    owner: str
    svm_name: str
    pace: Pace

    def left_behind(self, report: Callable[[str], None] | None) -> LeftFiles:
        """What is there already, once it can be used.

        Args:
            report: takes lines of progress while AWS is still making it; None looks only.

        Raises:
            StateError: several file systems could be meant, or AWS failed at making it.
            CloudHsmError: AWS cannot be asked.
        """
        system = self._file_system()
        if system is None:
            return LeftFiles()
        if system.state == "FAILED":
            raise StateError(broken(system))
        if system.state == "CREATING" and report is not None:
            system = self._settled(system, report, self._file_system, USABLE[0])
        svm = self._svm(system.identifier)
        if svm is not None and svm.state == "CREATING" and report is not None:
            svm = self._settled(svm, report, lambda: self._svm(system.identifier), "CREATED")
        return LeftFiles(system, svm)

    def refuse_a_second(self, _inputs: Mapping[str, Any]) -> None:
        """Called at the last moment before a file system is created.

        Raises:
            StateError: the owner has one that the state does not hold.
        """
        system = self._file_system()
        if system is not None:
            raise StateError(
                f"{system.identifier} ({system.state}) already belongs to {self.owner}: run "
                "`pulumi up` again, which adopts it; if it is to be given up, take its tag "
                f"{TAG} off (aws fsx untag-resource)"
            )

    def refuse_unusable_key(self, inputs: Mapping[str, Any]) -> None:
        """FSx could not encrypt with it, and might only say so after half an hour.

        Raises:
            StateError: says what is wrong with the key, and what to do.
        """
        arn = inputs.get("kmsKeyId")
        if not arn:
            return
        key = self.kms.key(arn)
        if key.state == "Enabled":
            return
        store = self.kms.key_store(key.store_id) if key.store_id else None
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

    def refuse_broken(self, inputs: Mapping[str, Any]) -> None:
        """Called before a storage virtual machine is created.

        Raises:
            StateError: its file system is broken.
        """
        system = self.fsx.file_system(inputs.get("fileSystemId", ""))
        if system is not None and system.state in BROKEN:
            raise StateError(broken(system))

    def refuse_a_twin(self, inputs: Mapping[str, Any]) -> None:
        """Called before a volume is created.

        Raises:
            StateError: an interrupted run has made it, and the state does not hold it.
        """
        volume = self._volume(inputs)
        if volume is not None and volume.state not in _GONE:
            raise StateError(
                f"{volume.name} is there already, as {volume.identifier}; if an interrupted run "
                "left it, delete it (aws fsx delete-volume --volume-id "
                f"{volume.identifier} --ontap-configuration SkipFinalBackup=true), then run "
                "`pulumi up` again"
            )

    def why_no_file_system(self, _inputs: Mapping[str, Any]) -> str | None:
        """AWS's reason for a file system that failed."""
        system = self._file_system()
        return broken(system) if system and system.state in BROKEN else None

    def why_no_svm(self, inputs: Mapping[str, Any]) -> str | None:
        """AWS's reason for a storage virtual machine that failed."""
        return _failed(self._svm(inputs["fileSystemId"]), "delete-storage-virtual-machine")

    def why_no_volume(self, inputs: Mapping[str, Any]) -> str | None:
        """AWS's reason for a volume that failed."""
        return _failed(self._volume(inputs), "delete-volume")

    def progress(self, what: str) -> ProgressMaker:
        """Reports how far AWS is with the file system."""
        goal = Goal(what, USABLE[0], USABLE, BROKEN, "")

        def look() -> Observation[object]:
            found = self._file_system()
            return Observation(found.state if found else "asked for", None)

        return lambda report, _: Progress(goal, self.pace, look, report)

    def _file_system(self) -> Part | None:
        found = [
            one
            for one in self.fsx.file_systems()
            if one.tags.get(TAG) == self.owner and one.state not in _GONE
        ]
        if len(found) > 1:
            names = ", ".join(one.identifier for one in found)
            raise StateError(
                f"{len(found)} file systems carry the tag {TAG}={self.owner}: {names}; keep the "
                "one in `pulumi stack output fileSystemId`, and delete the other or take the tag "
                "off it (aws fsx untag-resource)"
            )
        return found[0] if found else None

    def _svm(self, file_system_id: str) -> Part | None:
        svms = (one for one in self.fsx.svms(file_system_id) if one.state not in _GONE)
        return next((one for one in svms if one.name == self.svm_name), None)

    def _volume(self, inputs: Mapping[str, Any]) -> Part | None:
        volumes = self.fsx.volumes(inputs["storageVirtualMachineId"])
        return next((one for one in volumes if one.name == inputs["name"]), None)

    def _settled(
        self,
        part: Part,
        report: Callable[[str], None],
        find: Callable[[], Part | None],
        wanted: str,
    ) -> Part:
        def look() -> Observation[Part]:
            found = find()
            if found is None:
                raise StateError(f"{part.identifier} is gone again: run `pulumi up` once more")
            return Observation(found.state, found, found.reason)

        subject = f"{part.identifier}, left by an interrupted run,"
        goal = Goal(subject, wanted, (wanted,), BROKEN, _SETTING)
        return Waiter(report=report).wait(goal, self.pace, look).observation.value


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


def _failed(part: Part | None, command: str) -> str | None:
    if part is None or part.state not in BROKEN:
        return None
    reason = part.reason or "no reason given"
    return (
        f"{part.identifier} is {part.state}, AWS said: {reason}; delete it (aws fsx {command}), "
        "then run `pulumi up --refresh`"
    )


def or_nothing(
    look: Callable[[], LeftFiles], only_planning: bool, warn: Callable[[str], None]
) -> LeftFiles:
    """A preview goes on when AWS cannot be asked, saying so; an update must not.

    Raises:
        RunError: with what is the matter.
    """
    try:
        return look()
    except StateError as error:
        raise pulumi.RunError(str(error)) from None
    except CloudHsmError as error:
        if not only_planning:
            raise pulumi.RunError(str(error)) from None
        warn(f"could not look for a file system of an interrupted run: {error}")
        return LeftFiles()
