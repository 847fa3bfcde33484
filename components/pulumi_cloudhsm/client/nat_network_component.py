"""The way from a client host to AWS: subnets and a NAT gateway in a VPC that this package made."""

from __future__ import annotations

import ipaddress
from functools import partial

import pulumi
import pulumi_aws as aws

from ..account.quotas import ADDRESSES, tell_quota
from ..common import recovery_of
from ..facts import HasClusterFacts
from ..recovery.kinds import (
    ASSOCIATION,
    ELASTIC_IP,
    INTERNET_GATEWAY,
    NAT_GATEWAY,
    ROUTE_TABLE,
    SUBNET,
)
from ..recovery.part import Part

EVERYWHERE = "0.0.0.0/0"
"""Every IPv4 address."""


class NatNetwork(Part):
    """A subnet for the host, and a NAT gateway: the host reaches AWS, and nothing reaches it."""

    subnet_id: pulumi.Output[str]
    """The host's subnet."""
    route: pulumi.Resource
    """What has to be there before a host can report."""

    def __init__(
        self,
        name: str,
        vpc_cidr: str,
        *,
        cluster: HasClusterFacts,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the network in the cluster's first zone.

        Args:
            name: logical name.
            vpc_cidr: IPv4 range of the cluster's VPC, which this package made.
            cluster: the cluster, or its facts.
            opts: Pulumi's options.
        """
        super().__init__("cloudhsm:index:NatNetwork", name, {"vpc_cidr": vpc_cidr}, opts)
        self._name, self._facts = name, cluster.facts.within(self)
        zones = pulumi.Output.from_input(self._facts.zones)
        self._zone = zones.apply(lambda known: known[0])
        self._child = pulumi.ResourceOptions(parent=self)
        self._recovery = recovery_of(self, self._facts.common)
        # The last two sixteenths: a cluster's subnets, ten at most, take the first ones.
        *_, inner, outer = ipaddress.IPv4Network(vpc_cidr).subnets(prefixlen_diff=4)
        gateway = aws.ec2.InternetGateway(
            f"{name}-internet",
            vpc_id=self._facts.vpc_id,
            tags=self._tags("internet"),
            opts=self._adopted(INTERNET_GATEWAY, "internet"),
        )
        public = self._create_subnet("public", str(outer))
        leading_out = self._create_route(
            "public",
            public,
            aws.ec2.RouteTableRouteArgs(cidr_block=EVERYWHERE, gateway_id=gateway.id),
        )
        nat = self._create_nat(public, leading_out)
        private = self._create_subnet("host", str(inner))
        self.route = self._create_route(
            "host",
            private,
            aws.ec2.RouteTableRouteArgs(cidr_block=EVERYWHERE, nat_gateway_id=nat.id),
        )
        self.subnet_id = private.id
        self.register_outputs({"subnet_id": self.subnet_id})

    def _create_subnet(self, which: str, cidr: str) -> aws.ec2.Subnet:
        return aws.ec2.Subnet(
            f"{self._name}-{which}",
            vpc_id=self._facts.vpc_id,
            cidr_block=cidr,
            availability_zone=self._zone,
            map_public_ip_on_launch=False,
            tags=self._tags(which),
            opts=self._adopted(SUBNET, which),
        )

    def _create_nat(self, public: aws.ec2.Subnet, after: pulumi.Resource) -> aws.ec2.NatGateway:
        opts = self._adopted(ELASTIC_IP, "address")
        types = [one.pulumi_resource_type for one in self.lineage]
        state = self._recovery.deployment.state
        if state.lacks([*types, ELASTIC_IP], f"{self._name}-address") and opts.import_ is None:
            warn = partial(pulumi.log.warn, resource=self)
            tell_quota(self._facts.common.access, ADDRESSES, warn)
        address = aws.ec2.Eip(
            f"{self._name}-address",
            domain="vpc",
            tags=self._tags("address"),
            opts=opts,
        )
        return aws.ec2.NatGateway(
            f"{self._name}-nat",
            allocation_id=address.id,
            subnet_id=public.id,
            tags=self._tags("nat"),
            opts=pulumi.ResourceOptions.merge(
                self._adopted(NAT_GATEWAY, "nat"), pulumi.ResourceOptions(depends_on=[after])
            ),
        )

    def _create_route(
        self, which: str, subnet: aws.ec2.Subnet, route: aws.ec2.RouteTableRouteArgs
    ) -> aws.ec2.RouteTableAssociation:
        table = aws.ec2.RouteTable(
            f"{self._name}-{which}-routes",
            vpc_id=self._facts.vpc_id,
            routes=[route],
            tags=self._tags(f"{which}-routes"),
            opts=self._adopted(ROUTE_TABLE, f"{which}-routes"),
        )
        of_table = self._recovery.deployment.path(f"{self._name}-{which}-routes")
        return aws.ec2.RouteTableAssociation(
            f"{self._name}-{which}-route",
            subnet_id=subnet.id,
            route_table_id=table.id,
            opts=self._adopted(ASSOCIATION, f"{which}-route", key=of_table),
        )

    def _adopted(self, kind: str, which: str, key: str | None = None) -> pulumi.ResourceOptions:
        return self._recovery.adopt(kind, f"{self._name}-{which}", self._child, key=key)

    def _tags(self, which: str) -> dict[str, pulumi.Input[str]]:
        name = f"{self._name}-{which}"
        return self._recovery.tags(name, {**self._facts.common.tags, "Name": name})
