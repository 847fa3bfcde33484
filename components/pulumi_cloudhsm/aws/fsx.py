"""FSx for NetApp ONTAP: what exists, its states, and the password of `fsxadmin`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .advice import refusal
from .session import AwsAccess, client

USABLE = ("AVAILABLE", "UPDATING")
"""States of a file system that serves its clients. Source: FSx API reference, Lifecycle."""
BROKEN = ("FAILED", "MISCONFIGURED", "MISCONFIGURED_UNAVAILABLE")
"""States that do not pass by themselves."""


@dataclass(frozen=True)
class Part:
    """A file system, a storage virtual machine or a volume, as FSx shows it."""

    identifier: str
    """`fs-…`, `svm-…` or `fsvol-…`."""
    name: str
    """Its name; "" for a file system, which has none."""
    state: str
    """AWS's Lifecycle."""
    reason: str = ""
    """Why it is FAILED or MISCONFIGURED, in AWS's words; "" where AWS says nothing."""
    kms_key: str = ""
    """ARN of the key; "" for anything but a file system."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    """Its tags."""


class Fsx:
    """The calls this project makes, with refusals turned into advice.

    Every method raises TransientError when another try is worth it, and AwsError when not.
    """

    def __init__(self, access: AwsAccess) -> None:
        self._access = access

    def file_systems(self) -> list[Part]:
        """All ONTAP file systems of the Region."""
        found = self._listed("describe_file_systems", "FileSystems", "file systems")
        return [
            Part(
                one["FileSystemId"],
                "",
                one["Lifecycle"],
                _message(one, "FailureDetails"),
                one.get("KmsKeyId", ""),
                _tags(one),
            )
            for one in found
            if one.get("FileSystemType") == "ONTAP"
        ]

    def file_system(self, identifier: str) -> Part | None:
        """One file system; None when there is none."""
        return next((one for one in self.file_systems() if one.identifier == identifier), None)

    def svms(self, file_system_id: str = "") -> list[Part]:
        """The storage virtual machines of a file system, or of the Region."""
        found = self._listed(
            "describe_storage_virtual_machines",
            "StorageVirtualMachines",
            f"storage virtual machines {file_system_id}".strip(),
            Filters=_filters("file-system-id", file_system_id),
        )
        return [_inside(one, "StorageVirtualMachineId") for one in found]

    def volumes(self, svm_id: str = "") -> list[Part]:
        """The volumes of a storage virtual machine, or of the Region, root volumes included."""
        found = self._listed(
            "describe_volumes",
            "Volumes",
            f"volumes {svm_id}".strip(),
            Filters=_filters("storage-virtual-machine-id", svm_id),
        )
        return [_inside(one, "VolumeId") for one in found]

    def set_password(self, file_system_id: str, password: str) -> None:
        """Gives the user `fsxadmin` a password; FSx takes a while to do so."""
        try:
            # Sent again, FSx may refuse it as a second change at once: the caller looks first.
            client(self._access, "fsx", attempts=1).update_file_system(
                FileSystemId=file_system_id, OntapConfiguration={"FsxAdminPassword": password}
            )
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"setting the password of fsxadmin on {file_system_id}", error) from error

    def _listed(self, operation: str, name: str, what: str, **given: Any) -> list[Any]:  # noqa: ANN401
        try:
            pages = client(self._access, "fsx").get_paginator(operation).paginate(**given)
            return [one for page in pages for one in page[name]]
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"describing {what}", error) from error


def number_of_systems(access: AwsAccess) -> int:
    """How many ONTAP file systems the Region has.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one, for example no right to look.
    """
    return len(Fsx(access).file_systems())


def _filters(name: str, value: str) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": [value]}] if value else []


def _inside(raw: Mapping[str, Any], id_name: str) -> Part:
    reason = _message(raw, "LifecycleTransitionReason")
    return Part(raw[id_name], raw.get("Name", ""), raw["Lifecycle"], reason, tags=_tags(raw))


def _tags(raw: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in raw.get("Tags") or ()}


def _message(raw: Mapping[str, Any], name: str) -> str:
    return str(raw[name].get("Message", "")) if raw.get(name) else ""
