"""What CloudHSM makes in the caller's network: a security group and network interfaces.

They live in moto's EC2, in this process, so that every EC2 call of a client sees them. moto
lets go of a subnet, VPC or group that is still in use; :func:`dependency` says when AWS
would not.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.emulator.errors import ServiceError, invalid_request, not_found

ACCOUNT = "123456789012"
"""The account that moto serves by default."""

HSM_PORTS = (2223, 2225)
"""First and last TCP port between clients and HSMs (user guide, "Configure the EC2 ...")."""


@dataclass(frozen=True)
class SubnetFacts:
    """What the service has to know of a subnet."""

    subnet_id: str
    vpc_id: str
    availability_zone: str
    has_ipv6: bool


def _ec2(region: str) -> Any:  # noqa: ANN401 - moto's backends have no useful types
    # Imported when first needed: moto's EC2 takes seconds, the start should not.
    from moto.ec2.models import ec2_backends

    return ec2_backends[ACCOUNT][region]


def warm_up(region: str) -> None:
    """Import moto's EC2 and make its default VPC, so that the first call need not wait."""
    _ec2(region)


def subnets(region: str, subnet_ids: list[str]) -> list[SubnetFacts]:
    """The subnets with these ids, in the order given.

    Raises:
        ServiceError: one does not exist. The exact text of AWS is not public.
    """
    known = {subnet.id: subnet for subnet in _ec2(region).describe_subnets()}
    for subnet_id in subnet_ids:
        if subnet_id not in known:
            raise not_found(f"The subnet ID '{subnet_id}' does not exist")
    return [
        SubnetFacts(
            subnet_id,
            known[subnet_id].vpc_id,
            known[subnet_id].availability_zone,
            bool(known[subnet_id].ipv6_cidr_block_association_set),
        )
        for subnet_id in subnet_ids
    ]


def create_security_group(region: str, cluster_id: str, vpc_id: str) -> str:
    """Make the cluster's security group, open to itself on the HSM ports; returns its id."""
    backend = _ec2(region)
    group = backend.create_security_group(
        f"cloudhsm-cluster-{cluster_id.removeprefix('cluster-')}-sg",
        "CloudHSM cluster security group",
        vpc_id=vpc_id,
    )
    backend.authorize_security_group_ingress(
        group.id, "tcp", *map(str, HSM_PORTS), [], source_groups=[{"GroupId": group.id}]
    )
    return str(group.id)


def delete_security_group(region: str, group_id: str) -> None:
    """Remove a cluster's security group, unless something else still uses it.

    Public automation gives the deleting role the right to delete the group, so the service
    does it with the caller's rights; a group in use stays, as EC2 would refuse.
    """
    backend = _ec2(region)
    if backend.get_security_group_from_id(group_id) and not _group_users(backend, group_id):
        backend.delete_security_group(group_id=group_id)


def create_interface(
    region: str, subnet_id: str, group_id: str, ip_address: str | None, *, ipv6: bool = False
) -> tuple[str, str, str | None]:
    """Make an HSM's network interface; returns its id, IPv4 address and, if wanted, IPv6 address.

    Raises:
        ServiceError: ``ip_address`` is not a free address of the subnet (text assumed).
    """
    backend = _ec2(region)
    subnet = backend.get_subnet(subnet_id)
    if ip_address is not None:
        _check_address(backend, subnet, ip_address)
    interface = backend.create_network_interface(
        subnet,
        ip_address or _free_address(backend, subnet),
        group_ids=[group_id],
        description="CloudHSM Managed Interface",
        ipv6_address_count=int(ipv6),
    )
    interface.requester_managed = True
    address = str(interface.ipv6_addresses[0]) if ipv6 else None
    return str(interface.id), str(interface.private_ip_address), address


def show_zones(region: str, missing: Callable[[str], bool]) -> None:
    """Let moto's DescribeVpcEndpointServices name the zones that CloudHSM is in.

    That answer is how a program can learn of them (README of
    aws-samples/aws-cloudhsm-cloudformation-template).
    """
    backend = _ec2(region)
    zones = [zone.name for zone in backend.describe_availability_zones()]
    for service in backend._collect_default_endpoint_services(ACCOUNT, region):
        if service["ServiceName"] == f"com.amazonaws.{region}.cloudhsmv2":
            service["AvailabilityZones"] = [zone for zone in zones if not missing(zone)]


def open_to_itself(region: str, group_id: str) -> bool:
    """Whether a security group still lets its members reach each other on the HSM ports."""
    group = _ec2(region).get_security_group_from_id(group_id)
    if group is None:
        return False
    first, last = HSM_PORTS
    return any(
        int(rule.from_port or 0) <= first
        and int(rule.to_port or 0) >= last
        and rule.source_group.get("GroupId") == group_id
        for rule in group.ingress_rules
    )


