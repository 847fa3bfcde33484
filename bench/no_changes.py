"""`up` and `refresh` without changes, against as many plain resources.

One plain program has resources of the aws provider alone. The other one has two of those plugins
that this package needs besides, which the engine has to start: tls and the dynamic providers' host.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.plain_program import write_plain_program
from bench.rows import Row
from bench.workspaces import UP, Cost, measured, new_workspace
from rehearsal.engine.demo import FSXADMIN, WHOLE
from rehearsal.engine.layout import Layout
from rehearsal.engine.pictures import draw_run
from rehearsal.engine.session import Session, rehearsal_session
from rehearsal.engine.timings.events import DEBUG_FLAGS, EventFollower
from rehearsal.engine.workspace import Workspace, stack_resources

REPETITIONS = 3
SPEED = 240.0
REFRESH = ("refresh", "--yes", "--skip-preview")
CHAINS: dict[str, dict[str, Any]] = {"initialized cluster": {}, "whole chain": WHOLE}


def rows(layout: Layout, folder: Path) -> list[Row]:
    """Seconds of the two commands, for the shortest and the longest chain.

    The first `up` of the longest chain is drawn into `steps.svg` in the folder.
    """
    found: list[Row] = []
    for number, (chain, config) in enumerate(CHAINS.items()):
        stacks = folder / f"no-changes-{number}"
        with rehearsal_session(layout, stacks / "ours", speed=SPEED, config=config) as session:
            session.emulator.client("secretsmanager").create_secret(
                Name=FSXADMIN, SecretString="Benchmark" + secrets.token_hex(8)
            )
            drawn = _first_up(session, stacks)
            (folder / "steps.svg").write_text(drawn)
            found += _rows_of(chain, session, stacks)
    return found


def _first_up(session: Session, folder: Path) -> str:
    with EventFollower(folder / "events.jsonl") as events:
        session.workspace.pulumi(*UP, *events.arguments, env=DEBUG_FLAGS)
    return draw_run(events.timed, session.emulator.log(), folder, SPEED)


def _rows_of(chain: str, session: Session, folder: Path) -> list[Row]:
    number = sum(
        not one["type"].startswith("pulumi:") for one in stack_resources(session.workspace)
    )
    stacks = {f"{chain}, {number} resources": session.workspace}
    for name, of_each in (("of one plugin", False), ("of the same plugins", True)):
        program = write_plain_program(
            folder / f"program {name}", number, session.region, of_each_plugin=of_each
        )
        plain = new_workspace(
            session.workspace.layout, program, folder / f"plain {name}", session.emulator
        )
        plain.pulumi(*UP)
        stacks[f"{number} plain resources {name}"] = plain
    found: list[Row] = []
    for what, command in (("up", UP), ("refresh", REFRESH)):
        costs = _alternately(session, stacks, command)
        ours, theirs, same = (
            _row(f"{what} without changes", name, taken) for name, taken in costs.items()
        )
        found += [theirs.compared(theirs), same.compared(theirs), ours.compared(theirs)]
        found.append(replace(ours, what=f"{ours.what}, once more").compared(same))
    return found


def _alternately(
    session: Session, stacks: dict[str, Workspace], command: tuple[str, ...]
) -> dict[str, list[Cost]]:
    costs: dict[str, list[Cost]] = {name: [] for name in stacks}
    for _ in range(REPETITIONS):
        for name, workspace in stacks.items():
            costs[name].append(
                measured(workspace, session.emulator, *command, "--expect-no-changes")
            )
    return costs


def _row(group: str, what: str, costs: list[Cost]) -> Row:
    last = costs[-1]
    return Row(
        group,
        what,
        "s",
        [one.seconds for one in costs],
        detail=f"{last.calls} calls to AWS, {last.megabytes:.0f} MB",
    )
