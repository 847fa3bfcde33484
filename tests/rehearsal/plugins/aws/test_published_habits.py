"""What the published aws plugin sends, reads, names and tells, besides making the resource."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from rehearsal.emulator.process import RunningEmulator
from tests.rehearsal.plugins.aws.test_client_host import TOKENS, Made, make
from tests.rehearsal.plugins.driver import Plugin, RefusedError, running_plugin

VPC = "aws:ec2/vpc:Vpc"
STAMPED = r"\d{18}[0-9a-f]{8}"


@pytest.fixture
def made(aws: Plugin) -> Made:
    return make(aws)


def operations(emulator: RunningEmulator, service: str) -> list[str]:
    return [entry["operation"] for entry in emulator.log() if entry["service"] == service]


def test_an_instance_starts_with_nothing_but_what_the_program_gives(
    emulator: RunningEmulator, made: Made
) -> None:
    (started,) = emulator.log("RunInstances")
    sent = {name for name in started["parameters"] if not name.startswith("TagSpecification")}
    disk, interface = "BlockDeviceMapping.1.", "NetworkInterface.1."
    wanted = {
        *(disk + name for name in ("DeviceName", "Ebs.Encrypted", "Ebs.DeleteOnTermination")),
        *(interface + name for name in ("DeviceIndex", "SubnetId", "SecurityGroupId.1")),
        interface + "AssociatePublicIpAddress",
        "IamInstanceProfile.Name",
        "ImageId",
        "InstanceType",
        "MaxCount",
        "MetadataOptions.HttpProtocolIpv6",
        "MetadataOptions.HttpTokens",
        "MinCount",
    }
    assert sent - {"ClientToken"} == wanted


def test_an_instance_is_shown_as_it_is_and_not_as_it_was_asked_for(made: Made) -> None:
    _, inputs, outputs = made["instance"]
    disk, metadata = outputs["rootBlockDevice"], outputs["metadataOptions"]
    assert inputs["rootBlockDevice"].items() <= disk.items()
    assert disk["volumeSize"] > 0
    assert disk["volumeId"].startswith("vol-")
    assert metadata["httpEndpoint"] == "enabled"
    assert outputs["creditSpecification"]["cpuCredits"]


def test_a_refresh_makes_no_inputs_of_what_the_provider_chose(aws: Plugin, made: Made) -> None:
    identifier, inputs, outputs = made["instance"]
    checked = aws.checked(TOKENS["instance"], inputs)
    refreshed = aws.read(TOKENS["instance"], identifier, outputs, checked)[2]
    assert refreshed == checked
    assert checked["rootBlockDevice"] == {
        **inputs["rootBlockDevice"],
        "deleteOnTermination": True,
        "__defaults": ["deleteOnTermination"],
    }


def test_what_is_read_and_done_besides_is_what_the_provider_does(
    aws: Plugin, emulator: RunningEmulator, made: Made
) -> None:
    for what, (identifier, _, outputs) in reversed(made.items()):
        state = aws.read(TOKENS[what], identifier, outputs)[1]
        aws.delete(TOKENS[what], identifier, state)
    reads = {
        "DescribeAddressesAttribute",
        "DescribeImages",
        "DescribeInstanceAttribute",
        "DescribeInstanceCreditSpecifications",
        "DescribeInstanceTypes",
        "DescribeInternetGateways",
        "DescribeNetworkAcls",
        "DescribeNetworkInterfaces",
        "DescribeTags",
        "DescribeVolumes",
    }
    changes = {"DisassociateAddress", "ModifyInstanceAttribute"}
    assert reads | changes <= set(operations(emulator, "ec2"))
    of_roles = {"ListAttachedRolePolicies", "ListInstanceProfilesForRole", "ListRolePolicies"}
    assert of_roles <= set(operations(emulator, "iam"))


def test_a_name_from_a_prefix_ends_in_a_time_stamp_and_a_number(aws: Plugin, made: Made) -> None:
    assert re.fullmatch(f"host-{STAMPED}", made["role"][0])
    assert re.fullmatch(f"host-{STAMPED}", made["profile"][0])
    group = {"vpcId": made["vpc"][0], "namePrefix": "hsm-", "description": "x"}
    names = [aws.create(TOKENS["group"], group)[1]["name"] for _ in range(2)]
    assert all(re.fullmatch(f"hsm-{STAMPED}", name) for name in names)
    assert names[0] != names[1]


def test_a_policy_comes_back_normalized_and_is_the_same_however_it_is_written(
    aws: Plugin, made: Made
) -> None:
    _, inputs, outputs = made["policy"]
    rights = json.loads(inputs["policy"])
    assert outputs["policy"] == json.dumps(rights, sort_keys=True, separators=(",", ":"))
    assert outputs["policy"] != inputs["policy"]
    written = {**inputs, "policy": json.dumps(rights, indent=4)}
    assert not aws.diff(TOKENS["policy"], outputs, written).diffs
    wider = {**inputs, "policy": json.dumps({**rights, "Statement": []})}
    assert list(aws.diff(TOKENS["policy"], outputs, wider).diffs) == ["policy"]
    role = aws.read(TOKENS["role"], made["role"][0], made["role"][2])[1]
    assert role["inlinePolicies"] == [{"name": "rights", "policy": outputs["policy"]}]


def test_what_a_lost_answer_left_detached_is_deleted(
    aws: Plugin, emulator: RunningEmulator, made: Made
) -> None:
    internet, profile, role = made["internet"][0], made["profile"][0], made["role"][0]
    iam = emulator.client("iam")
    emulator.client("ec2").detach_internet_gateway(InternetGatewayId=internet, VpcId=made["vpc"][0])
    iam.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=role)
    for what in ("instance", "internet", "profile"):
        identifier, _, outputs = made[what]
        aws.delete(TOKENS[what], identifier, outputs)
        assert aws.read(TOKENS[what], identifier, outputs)[0] == "", what


class Engine(engine_pb2_grpc.EngineServicer):
    """The engine's log, kept in a list."""

    def __init__(self) -> None:
        self.errors: list[tuple[str, str]] = []

    def Log(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        del context
        if request.severity == engine_pb2.ERROR:
            self.errors.append((request.urn, request.message))
        return empty_pb2.Empty()


@contextmanager
def running_engine() -> Iterator[tuple[Engine, str]]:
    engine, server = Engine(), grpc.server(ThreadPoolExecutor(2))
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield engine, f"127.0.0.1:{port}"
    finally:
        server.stop(None)


def test_an_error_of_aws_comes_twice_and_over_several_lines(emulator: RunningEmulator) -> None:
    with (
        running_engine() as (engine, address),
        running_plugin("aws", emulator.environment(), engine=address) as plugin,
    ):
        plugin.configure(region="us-east-1")
        emulator.set_fault("access_denied", service="ec2", operation="CreateVpc")
        with pytest.raises(RefusedError) as refused:
            plugin.create(VPC, {"cidrBlock": "10.0.0.0/16"})
        emulator.clear_faults()
    text = str(refused.value)
    assert text.startswith("creating EC2 VPC: operation error EC2: CreateVpc")
    assert "\n" not in text
    assert refused.value.told == f"1 error occurred:\n\t* {text}\n\n"
    ((urn, logged),) = engine.errors
    assert urn.endswith("::it")
    assert logged.startswith(f"sdk-v2/provider2.go:572: sdk.helper_schema: {text}: provider=aws@")
