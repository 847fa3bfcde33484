"""Several stacks come up at the same time in one account, on this machine."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.rows import Row
from bench.workspaces import UP, new_workspace
from rehearsal.emulator.process import running_emulator
from rehearsal.engine.layout import PROJECT, Layout
from rehearsal.engine.session import rehearsal_config
from rehearsal.engine.workspace import Workspace

SIZES = (1, 4, 8)
SPEED = 60.0
REGION = "eu-central-1"
GROUP = "up of a fleet to initialized clusters, one account"


def rows(layout: Layout, folder: Path) -> list[Row]:
    """Seconds until the last stack of a fleet is up, against one stack."""
    found = [_row(layout, folder / f"fleet-{size}", size) for size in SIZES]
    return [row.compared(found[0]) for row in found]


def _up(stack: Workspace) -> None:
    stack.pulumi(*UP)


def _row(layout: Layout, folder: Path, size: int) -> Row:
    with running_emulator(speed=SPEED, region=REGION, spread=0) as emulator:
        emulator.configure(clusters_per_region=size, hsms_per_region=2 * size)
        config = {**rehearsal_config(emulator, SPEED), "aws:region": REGION}
        stacks = [
            new_workspace(
                layout,
                PROJECT,
                folder / f"{number}",
                emulator,
                config={**config, "clusterName": f"bench-{number}"},
            )
            for number in range(size)
        ]
        started = time.monotonic()
        with ThreadPoolExecutor(size) as threads:
            list(threads.map(_up, stacks))
        seconds = time.monotonic() - started
        describes = len(emulator.log("DescribeClusters"))
    detail = f"{describes / size:.0f} DescribeClusters for each stack"
    return Row(GROUP, f"{size} stack{'s' if size > 1 else ''}", "s", [seconds], detail=detail)
