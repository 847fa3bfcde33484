"""SSM Run Command: what really runs, where, and for whom."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.emulator.process import RunningEmulator, running_emulator
from tests.rehearsal.emulator.conftest import until
from tests.support.forks import emulator_of_the_run

AGENT = {"Effect": "Allow", "Action": "ssm:UpdateInstanceInformation", "Resource": "*"}


@pytest.fixture(scope="module")
def aws() -> Iterator[RunningEmulator]:
    """An emulator that was started to run commands."""
    with running_emulator(start=emulator_of_the_run(), speed=20000, run_commands=True) as emulator:
        yield emulator


def instance(aws: RunningEmulator, name: str, *, way_out: bool = True, policy: Any = AGENT) -> str:
    """A running instance with a role, in a subnet with or without a way out."""
    ec2, iam = aws.client("ec2"), aws.client("iam")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    if way_out:
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=document)
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    made = ec2.run_instances(
        ImageId="ami-12c6146b",
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet,
        IamInstanceProfile={"Name": name},
    )
    return made["Instances"][0]["InstanceId"]


def ping(aws: RunningEmulator, instance_id: str) -> str | None:
    filters = [{"Key": "InstanceIds", "Values": [instance_id]}]
    found = aws.client("ssm").describe_instance_information(Filters=filters)
    listed = found["InstanceInformationList"]
    return listed[0]["PingStatus"] if listed else None


def send(aws: RunningEmulator, instance_id: str, script: str, seconds: int = 60) -> str:
    answer = aws.client("ssm").send_command(
        InstanceIds=[instance_id],
        DocumentName="AWS-RunShellScript",
        TimeoutSeconds=30,
        Parameters={"commands": [script], "executionTimeout": [str(seconds)]},
    )
    return answer["Command"]["CommandId"]


def ended(aws: RunningEmulator, command_id: str, instance_id: str) -> dict[str, Any]:
    ssm, end = aws.client("ssm"), time.monotonic() + 20
    while time.monotonic() < end:
        found = ssm.get_command_invocation(CommandId=command_id, InstanceId=instance_id)
        if found["Status"] not in ("Pending", "InProgress"):
            return found
        time.sleep(0.02)
    raise AssertionError("it never ended")


def test_a_script_really_runs_in_a_folder_of_its_own(aws: RunningEmulator) -> None:
    host = instance(aws, "runs")
    until(lambda: ping(aws, host) == "Online")
    done = ended(aws, send(aws, host, "pwd; echo here > file; cat file; env | grep AWS_"), host)
    folder, here = done["StandardOutputContent"].split()
    assert "rehearsed-host-" in folder
    assert here == "here", "and no credentials of this machine"
    assert done["Status"] == "Failed", "grep has found nothing"
    again = ended(aws, send(aws, host, "cat file"), host)
    assert (again["Status"], again["StandardOutputContent"]) == ("Success", "here\n")


def test_only_the_access_key_that_it_was_started_with_may_run_anything(
    aws: RunningEmulator, emulator: RunningEmulator
) -> None:
    host = instance(aws, "guarded")
    until(lambda: ping(aws, host) == "Online")
    stranger = replace(aws, access_key="rehearsal")
    with pytest.raises(ClientError, match="AccessDenied"):
        send(stranger, host, "true")
    other = instance(emulator, "elsewhere")
    until(lambda: ping(emulator, other) == "Online")
    with pytest.raises(ClientError, match="only when it is started for that"):
        send(emulator, other, "true")


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("walled", {"way_out": False}),
        ("mute", {"policy": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}),
    ],
)
def test_an_instance_without_a_way_out_or_the_right_is_never_online(
    aws: RunningEmulator, name: str, given: dict[str, Any]
) -> None:
    host = instance(aws, name, **given)
    time.sleep(0.1)
    assert ping(aws, host) is None
    with pytest.raises(ClientError, match="InvalidInstanceId"):
        send(aws, host, "true")


def test_a_script_that_takes_too_long_is_ended(aws: RunningEmulator) -> None:
    host = instance(aws, "slow")
    until(lambda: ping(aws, host) == "Online")
    done = ended(aws, send(aws, host, "sleep 60", seconds=1), host)
    assert (done["Status"], done["StatusDetails"]) == ("TimedOut", "ExecutionTimedOut")


@pytest.mark.parametrize(
    ("kind", "details"),
    [("ssm_agent_lost", "DeliveryTimedOut"), ("ssm_command_times_out", "ExecutionTimedOut")],
)
def test_faults_end_a_command_as_systems_manager_does(
    aws: RunningEmulator, kind: str, details: str
) -> None:
    host = instance(aws, kind)
    until(lambda: ping(aws, host) == "Online")
    aws.set_fault(kind)
    done = ended(aws, send(aws, host, "echo never"), host)
    assert (done["StatusDetails"], done["StandardOutputContent"]) == (details, "")
