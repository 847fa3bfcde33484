"""`kill -9` anywhere, then `pulumi up` again: one cluster, one HSM, one InitializeCluster."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from rehearsal.engine.layout import PROJECT, Layout
from rehearsal.engine.workspace import Workspace
from tests.end_to_end.rehearsed import Rehearsed, rehearsed
from tests.support.published import end_orphans, has_trace

pytestmark = pytest.mark.engine


def kill_when(stack: Rehearsed, reached: Callable[[Rehearsed], bool]) -> None:
    """Starts an `up` and kills the CLI with -9 as soon as AWS is where it should be."""
    with stack.workspace.popen("up", "--yes", "--skip-preview") as running:
        deadline = time.monotonic() + 90
        while not reached(stack):
            assert running.process.poll() is None, running.finish().output
            assert time.monotonic() < deadline, "AWS never got there"
            time.sleep(0.05)
        running.kill_cli()
        end_orphans(running)


def recover(stack: Rehearsed) -> str:
    stack.workspace.pulumi("cancel", "--yes")
    shown = stack.up().output
    outputs = stack.workspace.outputs()
    assert outputs["clusterState"] == "INITIALIZED"
    assert len(stack.emulator.resources()["clusters"]) == 1
    assert len(stack.cluster()["Hsms"]) == 1
    assert stack.calls("CreateCluster") == 1
    assert stack.calls("CreateHsm") == 1
    assert stack.calls("InitializeCluster") == 1
    stack.workspace.pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
    stack.up("--expect-no-changes")
    return shown


def destroy(stack: Rehearsed) -> None:
    stack.workspace.pulumi("destroy", "--yes", "--skip-preview")
    assert {kind: ids for kind, ids in stack.emulator.resources().items() if ids} == {}


def called(operation: str) -> Callable[[Rehearsed], bool]:
    """Whether AWS has carried an operation out; what it began is still under way then."""
    return lambda stack: stack.accepted(operation) > 0


def test_killed_while_the_cluster_is_made(layout: Layout, tmp_path: Path) -> None:
    with rehearsed(layout, tmp_path, speed=45) as stack:
        kill_when(stack, called("CreateCluster"))
        recover(stack)
        destroy(stack)


def test_killed_while_the_first_hsm_is_made(layout: Layout, tmp_path: Path) -> None:
    with rehearsed(layout, tmp_path) as stack:
        kill_when(stack, called("CreateHsm"))
        recover(stack)
        destroy(stack)


def test_killed_during_the_initialization(layout: Layout, tmp_path: Path) -> None:
    with rehearsed(layout, tmp_path, speed=60) as stack:
        kill_when(stack, called("InitializeCluster"))
        shown = recover(stack)
        assert "adopted" in shown or "INITIALIZED already" in shown
        destroy(stack)


def elsewhere(stack: Rehearsed, layout: Layout, folder: Path) -> Workspace:
    """The same stack in another backend, whose state holds nothing."""
    content = yaml.safe_load((stack.workspace.project / "Pulumi.dev.yaml").read_text())
    other = Workspace.create(layout, PROJECT, folder, config=content["config"])
    other.variables.update(stack.workspace.variables)
    return other


def assert_refused(other: Workspace, cluster: str) -> None:
    for command in (("preview",), ("up", "--yes", "--skip-preview")):
        finished = other.pulumi(*command, check=False)
        assert finished.returncode != 0
        told = [line for line in finished.output.splitlines() if cluster in line]
        assert told, finished.output
        for words in ("an id that its state does not hold", "restore the state", "stack rename"):
            assert words in told[0]
        assert not has_trace(finished.output)


def test_a_lost_state_does_not_make_a_second_cluster(layout: Layout, tmp_path: Path) -> None:
    with rehearsed(layout, tmp_path / "first") as stack:
        stack.up()
        other = elsewhere(stack, layout, tmp_path / "second")
        assert_refused(other, f"{stack.cluster()['ClusterId']} (INITIALIZED)")
        assert stack.calls("CreateCluster") == 1
        vpcs = stack.emulator.client("ec2").describe_vpcs()["Vpcs"]
        assert len([one for one in vpcs if not one["IsDefault"]]) == 1, "told before it makes one"


def test_an_unfinished_cluster_of_another_backend_is_neither_adopted_nor_replaced(
    layout: Layout, tmp_path: Path
) -> None:
    """Two people with local backends and the stack `dev`."""
    with rehearsed(layout, tmp_path / "first", speed=45) as stack:
        kill_when(stack, called("CreateCluster"))
        other = elsewhere(stack, layout, tmp_path / "second")
        assert_refused(other, stack.cluster()["ClusterId"])
        recover(stack)
        destroy(stack)


def test_killed_and_renamed_the_stack_adopts_its_own_cluster(
    layout: Layout, tmp_path: Path
) -> None:
    with rehearsed(layout, tmp_path) as stack:
        kill_when(stack, called("CreateCluster"))
        stack.workspace.pulumi("cancel", "--yes")
        stack.workspace.pulumi("stack", "rename", "prod")
        recover(stack)
        tags = {tag["Key"]: tag["Value"] for tag in stack.cluster()["TagList"]}
        assert tags["pulumi-cloudhsm"] == "organization/cloudhsm/dev/cloudhsm-cluster"


def test_no_secret_is_in_the_process_list(layout: Layout, tmp_path: Path) -> None:
    passphrase = "correct horse battery staple"
    # Command lines of forks are their template's: here each process has its own.
    with rehearsed(replace(layout, fork_server=None), tmp_path, speed=300) as stack:
        stack.workspace.pulumi("config", "set", "--secret", "cloudhsm:caKeyPassphrase", passphrase)
        seen: set[bytes] = set()
        with stack.workspace.popen("up", "--yes", "--skip-preview") as running:
            while running.process.poll() is None:
                for folder in Path("/proc").glob("[0-9]*"):
                    with contextlib.suppress(OSError):
                        # Other tests' processes run on this machine, too.
                        if bytes(tmp_path) in (folder / "environ").read_bytes():
                            seen.add((folder / "cmdline").read_bytes())
                time.sleep(0.02)
            assert running.finish().returncode == 0
    assert any(b"pulumi-resource-tls" in line or b"rehearsal.plugins" in line for line in seen)
    assert not [line for line in seen if passphrase.encode() in line or b"PRIVATE KEY" in line]
