"""Where moto's EC2 and IAM answer otherwise than AWS, in ways that its clients stumble over.

moto runs in this process, so its classes are corrected here, once, before their first use. Each
correction names what AWS does and the public source. A test holds each: it fails once moto answers
as AWS by itself, and the correction can go.
"""

# moto's classes have no useful types.
# ruff: noqa: ANN401
# pyright: reportPrivateUsage=false

from __future__ import annotations

from functools import cache
from typing import Any

from rehearsal.emulator.core import moto_monitoring


@cache
def correct() -> None:
    """Correct moto's classes; safe to call again."""
    from moto.ec2.models.elastic_network_interfaces import (
        NetworkInterface,
        NetworkInterfaceBackend,
    )
    from moto.ec2.models.instances import Instance, InstanceBackend
    from moto.ec2.models.internet_gateways import InternetGatewayBackend
    from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule
    from moto.ec2.models.subnets import Subnet
    from moto.ec2.responses.instances import InstanceResponse
    from moto.iam.models import IAMBackend

    _take_disks_from_the_image(InstanceResponse)
    _give_instances_the_groups_of_their_interface(
        Instance, InstanceBackend, NetworkInterfaceBackend
    )
    _leave_out_empty_associations(NetworkInterface)
    _show_descriptions_of_group_rules(SecurityGroupRule)
    _change_the_peer_of_group_rules(SecurityGroupBackend)
    _name_the_state_of_ipv6_blocks(Subnet)
    _allow_one_internet_gateway(InternetGatewayBackend)
    _refuse_to_remove_a_missing_role(IAMBackend)
    moto_monitoring.correct()


def _take_disks_from_the_image(responses: Any) -> None:
    """RunInstances: what a block device mapping leaves out is as in the image's.

    EC2 user guide, "Block device mappings for volumes on Amazon EC2 instances". A mapping of the
    launch overrides the image's only where it gives a setting. A size or a snapshot is demanded
    (API reference, EbsBlockDevice), and a device of the image has one. moto refuses a mapping
    without size, and keeps the volume after its instance.
    """
    parse = responses._parse_block_device_mapping

    def completed(self: Any) -> Any:
        given = self._get_param("BlockDeviceMappings", [])
        images = self.ec2_backend.describe_images(filters={"image-id": self._get_param("ImageId")})
        of_image = {
            each["DeviceName"]: {**each["Ebs"], "DeleteOnTermination": True}
            for image in images
            for each in image.block_device_mappings
        }
        for mapping in given:
            disk = mapping.get("Ebs", {})
            known = dict(of_image.get(mapping.get("DeviceName"), {}))
            if "VolumeSize" in disk:
                known.pop("SnapshotId", None)
            if "Ebs" in mapping:
                mapping["Ebs"] = {**known, **disk}
        return parse(self)

    responses._parse_block_device_mapping = completed


def _give_instances_the_groups_of_their_interface(
    instances: Any, backend: Any, interfaces: Any
) -> None:
    """The groups of an instance are those of its primary interface, and change with them.

    API reference, Instance ("The security groups for the instance") and RunInstances: with
    NetworkInterfaces, groups are given there. That interface is deleted with the instance:
    InstanceNetworkInterfaceSpecification, DeleteOnTermination.
    """
    prepare = instances.prep_nics
    modify = interfaces.modify_network_interface_attribute

    def prepared(self: Any, nic_spec: list[dict[str, Any]], **rest: Any) -> None:
        for nic in nic_spec or []:
            if int(nic.get("DeviceIndex", -1)) == 0 and not nic.get("NetworkInterfaceId"):
                nic.setdefault("DeleteOnTermination", True)
        prepare(self, nic_spec, **rest)
        primary = self.nics.get(0)
        if primary is not None and not nic_spec:
            primary.delete_on_termination = True
        if primary is not None and not self.security_groups:
            self.security_groups = list(primary._group_set)

    def reattached(self: Any, eni_id: str, group_ids: list[str], *rest: Any) -> None:
        modify(self, eni_id, group_ids, *rest)
        interface = self.get_network_interface(eni_id)
        if group_ids and interface.instance and interface.device_index == 0:
            interface.instance.security_groups = list(interface._group_set)

    def modified(self: Any, instance_id: str, new_group_id_list: list[str]) -> Any:
        instance = self.get_instance(instance_id)
        groups = [self.get_security_group_from_id(group) for group in new_group_id_list]
        instance.security_groups, instance.nics[0]._group_set = groups, list(groups)
        return instance

    instances.prep_nics = prepared
    backend.modify_instance_security_groups = modified
    interfaces.modify_network_interface_attribute = reattached


