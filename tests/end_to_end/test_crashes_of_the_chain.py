"""`kill -9` after each call that makes something: the next `up` adopts it, and goes on. In order.

One stack is brought up through all kills, from its VPC to a volume: each run adopts what the one
before left, and is killed at the next call of the list.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.engine.layout import Layout
from rehearsal.engine.workspace import stack_resources
from tests.end_to_end.rehearsed import Rehearsed, rehearsed

pytestmark = pytest.mark.engine

REGION = "eu-central-1"
CONFIG = {
    "activation": {"mode": "ssm"},
    "hsms": {"count": 2},
    "keyStore": {"abandonPendingKeys": True},
    # Not the cluster's group: moto does not show the description of a rule whose peer is a group.
    "fileSystem": {"clients": ["10.42.0.0/16"]},
}
POINTS = [
    ("ec2", "AttachInternetGateway"),
    ("ec2", "CreateVpc"),
    ("ec2", "CreateSubnet"),
    ("ec2", "AllocateAddress"),
    ("iam", "CreateRole"),
    ("iam", "CreateInstanceProfile"),
    ("ec2", "CreateInternetGateway"),
    ("ec2", "CreateSecurityGroup"),
    ("iam", "AddRoleToInstanceProfile"),
    ("ec2", "RevokeSecurityGroupEgress"),
    ("ec2", "AuthorizeSecurityGroupEgress"),
    ("ec2", "CreateRouteTable"),
    ("ec2", "CreateRoute"),
    ("ec2", "AssociateRouteTable"),
    ("cloudhsmv2", "CreateCluster"),
    ("ec2", "CreateNatGateway"),
    ("ec2", "RunInstances"),
    ("cloudhsmv2", "CreateHsm"),
    ("kms", "CreateKey"),
    ("kms", "CreateAlias"),
    ("fsx", "CreateFileSystem"),
    ("fsx", "CreateStorageVirtualMachine"),
    ("fsx", "CreateVolume"),
]
# Of what carries tags in EC2: how it is listed. A tag may outlive what it was on.
LISTS = {
    "vpc": ("describe_vpcs", "Vpcs", "VpcId"),
    "subnet": ("describe_subnets", "Subnets", "SubnetId"),
    "igw": ("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    "eipalloc": ("describe_addresses", "Addresses", "AllocationId"),
    "rtb": ("describe_route_tables", "RouteTables", "RouteTableId"),
    "sg": ("describe_security_groups", "SecurityGroups", "GroupId"),
    "sgr": ("describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId"),
    "nat": ("describe_nat_gateways", "NatGateways", "NatGatewayId"),
    "i": ("describe_instances", "Reservations", "InstanceId"),
}
GONE = {"terminated", "shutting-down", "deleted", "deleting", "failed"}


@pytest.fixture(scope="module")
def stack(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    with rehearsed(layout, tmp_path_factory.mktemp("chain"), CONFIG, speed=300) as stack:
        yield stack


def struck(stack: Rehearsed) -> set[str]:
    """The calls of the list that AWS has carried out without an answer."""
    return {one["operation"] for one in stack.emulator.faults() if one["struck"]}


def kill_at_the_next_point(stack: Rehearsed) -> list[str]:
    """Starts an `up`, and kills the CLI with -9 between what AWS does and its answer.

    Returns:
        The calls that had no answer when the CLI was killed.
    """
    before = struck(stack)
    with stack.workspace.popen("up", "--yes", "--skip-preview") as running:
        deadline = time.monotonic() + 240
        while struck(stack) == before:
            assert running.process.poll() is None, running.finish().output
            assert time.monotonic() < deadline, "AWS was never asked for more"
            time.sleep(0.05)
        running.kill_cli()
    heal_the_backend(stack)
    stack.workspace.pulumi("cancel", "--yes")
    return sorted(struck(stack) - before)


def heal_the_backend(stack: Rehearsed) -> None:
    """A kill while the CLI writes a file backend's attributes leaves that one file empty."""
    for file in stack.workspace.state.rglob("*.attrs"):
        if not file.stat().st_size:
            file.unlink()


def living(stack: Rehearsed) -> set[str]:
    """Ids of everything that EC2 lists, the account's own VPC included."""
    ec2 = stack.emulator.client("ec2", region=REGION)
    found: set[str] = set()
    for operation, listed, name in LISTS.values():
        raw = getattr(ec2, operation)()[listed]
        items = [one for group in raw for one in group.get("Instances", [group])]
        for one in items:
            state = one.get("State")
            if (state["Name"] if isinstance(state, dict) else state) not in GONE:
                found.add(one[name])
    return found


