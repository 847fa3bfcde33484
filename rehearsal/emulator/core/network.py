"""What CloudHSM makes in the caller's network: a security group and network interfaces.

They live in moto's EC2, in this process, so that every EC2 call of a client sees them.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

from rehearsal.emulator.core import moto_backends
from rehearsal.emulator.core.errors import invalid_request, not_found
from rehearsal.emulator.core.network_use import group_users
from rehearsal.emulator.core.place import Place

HSM_PORTS = (2223, 2225)
"""First and last TCP port between clients and HSMs (user guide, "Configure the EC2 ...")."""


@dataclass(frozen=True)
class SubnetFacts:
    """What the service has to know of a subnet."""

    subnet_id: str
    vpc_id: str
    availability_zone: str
    has_ipv6: bool


def subnets(place: Place, subnet_ids: list[str]) -> list[SubnetFacts]:
    """The subnets with these ids, in the order given.

    Raises:
        ServiceError: one does not exist. The exact text of AWS is not public.
    """
    known = {subnet.id: subnet for subnet in moto_backends.ec2(place).describe_subnets()}
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


def create_security_group(place: Place, cluster_id: str, vpc_id: str) -> str:
    """Make the cluster's security group, open to itself on the HSM ports; returns its id."""
    backend = moto_backends.ec2(place)
    group = backend.create_security_group(
        f"cloudhsm-cluster-{cluster_id.removeprefix('cluster-')}-sg",
        "CloudHSM cluster security group",
        vpc_id=vpc_id,
    )
    backend.authorize_security_group_ingress(
        group.id, "tcp", *map(str, HSM_PORTS), [], source_groups=[{"GroupId": group.id}]
    )
    return str(group.id)


def delete_security_group(place: Place, group_id: str) -> None:
    """Remove a cluster's security group, unless something else still uses it.

    Public automation gives the deleting role the right to delete the group, so the service does it
    with the caller's rights. A group in use stays, as EC2 would refuse.
    """
    backend = moto_backends.ec2(place)
    if backend.get_security_group_from_id(group_id) and not group_users(backend, group_id):
        backend.delete_security_group(group_id=group_id)


def create_interface(
    place: Place, subnet_id: str, group_id: str, ip_address: str | None, *, ipv6: bool = False
) -> tuple[str, str, str | None]:
    """Make an HSM's network interface; returns its id, IPv4 address and, if wanted, IPv6 address.

    Raises:
        ServiceError: ``ip_address`` is not a free address of the subnet (text assumed).
    """
    backend = moto_backends.ec2(place)
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


def open_to_itself(place: Place, group_id: str) -> bool:
    """Whether a security group still lets its members reach each other on the HSM ports.

    Inbound and outbound: KMS developer guide, "Create an AWS CloudHSM key store", prerequisites.
    """
    group = moto_backends.ec2(place).get_security_group_from_id(group_id)
    return group is not None and all(
        any(_opens_hsm_ports(rule, group_id) for rule in rules)
        for rules in (group.ingress_rules, group.egress_rules)
    )


def _opens_hsm_ports(rule: Any, group_id: str) -> bool:  # noqa: ANN401 - moto's
    first, last = HSM_PORTS
    ports = rule.ip_protocol == "-1" or (
        rule.ip_protocol == "tcp" and int(rule.from_port) <= first and int(rule.to_port) >= last
    )
    everywhere = rule.ip_range.get("CidrIp") == "0.0.0.0/0"
    return ports and (everywhere or rule.source_group.get("GroupId") == group_id)


def create_kms_interfaces(
    place: Place, key_store_id: str, vpc_id: str, subnet_ids: list[str]
) -> tuple[str, tuple[str, ...]]:
    """What KMS makes when it connects: a group, and an interface in each of the subnets."""
    backend = moto_backends.ec2(place)
    group = backend.create_security_group(
        f"kms-{key_store_id}", "Managed by AWS KMS", vpc_id=vpc_id
    )
    made = create_interfaces(place, subnet_ids, [group.id], f"KMS managed ENI for {key_store_id}")
    return str(group.id), tuple(interface for interface, _ in made)


def create_interfaces(
    place: Place, subnet_ids: list[str], group_ids: list[str], description: str
) -> list[tuple[str, str]]:
    """A service's interface in each of the subnets; returns id and address of each.

    Raises:
        ServiceError: a subnet has no free address.
    """
    backend = moto_backends.ec2(place)
    made: list[tuple[str, str]] = []
    for subnet_id in subnet_ids:
        subnet = backend.get_subnet(subnet_id)
        interface = backend.create_network_interface(
            subnet, _free_address(backend, subnet), group_ids=group_ids, description=description
        )
        interface.requester_managed = True
        made.append((str(interface.id), str(interface.private_ip_address)))
    return made


def delete_kms_interfaces(place: Place, group_id: str, interface_ids: tuple[str, ...]) -> None:
    """Take away what KMS made."""
    for interface_id in interface_ids:
        delete_interface(place, interface_id)
    delete_security_group(place, group_id)


def delete_interface(place: Place, interface_id: str) -> None:
    """Remove an HSM's network interface, if it is still there."""
    backend = moto_backends.ec2(place)
    if interface_id in backend.enis:
        backend.delete_network_interface(interface_id)


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
