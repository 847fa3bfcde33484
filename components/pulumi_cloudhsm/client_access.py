"""A security group that lets clients reach a service on given ports, and the service answer."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from .ontap import Port


class ClientAccess:
    """Declares group and rules as children of a component.

    Attributes:
        security_group: the group.
        rules: its rules; what the group protects should depend on them.
    """

    security_group: aws.ec2.SecurityGroup
    rules: list[pulumi.Resource]

    def __init__(
        self,
        component: pulumi.ComponentResource,
        name: str,
        vpc_id: pulumi.Input[str],
        clients: Sequence[pulumi.Input[str]],
        ports: Sequence[Port],
        tags: Mapping[str, str],
    ) -> None:
        """Declares them.

        Args:
            component: the parent.
            name: name of the group, and prefix of the resources.
            vpc_id: the group's VPC.
            clients: security groups, by id or as an Output, or IPv4 ranges.
            ports: what each client may reach.
            tags: tags of the group.
        """
        self.security_group = aws.ec2.SecurityGroup(
            f"{name}-group",
            name=name,
            description="FSx for NetApp ONTAP: clients and management",
            vpc_id=vpc_id,
            tags={**tags, "Name": name},
            opts=pulumi.ResourceOptions(parent=component),
        )
        # Free to change although the component is protected; what is behind them is not.
        self._free = pulumi.ResourceOptions(parent=component, protect=False)
        self.rules = [
            rule
            for number, client in enumerate(clients, 1)
            for rule in self._rules_of(f"{name}-client-{number}", _peer(client), ports)
        ]

    def _rules_of(
        self, name: str, peer: Mapping[str, Any], ports: Sequence[Port]
    ) -> list[pulumi.Resource]:
        """In: the ports. Out: everything, since locks and callbacks begin at the server."""
        group = self.security_group.id
        inwards: list[pulumi.Resource] = [
            aws.vpc.SecurityGroupIngressRule(
                f"{name}-{port.label}",
                security_group_id=group,
                ip_protocol=port.protocol,
                from_port=port.first,
                to_port=port.last,
                description=port.purpose,
                opts=self._free,
                **peer,
            )
            for port in ports
        ]
        outwards = aws.vpc.SecurityGroupEgressRule(
            f"{name}-out",
            security_group_id=group,
            ip_protocol="-1",
            description="answers and callbacks",
            opts=self._free,
            **peer,
        )
        return [*inwards, outwards]


def is_group(client: str) -> bool:
    """Whether a client is a security group's id rather than a range."""
    return re.fullmatch(r"sg-[0-9a-f]{8}([0-9a-f]{9})?", client) is not None


def _peer(client: pulumi.Input[str]) -> dict[str, Any]:
    """An Output is a security group: a range is known as soon as somebody writes it."""
    if isinstance(client, str) and not is_group(client):
        return {"cidr_ipv4": str(ipaddress.IPv4Network(client))}
    return {"referenced_security_group_id": client}
