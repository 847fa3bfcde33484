"""How a subnet gets out: internet gateway, address, NAT gateway, route tables."""

from __future__ import annotations

from typing import Any, ClassVar

from rehearsal.plugins.aws.ec2 import Ec2Resource
from rehearsal.plugins.aws.errors import code_of
from rehearsal.plugins.aws.waiting import Seen, wait_for, wait_until_gone
from rehearsal.plugins.resource_type import Call, Made
from rehearsal.plugins.values import Properties


class RoutingResource(Ec2Resource):
    """A resource that EC2 describes by id, in a list."""

    #: boto3's method, its argument for ids, and the list in its answer.
    describe: ClassVar[tuple[str, str, str]]
    unsupported: ClassVar = frozenset()

    def described(self, identifier: str, old: Properties) -> dict[str, Any] | None:
        """What EC2 says of it; None when there is none."""
        method, argument, listed = self.describe
        client = self.client(old)
        try:
            found = getattr(client, method)(**{argument: [identifier]})[listed]
        except client.exceptions.ClientError as error:
            if code_of(error) == self.not_found:
                return None
            raise
        return found[0] if found else None

    def tagged(self, found: dict[str, Any]) -> Properties:
        """The outputs `tags` and `tagsAll`."""
        tags = self.tags.visible(found.get("Tags") or [])
        return {"tags": tags, "tagsAll": tags}

    def arn(self, kind: str, identifier: str, owner: str, old: Properties) -> str:
        """EC2's form of an ARN."""
        return f"arn:aws:ec2:{self.connection(old).region}:{owner}:{kind}/{identifier}"


