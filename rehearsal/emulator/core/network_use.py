"""What still uses the caller's network, and what is left of it.

moto lets go of a subnet, VPC or group that is still in use; :func:`dependency` says when AWS
would not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.emulator.core import moto_backends
from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.core.place import Place


def dependency(place: Place, operation: str, parameters: Mapping[str, Any]) -> ServiceError | None:
    """The refusal of EC2 for a deletion of what is still in use, where moto would allow it."""
    if operation not in ("DeleteSubnet", "DeleteVpc", "DeleteSecurityGroup"):
        return None
    backend = moto_backends.ec2(place)
    _sweep(backend)
    if operation == "DeleteSubnet":
        subnet_id = parameters.get("SubnetId", "")
        if any(eni.subnet.id == subnet_id for eni in backend.enis.values()):
            return _in_use(f"The subnet '{subnet_id}'")
    elif operation == "DeleteVpc":
        vpc_id = parameters.get("VpcId", "")
        groups = backend.groups.get(vpc_id, {}).values()
        if any(group.name != "default" for group in groups):
            return _in_use(f"The vpc '{vpc_id}'")
    else:
        group_id = parameters.get("GroupId", "")
        if group_users(backend, group_id):
            return ServiceError(
                "DependencyViolation", f"resource {group_id} has a dependent object"
            )
    return None


def _sweep(backend: Any) -> None:  # noqa: ANN401
    """Take away what moto leaves of deleted NAT gateways: their interfaces."""
    for gateway in backend.nat_gateways.values():
        if gateway.state == "deleted" and gateway._eni and gateway._eni.id in backend.enis:
            backend.delete_network_interface(gateway._eni.id)


def remaining(place: Place) -> dict[str, list[str]]:
    """Ids of the network resources that still exist outside default VPCs, by kind."""
    backend = moto_backends.ec2(place)
    _sweep(backend)
    # moto keeps is_default as the text "true" or a bool, depending on how a VPC was made.
    default = {vpc.id for vpc in backend.vpcs.values() if str(vpc.is_default).lower() == "true"}
    groups = [group for by_id in backend.groups.values() for group in by_id.values()]
    return {
        "vpcs": sorted(set(backend.vpcs) - default),
        "subnets": sorted(s.id for s in backend.describe_subnets() if s.vpc_id not in default),
        # An HSM's interface counts wherever it is; nothing else makes one in a default VPC.
        "network_interfaces": sorted(backend.enis),
        "security_groups": sorted(group.id for group in groups if group.name != "default"),
        "internet_gateways": sorted(backend.internet_gateways),
        "nat_gateways": sorted(
            gateway.id for gateway in backend.nat_gateways.values() if gateway.state != "deleted"
        ),
        "addresses": sorted(address.allocation_id for address in backend.addresses),
        "instances": sorted(
            instance.id
            for reservation in backend.reservations.values()
            for instance in reservation.instances
            if instance._state.name != "terminated"
        ),
        **_remaining_elsewhere(place),
    }


def _remaining_elsewhere(place: Place) -> dict[str, list[str]]:
    """The secrets that the program makes; others belong to the rehearsal or the user.

    A secret that is to be deleted costs nothing, and is gone by itself.
    """
    secrets = moto_backends.secrets_manager(place).secrets
    return {
        "secrets": sorted(
            name
            for name in list(secrets)
            if name.startswith("cloudhsm/") and not secrets[name].is_deleted()
        ),
    }


def _in_use(what: str) -> ServiceError:
    return ServiceError("DependencyViolation", f"{what} has dependencies and cannot be deleted.")


def group_users(backend: Any, group_id: str) -> bool:  # noqa: ANN401 - moto's EC2
    """Whether an interface, or a rule of another group, uses a security group."""
    interfaces = any(
        group.id == group_id for eni in backend.enis.values() for group in eni.group_set
    )
    rules = any(
        rule.source_group.get("GroupId") == group_id
        for by_id in backend.groups.values()
        for group in by_id.values()
        if group.id != group_id
        for rule in (*group.ingress_rules, *group.egress_rules)
    )
    return interfaces or rules


def show_zones(place: Place, missing: Callable[[str], bool]) -> None:
    """Let moto's DescribeVpcEndpointServices name the zones that CloudHSM is in.

    That answer is how a program can learn of them (README of
    aws-samples/aws-cloudhsm-cloudformation-template).
    """
    backend = moto_backends.ec2(place)
    zones = [zone.name for zone in backend.describe_availability_zones()]
    for service in backend._collect_default_endpoint_services(place.account, place.region):
        if service["ServiceName"] == f"com.amazonaws.{place.region}.cloudhsmv2":
            service["AvailabilityZones"] = [zone for zone in zones if not missing(zone)]
