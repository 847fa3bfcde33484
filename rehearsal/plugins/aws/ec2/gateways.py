"""How a subnet gets out: internet gateway, address, NAT gateway."""

from __future__ import annotations

from typing import ClassVar

from rehearsal.plugins.aws.core.waiting import Seen, wait_for, wait_until_gone
from rehearsal.plugins.aws.ec2.resource import Ec2Resource
from rehearsal.plugins.core.resource_type import Call, Made
from rehearsal.plugins.core.values import Properties


class InternetGateway(Ec2Resource):
    """An internet gateway, attached to its VPC."""

    token = "aws:ec2/internetGateway:InternetGateway"  # noqa: S105 - a type token
    noun = "EC2 Internet Gateway"
    ec2_type = "internet-gateway"
    not_found = "InvalidInternetGatewayID.NotFound"
    describe_call: ClassVar = (
        "describe_internet_gateways",
        "InternetGatewayIds",
        "InternetGateways",
    )
    updatable: ClassVar = frozenset({"tags", "vpcId"})

    def start_create(self, inputs: Properties) -> str:
        """CreateInternetGateway."""
        answer = self.client(inputs).create_internet_gateway(**self.tag_specifications(inputs))
        return answer["InternetGateway"]["InternetGatewayId"]

    def finish_create(self, call: Call, identifier: str, inputs: Properties) -> None:
        """AttachInternetGateway."""
        del call
        if inputs.get("vpcId"):
            self.client(inputs).attach_internet_gateway(
                InternetGatewayId=identifier, VpcId=inputs["vpcId"]
            )

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """Attach it to another VPC."""
        if inputs.get("vpcId") != old.get("vpcId"):
            self._detach(identifier, old)
            self.finish_create(Call(identifier), identifier, {**old, **inputs})

    def find(self, identifier: str, old: Properties) -> Made | None:
        """DescribeInternetGateways."""
        found = self.described(identifier, old)
        if found is None:
            return None
        owner = found.get("OwnerId", "")
        attached = found.get("Attachments") or [{}]
        outputs = {
            "arn": self.arn(identifier, owner, old),
            "ownerId": owner,
            "vpcId": attached[0].get("VpcId", ""),
            **self.shown_tags(found.get("Tags")),
        }
        return Made(identifier, outputs)

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """Detach and delete, once nothing uses it."""
        client = self.client(old)
        if self.described(identifier, old) is None:
            return False
        self._detach(identifier, old)
        self.delete_when_free(
            call, old, lambda: client.delete_internet_gateway(InternetGatewayId=identifier)
        )
        return False

    def _detach(self, identifier: str, old: Properties) -> None:
        """Detach it; what an earlier call did, whose answer was lost, is done."""
        if old.get("vpcId"):
            self.if_found(
                old,
                lambda client: client.detach_internet_gateway(
                    InternetGatewayId=identifier, VpcId=old["vpcId"]
                ),
                "Gateway.NotAttached",
            )


class Eip(Ec2Resource):
    """An Elastic IP address."""

    token = "aws:ec2/eip:Eip"  # noqa: S105 - a type token
    noun = "EC2 EIP"
    ec2_type = "elastic-ip"
    not_found = "InvalidAllocationID.NotFound"
    delete_call = ("release_address", "AllocationId")
    describe_call: ClassVar = ("describe_addresses", "AllocationIds", "Addresses")
    unsupported: ClassVar = frozenset(
        {
            "address",
            "associateWithPrivateIp",
            "customerOwnedIpv4Pool",
            "instance",
            "ipamPoolId",
            "networkBorderGroup",
            "networkInterface",
            "publicIpv4Pool",
        }
    )

    def start_create(self, inputs: Properties) -> str:
        """AllocateAddress."""
        answer = self.client(inputs).allocate_address(
            Domain="vpc", **self.tag_specifications(inputs)
        )
        return answer["AllocationId"]

    def find(self, identifier: str, old: Properties) -> Made | None:
        """DescribeAddresses."""
        found = self.described(identifier, old)
        if found is None:
            return None
        self.client(old).describe_addresses_attribute(
            AllocationIds=[identifier], Attribute="domain-name"
        )
        region = self.connection(old).region
        dashed = found["PublicIp"].replace(".", "-")
        outputs = {
            "allocationId": identifier,
            "arn": self.arn(identifier, found.get("OwnerId", ""), old),
            "associationId": found.get("AssociationId", ""),
            "carrierIp": "",
            "customerOwnedIp": "",
            "domain": "vpc",
            "instance": found.get("InstanceId", ""),
            "ipamPoolId": "",
            "networkBorderGroup": region,
            "networkInterface": found.get("NetworkInterfaceId", ""),
            "privateDns": "",
            "privateIp": found.get("PrivateIpAddress", ""),
            "ptrRecord": "",
            "publicDns": f"ec2-{dashed}.{region}.compute.amazonaws.com",
            "publicIp": found["PublicIp"],
            "publicIpv4Pool": "amazon",
            **self.shown_tags(found.get("Tags")),
        }
        return Made(identifier, outputs)

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """DisassociateAddress where the state knows of an association, and ReleaseAddress."""
        if association := old.get("associationId"):
            self.if_found(
                old,
                lambda client: client.disassociate_address(AssociationId=association),
                "InvalidAssociationID.NotFound",
            )
        return super().start_delete(call, identifier, old)


