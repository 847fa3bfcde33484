"""Where the emulated FSx keeps its parts: finding them, and moving them through their states."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from rehearsal.emulator.cloudhsmv2.service import CloudHsm
from rehearsal.emulator.core.call_log import CallLog
from rehearsal.emulator.core.durations import Durations
from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.core.faults import Fault
from rehearsal.emulator.core.place import Place
from rehearsal.emulator.fsx.parts import Backup, FileSystem, KeyTrouble, Part, Shown, Svm, Volume
from rehearsal.emulator.fsx.rules import refused

P = TypeVar("P", bound=Part)

_LOG_NAMES = {"fs": "FileSystemId", "svm": "StorageVirtualMachineId", "fsvol": "VolumeId"}


class FileSystemStore:
    """All parts of all regions. The caller of each method holds the service's lock.

    Args:
        hsms: whose clock and faults this shares.
        log: takes the transitions.
        durations: how long AWS takes.
        key_trouble: asks KMS whether a key can be used.
    """

    def __init__(
        self, hsms: CloudHsm, log: CallLog, durations: Durations, key_trouble: KeyTrouble
    ) -> None:
        self.hsms, self._log = hsms, log
        self.durations, self.key_trouble = durations, key_trouble
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.file_systems: dict[str, FileSystem] = {}
        self.svms: dict[str, Svm] = {}
        self.volumes: dict[str, Volume] = {}
        self.backups: dict[str, Backup] = {}
        self._homes: dict[str, str] = {}
        self._tokens: dict[tuple[Place, str], str] = {}

    def put(self, part: Svm | Volume, home: FileSystem) -> None:
        """Keep a part of a file system."""
        self._homes[part.identifier] = home.identifier
        if isinstance(part, Svm):
            self.svms[part.identifier] = part
        else:
            self.volumes[part.identifier] = part

    def home(self, part: Part) -> FileSystem:
        """The file system that a part is of."""
        return self.file_systems[self._homes[part.identifier]]

    def shown(self, part: Svm | Volume) -> Shown:
        """A part of a file system as in answers."""
        return part.shown(self.home(part))

    # Finding.

    def file_system(self, place: Place, identifier: str) -> FileSystem:
        """One file system; FileSystemNotFound where there is none."""
        return _one(self.file_systems, place, identifier, "FileSystem")

    def usable(self, place: Place, identifier: str) -> FileSystem:
        """One file system that parts can be made in; BadRequest in another state."""
        system = self.file_system(place, identifier)
        if system.state not in ("AVAILABLE", "UPDATING"):
            raise refused(f"{identifier} is {system.state}; it must be AVAILABLE.")
        return system

    def svm(self, place: Place, identifier: str) -> Svm:
        """One storage virtual machine; StorageVirtualMachineNotFound where there is none."""
        return _one(self.svms, place, identifier, "StorageVirtualMachine")

    def volume(self, place: Place, identifier: str) -> Volume:
        """One volume; VolumeNotFound where there is none."""
        return _one(self.volumes, place, identifier, "Volume")

    def backup(self, place: Place, identifier: str) -> Backup:
        """One backup; BackupNotFound where there is none."""
        found = self.backups.get(identifier)
        if found is None or found.place != place:
            raise ServiceError("BackupNotFound", f"{identifier} was not found.")
        return found

    def by_arn(self, place: Place, arn: str) -> Part:
        """What has this ARN; ResourceNotFound where nothing does."""
        everything = [*self.file_systems.values(), *self.svms.values(), *self.volumes.values()]
        for part in everything:
            if part.place == place and part.arn == arn:
                return part
        raise ServiceError("ResourceNotFound", f"{arn} was not found.")

    def all_in(
        self, place: Place, parts: Mapping[str, P], named: Collection[str] | None, kind: str
    ) -> list[P]:
        """Those named, or all there are."""
        if named:
            return [_one(parts, place, identifier, kind) for identifier in named]
        return [part for part in parts.values() if part.place == place]

    # Requests that are sent twice.

    def made_before(self, place: Place, given: Mapping[str, Any]) -> str | None:
        """The id that an earlier request with the same token was answered with."""
        return self._tokens.get((place, given.get("ClientRequestToken", "")))

    def remember(self, place: Place, given: Mapping[str, Any], identifier: str) -> None:
        """Note what a request with a token has made."""
        if given.get("ClientRequestToken"):
            self._tokens[place, given["ClientRequestToken"]] = identifier

    # Time.

    def now(self) -> float:
        """The moment it is."""
        return self.hsms.timeline.now()

    def after(self, aws_seconds: float, event: Callable[[float], None]) -> None:
        """Let something happen after so much of AWS's time."""
        self.hsms.timeline.after(aws_seconds, event, since=self.now())

    def begin(self, part: Part, aws_seconds: float, goal: str, target: str) -> None:
        """Make a part, which then is what it should be, unless a fault strikes."""
        self._note(part, "", part.state, part.created_at)

        def done(at: float) -> None:
            if part.state != "CREATING":
                return
            fault = self.hsms.faults.take("file_system_fails", target=target, when="created")
            if fault:
                self.fail(part, fault, at)
            else:
                self.move(part, goal, at)

        self.after(aws_seconds, done)

    def end(self, part: Part, aws_seconds: float, gone: Callable[[], object]) -> None:
        """Delete a part, which is listed as DELETING meanwhile."""
        if part.state == "DELETING":
            return
        self.move(part, "DELETING", self.now())

        def done(at: float) -> None:
            self._note(part, part.state, "DELETED", at)
            gone()

        self.after(aws_seconds, done)

    def move(self, part: Part, state: str, at: float) -> None:
        """Change a part's state."""
        old, part.state = part.state, state
        self._note(part, old, state, at)

    def fail(self, part: Part, fault: Fault, at: float) -> None:
        """Let a part fail, for a reason that the service shows."""
        part.reason = fault.parameters.get("message") or "Rehearsed failure."
        self.move(part, fault.parameters["state"], at)

    def strike(self, fault: Fault) -> bool:
        """Let a fault happen to what exists; false where there is nothing of its target."""
        kinds: dict[str, Mapping[str, Part]] = {
            "file_system": self.file_systems,
            "svm": self.svms,
            "volume": self.volumes,
        }
        struck = list(kinds[fault.parameters["target"]].values())
        for part in struck:
            self.fail(part, fault, self.now())
        return bool(struck)

    def _note(self, part: Part, old: str, new: str, at: float) -> None:
        name = _LOG_NAMES[part.identifier.partition("-")[0]]
        parameters = {name: part.identifier, "From": old, "To": new}
        self._log.add_transition("fsx", part.place, parameters, at)


def _one(parts: Mapping[str, P], place: Place, identifier: str, kind: str) -> P:
    found = parts.get(identifier)
    if found is None or found.place != place:
        raise ServiceError(f"{kind}NotFound", f"{kind} '{identifier}' does not exist.")
    return found


def matching(shown: list[Shown], given: Mapping[str, Any]) -> list[Shown]:
    """What the request's filters let through."""
    for one in given.get("Filters") or ():
        name, values = one["Name"], one["Values"]
        if name == "file-system-id":
            shown = [each for each in shown if each["FileSystemId"] in values]
        elif name == "storage-virtual-machine-id":
            shown = [
                each
                for each in shown
                if each.get("OntapConfiguration", {}).get("StorageVirtualMachineId") in values
            ]
    return shown


def page(name: str, shown: list[Shown], given: Mapping[str, Any]) -> dict[str, Any]:
    """One page of a list; the token is where the next one begins."""
    first = int(base64.b64decode(given["NextToken"])) if given.get("NextToken") else 0
    last = first + given.get("MaxResults", len(shown))
    answer: dict[str, Any] = {name: shown[first:last]}
    if last < len(shown):
        answer["NextToken"] = base64.b64encode(str(last).encode()).decode()
    return answer
