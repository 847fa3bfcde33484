"""EC2 instances as client hosts: what they reach, and what their role lets them do.

They live in moto's EC2 and IAM, in this process.
"""

from __future__ import annotations

import fnmatch
import json
from typing import TYPE_CHECKING, Any

from rehearsal.emulator.core import moto_backends
from rehearsal.emulator.core.network import HSM_PORTS
from rehearsal.emulator.core.place import Place

if TYPE_CHECKING:
    from rehearsal.emulator.cloudhsmv2.records import Cluster


def running(place: Place, instance_id: str) -> Any:  # noqa: ANN401 - moto's instance, or None
    """The instance, if it is one of this account's and running."""
    for reservation in moto_backends.ec2(place).reservations.values():
        for instance in reservation.instances:
            if instance.id == instance_id and instance._state.name == "running":
                return instance
    return None


def reaches(cluster: Cluster, instance_id: str) -> bool:
    """Whether security groups let an instance reach the cluster's HSMs."""
    instance = running(cluster.place, instance_id)
    if instance is None:
        return False
    groups = {group.id for nic in instance.nics.values() for group in nic.group_set}
    if cluster.security_group in groups:
        return True
    own = moto_backends.ec2(cluster.place).get_security_group_from_id(cluster.security_group)
    first, last = HSM_PORTS
    return any(
        int(rule.from_port or 0) <= first
        and int(rule.to_port or 0) >= last
        and rule.source_group.get("GroupId") in groups
        for rule in own.ingress_rules
    )


def why_offline(place: Place, instance_id: str) -> str | None:
    """Why Systems Manager does not see the instance; None where it does."""
    instance = running(place, instance_id)
    if instance is None:
        return "it is not running"
    if not may(place, instance, "ssm:UpdateInstanceInformation", "*"):
        return "its role does not let its agent report to Systems Manager"
    if not _has_a_way_out(place, instance.subnet_id):
        return "its subnet has no way to Systems Manager"
    return None


def may(place: Place, instance: Any, action: str, resource: str) -> bool:  # noqa: ANN401
    """Whether an inline policy of the instance's role allows an action."""
    for role in _roles_of(place, instance):
        for document in role.policies.values():
            statements = json.loads(document)["Statement"]
            for statement in [statements] if isinstance(statements, dict) else statements:
                if (
                    statement["Effect"] == "Allow"
                    and _matches(action, statement["Action"])
                    and _matches(resource, statement["Resource"])
                ):
                    return True
    return False


def _matches(text: str, patterns: str | list[str]) -> bool:
    listed = [patterns] if isinstance(patterns, str) else patterns
    return any(fnmatch.fnmatchcase(text, pattern) for pattern in listed)


def _roles_of(place: Place, instance: Any) -> list[Any]:  # noqa: ANN401
    profile = getattr(instance, "iam_instance_profile", None) or {}
    arn = profile.get("Arn") if isinstance(profile, dict) else profile
    for known in moto_backends.iam(place).instance_profiles.values():
        if arn and known.arn == arn:
            return list(known.roles)
    return []


def _has_a_way_out(place: Place, subnet_id: str) -> bool:
    """Whether the subnet's route table leads to a NAT or internet gateway."""
    backend = moto_backends.ec2(place)
    tables = [
        table
        for table in backend.route_tables.values()
        if subnet_id in table._associations.values()
    ]
    return any(
        route.destination_cidr_block == "0.0.0.0/0" and (route.nat_gateway or route.gateway)
        for table in tables
        for route in table.routes
    )
