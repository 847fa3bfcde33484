"""The component in a TypeScript program, with the SDK that Pulumi generates from the schema."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.emulator.process import running_emulator
from rehearsal.engine.layout import Layout
from tests.end_to_end.rehearsed import PRIVATE_KEY
from tests.end_to_end.test_crashes import called
from tests.end_to_end.test_yaml import destroy, killed_when
from tests.end_to_end.typescript_program import REGION, SPEED, in_typescript, mistakes_in_types
from tests.support.forks import emulator_of_the_run
from tests.support.published import has_trace

pytestmark = pytest.mark.engine

PASSPHRASE = "correct horse battery staple"


def test_the_example_goes_from_a_vpc_to_a_key_in_the_hsms_through_a_kill(
    layout: Layout, tmp_path: Path
) -> None:
    """Types checked, killed, gone on with, unchanged, without drift, no secret in clear, gone."""
    inputs = {"keyStore": {"abandonPendingKeys": True}}
    with running_emulator(
        start=emulator_of_the_run(), speed=SPEED, region=REGION, run_commands=True, spread=0
    ) as emulator:
        stack = in_typescript(layout, tmp_path, emulator, inputs)
        assert mistakes_in_types(stack.workspace.project) == ""
        stack.workspace.pulumi("config", "set", "--secret", "caKeyPassphrase", PASSPHRASE)
        killed_when(stack, called("InitializeCluster"))
        stack.workspace.pulumi("cancel", "--yes")
        shown = stack.up().output
        outputs = stack.workspace.outputs()
        assert outputs["clusterState"] == stack.cluster()["State"] == "ACTIVE"
        key = emulator.client("kms").describe_key(KeyId=outputs["keyArn"])["KeyMetadata"]
        assert key["Origin"] == "AWS_CLOUDHSM"
        assert [stack.calls(one) for one in ("CreateCluster", "InitializeCluster")] == [1, 1]
        assert "keyArn" in outputs["nextStep"], "names are those of the user's language"
        refreshed = stack.workspace.pulumi(
            *("refresh", "--yes", "--skip-preview"),
            *("--clear-pending-creates", "--expect-no-changes"),
        )
        stack.up("--expect-no-changes")
        assert not has_trace(shown + refreshed.output)
        state = stack.export()
        assert PASSPHRASE not in state
        assert not PRIVATE_KEY.search(state)
        destroy(stack)
        left = {kind for kind, ids in emulator.resources().items() if ids}
        assert left <= {"backups", "key_stores", "log_groups"}, "what AWS keeps"
