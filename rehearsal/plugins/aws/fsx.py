"""`aws.fsx.Ontap…`: file system, storage virtual machine and volume, as Terraform does them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from rehearsal.plugins.aws.errors import code_of
from rehearsal.plugins.aws.resource import AwsResource
from rehearsal.plugins.aws.tags import tag_list
from rehearsal.plugins.aws.waiting import Seen, wait_for, wait_until_gone
from rehearsal.plugins.failures import CheckFailure
from rehearsal.plugins.input_checks import examine
from rehearsal.plugins.resource_type import Call, Made
from rehearsal.plugins.values import UNKNOWN, Properties

THROUGHPUTS = (128, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144)


class _FsxResource(AwsResource):
    """What the three types share."""

    service = "fsx"
    #: FSx's word for it, such as "StorageVirtualMachine".
    kind: ClassVar[str]
    #: What is right for FSx but not for this stand-in.
    unsupported: ClassVar[frozenset[str]] = frozenset()
    #: The states of a creation: those on the way, and the good end.
    pending: ClassVar[frozenset[str]] = frozenset({"CREATING", "PENDING"})
    goal = "CREATED"
    #: Where FSx says why it failed. Terraform shows it for FAILED only.
    reason = "LifecycleTransitionReason"

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Refuse inputs only the published plugin can follow, and missing names."""
        failures = [
            examine(
                f"the rehearsal's stand-in for the aws plugin can't do {name}: leave it out, "
                "or run it with the published plugins",
                resource,
                name,
            )
            for name in sorted(self.unsupported & inputs.keys())
            if inputs[name] not in (None, False, "")
        ]
        if "name" in self.python_class.inputs.types and not inputs.get("name"):
            text = "the rehearsal's stand-in for the aws plugin makes up no names: give one"
            failures.append(examine(text, resource, "name"))
        return failures

    def finish_create(self, call: Call, identifier: str, inputs: Properties) -> None:
        """Until it is there; every other state but those on the way is an error."""
        wait_for(self.goal, self.pending, lambda: self._state(identifier, inputs), call)

    def find(self, identifier: str, old: Properties) -> Made | None:
        """Describe it by its id."""
        found = self.described(identifier, old)
        if found is None:
            return None
        tags = self.tags.visible(found.get("Tags") or [])
        common = {"arn": found["ResourceARN"], "tags": tags, "tagsAll": tags}
        return Made(identifier, {**common, **self.outputs_of(found, old)})

    @abstractmethod
    def outputs_of(self, found: Mapping[str, Any], old: Properties) -> Properties:
        """The outputs, without ARN and tags."""

    def described(self, identifier: str, properties: Properties) -> Any | None:  # noqa: ANN401
        """FSx's own description; None when it is gone."""
        client = self.client(properties)
        describe = {
            "FileSystem": client.describe_file_systems,
            "StorageVirtualMachine": client.describe_storage_virtual_machines,
            "Volume": client.describe_volumes,
        }[self.kind]
        try:
            return next(iter(describe(**{f"{self.kind}Ids": [identifier]})[f"{self.kind}s"]), None)
        except client.exceptions.ClientError as error:
            if code_of(error) == f"{self.kind}NotFound":
                return None
            raise

    def set_tags(self, identifier: str, properties: Properties, tags: dict[str, str]) -> None:
        """TagResource, which FSx wants by the ARN."""
        del identifier
        client = self.client(properties)
        client.tag_resource(ResourceARN=properties["arn"], Tags=tag_list(tags))

    def remove_tags(self, identifier: str, properties: Properties, keys: list[str]) -> None:
        """UntagResource."""
        del identifier
        self.client(properties).untag_resource(ResourceARN=properties["arn"], TagKeys=keys)

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """Delete it."""
        del call
        client = self.client(old)
        try:
            self.ask_to_delete(client, identifier, old)
        except client.exceptions.ClientError as error:
            if code_of(error) == f"{self.kind}NotFound":
                return False
            raise
        return True

    @abstractmethod
    def ask_to_delete(self, client: Any, identifier: str, old: Properties) -> None:  # noqa: ANN401
        """The call that deletes it."""

    def finish_delete(self, call: Call, identifier: str, old: Properties) -> None:
        """Until it is no longer described."""
        pending = frozenset({"DELETING", self.goal, "MISCONFIGURED"})
        wait_until_gone(pending, lambda: self._state(identifier, old), call)

    def _state(self, identifier: str, properties: Properties) -> Seen | None:
        found = self.described(identifier, properties)
        if found is None:
            return None
        state = found["Lifecycle"]
        why = (found.get(self.reason) or {}).get("Message", "") if state == "FAILED" else ""
        return Seen(state, why)