def create_kms_interfaces(
    region: str, key_store_id: str, vpc_id: str, subnet_ids: list[str]
) -> tuple[str, tuple[str, ...]]:
    """What KMS makes when it connects: a group, and an interface in each of the subnets."""
    backend = _ec2(region)
    group = backend.create_security_group(
        f"kms-{key_store_id}", "Managed by AWS KMS", vpc_id=vpc_id
    )
    made = create_interfaces(region, subnet_ids, [group.id], f"KMS managed ENI for {key_store_id}")
    return str(group.id), tuple(interface for interface, _ in made)


def create_interfaces(
    region: str, subnet_ids: list[str], group_ids: list[str], description: str
) -> list[tuple[str, str]]:
    """A service's interface in each of the subnets; returns id and address of each.

    Raises:
        ServiceError: a subnet has no free address.
    """
    backend = _ec2(region)
    made: list[tuple[str, str]] = []
    for subnet_id in subnet_ids:
        subnet = backend.get_subnet(subnet_id)
        interface = backend.create_network_interface(
            subnet, _free_address(backend, subnet), group_ids=group_ids, description=description
        )
        interface.requester_managed = True
        made.append((str(interface.id), str(interface.private_ip_address)))
    return made


def delete_kms_interfaces(region: str, group_id: str, interface_ids: tuple[str, ...]) -> None:
    """Take away what KMS made."""
    for interface_id in interface_ids:
        delete_interface(region, interface_id)
    delete_security_group(region, group_id)


def delete_interface(region: str, interface_id: str) -> None:
    """Remove an HSM's network interface, if it is still there."""
    backend = _ec2(region)
    if interface_id in backend.enis:
        backend.delete_network_interface(interface_id)


def dependency(region: str, operation: str, parameters: Mapping[str, Any]) -> ServiceError | None:
    """The refusal of EC2 for a deletion of what is still in use, where moto would allow it."""
    if operation not in ("DeleteSubnet", "DeleteVpc", "DeleteSecurityGroup"):
        return None
    backend = _ec2(region)
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
        if _group_users(backend, group_id):
            return ServiceError(
                "DependencyViolation", f"resource {group_id} has a dependent object"
            )
    return None


def _sweep(backend: Any) -> None:  # noqa: ANN401
    """Take away what moto leaves of deleted NAT gateways: their interfaces."""
    for gateway in backend.nat_gateways.values():
        if gateway.state == "deleted" and gateway._eni and gateway._eni.id in backend.enis:
            backend.delete_network_interface(gateway._eni.id)


def remaining(region: str) -> dict[str, list[str]]:
    """Ids of the network resources that still exist outside default VPCs, by kind."""
    backend = _ec2(region)
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
        **_remaining_elsewhere(region),
    }


def _remaining_elsewhere(region: str) -> dict[str, list[str]]:
    """Roles, and the secrets that the program makes (others are the rehearsal's or a person's).

    A secret that is to be deleted costs nothing, and is gone by itself.
    """
    from moto.iam.models import iam_backends
    from moto.secretsmanager.models import secretsmanager_backends

    iam = iam_backends[ACCOUNT]["aws"]
    secrets = secretsmanager_backends[ACCOUNT][region].secrets
    return {
        "roles": sorted(role.name for role in iam.roles.values()),
        "instance_profiles": sorted(one.name for one in iam.instance_profiles.values()),
        "secrets": sorted(
            name
            for name in list(secrets)
            if name.startswith("cloudhsm/") and not secrets[name].is_deleted()
        ),
    }


def _in_use(what: str) -> ServiceError:
    return ServiceError("DependencyViolation", f"{what} has dependencies and cannot be deleted.")


def _group_users(backend: Any, group_id: str) -> bool:  # noqa: ANN401
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


def _taken(backend: Any, subnet: Any) -> set[str]:  # noqa: ANN401
    return {eni.private_ip_address for eni in backend.enis.values() if eni.subnet.id == subnet.id}


def _hosts(cidr: str) -> list[str]:
    # AWS keeps the first four addresses and the last one of every subnet.
    return [str(host) for host in list(ipaddress.ip_network(cidr))[4:-1]]


def _free_address(backend: Any, subnet: Any) -> str:  # noqa: ANN401
    taken = _taken(backend, subnet)
    for host in _hosts(subnet.cidr_block):
        if host not in taken:
            return host
    raise invalid_request(f"Subnet '{subnet.id}' has no free IP address.")


def _check_address(backend: Any, subnet: Any, address: str) -> None:  # noqa: ANN401
    if address not in _hosts(subnet.cidr_block):
        raise invalid_request(f"IP address {address} is not in subnet '{subnet.id}'.")
    if address in _taken(backend, subnet):
        raise invalid_request(f"IP address {address} is already in use in '{subnet.id}'.")
