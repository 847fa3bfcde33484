"""What a program in another language goes through: kills, a key in the HSMs, no change, the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from rehearsal.engine.workspace import Running
from tests.end_to_end.rehearsed import PRIVATE_KEY, Rehearsed
from tests.end_to_end.test_crashes import called
from tests.support.published import has_trace, own_plugins

PASSPHRASE = "correct horse battery staple"
"""Of the CA's key file: it has to be encrypted in the state."""


def killed_at(stack: Rehearsed, calls: Sequence[str]) -> None:
    """Kills the CLI with -9 at each of these calls; the stack can go on afterwards.

    The plugin has to end by itself. Pulumi's own hosts live on for minutes; they call no AWS.
    """
    for call in calls:
        _kill_when(stack, called(call))
        stack.workspace.pulumi("cancel", "--yes")


def up_to_a_key(stack: Rehearsed) -> str:
    """Goes on to a key in the HSMs, with one cluster that was initialized once; what it printed."""
    shown = stack.up().output
    outputs = stack.workspace.outputs()
    assert outputs["clusterState"] == stack.cluster()["State"] == "ACTIVE"
    key = stack.emulator.client("kms").describe_key(KeyId=outputs["keyArn"])["KeyMetadata"]
    assert key["Origin"] == "AWS_CLOUDHSM"
    assert [stack.calls(one) for one in ("CreateCluster", "InitializeCluster")] == [1, 1]
    assert "keyArn" in outputs["nextStep"], "names are those of the user's language"
    assert not has_trace(shown)
    return shown


def shows_no_secret(stack: Rehearsed) -> None:
    """Nothing secret stands in the state in clear."""
    state = stack.export()
    assert PASSPHRASE not in state
    assert not PRIVATE_KEY.search(state)


def destroy(stack: Rehearsed) -> None:
    """Takes everything away."""
    stack.workspace.pulumi("destroy", "--yes", "--skip-preview")


def destroy_all(stack: Rehearsed) -> None:
    """Takes everything away; only what AWS keeps is left."""
    destroy(stack)
    left = {kind for kind, ids in stack.emulator.resources().items() if ids}
    assert left <= {"backups", "key_stores", "log_groups"}, "what AWS keeps"


def _kill_when(stack: Rehearsed, reached: Callable[[Rehearsed], bool]) -> None:
    with stack.workspace.popen("up", "--yes", "--skip-preview") as running:
        _wait_for(lambda: reached(stack), running, "AWS never got there", 90)
        assert own_plugins(running)
        running.kill_cli()
        _wait_for(lambda: not own_plugins(running), None, "it outlives", 30)


def _wait_for(
    reached: Callable[[], bool], running: Running | None, otherwise: str, seconds: float
) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        if running is not None:
            assert running.process.poll() is None, running.finish().output
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)
