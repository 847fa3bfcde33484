"""`aws.fsx.OntapFileSystem`, as Terraform's aws_fsx_ontap_file_system does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rehearsal.plugins.aws.core.tags import tag_list
from rehearsal.plugins.aws.core.waiting import wait_for
from rehearsal.plugins.aws.fsx.resource import FsxResource, shown_endpoints
from rehearsal.plugins.core.failures import CheckFailure
from rehearsal.plugins.core.input_checks import examine
from rehearsal.plugins.core.resource_type import Call
from rehearsal.plugins.core.values import UNKNOWN, Properties

THROUGHPUTS = (128, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144)


class OntapFileSystem(FsxResource):
    """An ONTAP file system. Its key, place and groups can only be replaced, with all data."""

    token = "aws:fsx/ontapFileSystem:OntapFileSystem"  # noqa: S105 - a type token
    noun = "FSx for NetApp ONTAP File System"
    kind = "FileSystem"
    not_found = "FileSystemNotFound"
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
            "routeTableIds",
            "storageCapacity",
            "tags",
            "throughputCapacity",
            "throughputCapacityPerHaPair",
            "weeklyMaintenanceStartTime",
        }
    )
    unsupported: ClassVar = frozenset({"diskIopsConfiguration", "networkType"})
    # A program gives one of the two throughputs.
    chosen_by_aws: ClassVar = frozenset(
        {
            "dailyAutomaticBackupStartTime",
            "diskIopsConfiguration",
            "endpointIpAddressRange",
            "haPairs",
            "networkType",
            "throughputCapacityPerHaPair",
            "weeklyMaintenanceStartTime",
        }
    )
    settings: ClassVar = {
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
        request: dict[str, Any] = {
            "FileSystemType": "ONTAP",
            "StorageCapacity": inputs["storageCapacity"],
            "StorageType": inputs.get("storageType", "SSD"),
            "SubnetIds": inputs["subnetIds"],
            "OntapConfiguration": self.given_settings(inputs),
        }
        names = {"kmsKeyId": "KmsKeyId", "securityGroupIds": "SecurityGroupIds"}
        request |= {key: inputs[name] for name, key in names.items() if inputs.get(name)}
        if inputs.get("tagsAll"):
            request["Tags"] = tag_list(inputs["tagsAll"])
        answer = self.client(inputs).create_file_system(**request)
        return answer["FileSystem"]["FileSystemId"]

    def outputs_of(self, found: Mapping[str, Any], old: Properties) -> Properties:
        """What Terraform reads; password and security groups it only remembers."""
        ontap = found["OntapConfiguration"]
        shown = {name: ontap.get(key) for name, key in self.settings.items()}
        endpoints = ontap.get("Endpoints") or {}
        disk = ontap["DiskIopsConfiguration"]
        return {
            **shown,
            "diskIopsConfiguration": {"iops": disk["Iops"], "mode": disk["Mode"]},
            "dnsName": found.get("DNSName", ""),
            "endpointIpAddressRange": ontap.get("EndpointIpAddressRange", ""),
            "endpoints": shown_endpoints(
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

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """UpdateFileSystem, and wait for the administrative action it starts."""
        ontap = self.changed_settings(old, inputs)
        tables = ontap.pop("RouteTableIds", None)
        if tables is not None:
            had = old.get("routeTableIds") or []
            ontap |= {
                "AddRouteTableIds": [table for table in tables if table not in had],
                "RemoveRouteTableIds": [table for table in had if table not in tables],
            }
            ontap = {name: value for name, value in ontap.items() if value != []}
        request: dict[str, Any] = {"OntapConfiguration": ontap} if ontap else {}
        if inputs["storageCapacity"] != old.get("storageCapacity"):
            request["StorageCapacity"] = inputs["storageCapacity"]
        if not request:
            return
        self.client(old).update_file_system(FileSystemId=identifier, **request)
        updating = frozenset({"UPDATING"})
        wait_for("AVAILABLE", updating, lambda: self._state(identifier, old), Call(identifier))
