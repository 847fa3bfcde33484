"""What there is at AWS and in the state, in words that two runs of one program share."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from rehearsal.emulator.process import RunningEmulator
from rehearsal.engine.workspace import Workspace, stack_resources

Inventory = Counter[str]
"""How many there are of what, each in one line without ids."""

_VARIES = (
    (re.compile(r"-----BEGIN [^-]+-----.*?-----END [^-]+-----\s*", re.DOTALL), "[PEM]"),
    (re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+(Z|\+00:00)?)?"), "[date]"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "[uuid]"),
    (re.compile(r"\b[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){15,}"), "[fingerprint]"),
    (re.compile(r"\b(cluster|hsm|backup|cks|eni)-[0-9a-zA-Z]{11,}"), r"\1-[id]"),
    (re.compile(r"\b([a-z]+)-[0-9a-f]{8,}\b"), r"\1-[id]"),
    (re.compile(r"\b[0-9a-f]{40,}\b"), "[digest]"),
    (re.compile(r"\b(\d+\.){3}\d+(?!/)\b"), "[address]"),
    (re.compile(r"-[0-9A-Za-z]{6}\b(?=\")"), "-[suffix]"),
)
_GONE = {"terminated", "shutting-down", "deleted", "deleting", "failed", "DELETED", "DELETING"}


def masked(text: str) -> str:
    """A text without what differs from run to run: ids, dates, addresses, keys."""
    for pattern, instead in _VARIES:
        text = pattern.sub(instead, text)
    return text


def outputs(workspace: Workspace) -> dict[str, str]:
    """The stack's outputs, masked."""
    return {name: masked(json.dumps(one)) for name, one in workspace.outputs().items()}


def in_state(workspace: Workspace) -> Inventory:
    """The resources in the state, by type and name."""
    found = (one["urn"].split("::", 2)[2] for one in stack_resources(workspace))
    return Counter(masked(one) for one in found)


def at_aws(emulator: RunningEmulator, region: str) -> Inventory:
    """Everything that the chain makes at AWS and that lives."""
    found: Inventory = Counter()
    for part in (_network, _hosts, _clusters, _keys, _file_systems, _secrets):
        found.update(masked(line) for line in part(emulator, region))
    return found


def _network(emulator: RunningEmulator, region: str) -> Iterable[str]:
    ec2 = emulator.client("ec2", region=region)
    for vpc in ec2.describe_vpcs()["Vpcs"]:
        names = ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute="enableDnsHostnames")
        yield f"VPC: {vpc['CidrBlock']} names={names['EnableDnsHostnames']['Value']}"
    for subnet in ec2.describe_subnets()["Subnets"]:
        yield f"subnet: {subnet['CidrBlock']} in {subnet['AvailabilityZone']}"
    for gateway in ec2.describe_internet_gateways()["InternetGateways"]:
        yield f"internet gateway: of {len(gateway['Attachments'])} VPCs"
    for address in ec2.describe_addresses()["Addresses"]:
        yield f"Elastic IP: used={'AssociationId' in address}"
    for table in ec2.describe_route_tables()["RouteTables"]:
        routes = sorted(one.get("DestinationCidrBlock", "") for one in table["Routes"])
        uses = len([one for one in table["Associations"] if one.get("SubnetId")])
        yield f"route table: to {', '.join(routes)} of {uses} subnets"
    rules = Counter(
        one["GroupId"] for one in ec2.describe_security_group_rules()["SecurityGroupRules"]
    )
    for group in ec2.describe_security_groups()["SecurityGroups"]:
        yield f"security group: {group['GroupName']} of {rules[group['GroupId']]} rules"
    for gateway in _living(ec2.describe_nat_gateways()["NatGateways"], "State"):
        yield f"NAT gateway: {gateway['State']}"
    for interface in ec2.describe_network_interfaces()["NetworkInterfaces"]:
        yield f"interface: {interface.get('Description', '')}"


def _hosts(emulator: RunningEmulator, region: str) -> Iterable[str]:
    ec2, iam = emulator.client("ec2", region=region), emulator.client("iam")
    for reservation in ec2.describe_instances()["Reservations"]:
        for one in reservation["Instances"]:
            if one["State"]["Name"] not in _GONE:
                yield f"instance: {one['State']['Name']} in {len(one['SecurityGroups'])} groups"
    for role in iam.list_roles()["Roles"]:
        attached = iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
        inline = iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
        yield f"role: of {len(attached)} attached and {len(inline)} inline policies"
    for profile in iam.list_instance_profiles()["InstanceProfiles"]:
        yield f"instance profile: of {len(profile['Roles'])} roles"


def _clusters(emulator: RunningEmulator, region: str) -> Iterable[str]:
    clusters = emulator.client("cloudhsmv2", region=region).describe_clusters()["Clusters"]
    for cluster in _living(clusters, "State"):
        yield f"cluster: {cluster['State']}"
        for hsm in cluster["Hsms"]:
            yield f"HSM: {hsm['State']} in {hsm['AvailabilityZone']}"
    cas = emulator.client("acm-pca", region=region).list_certificate_authorities()
    for ca in _living(cas["CertificateAuthorities"], "Status"):
        yield f"private CA: {ca['Status']}"


def _keys(emulator: RunningEmulator, region: str) -> Iterable[str]:
    kms = emulator.client("kms", region=region)
    for key in kms.list_keys()["Keys"]:
        about = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if about["KeyState"] != "PendingDeletion" and about["KeyManager"] == "CUSTOMER":
            yield f"KMS key: {about['KeyState']} of {about['Origin']}"
    for alias in kms.list_aliases()["Aliases"]:
        if not alias["AliasName"].startswith("alias/aws/"):
            yield f"alias: {alias['AliasName']}"
    for store in kms.describe_custom_key_stores()["CustomKeyStores"]:
        yield f"key store: {store['CustomKeyStoreName']} {store['ConnectionState']}"


def _file_systems(emulator: RunningEmulator, region: str) -> Iterable[str]:
    fsx = emulator.client("fsx", region=region)
    for what, listed in (
        ("file system", fsx.describe_file_systems()["FileSystems"]),
        ("SVM", fsx.describe_storage_virtual_machines()["StorageVirtualMachines"]),
        ("volume", fsx.describe_volumes()["Volumes"]),
    ):
        for one in _living(listed, "Lifecycle"):
            yield f"{what}: {one.get('Name', '')} {one['Lifecycle']}"


def _secrets(emulator: RunningEmulator, region: str) -> Iterable[str]:
    listed = emulator.client("secretsmanager", region=region).list_secrets()["SecretList"]
    for secret in listed:
        yield f"secret: {secret['Name']}"


def _living(items: Iterable[dict[str, Any]], state: str) -> Iterable[dict[str, Any]]:
    return (one for one in items if one[state] not in _GONE)


def kinds(inventory: Inventory) -> Inventory:
    """How many there are of each kind, whatever they are like."""
    found: Inventory = Counter()
    for line, count in inventory.items():
        found[line.partition(":")[0]] += count
    return found


def more_of(found: Inventory, wanted: Inventory) -> list[str]:
    """What there is more of than there should be."""
    return sorted(f"{count} x {line}" for line, count in (found - wanted).items())
