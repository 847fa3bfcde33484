"""`aws.ec2.Vpc`, with an IPv4 block of the program's and, if wanted, an IPv6 block of Amazon's."""

from __future__ import annotations

from typing import Any, ClassVar

from rehearsal.plugins.aws.ec2.resource import Ec2Resource
from rehearsal.plugins.core.resource_type import Call, Made
from rehearsal.plugins.core.values import Properties

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
    describe_call: ClassVar = ("describe_vpcs", "VpcIds", "Vpcs")
    delete_call = ("delete_vpc", "VpcId")
    # The program asks for an IPv6 block; Amazon chooses which.
    chosen_by_aws: ClassVar = frozenset({"ipv6CidrBlock"})
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
        vpc = self.described(identifier, old)
        if vpc is None:
            return None
        owner = vpc.get("OwnerId", "")
        blocks = [
            block
            for block in vpc.get("Ipv6CidrBlockAssociationSet") or []
            if (block.get("Ipv6CidrBlockState") or {}).get("State") == "associated"
        ] or [{}]
        table = self._first("describe_route_tables", "RouteTables", identifier, old, main=True)
        outputs = {
            "arn": self.arn(identifier, owner, old),
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
            **self.shown_tags(vpc.get("Tags")),
            **{name: self._attribute(identifier, name, old) for name in _ATTRIBUTES},
        }
        return Made(identifier, outputs)

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
