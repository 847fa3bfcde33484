"""The component in a YAML program: the plugin serves what a Python program has as dynamic ones."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from rehearsal.emulator.process import running_emulator
from rehearsal.engine.layout import Layout
from rehearsal.engine.workspace import Workspace, stack_resources
from tests.end_to_end.rehearsed import rehearsed
from tests.end_to_end.served_program import (
    PASSPHRASE,
    destroy,
    destroy_all,
    killed_at,
    shows_no_secret,
    up_to_a_key,
)
from tests.end_to_end.yaml_program import REGION, SPEED, example, in_yaml, need_yaml_host
from tests.support.forks import emulator_of_the_run
from tests.support.published import has_trace

pytestmark = pytest.mark.engine


@pytest.fixture(autouse=True)
def _yaml_host(layout: Layout) -> None:
    need_yaml_host(layout)


def own_resources(workspace: Workspace) -> list[dict[str, Any]]:
    return [
        one
        for one in stack_resources(workspace)
        if one["custom"] and one["type"].startswith("cloudhsm:index:")
    ]


def test_the_example_goes_from_a_vpc_to_a_key_in_the_hsms_through_a_kill(
    layout: Layout, tmp_path: Path
) -> None:
    """Killed, gone on with, unchanged, without drift, nothing secret in clear, and gone."""
    inputs = {
        "files": {"caKeyPassphrase": {"fn::secret": PASSPHRASE}},
        "keyStore": {"abandonPendingKeys": True},
    }
    with running_emulator(
        start=emulator_of_the_run(), speed=SPEED, region=REGION, run_commands=True, spread=0
    ) as emulator:
        stack = in_yaml(example(), layout, tmp_path, emulator, inputs)
        # The first kill leaves a cluster that only its tag, the deployment's id, tells from others.
        killed_at(stack, ("CreateCluster", "InitializeCluster"))
        shown = up_to_a_key(stack)
        assert "client.host false" in stack.workspace.outputs()["nextStep"]
        assert re.search(r"ClusterActivation \(vault-activation-wait\):\n.*agent of", shown), shown
        stack.workspace.pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
        stack.up("--expect-no-changes")
        refreshed = stack.workspace.pulumi(
            "refresh", "--yes", "--skip-preview", "--expect-no-changes"
        )
        assert not has_trace(refreshed.output)
        shows_no_secret(stack)
        key_file = next(
            one for one in own_resources(stack.workspace) if one["type"].endswith("CaKeyFile")
        )
        for secret in ("passphrase", "private_key_pem"):
            assert "ciphertext" in key_file["inputs"][secret]
        assert not any("__provider" in one["inputs"] for one in own_resources(stack.workspace))
        destroy_all(stack)


def test_a_python_stack_moves_to_the_plugin_without_a_change_and_not_back(
    layout: Layout, tmp_path: Path
) -> None:
    with rehearsed(layout, tmp_path / "python", speed=SPEED) as python:
        python.up()
        config = json.loads(python.workspace.pulumi("config", "--json").stdout)
        sections = {
            key.removeprefix("cloudhsm:"): json.loads(one["value"])
            for key, one in config.items()
            if key.startswith("cloudhsm:") and one["value"].startswith("{")
        }
        component = {"type": "cloudhsm:CloudHsmDeployment", "properties": {"region": REGION}}
        program = {"name": "cloudhsm", "runtime": "yaml", "resources": {"cloudhsm": component}}
        backend = python.workspace.state
        moved = in_yaml(program, layout, tmp_path / "yaml", python.emulator, sections, backend)
        shown = moved.up("--diff").output
        assert re.search(r"\d+ unchanged", shown), shown
        assert not re.search(r"\d+ (creat|delet|replac|updat)ed", shown), shown
        moved.up("--expect-no-changes")
        assert python.calls("CreateCluster") == 1
        back = python.workspace.pulumi("preview", check=False)
        assert "a program in another language made cloudhsm" in back.output
        assert not has_trace(back.output)
        destroy(moved)


def test_twenty_components_at_once_do_not_wait_for_each_other(
    layout: Layout, tmp_path: Path
) -> None:
    """Each construction waits for checks that the same process answers."""
    components: dict[str, Any] = {}
    for number in range(20):
        components[f"vault{number}"] = {
            "type": "cloudhsm:CloudHsmDeployment",
            "properties": {
                "region": REGION,
                "network": {"availabilityZones": [f"{REGION}a"]},
                "trust": {"mode": "external"},
            },
            # As an SDK has it: the process that constructs serves the resources, too.
            "options": {"version": version("pulumi-cloudhsm")},
        }
    program = {"name": "many", "runtime": "yaml", "resources": components}
    with running_emulator(start=emulator_of_the_run(), speed=SPEED, region=REGION) as emulator:
        stack = in_yaml(program, layout, tmp_path, emulator, {})
        shown = stack.workspace.pulumi("preview").output
    assert shown.count("cloudhsm:index:CloudHsmDeployment vault") >= 20


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"network": {"vpcCidr": "10.0.0.0"}}, "network.vpcCidr is '10.0.0.0': give a /16 to /24"),
    (
        {"region": "us-east-1", "network": {"availabilityZones": ["us-east-1a", "us-east-1b"]}},
        f"region is 'us-east-1': the component's aws provider is in {REGION}",
    ),
]


@pytest.mark.parametrize(("inputs", "line"), WRONG)
def test_what_is_wrong_is_one_line_in_the_preview(
    inputs: dict[str, Any], line: str, layout: Layout, tmp_path: Path
) -> None:
    """Also where the aws provider acts elsewhere than the component's own calls."""
    with running_emulator(start=emulator_of_the_run(), speed=SPEED, region=REGION) as emulator:
        stack = in_yaml(example(), layout, tmp_path, emulator, inputs)
        done = stack.workspace.pulumi("preview", check=False)
    assert done.returncode != 0
    assert line in done.output
    assert not has_trace(done.output)
