"""The component in a TypeScript program, with the SDK that Pulumi generates from the schema."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.emulator.process import running_emulator
from rehearsal.engine.layout import Layout
from tests.end_to_end.served_program import (
    PASSPHRASE,
    destroy_all,
    killed_at,
    shows_no_secret,
    up_to_a_key,
)
from tests.end_to_end.typescript_program import REGION, SPEED, in_typescript, mistakes_in_types
from tests.support.forks import emulator_of_the_run
from tests.support.published import has_trace

pytestmark = pytest.mark.engine


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
        killed_at(stack, ("InitializeCluster",))
        up_to_a_key(stack)
        refreshed = stack.workspace.pulumi(
            *("refresh", "--yes", "--skip-preview"),
            *("--clear-pending-creates", "--expect-no-changes"),
        )
        stack.up("--expect-no-changes")
        assert not has_trace(refreshed.output)
        shows_no_secret(stack)
        destroy_all(stack)
