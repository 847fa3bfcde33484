"""The shell loop that people copy, run for real beside ours against emulators of equal speed.

The AWS CLI comes from PyPI into a virtual environment of its own. Nothing is scaled on either side:
the loop sleeps its 15 s, and the package's waiter makes its own pauses. At these speeds a cluster
takes 9 to 14 s, its first HSM 30 to 46 s and its initialization 10 to 16 s.

On our side the aws provider waits for the cluster and the HSM. Its stand-in looks every 0.2 s, the
published one every 30 s and 10 s in turn. So only the initialization compares both ways fairly.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.rows import Row
from bench.workspaces import UP
from rehearsal.emulator.process import RunningEmulator, running_emulator
from rehearsal.engine.layout import Layout
from rehearsal.engine.session import rehearsal_session

SCRIPT = Path(__file__).with_name("shell_loop.sh")
AWS_CLI = "awscli>=1.40,<2"
SPEEDS = (13.0, 16.0, 20.0)
"""Seconds of AWS in one second, one for each repetition; all run at the same time.

The speed is also the seed of AWS's durations, so both ways meet the same."""
REGION, ZONE = "eu-central-1", "eu-central-1a"
OURS, LOOP = "this package", "shell loop with sleep 15"


@dataclass(frozen=True)
class Run:
    """One way to an initialized cluster.

    Attributes:
        seconds: all of it.
        initialized_late: from INITIALIZED at AWS to the look that saw it, in seconds.
        describes: calls of DescribeClusters.
    """

    seconds: float
    initialized_late: float
    describes: int


def rows(layout: Layout, folder: Path) -> list[Row]:
    """How late the initialization is noticed, and seconds and calls of the whole way."""
    aws_cli = _aws_cli(folder / "awscli")
    with ThreadPoolExecutor(2 * len(SPEEDS)) as threads:
        looping = [
            threads.submit(_loop, aws_cli, folder / f"loop-{speed:g}", speed) for speed in SPEEDS
        ]
        ours = [
            threads.submit(_ours, layout, folder / f"ours-{speed:g}", speed) for speed in SPEEDS
        ]
        runs = {LOOP: _ended(looping), OURS: _ended(ours)}
    late = {
        name: Row(
            "INITIALIZED at AWS, until it is noticed",
            name,
            "s",
            [one.initialized_late for one in found],
        )
        for name, found in runs.items()
    }
    whole = {
        name: Row(
            "From nothing to an initialized cluster",
            name,
            "s",
            [one.seconds for one in found],
            detail=f"{max(one.describes for one in found)} DescribeClusters at most",
        )
        for name, found in runs.items()
    }
    return [row.compared(group[LOOP]) for group in (late, whole) for row in group.values()]


def _ended(runs: list[Future[Run]]) -> list[Run]:
    return [one.result() for one in runs]


def _ours(layout: Layout, folder: Path, speed: float) -> Run:
    with rehearsal_session(layout, folder, speed=speed, seed=round(speed)) as session:
        started = time.monotonic()
        session.workspace.pulumi(*UP)
        return _run(session.emulator, time.monotonic() - started)


def _loop(aws_cli: Path, folder: Path, speed: float) -> Run:
    folder.mkdir(parents=True, exist_ok=True)
    with running_emulator(speed=speed, region=REGION, seed=round(speed)) as emulator:
        zone = [{"Name": "availability-zone", "Values": [ZONE]}]
        subnets = emulator.client("ec2").describe_subnets(Filters=zone)["Subnets"]
        started = time.monotonic()
        subprocess.run(
            ["sh", str(SCRIPT), str(aws_cli), subnets[0]["SubnetId"], ZONE, str(folder)],
            env={**os.environ, **emulator.environment()},
            check=True,
            capture_output=True,
        )
        return _run(emulator, time.monotonic() - started)


def _run(emulator: RunningEmulator, seconds: float) -> Run:
    log: list[dict[str, Any]] = emulator.log()
    reached = next(
        one["time"]
        for one in log
        if one["operation"] == "transition" and one["parameters"]["To"] == "INITIALIZED"
    )
    looks = [one["time"] for one in log if one["operation"] == "DescribeClusters"]
    noticed = min(look for look in looks if look >= reached)
    return Run(seconds, noticed - reached, len(looks))


def _aws_cli(folder: Path) -> Path:
    """The AWS CLI; installed when it is not there yet."""
    program = folder / "bin" / "aws"
    if not program.exists():
        uv = Path(sys.executable).with_name("uv")
        python = ["--python", sys.executable]
        subprocess.run([uv, "venv", "--quiet", "--clear", *python, folder], check=True)
        python = ["--python", folder / "bin" / "python"]
        subprocess.run([uv, "pip", "install", "--quiet", *python, AWS_CLI], check=True)
    return program.absolute()