class NatGateway(Ec2Resource):
    """A public NAT gateway in one zone."""

    token = "aws:ec2/natGateway:NatGateway"  # noqa: S105 - a type token
    noun = "EC2 NAT Gateway"
    ec2_type = "natgateway"
    not_found = "NatGatewayNotFound"
    describe_call: ClassVar = ("describe_nat_gateways", "NatGatewayIds", "NatGateways")
    defaults: ClassVar = {"connectivityType": "public"}
    unsupported: ClassVar = frozenset(
        {
            "availabilityMode",
            "availabilityZoneAddresses",
            "privateIp",
            "secondaryAllocationIds",
            "secondaryPrivateIpAddressCount",
            "secondaryPrivateIpAddresses",
        }
    )

    def start_create(self, inputs: Properties) -> str:
        """CreateNatGateway."""
        answer = self.client(inputs).create_nat_gateway(
            AllocationId=inputs["allocationId"],
            SubnetId=inputs["subnetId"],
            **self.tag_specifications(inputs),
        )
        return answer["NatGateway"]["NatGatewayId"]

    def finish_create(self, call: Call, identifier: str, inputs: Properties) -> None:
        """Wait until it is available."""
        wait_for("available", frozenset({"pending"}), lambda: self._seen(identifier, inputs), call)

    def find(self, identifier: str, old: Properties) -> Made | None:
        """DescribeNatGateways; a deleted one stays listed for a while."""
        found = self.described(identifier, old)
        if found is None or found["State"] in ("deleting", "deleted"):
            return None
        address = (found.get("NatGatewayAddresses") or [{}])[0]
        outputs = {
            "allocationId": address.get("AllocationId", ""),
            "associationId": "",
            "autoProvisionZones": "",
            "autoScalingIps": "",
            "availabilityMode": "zonal",
            "connectivityType": "public",
            "networkInterfaceId": address.get("NetworkInterfaceId", ""),
            "privateIp": address.get("PrivateIp", ""),
            "publicIp": address.get("PublicIp", ""),
            "regionalNatGatewayAddresses": [],
            "regionalNatGatewayAutoMode": "",
            "routeTableId": "",
            "secondaryAllocationIds": [],
            "secondaryPrivateIpAddressCount": 0,
            "secondaryPrivateIpAddresses": [],
            "subnetId": found["SubnetId"],
            "vpcId": found["VpcId"],
            **self.shown_tags(found.get("Tags")),
        }
        return Made(identifier, outputs)

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """DeleteNatGateway."""
        del call
        if self.find(identifier, old) is None:
            return False
        self.client(old).delete_nat_gateway(NatGatewayId=identifier)
        return True

    def finish_delete(self, call: Call, identifier: str, old: Properties) -> None:
        """Wait until it is gone: its address is not free before."""
        wait_until_gone(frozenset({"deleting"}), lambda: self._seen(identifier, old), call)

    def _seen(self, identifier: str, properties: Properties) -> Seen | None:
        found = self.described(identifier, properties)
        return Seen(found["State"]) if found and found["State"] != "deleted" else None