class OntapFileSystem(_FsxResource):
    """An ONTAP file system. Its key, place and groups can only be replaced, with all data."""

    token = "aws:fsx/ontapFileSystem:OntapFileSystem"  # noqa: S105 - a type token
    noun = "FSx for NetApp ONTAP File System"
    kind = "FileSystem"
    goal = "AVAILABLE"
    pending: ClassVar = frozenset({"CREATING"})
    reason = "FailureDetails"
    defaults: ClassVar = {"automaticBackupRetentionDays": 0, "storageType": "SSD"}
    sets: ClassVar = frozenset({"routeTableIds", "securityGroupIds"})
    secret_outputs: ClassVar = frozenset({"fsxAdminPassword"})
    updatable: ClassVar = frozenset(
        {
            "automaticBackupRetentionDays",
            "dailyAutomaticBackupStartTime",
            "fsxAdminPassword",
            "storageCapacity",
            "tags",
            "throughputCapacity",
            "throughputCapacityPerHaPair",
            "weeklyMaintenanceStartTime",
        }
    )
    unsupported: ClassVar = frozenset({"diskIopsConfiguration", "networkType"})
    _NAMES: ClassVar = {
        "automaticBackupRetentionDays": "AutomaticBackupRetentionDays",
        "dailyAutomaticBackupStartTime": "DailyAutomaticBackupStartTime",
        "deploymentType": "DeploymentType",
        "endpointIpAddressRange": "EndpointIpAddressRange",
        "fsxAdminPassword": "FsxAdminPassword",
        "haPairs": "HAPairs",
        "preferredSubnetId": "PreferredSubnetId",
        "routeTableIds": "RouteTableIds",
        "throughputCapacity": "ThroughputCapacity",
        "throughputCapacityPerHaPair": "ThroughputCapacityPerHAPair",
        "weeklyMaintenanceStartTime": "WeeklyMaintenanceStartTime",
    }

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """One throughput, of those there are, and a key by its ARN."""
        failures = super().check(inputs, resource)
        names = ("throughputCapacity", "throughputCapacityPerHaPair")
        given = [name for name in names if name in inputs]
        if len(given) != 1:
            reason = (
                'Invalid combination of arguments. "throughput_capacity": one of '
                "`throughput_capacity,throughput_capacity_per_ha_pair` must be specified"
            )
            return [*failures, examine(reason, resource, names[0])]
        value = inputs[given[0]]
        if value is not UNKNOWN and value not in THROUGHPUTS:
            choices = " ".join(map(str, THROUGHPUTS))
            reason = f"expected throughput_capacity to be one of [{choices}], got {value}"
            failures.append(examine(reason, resource, given[0]))
        key = inputs.get("kmsKeyId", UNKNOWN)
        if key is not UNKNOWN and not str(key).startswith("arn:"):
            reason = f'"kms_key_id" ({key}) is an invalid ARN: arn: invalid prefix'
            failures.append(examine(reason, resource, "kmsKeyId"))
        return failures

    def start_create(self, inputs: Properties) -> str:
        """CreateFileSystem."""
        ontap = {key: inputs[name] for name, key in self._NAMES.items() if name in inputs}
        request: dict[str, Any] = {
            "FileSystemType": "ONTAP",
            "StorageCapacity": inputs["storageCapacity"],
            "StorageType": inputs.get("storageType", "SSD"),
            "SubnetIds": inputs["subnetIds"],
            "OntapConfiguration": ontap,
        }
        names = {"kmsKeyId": "KmsKeyId", "securityGroupIds": "SecurityGroupIds"}
        request |= {key: inputs[name] for name, key in names.items() if inputs.get(name)}
        if inputs.get("tags"):
            request["Tags"] = tag_list(inputs["tags"])
        answer = self.client(inputs).create_file_system(**request)
        return answer["FileSystem"]["FileSystemId"]

    def outputs_of(self, found: Mapping[str, Any], old: Properties) -> Properties:
        """What Terraform reads; password and security groups it only remembers."""
        ontap = found["OntapConfiguration"]
        shown = {name: ontap.get(key) for name, key in self._NAMES.items()}
        endpoints = ontap.get("Endpoints") or {}
        disk = ontap["DiskIopsConfiguration"]
        return {
            **shown,
            "diskIopsConfiguration": {"iops": disk["Iops"], "mode": disk["Mode"]},
            "dnsName": found.get("DNSName", ""),
            "endpointIpAddressRange": ontap.get("EndpointIpAddressRange", ""),
            "endpoints": _endpoints(
                endpoints, {"interclusters": "Intercluster", "managements": "Management"}
            ),
            "fsxAdminPassword": old.get("fsxAdminPassword"),
            "kmsKeyId": found["KmsKeyId"],
            "networkInterfaceIds": found.get("NetworkInterfaceIds") or [],
            "networkType": "IPV4",
            "ownerId": found["OwnerId"],
            "routeTableIds": ontap.get("RouteTableIds") or [],
            "securityGroupIds": old.get("securityGroupIds"),
            "storageCapacity": found["StorageCapacity"],
            "storageType": found["StorageType"],
            "subnetIds": found["SubnetIds"],
            "vpcId": found["VpcId"],
        }

    def imported_inputs(self, outputs: Properties) -> Properties:
        """One of the two throughputs, and not what FSx chose by itself."""
        chosen = {
            "dailyAutomaticBackupStartTime",
            "diskIopsConfiguration",
            "endpointIpAddressRange",
            "haPairs",
            "networkType",
            "throughputCapacityPerHaPair",
            "weeklyMaintenanceStartTime",
        }
        inputs = super().imported_inputs(outputs)
        return {name: value for name, value in inputs.items() if name not in chosen}

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """UpdateFileSystem, and wait for the administrative action it starts."""
        changeable = self.updatable & self._NAMES.keys()
        ontap = {
            self._NAMES[name]: inputs[name]
            for name in changeable
            if name in inputs and inputs[name] != old.get(name)
        }
        request: dict[str, Any] = {"OntapConfiguration": ontap} if ontap else {}
        if inputs["storageCapacity"] != old.get("storageCapacity"):
            request["StorageCapacity"] = inputs["storageCapacity"]
        if not request:
            return
        self.client(old).update_file_system(FileSystemId=identifier, **request)
        updating = frozenset({"UPDATING"})
        wait_for("AVAILABLE", updating, lambda: self._state(identifier, old), Call(identifier))

    def ask_to_delete(self, client: Any, identifier: str, old: Properties) -> None:  # noqa: ANN401
        """DeleteFileSystem."""
        del old
        client.delete_file_system(FileSystemId=identifier)