class InternetGateway(RoutingResource):
    """An internet gateway, attached to its VPC."""

    token = "aws:ec2/internetGateway:InternetGateway"  # noqa: S105 - a type token
    noun = "EC2 Internet Gateway"
    ec2_type = "internet-gateway"
    not_found = "InvalidInternetGatewayID.NotFound"
    describe: ClassVar = (
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
            "arn": self.arn("internet-gateway", identifier, owner, old),
            "ownerId": owner,
            "vpcId": attached[0].get("VpcId", ""),
            **self.tagged(found),
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
        if old.get("vpcId"):
            self.client(old).detach_internet_gateway(
                InternetGatewayId=identifier, VpcId=old["vpcId"]
            )


class Eip(RoutingResource):
    """An Elastic IP address."""

    token = "aws:ec2/eip:Eip"  # noqa: S105 - a type token
    noun = "EC2 EIP"
    ec2_type = "elastic-ip"
    not_found = "InvalidAllocationID.NotFound"
    describe: ClassVar = ("describe_addresses", "AllocationIds", "Addresses")
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
        region = self.connection(old).region
        dashed = found["PublicIp"].replace(".", "-")
        outputs = {
            "allocationId": identifier,
            "arn": self.arn("elastic-ip", identifier, found.get("OwnerId", ""), old),
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
            **self.tagged(found),
        }
        return Made(identifier, outputs)

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """ReleaseAddress."""
        client = self.client(old)
        self.delete_when_free(call, old, lambda: client.release_address(AllocationId=identifier))
        return False


class NatGateway(RoutingResource):
    """A public NAT gateway in one zone."""

    token = "aws:ec2/natGateway:NatGateway"  # noqa: S105 - a type token
    noun = "EC2 NAT Gateway"
    ec2_type = "natgateway"
    not_found = "NatGatewayNotFound"
    describe: ClassVar = ("describe_nat_gateways", "NatGatewayIds", "NatGateways")
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
            **self.tagged(found),
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


# A route's target: the input's name and EC2's.
_TARGETS = {"gatewayId": "GatewayId", "natGatewayId": "NatGatewayId"}


class RouteTable(RoutingResource):
    """A route table with its routes, by IPv4 range."""

    token = "aws:ec2/routeTable:RouteTable"  # noqa: S105 - a type token
    noun = "EC2 Route Table"
    ec2_type = "route-table"
    not_found = "InvalidRouteTableID.NotFound"
    describe: ClassVar = ("describe_route_tables", "RouteTableIds", "RouteTables")
    updatable: ClassVar = frozenset({"tags", "routes"})
    unsupported: ClassVar = frozenset({"propagatingVgws"})

    def start_create(self, inputs: Properties) -> str:
        """CreateRouteTable."""
        answer = self.client(inputs).create_route_table(
            VpcId=inputs["vpcId"], **self.tag_specifications(inputs)
        )
        return answer["RouteTable"]["RouteTableId"]

    def finish_create(self, call: Call, identifier: str, inputs: Properties) -> None:
        """CreateRoute for each."""
        del call
        for route in inputs.get("routes") or []:
            target = {name: route[key] for key, name in _TARGETS.items() if route.get(key)}
            self.client(inputs).create_route(
                RouteTableId=identifier, DestinationCidrBlock=route["cidrBlock"], **target
            )

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """Take the old routes away, and make the new ones."""
        if inputs.get("routes") == old.get("routes"):
            return
        for route in old.get("routes") or []:
            self.client(old).delete_route(
                RouteTableId=identifier, DestinationCidrBlock=route["cidrBlock"]
            )
        self.finish_create(Call(identifier), identifier, {**old, **inputs})

    def find(self, identifier: str, old: Properties) -> Made | None:
        """DescribeRouteTables; the VPC's own route is not shown."""
        found = self.described(identifier, old)
        if found is None:
            return None
        routes = [
            {
                "cidrBlock": route["DestinationCidrBlock"],
                **{key: route[name] for key, name in _TARGETS.items() if route.get(name)},
            }
            for route in found.get("Routes") or []
            if route.get("GatewayId") != "local"
        ]
        owner = found.get("OwnerId", "")
        outputs = {
            "arn": self.arn("route-table", identifier, owner, old),
            "ownerId": owner,
            "propagatingVgws": [],
            "routes": routes,
            "vpcId": found["VpcId"],
            **self.tagged(found),
        }
        return Made(identifier, outputs)

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """DeleteRouteTable."""
        client = self.client(old)
        self.delete_when_free(call, old, lambda: client.delete_route_table(RouteTableId=identifier))
        return False


class RouteTableAssociation(RoutingResource):
    """That a subnet uses a route table."""

    token = "aws:ec2/routeTableAssociation:RouteTableAssociation"  # noqa: S105 - a type token
    noun = "EC2 Route Table Association"
    ec2_type = "route-table-association"
    not_found = "InvalidAssociationID.NotFound"
    updatable: ClassVar = frozenset({"routeTableId"})
    unsupported: ClassVar = frozenset({"gatewayId"})

    def start_create(self, inputs: Properties) -> str:
        """AssociateRouteTable."""
        answer = self.client(inputs).associate_route_table(
            RouteTableId=inputs["routeTableId"], SubnetId=inputs["subnetId"]
        )
        return answer["AssociationId"]

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """ReplaceRouteTableAssociation."""
        self.client(old).replace_route_table_association(
            AssociationId=identifier, RouteTableId=inputs["routeTableId"]
        )

    def find(self, identifier: str, old: Properties) -> Made | None:
        """Its route table lists it."""
        named = {"Name": "association.route-table-association-id", "Values": [identifier]}
        tables = self.client(old).describe_route_tables(Filters=[named])["RouteTables"]
        for table in tables:
            for association in table.get("Associations") or []:
                if association["RouteTableAssociationId"] == identifier:
                    outputs = {
                        "gatewayId": "",
                        "routeTableId": table["RouteTableId"],
                        "subnetId": association.get("SubnetId", ""),
                    }
                    return Made(identifier, outputs)
        return None

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """DisassociateRouteTable."""
        client = self.client(old)
        self.delete_when_free(
            call, old, lambda: client.disassociate_route_table(AssociationId=identifier)
        )
        return False
