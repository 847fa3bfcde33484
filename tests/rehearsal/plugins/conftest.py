"""Plugins as processes, and an emulated AWS for the aws one."""

from collections.abc import Iterator

import pytest

from rehearsal.emulator.process import RunningEmulator, running_emulator
from tests.rehearsal.plugins.driver import Plugin, running_plugin
from tests.support.forks import emulator_of_the_run

# Fast enough for tests, slow enough to see states on the way.
SPEED = 600.0
REGION = "us-east-1"


@pytest.fixture(scope="session")
def tls() -> Iterator[Plugin]:
    with running_plugin("tls") as plugin:
        plugin.configure()
        yield plugin


@pytest.fixture(scope="session")
def command() -> Iterator[Plugin]:
    with running_plugin("command") as plugin:
        plugin.configure()
        yield plugin


@pytest.fixture(scope="session")
def emulator_process() -> Iterator[RunningEmulator]:
    with running_emulator(speed=SPEED, start=emulator_of_the_run()) as emulator:
        emulator.client("ec2", retries=5).describe_vpcs()  # until it has loaded all it needs
        yield emulator


@pytest.fixture
def emulator(emulator_process: RunningEmulator) -> RunningEmulator:
    emulator_process.reset()
    return emulator_process


@pytest.fixture(scope="session")
def aws_process(emulator_process: RunningEmulator) -> Iterator[Plugin]:
    with running_plugin("aws", emulator_process.environment()) as plugin:
        plugin.configure(region=REGION)
        yield plugin


@pytest.fixture
def aws(aws_process: Plugin, emulator: RunningEmulator) -> Plugin:
    return aws_process


@pytest.fixture
def subnets(emulator: RunningEmulator) -> list[str]:
    """Two subnets in two zones."""
    ec2 = emulator.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"{REGION}{zone}"
        )["Subnet"]["SubnetId"]
        for i, zone in enumerate("ab")
    ]
