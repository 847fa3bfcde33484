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
OWN, OTHER = "123456789012", "222222222222"
SPEED = 300.0


@pytest.fixture(scope="module")
def stack(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    """Two deployments named `keys`, under a Vault in another account, and under a Safe."""
    with running_emulator(speed=SPEED, region=DEFAULT, run_commands=True) as emulator:
        role = emulator.make_role(OTHER, "deploys", external_id="agreed")
        roots = {kind: asdict(root) for kind, root in emulator.roots.items()}
        workspace = Workspace.create(
            layout,
            PROGRAM,
            tmp_path_factory.mktemp("importing"),
            variables={"ROOTS": json.dumps(roots), "ROLE": role},
        )
        workspace.point_at_emulator(emulator.endpoint, DEFAULT, emulator.access_key)
        made = Rehearsed(workspace, emulator)
        made.up()
        yield made


def cluster(stack: Rehearsed, region: str) -> dict[str, Any]:
    """The one cluster of a Region: the explicit provider's is in the other account."""
    role = stack.workspace.variables["ROLE"] if region == EXPLICIT else None
    client = stack.emulator.client(
        "cloudhsmv2", region=region, role=role, external_id="agreed" if role else None
    )
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


def test_the_explicit_providers_account_and_region_serve_every_call_of_its_deployment(
    stack: Rehearsed,
) -> None:
    accesses = [
        (one["urn"], one["inputs"]["access"])
        for one in stack_resources(stack.workspace)
        if "access" in one.get("inputs", {})
    ]
    places = {
        ("Vault" if "author:index:Vault" in urn else "Safe", one["region"], one["account_id"])
        for urn, one in accesses
    }
    assert places == {("Vault", EXPLICIT, OTHER), ("Safe", DEFAULT, OWN)}
    calls = {
        (one["region"], one["account"])
        for one in stack.emulator.log()
        if one["service"] in ("cloudhsmv2", "ec2", "logs") and one["operation"] != "transition"
    }
    assert calls == {(EXPLICIT, OTHER), (DEFAULT, OWN)}


def test_a_refresh_finds_both_and_another_access_than_the_providers_is_told_in_the_preview(
    stack: Rehearsed,
) -> None:
    stack.workspace.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    before = stack.changing_calls()
    stack.workspace.pulumi("config", "set", "withoutAccess", "true")
    refused = stack.workspace.pulumi("preview", check=False)
    stack.workspace.pulumi("config", "rm", "withoutAccess")
    assert refused.returncode != 0
    (line,) = {
        one for one in refused.output.splitlines() if one.startswith("    error: aws_access")
    }
    assert f"aws_access is 'account {OWN} " in line
    assert f"the component's aws provider acts in account {OTHER}: give aws_access" in line
    assert stack.changing_calls() == before


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