class OntapStorageVirtualMachine(_FsxResource):
    """A storage virtual machine of a file system."""

    token = "aws:fsx/ontapStorageVirtualMachine:OntapStorageVirtualMachine"  # noqa: S105
    noun = "FSx ONTAP Storage Virtual Machine"
    kind = "StorageVirtualMachine"
    unsupported: ClassVar = frozenset({"activeDirectoryConfiguration", "svmAdminPassword"})

    def start_create(self, inputs: Properties) -> str:
        """CreateStorageVirtualMachine."""
        names = {"rootVolumeSecurityStyle": "RootVolumeSecurityStyle"}
        request = {key: inputs[name] for name, key in names.items() if inputs.get(name)}
        if inputs.get("tags"):
            request["Tags"] = tag_list(inputs["tags"])
        answer = self.client(inputs).create_storage_virtual_machine(
            FileSystemId=inputs["fileSystemId"], Name=inputs["name"], **request
        )
        return answer["StorageVirtualMachine"]["StorageVirtualMachineId"]

    def outputs_of(self, found: Mapping[str, Any], old: Properties) -> Properties:
        """What Terraform reads; the security style it only remembers."""
        names = {"iscsis": "Iscsi", "managements": "Management", "nfs": "Nfs", "smbs": "Smb"}
        return {
            "endpoints": _endpoints(found.get("Endpoints") or {}, names),
            "fileSystemId": found["FileSystemId"],
            "name": found["Name"],
            "rootVolumeSecurityStyle": old.get("rootVolumeSecurityStyle"),
            "subtype": found["Subtype"],
            "uuid": found["UUID"],
        }

    def ask_to_delete(self, client: Any, identifier: str, old: Properties) -> None:  # noqa: ANN401
        """DeleteStorageVirtualMachine."""
        del old
        client.delete_storage_virtual_machine(StorageVirtualMachineId=identifier)


