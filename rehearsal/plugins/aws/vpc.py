"""`aws.ec2.Vpc`, with an IPv4 block of the program's and, if wanted, an IPv6 block of Amazon's."""

from __future__ import annotations

from typing import Any, ClassVar

from rehearsal.plugins.aws.ec2 import Ec2Resource
from rehearsal.plugins.aws.errors import code_of
from rehearsal.plugins.resource_type import Call, Made
from rehearsal.plugins.values import Properties

# Inputs changed in place by ModifyVpcAttribute, and EC2's names of them.
_ATTRIBUTES = {
    "enableDnsSupport": "EnableDnsSupport",
    "enableDnsHostnames": "EnableDnsHostnames",
    "enableNetworkAddressUsageMetrics": "EnableNetworkAddressUsageMetrics",
}
_GENERATED = "assignGeneratedIpv6CidrBlock"
# What EC2 sets by itself.
_INITIAL = {
    "enableDnsSupport": True,
    "enableDnsHostnames": False,
    "enableNetworkAddressUsageMetrics": False,
}


class Vpc(Ec2Resource):
    """A virtual private cloud."""

    token = "aws:ec2/vpc:Vpc"  # noqa: S105 - a type token
    noun = "EC2 VPC"
    ec2_type = "vpc"
    not_found = "InvalidVpcID.NotFound"
    defaults: ClassVar = {"enableDnsSupport": True, "instanceTenancy": "default"}
    updatable: ClassVar = frozenset({"tags", _GENERATED, *_ATTRIBUTES})
    unsupported: ClassVar = frozenset(
        {
            "ipv4IpamPoolId",
            "ipv4NetmaskLength",
            "ipv6CidrBlock",
            "ipv6CidrBlockNetworkBorderGroup",
            "ipv6IpamPoolId",
            "ipv6NetmaskLength",
        }
    )

    def start_create(self, inputs: Properties) -> str:
        """CreateVpc."""
        request: dict[str, Any] = {"InstanceTenancy": inputs.get("instanceTenancy", "default")}
        if inputs.get("cidrBlock"):
            request["CidrBlock"] = inputs["cidrBlock"]
        if inputs.get(_GENERATED):
            request["AmazonProvidedIpv6CidrBlock"] = True
        answer = self.client(inputs).create_vpc(**request, **self.tag_specifications(inputs))
        return answer["Vpc"]["VpcId"]

    def finish_create(self, call: Call, identifier: str, inputs: Properties) -> None:
        """Set the attributes that are not as EC2 makes them."""
        del call
        self._modify(identifier, _INITIAL, inputs)

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """Set the attributes that changed; an IPv6 block comes and goes."""
        self._modify(identifier, old, self.echoed(inputs))
        wanted = bool(inputs.get(_GENERATED))
        if wanted and not old.get(_GENERATED):
            self.client(old).associate_vpc_cidr_block(
                VpcId=identifier, AmazonProvidedIpv6CidrBlock=True
            )
        elif old.get(_GENERATED) and not wanted:
            self.client(old).disassociate_vpc_cidr_block(AssociationId=old["ipv6AssociationId"])

    def find(self, identifier: str, old: Properties) -> Made | None:
        """DescribeVpcs, and what EC2 made along with it."""
        client = self.client(old)
        try:
            vpcs = client.describe_vpcs(VpcIds=[identifier])["Vpcs"]
        except client.exceptions.ClientError as error:
            if code_of(error) == self.not_found:
                return None
            raise
        vpc, owner = vpcs[0], vpcs[0].get("OwnerId", "")
        tags = self.tags.visible(vpc.get("Tags") or [])
        blocks = [
            block
            for block in vpc.get("Ipv6CidrBlockAssociationSet") or []
            if (block.get("Ipv6CidrBlockState") or {}).get("State") == "associated"
        ] or [{}]
        table = self._first("describe_route_tables", "RouteTables", identifier, old, main=True)
        outputs = {
            "arn": f"arn:aws:ec2:{self.connection(old).region}:{owner}:vpc/{identifier}",
            _GENERATED: bool(blocks[0]),
            "cidrBlock": vpc["CidrBlock"],
            "defaultNetworkAclId": self._first(
                "describe_network_acls", "NetworkAcls", identifier, old
            ).get("NetworkAclId", ""),
            "defaultRouteTableId": table.get("RouteTableId", ""),
            "defaultSecurityGroupId": self._default_group(identifier, old),
            "dhcpOptionsId": vpc.get("DhcpOptionsId", ""),
            "instanceTenancy": vpc.get("InstanceTenancy", "default"),
            "ipv6AssociationId": blocks[0].get("AssociationId", ""),
            "ipv6CidrBlock": blocks[0].get("Ipv6CidrBlock", ""),
            "ipv6CidrBlockNetworkBorderGroup": "",
            "ipv6IpamPoolId": "",
            "ipv6NetmaskLength": 0,
            "mainRouteTableId": table.get("RouteTableId", ""),
            "ownerId": owner,
            "tags": tags,
            "tagsAll": tags,
            **{name: self._attribute(identifier, name, old) for name in _ATTRIBUTES},
        }
        return Made(identifier, outputs)

    def imported_inputs(self, outputs: Properties) -> Properties:
        """Amazon's IPv6 block by the wish for one only: which it is, Amazon chooses."""
        inputs = super().imported_inputs(outputs)
        return {name: value for name, value in inputs.items() if name != "ipv6CidrBlock"}

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """DeleteVpc, which is at once."""
        client = self.client(old)
        self.delete_when_free(call, old, lambda: client.delete_vpc(VpcId=identifier))
        return False

    def _modify(self, identifier: str, old: Properties, new: Properties) -> None:
        for name, attribute in _ATTRIBUTES.items():
            if name in new and new[name] != old.get(name):
                request = {attribute: {"Value": new[name]}}
                self.client(old | new).modify_vpc_attribute(VpcId=identifier, **request)

    def _attribute(self, identifier: str, name: str, old: Properties) -> bool:
        answer = self.client(old).describe_vpc_attribute(VpcId=identifier, Attribute=name)
        return answer.get(_ATTRIBUTES[name], {}).get("Value", False)

    def _first(
        self, operation: str, key: str, identifier: str, old: Properties, *, main: bool = False
    ) -> dict[str, Any]:
        """The default one of something EC2 made with the VPC."""
        default = "association.main" if main else "default"
        filters = [
            {"Name": "vpc-id", "Values": [identifier]},
            {"Name": default, "Values": ["true"]},
        ]
        return next(iter(getattr(self.client(old), operation)(Filters=filters)[key]), {})

    def _default_group(self, identifier: str, old: Properties) -> str:
        filters = [
            {"Name": "vpc-id", "Values": [identifier]},
            {"Name": "group-name", "Values": ["default"]},
        ]
        groups = self.client(old).describe_security_groups(Filters=filters)["SecurityGroups"]
        return groups[0]["GroupId"] if groups else ""
