"""Rehearses a fleet: stacks in three Regions and two accounts, one of which fails at first.

`make fleet` runs eight of them against one emulator, up to the initialized cluster: up with a
fault, the fault's end, a resume, destroy.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rehearsal.emulator.core.place import ACCOUNT
from rehearsal.emulator.process import RunningEmulator, running_emulator
from rehearsal.engine.forking import with_fork_server
from rehearsal.engine.layout import PROJECT, Layout, ensure_layout
from rehearsal.engine.session import rehearsal_config
from rehearsal.engine.workspace import Workspace

REGIONS = ("eu-central-1", "eu-west-1", "us-east-1")
OTHER_ACCOUNT = "222222222222"
PLACES = [(account, region) for account in (ACCOUNT, OTHER_ACCOUNT) for region in REGIONS]
SPEED = 2000.0
COMMAND_SECONDS = 600.0
EXTERNAL_ID = "agreed"
KEPT_BY_AWS = ("backups", "log_groups")


@dataclass(frozen=True)
class Ran:
    """One command on the whole fleet.

    Attributes:
        status: its exit status.
        output: what it printed.
        seconds: wall time.
    """

    status: int
    output: str
    seconds: float


@dataclass
class RehearsedFleet:
    """A declared list of stacks, and the one emulator that they all use."""

    workspace: Workspace
    emulator: RunningEmulator
    file: Path
    names: list[str]
    victim: str
    """The stack that the fault strikes: the only one in its Region of its account."""
    place: tuple[str, str]
    """Account and Region of the victim."""

    def run(self, *arguments: str) -> Ran:
        """Run the fleet command, for example `run("up", "--resume")`."""
        command, *options = arguments
        begun = time.monotonic()
        done = subprocess.run(
            [
                str(self.workspace.layout.python),
                "-m",
                "pulumi_cloudhsm.fleet",
                command,
                str(self.file),
                *options,
            ],
            env=self.workspace.environment,
            cwd=self.workspace.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        return Ran(done.returncode, done.stdout + done.stderr, time.monotonic() - begun)

    def set_fault(self) -> None:
        """Let AWS refuse the victim's cluster until the fault is cleared."""
        account, region = self.place
        given = {"operation": "CreateCluster", "account": account, "region": region}
        self.emulator.set_fault("access_denied", **given)

    def standing(self, command: str) -> dict[str, dict[str, Any]]:
        """Where each stack stands, as the run's file has it."""
        return json.loads((self._folder(command) / "progress.json").read_text())

    def summary(self, command: str) -> str:
        """The summary page of a command."""
        return (self._folder(command) / "summary.md").read_text()

    def events(self, command: str, stack: str) -> str:
        """The engine's events of a stack."""
        return (self._folder(command) / stack / "events.jsonl").read_text()

    def remaining(self) -> dict[str, list[str]]:
        """What is left at AWS, without what AWS keeps by design."""
        left = self.emulator.resources()
        return {kind: ids for kind, ids in left.items() if ids and kind not in KEPT_BY_AWS}

    def _folder(self, command: str) -> Path:
        return self.file.parent / f".{self.file.stem}" / command


@contextmanager
def rehearsed_fleet(layout: Layout, folder: Path, count: int) -> Iterator[RehearsedFleet]:
    """A fleet of `count` stacks of the unchanged program, none of them made yet."""
    with running_emulator(speed=SPEED, region=REGIONS[0], spread=0) as emulator:
        role = emulator.make_role(OTHER_ACCOUNT, "deploys", external_id=EXTERNAL_ID)
        places = [PLACES[number % len(PLACES)] for number in range(count)]
        names = [f"hsm{number}" for number in range(count)]
        workspace = Workspace.create(layout, PROJECT, folder, stack=names[0])
        workspace.point_at_emulator(emulator.endpoint, REGIONS[0], emulator.access_key)
        listed = [_stack(*one, role) for one in zip(names, places, strict=True)]
        file = workspace.folder / "fleet.yaml"
        config = {f"cloudhsm:{key}": one for key, one in _config(emulator).items()}
        file.write_text(yaml.safe_dump({"project": "project", "stacks": listed, "config": config}))
        alone = min(count, len(PLACES)) - 1
        yield RehearsedFleet(workspace, emulator, file, names, names[alone], places[alone])


def _config(emulator: RunningEmulator) -> dict[str, Any]:
    subject = {"commonName": "Fleet CA", "organization": "Example Organization"}
    common = rehearsal_config(emulator, SPEED)
    return {**common, "trust": {"subject": subject, "keyBits": 2048}}


def _stack(name: str, place: tuple[str, str], role: str) -> dict[str, Any]:
    account, region = place
    zones = {"availabilityZones": [f"{region}a", f"{region}b"]}
    stack: dict[str, Any] = {
        "name": name,
        "region": region,
        "account": account,
        "config": {"cloudhsm:network": zones},
    }
    if account == OTHER_ACCOUNT:
        stack |= {"role": role, "externalId": EXTERNAL_ID}
    return stack


def main(arguments: list[str]) -> int:
    """Rehearse a fleet and print what it costs; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal.engine.fleet", description=__doc__)
    parser.add_argument("--stacks", type=int, default=8, help="how many (default 8)")
    count = parser.parse_args(arguments).stacks
    with (
        with_fork_server(ensure_layout()) as layout,
        tempfile.TemporaryDirectory(prefix="fleet-") as folder,
        rehearsed_fleet(layout, Path(folder), count) as fleet,
    ):
        fleet.set_fault()
        told = {"up, with a fault": fleet.run("up")}
        fleet.emulator.clear_faults()
        told["up --resume"] = fleet.run("up", "--resume")
        print(fleet.summary("up"))
        told["destroy"] = fleet.run("destroy")
        left = fleet.remaining()
    return _report(told, left)


def _report(told: Mapping[str, Ran], left: Mapping[str, list[str]]) -> int:
    for name, ran in told.items():
        print(f"{name}: exit status {ran.status}, {ran.seconds:.0f} s")
    print(f"left at AWS: {dict(left) or 'nothing but what AWS keeps'}")
    expected = [ran.status for ran in told.values()] == [1, 0, 0] and not left
    return 0 if expected else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
