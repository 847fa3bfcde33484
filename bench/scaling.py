"""From 2 HSMs to more and back, against from 2 to 3: time, calls and memory."""

from __future__ import annotations

from pathlib import Path

from bench.rows import Row
from bench.workspaces import UP, Cost, measured, set_hsms
from rehearsal.engine.layout import Layout
from rehearsal.engine.operator import operator_at
from rehearsal.engine.session import rehearsal_session

REPETITIONS = 2
FEW = 2
COUNTS = (3, 8, 28)
SPEED, INSTANT = 240.0, 3000.0
"""Speeds of the emulator: on the way to 2 HSMs, and after it, when an HSM takes 0.1 s."""
CONFIG = {"activation": {"mode": "manual"}, "hsms": {"count": FEW}}


def rows(layout: Layout, folder: Path) -> list[Row]:
    """Seconds for each number of HSMs, up and down."""
    up: dict[int, list[Cost]] = {count: [] for count in COUNTS}
    down: dict[int, list[Cost]] = {count: [] for count in COUNTS}
    with rehearsal_session(layout, folder / "scaling", speed=SPEED, config=CONFIG) as session:
        with operator_at(session.emulator):
            session.workspace.pulumi(*UP)
        session.emulator.configure(speed=INSTANT, hsms_per_region=max(COUNTS))
        for _ in range(REPETITIONS):
            for count in COUNTS:
                for wanted, costs in ((count, up), (FEW, down)):
                    set_hsms(session.workspace, wanted)
                    costs[count].append(measured(session.workspace, session.emulator, *UP))
    return [*_rows_of("up to more HSMs", up), *_rows_of("up to fewer HSMs", down)]


def _rows_of(group: str, costs: dict[int, list[Cost]]) -> list[Row]:
    found = {count: _row(group, count, taken) for count, taken in costs.items()}
    return [row.compared(found[COUNTS[0]]) for row in found.values()]


def _row(group: str, count: int, costs: list[Cost]) -> Row:
    last = costs[-1]
    detail = f"{last.describes} DescribeClusters of {last.calls} calls, {last.megabytes:.0f} MB"
    return Row(
        group, f"between {FEW} and {count}", "s", [one.seconds for one in costs], detail=detail
    )
