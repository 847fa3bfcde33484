"""`aws.fsx.OntapVolume`, as Terraform's aws_fsx_ontap_volume does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rehearsal.plugins.aws.core.tags import tag_list
from rehearsal.plugins.aws.core.waiting import Seen, wait_for
from rehearsal.plugins.aws.fsx.resource import FsxResource
from rehearsal.plugins.core.resource_type import Call
from rehearsal.plugins.core.values import Properties


class OntapVolume(FsxResource):
    """A volume of a storage virtual machine."""

    token = "aws:fsx/ontapVolume:OntapVolume"  # noqa: S105 - a type token
    noun = "FSx for NetApp ONTAP Volume"
    kind = "Volume"
    not_found = "VolumeNotFound"
    defaults: ClassVar = {
        "bypassSnaplockEnterpriseRetention": False,
        "copyTagsToBackups": False,
        "skipFinalBackup": False,
        "volumeStyle": "FLEXVOL",
        "volumeType": "ONTAP",
    }
    updatable: ClassVar = frozenset(
        {
            "copyTagsToBackups",
            "finalBackupTags",
            "junctionPath",
            "securityStyle",
            "sizeInMegabytes",
            "skipFinalBackup",
            "snapshotPolicy",
            "storageEfficiencyEnabled",
            "tags",
            "tieringPolicy",
        }
    )
    unsupported: ClassVar = frozenset(
        {
            "aggregateConfiguration",
            "bypassSnaplockEnterpriseRetention",
            "finalBackupTags",
            "sizeInBytes",
            "snaplockConfiguration",
        }
    )
    # A program gives the size once, in mebibytes.
    chosen_by_aws: ClassVar = frozenset({"ontapVolumeType", "sizeInBytes"})
    settings: ClassVar = {
        "copyTagsToBackups": "CopyTagsToBackups",
        "junctionPath": "JunctionPath",
        "ontapVolumeType": "OntapVolumeType",
        "securityStyle": "SecurityStyle",
        "sizeInMegabytes": "SizeInMegabytes",
        "snapshotPolicy": "SnapshotPolicy",
        "storageEfficiencyEnabled": "StorageEfficiencyEnabled",
        "volumeStyle": "VolumeStyle",
    }

    def start_create(self, inputs: Properties) -> str:
        """CreateVolume."""
        ontap = self.given_settings(inputs)
        ontap["StorageVirtualMachineId"] = inputs["storageVirtualMachineId"]
        if inputs.get("tieringPolicy"):
            ontap["TieringPolicy"] = _tiering(inputs["tieringPolicy"])
        tags = {"Tags": tag_list(inputs["tagsAll"])} if inputs.get("tagsAll") else {}
        answer = self.client(inputs).create_volume(
            VolumeType="ONTAP", Name=inputs["name"], OntapConfiguration=ontap, **tags
        )
        return answer["Volume"]["VolumeId"]

    def finish_create(self, call: Call, identifier: str, inputs: Properties) -> None:
        """A MISCONFIGURED volume counts as made: so does Terraform have it."""

        def look() -> Seen | None:
            seen = self._state(identifier, inputs)
            misconfigured = seen is not None and seen.state == "MISCONFIGURED"
            return Seen(self.goal) if misconfigured else seen

        wait_for(self.goal, self.pending, look, call)

    def outputs_of(self, found: Mapping[str, Any], old: Properties) -> Properties:
        """What Terraform reads, and what only it and the state know."""
        ontap = found["OntapConfiguration"]
        tiering = ontap.get("TieringPolicy") or {}
        policy = {"name": tiering.get("Name"), "coolingPeriod": tiering.get("CoolingPeriod")}
        return {
            **{name: ontap.get(key) for name, key in self.settings.items()},
            "bypassSnaplockEnterpriseRetention": False,
            "fileSystemId": found["FileSystemId"],
            "flexcacheEndpointType": ontap.get("FlexCacheEndpointType", "NONE"),
            "name": found["Name"],
            "sizeInBytes": str(ontap["SizeInBytes"]),
            "skipFinalBackup": bool(old.get("skipFinalBackup")),
            "storageVirtualMachineId": ontap["StorageVirtualMachineId"],
            # Terraform suppresses the difference where the program gives no policy.
            "tieringPolicy": {name: value for name, value in policy.items() if value is not None}
            if old.get("tieringPolicy") or "name" not in old
            else None,
            "uuid": ontap["UUID"],
            "volumeType": found["VolumeType"],
        }

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """UpdateVolume; whether there is a final backup concerns the deletion only."""
        ontap = self.changed_settings(old, inputs)
        if inputs.get("tieringPolicy") and inputs["tieringPolicy"] != old.get("tieringPolicy"):
            ontap["TieringPolicy"] = _tiering(inputs["tieringPolicy"])
        if ontap:
            self.client(old).update_volume(VolumeId=identifier, OntapConfiguration=ontap)

    def delete_options(self, old: Properties) -> dict[str, Any]:
        """A final backup, unless the state says otherwise."""
        return {"OntapConfiguration": {"SkipFinalBackup": bool(old.get("skipFinalBackup"))}}


def _tiering(policy: Properties) -> dict[str, Any]:
    names = {"name": "Name", "coolingPeriod": "CoolingPeriod"}
    return {names[name]: value for name, value in policy.items() if name in names}
