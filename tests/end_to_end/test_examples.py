"""Every example on the real engine, its program unchanged: up, nothing to change, destroy."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from rehearsal.emulator.process import RunningEmulator, running_emulator
from rehearsal.engine.layout import PROJECT, Layout
from rehearsal.engine.workspace import Workspace
from tests.end_to_end.rehearsed import Rehearsed
from tests.support.forks import emulator_of_the_run

pytestmark = pytest.mark.engine

EXAMPLES = PROJECT / "examples"
AROUND = Path(__file__).with_name("programs") / "example" / "__main__.py"
TESTED = {
    "minimal-cluster",
    "existing-vpc",
    "key-and-file-system",
    "key-consumer",
    "restore",
    # By the drill of a lost Region.
    "restore-elsewhere",
}
IN_OTHER_LANGUAGES = {"go", "typescript", "yaml"}
"""Each has a test of its own: `test_go` and so on."""
REGION = "eu-central-1"
SPEED = 300.0
SEEN: dict[str, Any] = {}


@contextmanager
def emulator_at(speed: float = SPEED) -> Iterator[RunningEmulator]:
    with running_emulator(
        start=emulator_of_the_run(), speed=speed, region=REGION, run_commands=True
    ) as emulator:
        yield emulator


def example(
    name: str,
    layout: Layout,
    folder: Path,
    emulator: RunningEmulator,
    config: Mapping[str, Any] | None = None,
    beside: Rehearsed | None = None,
) -> Rehearsed:
    """A stack of an example, in the backend of the stack `beside`, if there is one."""
    program = folder / "program"
    shutil.copytree(EXAMPLES / name, program)
    (program / "__main__.py").rename(program / "example.py")
    shutil.copy2(AROUND, program / "__main__.py")
    roots = {kind: asdict(root) for kind, root in emulator.roots.items()}
    variables = {"ROOTS": json.dumps(roots), "SPEED": str(SPEED)}
    if beside is not None:
        variables["PULUMI_BACKEND_URL"] = f"file://{beside.workspace.state}"
    workspace = Workspace.create(layout, program, folder, config=config, variables=variables)
    workspace.point_at_emulator(emulator.endpoint, REGION, emulator.access_key)
    return Rehearsed(workspace, emulator)


def up(stack: Rehearsed) -> dict[str, Any]:
    """Brings the stack up, shows that a second run changes nothing, and gives the outputs."""
    stack.up()
    stack.up("--expect-no-changes")
    return stack.workspace.outputs()


def destroy(stack: Rehearsed) -> None:
    stack.workspace.pulumi("destroy", "--yes", "--skip-preview")


def left(emulator: RunningEmulator) -> set[str]:
    return {kind for kind, ids in emulator.resources().items() if ids}


def test_every_example_is_tested_and_whole() -> None:
    found = {path.parent.name for path in EXAMPLES.glob("*/Pulumi.yaml")}
    assert found == TESTED | IN_OTHER_LANGUAGES
    for name in TESTED:
        files = {path.name for path in (EXAMPLES / name).iterdir()}
        assert {"__main__.py", "README.md", "requirements.txt"} <= files, name
        assert "pulumi-cloudhsm" in (EXAMPLES / name / "requirements.txt").read_text()
    for name in found:
        assert f"({name})" in (EXAMPLES / "README.md").read_text()


def test_a_minimal_cluster_is_initialized(layout: Layout, tmp_path: Path) -> None:
    with emulator_at() as emulator:
        stack = example("minimal-cluster", layout, tmp_path, emulator)
        outputs = up(stack)
        assert outputs["clusterState"] == stack.cluster()["State"] == "INITIALIZED"
        assert outputs["clusterId"] == stack.cluster()["ClusterId"]
        assert outputs["nextStep"]
        destroy(stack)
        assert left(emulator) == set()


def test_an_existing_vpc_is_used_under_the_explicit_provider(
    layout: Layout, tmp_path: Path
) -> None:
    """The provider's Region holds for every call, although the shell names another one."""
    region = "eu-west-1"
    with emulator_at() as emulator:
        ec2 = emulator.client("ec2", region=region)
        vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(
                VpcId=vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=f"{region}{zone}"
            )["Subnet"]["SubnetId"]
            for number, zone in enumerate("ab")
        ]
        stack = example("existing-vpc", layout, tmp_path, emulator, {"subnetIds": subnets})
        outputs = up(stack)
        (cluster,) = emulator.client("cloudhsmv2", region=region).describe_clusters()["Clusters"]
        assert (cluster["ClusterId"], cluster["State"]) == (outputs["clusterId"], "INITIALIZED")
        assert set(cluster["SubnetMapping"].values()) == set(subnets)
        assert emulator.client("cloudhsmv2").describe_clusters()["Clusters"] == []
        destroy(stack)
        assert left(emulator) == {"vpcs", "subnets"}


@pytest.fixture(scope="module")
def chain(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    with emulator_at() as emulator:
        yield example("key-and-file-system", layout, tmp_path_factory.mktemp("chain"), emulator)


def test_the_chain_goes_from_trust_by_kms_to_files_under_a_key_in_the_hsms(
    chain: Rehearsed,
) -> None:
    SEEN.update(up(chain))
    key = chain.emulator.client("kms").describe_key(KeyId=SEEN["keyArn"])["KeyMetadata"]
    assert key["Origin"] == "AWS_CLOUDHSM"
    (system,) = chain.emulator.client("fsx").describe_file_systems()["FileSystems"]
    assert system["KmsKeyId"] == SEEN["keyArn"]
    assert SEEN["mountCommands"]["data"].startswith("sudo mount -t nfs")


def test_another_stack_takes_the_key_through_a_stack_reference(
    chain: Rehearsed, layout: Layout, tmp_path: Path
) -> None:
    config = {"vault": "organization/cloudhsm-key-and-file-system/dev"}
    consumer = example("key-consumer", layout, tmp_path, chain.emulator, config, beside=chain)
    outputs = up(consumer)
    systems = chain.emulator.client("fsx").describe_file_systems()["FileSystems"]
    (system,) = [one for one in systems if one["FileSystemId"] == outputs["fileSystemId"]]
    assert system["KmsKeyId"] == SEEN["keyArn"]
    assert system["SubnetIds"] == SEEN["subnetIds"][:1]
    destroy(consumer)


def test_the_lost_cluster_comes_back_from_its_backup(
    chain: Rehearsed, layout: Layout, tmp_path: Path
) -> None:
    lost = chain.cluster()["ClusterId"]
    show = ("stack", "output", "caCertificate", "--show-secrets")
    anchor = chain.workspace.pulumi(*show).stdout
    hsms = chain.emulator.client("cloudhsmv2")
    (backup, *_) = [one["BackupId"] for one in hsms.describe_backups()["Backups"]]
    destroy(chain)
    backups = hsms.describe_backups()["Backups"]
    assert backup in [one["BackupId"] for one in backups if one["BackupState"] == "READY"]
    restored = example("restore", layout, tmp_path, chain.emulator, {"backupId": backup})
    (restored.workspace.project / "customerCA.crt").write_text(anchor)
    outputs = up(restored)
    assert outputs["clusterState"] == restored.cluster()["State"] == "ACTIVE"
    assert outputs["clusterId"] != lost
    destroy(restored)
    assert left(chain.emulator) == {"backups", "key_stores", "log_groups"}, "what AWS keeps"
