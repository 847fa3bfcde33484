"""Stacks on the real engine for the benchmarks, and what a command of the CLI costs."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.emulator.process import RunningEmulator
from rehearsal.engine.layout import Layout
from rehearsal.engine.workspace import PulumiFailed, Running, Workspace

UP = ("up", "--yes", "--skip-preview")
LOOK_SECONDS = 0.1
COMMAND_SECONDS = 300.0
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Cost:
    """What a command took.

    Attributes:
        seconds: wall time, the emulator's share taken off.
        megabytes: most memory of the CLI, its plugins and the program together.
        describes: calls of DescribeClusters.
        calls: all calls to AWS.
    """

    seconds: float
    megabytes: float
    describes: int
    calls: int


def measured(workspace: Workspace, emulator: RunningEmulator, *arguments: str) -> Cost:
    """Runs a command of the CLI.

    The emulator works on the same cores. Its seconds of processor time, divided by the number of
    cores, are taken off, as AWS works elsewhere.

    Raises:
        PulumiFailed: the command failed.
    """
    before, work = _calls(emulator), _processor_seconds(emulator.process.pid)
    with workspace.popen(*arguments) as running, _memory_of(running) as memory:
        finished = running.finish(COMMAND_SECONDS)
    if finished.returncode != 0:
        raise PulumiFailed(finished, f"exit status {finished.returncode}")
    work = _processor_seconds(emulator.process.pid) - work
    after = _calls(emulator)
    return Cost(
        seconds=finished.seconds - work / (os.cpu_count() or 1),
        megabytes=max(memory) / 2**20,
        describes=after.count("DescribeClusters") - before.count("DescribeClusters"),
        calls=len(after) - len(before),
    )


def new_workspace(
    layout: Layout,
    program: Path,
    folder: Path,
    emulator: RunningEmulator,
    stack: str = "dev",
    config: Mapping[str, Any] | None = None,
) -> Workspace:
    """A workspace of a program, which asks the emulator."""
    workspace = Workspace.create(layout, program, folder, stack, config)
    workspace.point_at_emulator(emulator.endpoint, emulator.region, emulator.access_key)
    return workspace


def set_hsms(workspace: Workspace, count: int) -> None:
    """Sets how many HSMs the next `up` shall leave."""
    workspace.pulumi("config", "set", "--path", "cloudhsm:hsms.count", str(count))


def _calls(emulator: RunningEmulator) -> list[str]:
    return [entry["operation"] for entry in emulator.log() if entry["operation"] != "transition"]


def _processor_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def _memory_of(running: Running) -> Generator[list[int]]:
    """Bytes in memory of all processes of a command, looked at ten times a second."""
    found, over = [0], threading.Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            found.append(sum(_resident(process) for process in running.members()))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE
    except OSError:
        return 0  # it has just ended
