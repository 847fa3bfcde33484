"""`aws.ec2.Instance`: one instance, running when it is made and terminated when it is gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from rehearsal.plugins.aws.core.waiting import Seen, wait_for, wait_until_gone
from rehearsal.plugins.aws.ec2.instance_parts import (
    DISK,
    METADATA,
    given_parts,
    read_beside,
    root_disk,
    shown_parts,
)
from rehearsal.plugins.aws.ec2.resource import Ec2Resource
from rehearsal.plugins.core.failures import ProviderError
from rehearsal.plugins.core.resource_type import Call, Made
from rehearsal.plugins.core.values import Properties

SUPPORTED = frozenset(
    {
        "ami",
        "associatePublicIpAddress",
        "forceDestroy",
        "getPasswordData",
        "iamInstanceProfile",
        "instanceType",
        "metadataOptions",
        "region",
        "rootBlockDevice",
        "sourceDestCheck",
        "subnetId",
        "tags",
        "userDataReplaceOnChange",
        "vpcSecurityGroupIds",
    }
)
# Outputs that the program here has no use for, as EC2 has them for such an instance.
_PLAIN = {
    "capacityReservationSpecification": {"capacityReservationPreference": "open"},
    "cpuOptions": {},
    "disableApiStop": False,
    "disableApiTermination": False,
    "ebsBlockDevices": [],
    "ebsOptimized": False,
    "enablePrimaryIpv6": False,
    "enclaveOptions": {"enabled": False},
    "ephemeralBlockDevices": [],
    "hostId": "",
    "hostResourceGroupArn": "",
    "instanceInitiatedShutdownBehavior": "stop",
    "instanceLifecycle": "",
    "instanceMarketOptions": {},
    "ipv6AddressCount": 0,
    "ipv6Addresses": [],
    "keyName": "",
    "maintenanceOptions": {"autoRecovery": "default"},
    "monitoring": False,
    "networkInterfaces": [],
    "outpostArn": "",
    "passwordData": "",
    "placementGroup": "",
    "placementGroupId": "",
    "placementPartitionNumber": 0,
    "primaryNetworkInterface": {},
    "privateDnsNameOptions": {"hostnameType": "ip-name"},
    "secondaryNetworkInterfaces": [],
    "secondaryPrivateIps": [],
    "securityGroups": [],
    "spotInstanceRequestId": "",
    "tenancy": "default",
    "userDataBase64": "",
}


class Instance(Ec2Resource):
    """An EC2 instance in a subnet."""

    token = "aws:ec2/instance:Instance"  # noqa: S105 - a type token
    noun = "EC2 Instance"
    ec2_type = "instance"
    not_found = "InvalidInstanceID.NotFound"
    defaults: ClassVar = {
        "forceDestroy": False,
        "getPasswordData": False,
        "sourceDestCheck": True,
        "userDataReplaceOnChange": False,
    }
    updatable: ClassVar = frozenset(
        {
            "iamInstanceProfile",
            "instanceType",
            "metadataOptions",
            "sourceDestCheck",
            "tags",
            "vpcSecurityGroupIds",
        }
    )
    sets: ClassVar = frozenset({"vpcSecurityGroupIds"})
    nested_defaults: ClassVar = {
        "metadataOptions": {"httpProtocolIpv6": "disabled"},
        "rootBlockDevice": {"deleteOnTermination": True},
    }
    chosen_inside: ClassVar = frozenset({"metadataOptions", "rootBlockDevice"})

    def computed_inputs(self) -> frozenset[str]:
        """What Terraform passes over where it is not given, too."""
        return super().computed_inputs() | {"creditSpecification"}

    @property
    def unsupported(self) -> frozenset[str]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """All inputs but a few."""
        return frozenset(self.python_class.inputs.types) - SUPPORTED

    def start_create(self, inputs: Properties) -> str:
        """RunInstances."""
        public = bool(inputs.get("associatePublicIpAddress"))
        request: dict[str, Any] = {
            "ImageId": inputs["ami"],
            "InstanceType": inputs["instanceType"],
            "MinCount": 1,
            "MaxCount": 1,
            "NetworkInterfaces": [
                {
                    "DeviceIndex": 0,
                    "SubnetId": inputs["subnetId"],
                    "Groups": inputs.get("vpcSecurityGroupIds") or [],
                    "AssociatePublicIpAddress": public,
                }
            ],
            **self.tag_specifications(inputs),
        }
        if metadata := given_parts(inputs.get("metadataOptions"), METADATA):
            request["MetadataOptions"] = metadata
        if disk := given_parts(inputs.get("rootBlockDevice"), DISK):
            images = self.client(inputs).describe_images(ImageIds=[inputs["ami"]])["Images"]
            if not images:
                raise ProviderError(f"finding root device name for AMI ({inputs['ami']}): none")
            mapping = {"DeviceName": images[0]["RootDeviceName"], "Ebs": disk}
            request["BlockDeviceMappings"] = [mapping]
        if inputs.get("iamInstanceProfile"):
            request["IamInstanceProfile"] = {"Name": inputs["iamInstanceProfile"]}
        answer = self.client(inputs).run_instances(**request)
        return answer["Instances"][0]["InstanceId"]

    def finish_create(self, call: Call, identifier: str, inputs: Properties) -> None:
        """Wait until it is running."""
        wait_for("running", frozenset({"pending"}), lambda: self._seen(identifier, inputs), call)

    def described(self, identifier: str, old: Properties) -> dict[str, Any] | None:
        """DescribeInstances; a terminated instance stays listed for a while."""
        client = self.client(old)
        named = {"Name": "instance-id", "Values": [identifier]}
        found = client.describe_instances(Filters=[named])["Reservations"]
        instances = [one for reservation in found for one in reservation["Instances"]]
        if not instances or instances[0]["State"]["Name"] == "terminated":
            return None
        return instances[0]

    def find(self, identifier: str, old: Properties) -> Made | None:
        """DescribeInstances."""
        found = self.described(identifier, old)
        if found is None:
            return None
        client = self.client(old)
        profile = (found.get("IamInstanceProfile") or {}).get("Arn", "")
        interface = (found.get("NetworkInterfaces") or [{}])[0]
        outputs = {
            **self.defaults,
            **_PLAIN,
            "ami": found["ImageId"],
            "arn": self.arn(identifier, interface.get("OwnerId", ""), old),
            "associatePublicIpAddress": "Association" in interface,
            "availabilityZone": found["Placement"]["AvailabilityZone"],
            "iamInstanceProfile": profile.rpartition("/")[2],
            "instanceState": found["State"]["Name"],
            "instanceType": found["InstanceType"],
            **read_beside(client, found),
            "metadataOptions": shown_parts(found.get("MetadataOptions"), METADATA),
            "rootBlockDevice": root_disk(client, found, self.tags.visible),
            "primaryNetworkInterfaceId": interface.get("NetworkInterfaceId", ""),
            "privateDns": found.get("PrivateDnsName", ""),
            "privateIp": found.get("PrivateIpAddress", ""),
            "publicDns": found.get("PublicDnsName", ""),
            "publicIp": found.get("PublicIpAddress", ""),
            "subnetId": found.get("SubnetId", ""),
            "vpcSecurityGroupIds": sorted(
                group["GroupId"] for group in found.get("SecurityGroups") or []
            ),
            **self.shown_tags(found.get("Tags")),
        }
        return Made(identifier, outputs)

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """Other security groups; what else could change in place, no program here changes."""
        del identifier
        changed = {
            name
            for name in self.updatable - {"tags"}
            if name in inputs and _is_other(inputs[name], old.get(name))
        }
        if changed - {"vpcSecurityGroupIds"}:
            raise ProviderError(
                f"the rehearsal's stand-in for the aws plugin can't change {sorted(changed)}"
            )
        if changed:
            self.client(old).modify_network_interface_attribute(
                NetworkInterfaceId=old["primaryNetworkInterfaceId"],
                Groups=inputs["vpcSecurityGroupIds"],
            )

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """TerminateInstances, after protection against it is taken away."""
        del call
        if self.described(identifier, old) is None:
            return False
        client = self.client(old)
        for protection in ("DisableApiTermination", "DisableApiStop"):
            client.modify_instance_attribute(
                InstanceId=identifier, **{protection: {"Value": False}}
            )
        client.terminate_instances(InstanceIds=[identifier])
        return True

    def finish_delete(self, call: Call, identifier: str, old: Properties) -> None:
        """Wait until it is terminated: its groups and subnet are not free before."""
        pending = frozenset({"running", "shutting-down", "stopping", "stopped"})
        wait_until_gone(pending, lambda: self._seen(identifier, old), call)

    def _seen(self, identifier: str, properties: Properties) -> Seen | None:
        found = self.described(identifier, properties)
        return Seen(found["State"]["Name"]) if found else None


def _is_other(given: object, shown: object) -> bool:
    """Whether an input is not what AWS shows; of parts, those that both have are compared."""
    if isinstance(given, Mapping) and isinstance(shown, Mapping):
        mine, theirs = cast("Mapping[str, object]", given), cast("Mapping[str, object]", shown)
        return any(mine[name] != theirs[name] for name in mine.keys() & theirs.keys())
    return given != shown