class OntapVolume(_FsxResource):
    """A volume of a storage virtual machine."""

    token = "aws:fsx/ontapVolume:OntapVolume"  # noqa: S105 - a type token
    noun = "FSx for NetApp ONTAP Volume"
    kind = "Volume"
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
    _NAMES: ClassVar = {
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
        ontap = {key: inputs[name] for name, key in self._NAMES.items() if name in inputs}
        ontap["StorageVirtualMachineId"] = inputs["storageVirtualMachineId"]
        if inputs.get("tieringPolicy"):
            ontap["TieringPolicy"] = _tiering(inputs["tieringPolicy"])
        tags = {"Tags": tag_list(inputs["tags"])} if inputs.get("tags") else {}
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
            **{name: ontap.get(key) for name, key in self._NAMES.items()},
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

    def imported_inputs(self, outputs: Properties) -> Properties:
        """The size once, and not what FSx chose by itself."""
        chosen = {"ontapVolumeType", "sizeInBytes"}
        inputs = super().imported_inputs(outputs)
        return {name: value for name, value in inputs.items() if name not in chosen}

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """UpdateVolume; whether there is a final backup concerns the deletion only."""
        changeable = self.updatable & self._NAMES.keys()
        ontap = {
            self._NAMES[name]: inputs[name]
            for name in changeable
            if name in inputs and inputs[name] != old.get(name)
        }
        if inputs.get("tieringPolicy") and inputs["tieringPolicy"] != old.get("tieringPolicy"):
            ontap["TieringPolicy"] = _tiering(inputs["tieringPolicy"])
        if ontap:
            self.client(old).update_volume(VolumeId=identifier, OntapConfiguration=ontap)

    def ask_to_delete(self, client: Any, identifier: str, old: Properties) -> None:  # noqa: ANN401
        """DeleteVolume, with a final backup unless the state says otherwise."""
        skip = {"SkipFinalBackup": bool(old.get("skipFinalBackup"))}
        client.delete_volume(VolumeId=identifier, OntapConfiguration=skip)


def _tiering(policy: Properties) -> dict[str, Any]:
    names = {"name": "Name", "coolingPeriod": "CoolingPeriod"}
    return {names[name]: value for name, value in policy.items() if name in names}


def _endpoints(found: Mapping[str, Any], names: Mapping[str, str]) -> list[Properties]:
    """One entry with a list for each kind of endpoint, as pulumi-aws has them."""
    shown: Properties = {name: [] for name in names}
    for name, key in names.items():
        if key in found:
            addresses = sorted(found[key].get("IpAddresses") or [])
            shown[name] = [{"dnsName": found[key]["DNSName"], "ipAddresses": addresses}]
    return [shown] if found else []
