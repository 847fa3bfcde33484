"""An author's program on the real engine: what Pulumi lets it do with a component works here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from rehearsal.emulator.process import running_emulator
from rehearsal.engine.layout import Layout
from rehearsal.engine.workspace import Workspace, stack_resources
from tests.end_to_end.rehearsed import Rehearsed

pytestmark = pytest.mark.engine

PROGRAM = Path(__file__).with_name("programs") / "importing"
DEFAULT, EXPLICIT = "eu-central-1", "eu-west-1"
SPEED = 300.0


@pytest.fixture(scope="module")
def stack(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    """Two deployments named `keys`, under a Vault and under a Safe."""
    with running_emulator(speed=SPEED, region=DEFAULT, run_commands=True) as emulator:
        roots = {kind: asdict(root) for kind, root in emulator.roots.items()}
        workspace = Workspace.create(
            layout,
            PROGRAM,
            tmp_path_factory.mktemp("importing"),
            variables={"ROOTS": json.dumps(roots)},
        )
        workspace.point_at_emulator(emulator.endpoint, DEFAULT, emulator.access_key)
        made = Rehearsed(workspace, emulator)
        made.up()
        yield made


def cluster(stack: Rehearsed, region: str) -> dict[str, Any]:
    """The one cluster of a Region."""
    client = stack.emulator.client("cloudhsmv2", region=region)
    (found,) = client.describe_clusters()["Clusters"]
    return found


def tags(shown: dict[str, Any]) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in shown["TagList"]}


def test_two_deployments_of_one_name_live_under_parents_of_two_types(stack: Rehearsed) -> None:
    stack.up("--expect-no-changes")
    outputs = stack.workspace.outputs()
    for name, region in (("vault", EXPLICIT), ("safe", DEFAULT)):
        shown = cluster(stack, region)
        assert (shown["ClusterId"], shown["State"]) == (outputs[name], "INITIALIZED")
    chains = {
        one["urn"].split("::")[2]
        for one in stack_resources(stack.workspace)
        if one["urn"].endswith("::keys-cluster")
    }
    below = "cloudhsm:index:CloudHsmDeployment$cloudhsm:index:CloudHsmCluster"
    assert chains == {
        f"author:index:{kind}${below}$aws:cloudhsmv2/cluster:Cluster" for kind in ("Vault", "Safe")
    }


def test_the_two_have_ids_and_names_of_their_own_at_aws(stack: Rehearsed) -> None:
    vault, safe = tags(cluster(stack, EXPLICIT)), tags(cluster(stack, DEFAULT))
    assert vault["pulumi-cloudhsm-id"] != safe["pulumi-cloudhsm-id"]
    assert vault["pulumi-cloudhsm"].endswith("author:index:Vault/vault/keys-cluster")
    assert safe["pulumi-cloudhsm"].endswith("author:index:Safe/safe/keys-cluster")


def test_the_explicit_providers_region_serves_every_call_of_its_deployment(
    stack: Rehearsed,
) -> None:
    regions = {
        one["inputs"]["access"]["region"]
        for one in stack_resources(stack.workspace)
        if "author:index:Vault" in one["urn"] and "access" in one.get("inputs", {})
    }
    assert regions == {EXPLICIT}


def test_the_authors_transformation_tags_what_the_deployment_makes(stack: Rehearsed) -> None:
    shown = cluster(stack, DEFAULT)
    assert tags(shown)["owner"] == "payments"
    assert "owner" not in tags(cluster(stack, EXPLICIT))
    (vpc,) = stack.emulator.client("ec2").describe_vpcs(VpcIds=[shown["VpcId"]])["Vpcs"]
    assert {"Key": "owner", "Value": "payments"} in vpc["Tags"]


def test_a_deployment_renamed_under_an_alias_stays_what_it_is(stack: Rehearsed) -> None:
    before = cluster(stack, DEFAULT)
    stack.workspace.pulumi("config", "set", "renamed", "true")
    done = stack.up()
    assert not re.search(r"\d+ (created|deleted|replaced)", done.output), done.output
    after = cluster(stack, DEFAULT)
    assert after["ClusterId"] == before["ClusterId"]
    assert after["Hsms"] == before["Hsms"]
    assert tags(after)["pulumi-cloudhsm-id"] == tags(before)["pulumi-cloudhsm-id"]
    stack.up("--expect-no-changes")


def test_a_region_of_another_stack_that_is_not_the_providers_is_refused(stack: Rehearsed) -> None:
    changed = stack.changing_calls()
    stack.workspace.pulumi("config", "set", "region", "us-east-1")
    shown = stack.up(check=False).output
    assert "region is 'us-east-1': the component's aws provider is in" in shown
    assert stack.changing_calls() == changed


def test_a_destroy_takes_both_down(stack: Rehearsed) -> None:
    stack.workspace.pulumi("destroy", "--yes", "--skip-preview")
    assert {kind: ids for kind, ids in stack.emulator.resources().items() if ids} == {}
