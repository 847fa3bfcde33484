"""Route tables, and which subnets use them."""

from __future__ import annotations

from typing import ClassVar

from rehearsal.plugins.aws.ec2.resource import Ec2Resource
from rehearsal.plugins.core.resource_type import Call, Made
from rehearsal.plugins.core.values import Properties

# A route's target: the input's name and EC2's.
_TARGETS = {"gatewayId": "GatewayId", "natGatewayId": "NatGatewayId"}


class RouteTable(Ec2Resource):
    """A route table with its routes, by IPv4 range."""

    token = "aws:ec2/routeTable:RouteTable"  # noqa: S105 - a type token
    noun = "EC2 Route Table"
    ec2_type = "route-table"
    not_found = "InvalidRouteTableID.NotFound"
    delete_call = ("delete_route_table", "RouteTableId")
    describe_call: ClassVar = ("describe_route_tables", "RouteTableIds", "RouteTables")
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
            "arn": self.arn(identifier, owner, old),
            "ownerId": owner,
            "propagatingVgws": [],
            "routes": routes,
            "vpcId": found["VpcId"],
            **self.shown_tags(found.get("Tags")),
        }
        return Made(identifier, outputs)


class RouteTableAssociation(Ec2Resource):
    """That a subnet uses a route table."""

    token = "aws:ec2/routeTableAssociation:RouteTableAssociation"  # noqa: S105 - a type token
    noun = "EC2 Route Table Association"
    ec2_type = "route-table-association"
    not_found = "InvalidAssociationID.NotFound"
    delete_call = ("disassociate_route_table", "AssociationId")
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
        """Its route table lists it. An import names it by `SUBNET/TABLE`, as Terraform does."""
        subnet, _, table_id = identifier.partition("/")
        name = "association.route-table-association-id"
        named = {"Name": "route-table-id", "Values": [table_id]} if table_id else None
        filters = [named or {"Name": name, "Values": [identifier]}]
        for table in self.client(old).describe_route_tables(Filters=filters)["RouteTables"]:
            for association in table.get("Associations") or []:
                found = association["RouteTableAssociationId"]
                if found == identifier or (table_id and association.get("SubnetId") == subnet):
                    outputs = {
                        "gatewayId": "",
                        "routeTableId": table["RouteTableId"],
                        "subnetId": association.get("SubnetId", ""),
                    }
                    return Made(found, outputs)
        return None
