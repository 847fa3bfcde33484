"""The README's commands and its example do what it says they do."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from rehearsal.engine.layout import PROJECT, Layout
from rehearsal.engine.stage import rehearsal_config
from rehearsal.engine.workspace import Workspace
from tests.end_to_end.rehearsed import SPEED, rehearsed

REGION = "eu-central-1"

pytestmark = pytest.mark.engine

README = (PROJECT / "README.md").read_text(encoding="utf-8")


def commands(heading: str) -> list[list[str]]:
    """The indented commands under a heading of the README, up to the next one."""
    section = re.split(r"\n##+ ", README.split(f"# {heading}\n")[1])[0]
    return [shlex.split(line) for line in re.findall(r"^    (\S.*)$", section, re.MULTILINE)]


def test_the_make_targets_exist() -> None:
    for command in commands("Two commands"):
        done = subprocess.run(
            [*command, "--dry-run"], cwd=PROJECT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_the_commands_for_aws_bring_up_a_protected_stack(layout: Layout, tmp_path: Path) -> None:
    with rehearsed(layout, tmp_path) as stack:
        pulumi = stack.workspace.pulumi
        listed = commands("On AWS")
        assert listed[-1] == ["pulumi", "up"]
        for command in listed[:-2]:
            assert command[0] == "pulumi"
            pulumi(*command[1:])
        # A rehearsal's hardware chains to roots of its own; on AWS this config does not exist.
        file = stack.workspace.project / "Pulumi.prod.yaml"
        content = yaml.safe_load(file.read_text())
        needed = rehearsal_config(stack.emulator, SPEED)
        del needed["disposable"]
        content["config"].update({f"cloudhsm:{key}": value for key, value in needed.items()})
        file.write_text(yaml.safe_dump(content))
        pulumi("preview")
        pulumi("up", "--yes", "--skip-preview")
        assert stack.workspace.outputs()["clusterState"] == "INITIALIZED"
        refused = pulumi("destroy", "--yes", "--skip-preview", check=False)
        assert refused.returncode != 0
        assert "protect" in refused.output
        assert stack.calls("DeleteHsm") == 0
        pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")

        pulumi("config", "set", "cloudhsm:disposable", "true")
        pulumi("up", "--yes", "--skip-preview")
        pulumi("destroy", "--yes", "--skip-preview")
        assert {kind: ids for kind, ids in stack.emulator.resources().items() if ids} == {}


def test_the_example_brings_up_a_cluster_in_given_subnets(layout: Layout, tmp_path: Path) -> None:
    example = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert example
    with rehearsed(layout, tmp_path / "unused") as stack:
        ec2 = stack.emulator.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        code = example.group(1)
        for number, written in enumerate(re.findall(r"subnet-[0-9a-f]+", code)):
            subnet = ec2.create_subnet(
                VpcId=vpc,
                CidrBlock=f"10.9.{number}.0/24",
                AvailabilityZone=f"{REGION}{'ab'[number]}",
            )
            code = code.replace(written, subnet["Subnet"]["SubnetId"])
        roots = stack.emulator.roots
        # What the example leaves out only because AWS needs none of it.
        code = code.replace(
            "ca=IssuingCaArgs(",
            f"aws_roots=[PinnedRoot({roots['aws'].pem!r}, {roots['aws'].sha256!r})],\n"
            "        hsm_usual_seconds=5,\n        initialization_usual_seconds=2,\n"
            "        ca=IssuingCaArgs(",
        ).replace("import CloudHsmCluster,", "import PinnedRoot, CloudHsmCluster,")
        program = tmp_path / "program"
        program.mkdir()
        (program / "__main__.py").write_text(code)
        (program / "Pulumi.yaml").write_text(
            "name: other\nruntime:\n  name: python\n  options:\n"
            "    toolchain: pip\n    virtualenv: .venv\n"
        )
        workspace = Workspace.create(
            layout, program, tmp_path / "workspace", config={"aws:region": REGION}
        )
        workspace.point_at_emulator(stack.emulator.endpoint, REGION)
        shown = workspace.pulumi("up", "--yes", "--skip-preview").output
        assert stack.cluster()["State"] == "INITIALIZED"
        assert workspace.outputs()["securityGroupId"] == stack.cluster()["SecurityGroup"]
        assert "encrypted state" in shown, "a stack that is not disposable is told where the key is"


def test_the_package_installs_with_its_root_and_its_types(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(tmp_path)]
    subprocess.run([*build, str(PROJECT / "components")], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("pulumi_cloudhsm-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "pulumi_cloudhsm/roots/aws-cloudhsm-root-g1.pem" in names
    assert "pulumi_cloudhsm/py.typed" in names
    assert "pulumi_cloudhsm/providers/cluster_initialization.py" in names
    assert not [name for name in names if "rehearsal" in name or "tests" in name]
