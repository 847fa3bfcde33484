"""One rehearsal: an emulator, and a workspace of the program that uses it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rehearsal.emulator.core.durations import DEFAULT_SPREAD
from rehearsal.emulator.process import EmulatorError, RunningEmulator, running_emulator
from rehearsal.engine.core.errors import RehearsalError
from rehearsal.engine.forking import emulator_start
from rehearsal.engine.layout import PROJECT, Layout
from rehearsal.engine.workspace import Workspace, laid_over

DEFAULT_SPEED = 60.0
FALLBACK_REGION = "us-east-1"
# What the program is to expect, in seconds. The emulator draws its durations for itself.
SIGNING_EXPECTED_SECONDS = 5
HSM_EXPECTED_SECONDS = 600
INITIALIZATION_EXPECTED_SECONDS = 210
KEY_STORE_EXPECTED_SECONDS = 900
FILE_SYSTEM_EXPECTED_SECONDS = 1500
# The operator of a rehearsal acts at once; AWS then takes 80 s to show it.
ACTIVATION_EXPECTED_SECONDS = 90


@dataclass(frozen=True)
class Session:
    """Everything a rehearsal needs, ready for `workspace.pulumi("up", "--yes")`.

    Attributes:
        emulator: the AWS of this rehearsal.
        workspace: the unchanged program in a throw-away folder.
        region: the stack's AWS region.
        speed: seconds of AWS time per second.
    """

    emulator: RunningEmulator
    workspace: Workspace
    region: str
    speed: float


@contextmanager
def rehearsal_session(
    layout: Layout,
    folder: Path,
    *,
    program: Path = PROJECT,
    stack: str = "dev",
    speed: float = DEFAULT_SPEED,
    config: Mapping[str, Any] | None = None,
    seed: int | None = None,
    spread: float | None = None,
) -> Iterator[Session]:
    """Start an emulator and make a workspace in `folder`; the emulator ends with the block.

    Args:
        layout: the engine, see `ensure_layout`.
        folder: the workspace's folder; what was there of an earlier rehearsal is replaced, since
            its resources ended with its emulator.
        program: the folder with Pulumi.yaml.
        stack: the stack's name.
        speed: seconds of AWS time per second.
        config: further config; wins over the rehearsal's own.
        seed: of AWS's durations; None takes any.
        spread: how much they differ from the usual ones; None takes the default.

    Raises:
        RehearsalError: the emulator does not start, or the stack's file is no YAML.
        PulumiFailed: the CLI refuses the project or the stack.
    """
    region = _region(program, stack)
    with _emulator(layout, speed, region, seed, spread) as emulator:
        workspace = Workspace.create(
            layout,
            program,
            folder,
            stack=stack,
            config=laid_over(
                {**rehearsal_config(emulator, speed), "aws:region": region}, config or {}
            ),
        )
        workspace.point_at_emulator(emulator.endpoint, region, emulator.access_key)
        yield Session(emulator, workspace, region, speed)


@contextmanager
def _emulator(
    layout: Layout, speed: float, region: str, seed: int | None, spread: float | None
) -> Iterator[RunningEmulator]:
    try:
        with running_emulator(
            speed=speed,
            region=region,
            run_commands=True,
            seed=seed,
            spread=spread,
            start=emulator_start(layout),
        ) as emulator:
            yield emulator
    except EmulatorError as error:
        raise RehearsalError(" ".join(str(error).split())) from error


def add_time_options(parser: argparse.ArgumentParser, speed: float = DEFAULT_SPEED) -> None:
    """Add the options that say how AWS's time passes in a rehearsal.

    Args:
        parser: gets them.
        speed: the default of `--speed`.
    """
    parser.add_argument("--speed", type=float, default=speed, help="times as fast as AWS")
    parser.add_argument("--seed", type=int, help="of AWS's durations, to have the same again")
    parser.add_argument(
        "--spread",
        type=float,
        help=f"how much they differ from the usual ones (default {DEFAULT_SPREAD:g}; 0: not)",
    )


def told_durations(emulator: RunningEmulator) -> str:
    """How AWS's durations of this rehearsal are drawn, and how to have the same again."""
    if not emulator.spread:
        return "AWS takes its usual time for every step"
    return (
        f"AWS's durations are drawn with spread {emulator.spread:g} around the usual ones; "
        f"--seed {emulator.seed} gives the same again"
    )


def rehearsal_config(emulator: RunningEmulator, speed: float) -> dict[str, Any]:
    """Give the config that a rehearsal adds: the emulator's roots, and its timing."""
    roots = {
        name: [{"pem": root.pem, "sha256": root.sha256}] for name, root in emulator.roots.items()
    }
    expected = {
        "signing": SIGNING_EXPECTED_SECONDS,
        "hsm": HSM_EXPECTED_SECONDS,
        "initialization": INITIALIZATION_EXPECTED_SECONDS,
        "activation": ACTIVATION_EXPECTED_SECONDS,
        "keyStore": KEY_STORE_EXPECTED_SECONDS,
        "fileSystem": FILE_SYSTEM_EXPECTED_SECONDS,
    }
    return {
        "identity": {"awsRoots": roots["aws"], "manufacturerRoots": roots["manufacturer"]},
        "waits": {
            step: {"expectedSeconds": max(1, int(seconds / speed))}
            for step, seconds in expected.items()
        },
        "disposable": True,
    }


def _region(program: Path, stack: str) -> str:
    path = program / f"Pulumi.{stack}.yaml"
    if not path.exists():
        return FALLBACK_REGION
    try:
        content = yaml.safe_load(path.read_text()) or {}
    except yaml.YAMLError as error:
        line = " ".join(str(error).split())
        raise RehearsalError(f"{path.name} is no YAML: {line}") from error
    return str((content.get("config") or {}).get("aws:region") or FALLBACK_REGION)
