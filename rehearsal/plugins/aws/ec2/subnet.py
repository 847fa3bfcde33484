"""`aws.ec2.Subnet`, with IPv4 and IPv6 blocks given by the program."""

from __future__ import annotations

from typing import Any, ClassVar

from rehearsal.plugins.aws.ec2.resource import Ec2Resource
from rehearsal.plugins.core.failures import CheckFailure
from rehearsal.plugins.core.input_checks import examine
from rehearsal.plugins.core.resource_type import Call, Made
from rehearsal.plugins.core.values import Properties

_MAP_PUBLIC_IP = "mapPublicIpOnLaunch"


class Subnet(Ec2Resource):
    """A subnet in one Availability Zone."""

    token = "aws:ec2/subnet:Subnet"  # noqa: S105 - a type token
    noun = "EC2 Subnet"
    ec2_type = "subnet"
    not_found = "InvalidSubnetID.NotFound"
    describe_call: ClassVar = ("describe_subnets", "SubnetIds", "Subnets")
    delete_call = ("delete_subnet", "SubnetId")
    interface_filter = "subnet-id"
    # The zone's id says the same as its name.
    chosen_by_aws: ClassVar = frozenset({"availabilityZoneId", "privateDnsHostnameTypeOnLaunch"})
    defaults: ClassVar = {
        "assignIpv6AddressOnCreation": False,
        "enableDns64": False,
        "enableResourceNameDnsARecordOnLaunch": False,
        "enableResourceNameDnsAaaaRecordOnLaunch": False,
        "ipv6Native": False,
        _MAP_PUBLIC_IP: False,
    }
    updatable: ClassVar = frozenset({"tags", "ipv6CidrBlock", _MAP_PUBLIC_IP})
    unsupported: ClassVar = frozenset(
        {
            "assignIpv6AddressOnCreation",
            "customerOwnedIpv4Pool",
            "enableDns64",
            "enableLniAtDeviceIndex",
            "enableResourceNameDnsARecordOnLaunch",
            "enableResourceNameDnsAaaaRecordOnLaunch",
            "ipv4IpamPoolId",
            "ipv4NetmaskLength",
            "ipv6IpamPoolId",
            "ipv6Native",
            "ipv6NetmaskLength",
            "mapCustomerOwnedIpOnLaunch",
            "outpostArn",
            "privateDnsHostnameTypeOnLaunch",
        }
    )

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """A zone's name or its id, not both."""
        if "availabilityZone" in inputs and "availabilityZoneId" in inputs:
            reason = (
                'Conflicting configuration arguments. "availability_zone": conflicts with '
                "availability_zone_id"
            )
            return [examine(reason, resource, "availabilityZone")]
        return super().check(inputs, resource)

    def start_create(self, inputs: Properties) -> str:
        """CreateSubnet."""
        names = {
            "vpcId": "VpcId",
            "cidrBlock": "CidrBlock",
            "ipv6CidrBlock": "Ipv6CidrBlock",
            "availabilityZone": "AvailabilityZone",
            "availabilityZoneId": "AvailabilityZoneId",
        }
        request: dict[str, Any] = {
            key: inputs[name] for name, key in names.items() if inputs.get(name)
        }
        answer = self.client(inputs).create_subnet(**request, **self.tag_specifications(inputs))
        return answer["Subnet"]["SubnetId"]

    def finish_create(self, call: Call, identifier: str, inputs: Properties) -> None:
        """Set what EC2 does not take on creation."""
        del call
        if inputs.get(_MAP_PUBLIC_IP):
            self._map_public_ip(identifier, inputs, wanted=True)

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """Whether instances get public addresses; the IPv6 block."""
        wanted = bool(inputs.get(_MAP_PUBLIC_IP))
        if wanted != bool(old.get(_MAP_PUBLIC_IP)):
            self._map_public_ip(identifier, old, wanted=wanted)
        block = inputs.get("ipv6CidrBlock")
        if block and block != old.get("ipv6CidrBlock"):
            client = self.client(old)
            if old.get("ipv6CidrBlockAssociationId"):
                client.disassociate_subnet_cidr_block(
                    AssociationId=old["ipv6CidrBlockAssociationId"]
                )
            client.associate_subnet_cidr_block(SubnetId=identifier, Ipv6CidrBlock=block)

    def find(self, identifier: str, old: Properties) -> Made | None:
        """DescribeSubnets."""
        subnet = self.described(identifier, old)
        if subnet is None:
            return None
        blocks = subnet.get("Ipv6CidrBlockAssociationSet") or [{}]
        names = subnet.get("PrivateDnsNameOptionsOnLaunch") or {}
        outputs = {
            **self.defaults,
            "arn": subnet.get("SubnetArn", ""),
            "availabilityZone": subnet.get("AvailabilityZone", ""),
            "availabilityZoneId": subnet.get("AvailabilityZoneId", ""),
            "cidrBlock": subnet.get("CidrBlock", ""),
            "ipv6CidrBlock": blocks[0].get("Ipv6CidrBlock", ""),
            "ipv6CidrBlockAssociationId": blocks[0].get("AssociationId", ""),
            _MAP_PUBLIC_IP: subnet.get("MapPublicIpOnLaunch", False),
            "ownerId": subnet.get("OwnerId", ""),
            "privateDnsHostnameTypeOnLaunch": names.get("HostnameType", "ip-name"),
            **self.shown_tags(subnet.get("Tags")),
            "vpcId": subnet["VpcId"],
        }
        return Made(identifier, outputs)

    def _map_public_ip(self, identifier: str, properties: Properties, *, wanted: bool) -> None:
        self.client(properties).modify_subnet_attribute(
            SubnetId=identifier, MapPublicIpOnLaunch={"Value": wanted}
        )