def owned(stack: Rehearsed) -> dict[str, str]:
    """Id to name of everything of EC2 that carries a deployment's id, and lives."""
    ec2 = stack.emulator.client("ec2", region=REGION)
    tags: dict[str, dict[str, str]] = {}
    for tag in ec2.describe_tags()["Tags"]:
        tags.setdefault(tag["ResourceId"], {})[tag["Key"]] = tag["Value"]
    there = living(stack)
    return {
        identifier: one["pulumi-cloudhsm"]
        for identifier, one in tags.items()
        if "pulumi-cloudhsm-id" in one and identifier in there
    }


def others(stack: Rehearsed) -> dict[str, list[str]]:
    """What there is of the other services."""
    iam, fsx = stack.emulator.client("iam"), stack.emulator.client("fsx")
    kms = stack.emulator.client("kms", region=REGION)
    tagged = [
        one["KeyId"]
        for one in kms.list_keys()["Keys"]
        if "pulumi-cloudhsm-id"
        in [tag["TagKey"] for tag in kms.list_resource_tags(KeyId=one["KeyId"])["Tags"]]
    ]
    keys = [
        key
        for key in tagged
        if kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] != "PendingDeletion"
    ]
    aliases = [one["AliasName"] for one in kms.list_aliases()["Aliases"]]
    volumes = [one for one in fsx.describe_volumes()["Volumes"] if "root" not in one["Name"]]
    return {
        "roles": [one["RoleName"] for one in iam.list_roles()["Roles"]],
        "profiles": [
            one["InstanceProfileName"] for one in iam.list_instance_profiles()["InstanceProfiles"]
        ],
        "keys": keys,
        "aliases": [name for name in aliases if not name.startswith("alias/aws/")],
        "file systems": [one["FileSystemId"] for one in fsx.describe_file_systems()["FileSystems"]],
        "virtual machines": [
            one["StorageVirtualMachineId"]
            for one in fsx.describe_storage_virtual_machines()["StorageVirtualMachines"]
        ],
        "volumes": [one["VolumeId"] for one in volumes],
    }


def test_killed_after_each_call_that_makes_something(stack: Rehearsed) -> None:
    for service, operation in POINTS:
        stack.emulator.set_fault("answer_held", service=service, operation=operation, seconds=20)
    every = {operation for _, operation in POINTS}
    kills = 0
    while struck(stack) != every:
        kills += 1
        print(f"kill {kills}: {', '.join(kill_at_the_next_point(stack))}")


def test_the_next_up_ends_where_an_undisturbed_run_ends(stack: Rehearsed) -> None:
    shown = stack.up().output
    outputs = stack.workspace.outputs()
    assert outputs["clusterState"] == "ACTIVE", shown
    assert list(outputs["mountCommands"]) == ["data"]


def test_there_is_one_of_everything(stack: Rehearsed) -> None:
    held = [one for one in stack_resources(stack.workspace) if one.get("id")]
    ids = {str(one["id"]) for one in held if str(one["id"]).partition("-")[0] in LISTS}
    at_aws = owned(stack)
    assert set(at_aws) == ids
    names = list(at_aws.values())
    assert sorted(names) == sorted(set(names))
    counts = {kind: len(found) for kind, found in others(stack).items()}
    assert counts == dict.fromkeys(counts, 1)
    assert len(stack.cluster()["Hsms"]) == 2
    assert stack.calls("CreateCluster") == 1
    assert stack.calls("CreateHsm") == 2
    assert stack.calls("InitializeCluster") == 1


def test_half_made_things_are_complete(stack: Rehearsed) -> None:
    ec2 = stack.emulator.client("ec2", region=REGION)
    ours: dict[str, list[str]] = {}
    for identifier in owned(stack):
        ours.setdefault(identifier.split("-", maxsplit=1)[0], []).append(identifier)
    (vpc,) = ours["vpc"]
    names = ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
    assert names["EnableDnsHostnames"]["Value"] is True
    (gateway,) = ec2.describe_internet_gateways(InternetGatewayIds=ours["igw"])["InternetGateways"]
    assert [one["VpcId"] for one in gateway["Attachments"]] == [vpc]
    for table in ec2.describe_route_tables(RouteTableIds=ours["rtb"])["RouteTables"]:
        routes = [one["DestinationCidrBlock"] for one in table["Routes"]]
        assert "0.0.0.0/0" in routes
    (profile,) = stack.emulator.client("iam").list_instance_profiles()["InstanceProfiles"]
    assert len(profile["Roles"]) == 1


def test_a_second_up_changes_nothing(stack: Rehearsed) -> None:
    stack.workspace.pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
    stack.up("--expect-no-changes")


def test_a_destroy_leaves_only_what_aws_keeps(stack: Rehearsed) -> None:
    stack.workspace.pulumi("destroy", "--yes", "--skip-preview")
    left: dict[str, Any] = {kind: found for kind, found in others(stack).items() if found}
    assert left == {}, json.dumps(left)
    assert owned(stack) == {}
    kept = {kind for kind, ids in stack.emulator.resources().items() if ids}
    # The store goes with its key, which is pending deletion; the rest outlives every cluster.
    assert kept == {"key_stores", "backups", "log_groups"}
