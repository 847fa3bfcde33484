"""The README's commands and its example do what it says they do."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from rehearsal.engine.layout import PROJECT, Layout
from rehearsal.engine.session import rehearsal_config
from rehearsal.engine.workspace import Workspace
from tests.end_to_end.rehearsed import SPEED, rehearsed
from tests.support.pages import commands

REGION = "eu-central-1"

pytestmark = pytest.mark.engine

README = (PROJECT / "README.md").read_text(encoding="utf-8")


def test_the_make_targets_exist() -> None:
    for command in commands("Two commands"):
        done = subprocess.run(
            [*command, "--dry-run"], cwd=PROJECT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def quoted_end() -> list[str]:
    """The end of an `up` as the README shows it: patterns of lines, `…` for what differs."""
    (block,) = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    lines = [" +".join(map(re.escape, line.split())) for line in block.splitlines()]
    assert len(lines) > 5
    return [line.replace("…", ".*") for line in lines]


def test_the_commands_for_aws_bring_up_a_protected_stack(layout: Layout, tmp_path: Path) -> None:
    with rehearsed(layout, tmp_path) as stack:
        pulumi = stack.workspace.pulumi
        listed = commands("On AWS")
        first = listed.index(["pulumi", "up"])
        assert listed[first - 1] == ["pulumi", "preview"]
        for command in listed[: first - 1]:
            assert command[0] == "pulumi"
            pulumi(*command[1:])
        # A rehearsal's hardware chains to roots of its own; on AWS this config does not exist.
        file = stack.workspace.project / "Pulumi.prod.yaml"
        content = yaml.safe_load(file.read_text())
        needed = rehearsal_config(stack.emulator, SPEED)
        del needed["disposable"]
        del needed["identity"]["manufacturerRoots"]
        content["config"].update({f"cloudhsm:{key}": value for key, value in needed.items()})
        file.write_text(yaml.safe_dump(content))
        pulumi("preview")
        shown = pulumi("up", "--yes", "--skip-preview").output
        assert stack.workspace.outputs()["clusterState"] == "INITIALIZED"
        assert [line for line in quoted_end() if not re.search(line, shown)] == []
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
            "        trust=TrustArgs(",
            f"        identity=IdentityArgs(aws_roots=[PinnedRoot({roots['aws'].pem!r}, "
            f"{roots['aws'].sha256!r})]),\n        trust=TrustArgs(",
        ).replace("import NetworkArgs,", "import IdentityArgs, PinnedRoot, NetworkArgs,")
        assert "IdentityArgs(" in code
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