def _leave_out_empty_associations(interfaces: Any) -> None:
    """An interface without a public address has no association.

    API reference, NetworkInterface: "The association information for an Elastic IP address
    associated with the network interface." moto shows an empty one, which the aws provider takes
    for a public address.
    """
    show = interfaces.association.fget
    interfaces.association = property(lambda self: show(self) or None)


def _show_descriptions_of_group_rules(rules: Any) -> None:
    """A rule whose peer is a group has its description, too: API reference, SecurityGroupRule."""
    rules.description = property(
        lambda self: (
            self.ip_range.get("Description") or (self.source_group or {}).get("Description")
        )
    )


def _change_the_peer_of_group_rules(backend: Any) -> None:
    """ModifySecurityGroupRules takes another group: API reference, SecurityGroupRuleRequest."""
    modify = backend.modify_security_group_rules

    def modified(self: Any, group_id: str, rules: dict[str, dict[str, Any]]) -> None:
        modify(self, group_id, rules)
        group = self.get_security_group_by_name_or_id(group_id)
        for rule_id, new in rules.items():
            if peer := new.get("ReferencedGroupId"):
                rule = group.get_rule(rule_id)
                rule.source_group = {**rule.source_group, "GroupId": peer}

    backend.modify_security_group_rules = modified


def _name_the_state_of_ipv6_blocks(subnets: Any) -> None:
    """The state of a subnet's IPv6 block is a text: API reference, SubnetCidrBlockState."""

    def shown(self: Any) -> list[dict[str, Any]]:
        return [
            {
                "ipv6CidrBlock": each["ipv6CidrBlock"],
                "associationId": each["associationId"],
                "ipv6CidrBlockState": {"state": each["ipv6CidrBlockState"]["State"]},
            }
            for each in self.ipv6_cidr_block_associations.values()
            if each["ipv6CidrBlockState"]["State"] == "associated"
        ]

    subnets.ipv6_cidr_block_association_set = property(shown)


def _allow_one_internet_gateway(backend: Any) -> None:
    """A VPC has one internet gateway at most (VPC user guide, "Amazon VPC quotas").

    The text is the one that users report.
    """
    from moto.ec2.exceptions import EC2ClientError

    attach = backend.attach_internet_gateway

    def attached(self: Any, internet_gateway_id: str, vpc_id: str) -> Any:
        others = [one for key, one in self.internet_gateways.items() if key != internet_gateway_id]
        if any(one.vpc and one.vpc.id == vpc_id for one in others):
            text = f"Network {vpc_id} already has an internet gateway attached"
            raise EC2ClientError("InvalidParameterValue", text)
        return attach(self, internet_gateway_id, vpc_id)

    backend.attach_internet_gateway = attached


def _refuse_to_remove_a_missing_role(backend: Any) -> None:
    """RemoveRoleFromInstanceProfile of a role that is not in it: NoSuchEntity, not a failure.

    API reference, RemoveRoleFromInstanceProfile, Errors. The aws provider takes that as success
    (internal/service/iam/instance_profile.go).
    """
    from moto.iam.exceptions import NotFoundException

    remove = backend.remove_role_from_instance_profile

    def removed(self: Any, profile_name: str, role_name: str) -> None:
        profile = self.get_instance_profile(profile_name)
        if role_name not in [role.name for role in profile.roles]:
            raise NotFoundException(f"Role {role_name} cannot be found.")
        remove(self, profile_name, role_name)

    backend.remove_role_from_instance_profile = removed
