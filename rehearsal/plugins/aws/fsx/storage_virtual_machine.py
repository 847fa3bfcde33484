"""`aws.fsx.OntapStorageVirtualMachine`, as Terraform's resource of that name does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rehearsal.plugins.aws.core.tags import tag_list
from rehearsal.plugins.aws.fsx.resource import FsxResource, shown_endpoints
from rehearsal.plugins.core.values import Properties


class OntapStorageVirtualMachine(FsxResource):
    """A storage virtual machine of a file system."""

    token = "aws:fsx/ontapStorageVirtualMachine:OntapStorageVirtualMachine"  # noqa: S105
    noun = "FSx ONTAP Storage Virtual Machine"
    kind = "StorageVirtualMachine"
    not_found = "StorageVirtualMachineNotFound"
    unsupported: ClassVar = frozenset({"activeDirectoryConfiguration", "svmAdminPassword"})

    def start_create(self, inputs: Properties) -> str:
        """CreateStorageVirtualMachine."""
        names = {"rootVolumeSecurityStyle": "RootVolumeSecurityStyle"}
        request = {key: inputs[name] for name, key in names.items() if inputs.get(name)}
        if inputs.get("tagsAll"):
            request["Tags"] = tag_list(inputs["tagsAll"])
        answer = self.client(inputs).create_storage_virtual_machine(
            FileSystemId=inputs["fileSystemId"], Name=inputs["name"], **request
        )
        return answer["StorageVirtualMachine"]["StorageVirtualMachineId"]

    def outputs_of(self, found: Mapping[str, Any], old: Properties) -> Properties:
        """What Terraform reads; the security style it only remembers."""
        names = {"iscsis": "Iscsi", "managements": "Management", "nfs": "Nfs", "smbs": "Smb"}
        return {
            "endpoints": shown_endpoints(found.get("Endpoints") or {}, names),
            "fileSystemId": found["FileSystemId"],
            "name": found["Name"],
            "rootVolumeSecurityStyle": old.get("rootVolumeSecurityStyle"),
            "subtype": found["Subtype"],
            "uuid": found["UUID"],
        }
