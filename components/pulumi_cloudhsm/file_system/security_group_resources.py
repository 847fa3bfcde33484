"""The file system's security group: clients reach its ports, and it answers them.

Where no clients are named, they get a group of their own. It is never the cluster's: a host that
mounts a volume needs no way to the HSMs.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from ..common import CommonArgs, recovery_of
from ..recovery.kinds import EGRESS_RULE, INGRESS_RULE, SECURITY_GROUP
from ..recovery.part import Part
from .args import is_security_group
from .ontap import Port


class ClientAccess:
    """Group and rules, as children of a component."""

    security_group: aws.ec2.SecurityGroup
    """The group."""
    clients_group_id: pulumi.Output[str]
    """The group whose members are the clients; empty where they were given."""
    rules: list[pulumi.Resource]
    """Its rules; what the group protects should depend on them."""

    def __init__(
        self,
        component: Part,
        name: str,
        vpc_id: pulumi.Input[str],
        clients: Sequence[pulumi.Input[str]],
        ports: Sequence[Port],
        common: CommonArgs,
    ) -> None:
        """Declares them.

        Args:
            component: the parent.
            name: name of the group, and prefix of the resources.
            vpc_id: the group's VPC.
            clients: ids of security groups, or IPv4 ranges; an Output is an id. Where there are
                none, a group is made for them.
            ports: what each client may reach.
            common: its Region and tags.
        """
        self._recovery, self._tags = recovery_of(component, common), common.tags
        self._component, self._vpc_id = component, vpc_id
        self.security_group = self._group(
            f"{name}-group", name, "FSx for NetApp ONTAP: clients and management"
        )
        self.clients_group_id = pulumi.Output.from_input("")
        if not clients:
            self.clients_group_id = self._group(
                f"{name}-clients", f"{name}-clients", "Members may mount the file system"
            ).id
            clients = [self.clients_group_id]
        # Rules can change although the component is protected: they hold no data.
        self._free = pulumi.ResourceOptions(parent=component, protect=False)
        self.rules = [
            rule
            for number, client in enumerate(clients, 1)
            for rule in self._rules_of(f"{name}-client-{number}", _peer(client), ports)
        ]

    def _group(self, name: str, named: str, description: str) -> aws.ec2.SecurityGroup:
        return aws.ec2.SecurityGroup(
            name,
            name=self._recovery.unique(named),
            description=description,
            vpc_id=self._vpc_id,
            tags=self._recovery.tags(name, {**self._tags, "Name": named}),
            opts=self._recovery.adopt(
                SECURITY_GROUP, name, pulumi.ResourceOptions(parent=self._component)
            ),
        )

    def _rules_of(
        self, name: str, peer: Mapping[str, Any], ports: Sequence[Port]
    ) -> list[pulumi.Resource]:
        """In: the ports. Out: everything, since the server opens connections for locks."""
        group = self.security_group.id
        inwards: list[pulumi.Resource] = [
            aws.vpc.SecurityGroupIngressRule(
                f"{name}-{port.label}",
                security_group_id=group,
                ip_protocol=port.protocol,
                from_port=port.first,
                to_port=port.last,
                description=port.purpose,
                tags=self._recovery.tags(f"{name}-{port.label}", self._tags),
                opts=self._recovery.adopt(INGRESS_RULE, f"{name}-{port.label}", self._free),
                **peer,
            )
            for port in ports
        ]
        outwards = aws.vpc.SecurityGroupEgressRule(
            f"{name}-out",
            security_group_id=group,
            ip_protocol="-1",
            description="answers and callbacks",
            tags=self._recovery.tags(f"{name}-out", self._tags),
            opts=self._recovery.adopt(EGRESS_RULE, f"{name}-out", self._free),
            **peer,
        )
        return [*inwards, outwards]


def _peer(client: pulumi.Input[str]) -> dict[str, Any]:
    """A client as the rule's input; an Output is the id of a security group."""
    if isinstance(client, str) and not is_security_group(client):
        return {"cidr_ipv4": str(ipaddress.IPv4Network(client))}
    return {"referenced_security_group_id": client}
