"""A run of a part (`--target`) and a run that a person interrupts, on the real engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.engine.layout import Layout
from tests.end_to_end.rehearsed import Rehearsed, rehearsed
from tests.support.published import has_trace

pytestmark = pytest.mark.engine

CONFIG = {"hsms": {"count": 2}, "activation": {"mode": "ssm"}, "keyStore": {}}
BASE = ("**CloudHsmDeployment::cloudhsm", "**Stash**", "**index:Network**", "**CloudHsmCluster::*")


def up(stack: Rehearsed, *targets: str) -> tuple[int, list[str], str]:
    """Exit status, the lines of errors, and all that was shown."""
    arguments = [word for target in targets for word in ("--target", target)]
    done = stack.up(*arguments, check=False)
    lines = [line.strip() for line in done.output.splitlines()]
    return done.returncode, [one for one in lines if one.startswith("error:")], done.output


def test_a_part_is_made_or_refused_in_one_line_and_ctrl_c_tells_what_is_charged(
    layout: Layout, tmp_path: Path
) -> None:
    with rehearsed(layout, tmp_path, CONFIG) as stack:
        status, errors, _ = up(stack, *BASE, "**Cluster::cloudhsm-cluster")
        assert (status, errors) == (0, [])
        assert stack.cluster()["State"] == "UNINITIALIZED"
        status, errors, shown = up(stack, BASE[0], "**AdditionalHsms**")
        assert status != 0
        assert len(errors) == 1
        assert "not specified in --target list" in errors[0]
        assert not has_trace(shown)
        with stack.workspace.popen("up", "--yes", "--skip-preview") as running:
            while not stack.calls("CreateHsm"):
                assert running.process.poll() is None, "ended before the first HSM was asked for"
            running.interrupt()
            interrupted = running.finish()
        assert interrupted.returncode != 0
        end = interrupted.output.partition("Diagnostics:")[2]
        for part in ("(Ctrl-C)", "3.20 USD for 2 HSMs", "`pulumi up` goes on from there"):
            assert part in end
