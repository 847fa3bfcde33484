"""Where a drill runs: an AWS account, or a rehearsal of one on this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any, cast

import boto3
import yaml

PROJECT = Path(__file__).resolve().parents[2]
"""The program whose stacks are drilled."""
POLL_SECONDS = 5.0
RUN = token_hex(3)
"""Of this run: a key store whose key is pending deletion keeps its name for days."""


class DrillError(Exception):
    """A drill that cannot go on; one line."""


@dataclass(frozen=True)
class Stack:
    """A stack of this repository's program, driven by Pulumi's CLI.

    Attributes:
        site: where it is.
        name: of the stack.
        project: the folder in which the CLI runs.
    """

    site: Site
    name: str
    project: Path

    def pulumi(self, *arguments: str) -> str:
        """Runs a command of the CLI; what it printed is added to `NAME.log` of the drill's folder.

        Args:
            arguments: for example "up", "--yes".

        Returns:
            What it printed on standard output.

        Raises:
            DrillError: it failed; the log says why.
        """
        done = subprocess.run(
            [self.site.cli, *arguments],
            cwd=self.project,
            env=dict(self.site.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        log = self.site.folder / f"{self.name}.log"
        with log.open("a", encoding="utf-8") as file:
            file.write(f"$ pulumi {' '.join(arguments)}\n{done.stdout}{done.stderr}\n")
        if done.returncode != 0:
            raise DrillError(f"pulumi {' '.join(arguments)} failed: see {log}")
        return done.stdout

    def up(self, *options: str) -> str:
        """Runs `pulumi up`."""
        return self.pulumi("up", "--yes", "--skip-preview", *options)

    def destroy(self) -> None:
        """Runs `pulumi destroy`, and forgets the stack."""
        self.pulumi("destroy", "--yes", "--skip-preview")
        self.pulumi("stack", "rm", "--yes", self.name)

    def set(self, key: str, value: str) -> None:
        """Sets one key of the config, for example `restore.backupId`."""
        self.pulumi("config", "set", "--path", f"cloudhsm:{key}", value)

    def outputs(self) -> dict[str, Any]:
        """The outputs of the stack, those that are secret, too."""
        return json.loads(self.pulumi("stack", "output", "--json", "--show-secrets"))


@dataclass(frozen=True)
class Site:
    """What all stacks of a drill share.

    Attributes:
        folder: logs and projects go there.
        region: the Region that is lost, or has the cluster that is lost.
        environment: every variable of the commands.
        cli: Pulumi's CLI.
        config: what each stack needs here, by section of the namespace `cloudhsm`.
        speed: seconds of AWS in one second here; 1 at AWS.
    """

    folder: Path
    region: str
    environment: Mapping[str, str]
    cli: str = "pulumi"
    config: Mapping[str, Any] | None = None
    speed: float = 1.0

    def client(self, service: str, region: str | None = None) -> Any:  # noqa: ANN401 - boto3's
        """A client of boto3, with the credentials of the drill."""
        told, session = self.environment, cast("Any", boto3.Session())
        return session.client(
            service,
            region_name=region or self.region,
            endpoint_url=told.get("AWS_ENDPOINT_URL"),
            aws_access_key_id=told.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=told.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=told.get("AWS_SESSION_TOKEN"),
        )

    def stack(self, name: str, config: Mapping[str, Any], region: str | None = None) -> Stack:
        """Makes a stack of the program, in a folder of its own.

        Args:
            name: of the stack.
            config: sections of the namespace `cloudhsm`.
            region: where it is; the lost one when left out.
        """
        project = self.folder / name
        shutil.rmtree(project, ignore_errors=True)
        project.mkdir(parents=True)
        for part in ("__main__.py", "Pulumi.yaml", "requirements.txt", ".venv"):
            (project / part).symlink_to(PROJECT / part)
        settings = {"aws:region": region or self.region}
        sections = {**(self.config or {}), **config}
        settings |= {f"cloudhsm:{key}": value for key, value in sections.items()}
        stack_file = project / f"Pulumi.{name}.yaml"
        stack_file.write_text(yaml.safe_dump({"config": settings}), encoding="utf-8")
        stack = Stack(self, name, project)
        stack.pulumi("stack", "select", "--create", name)
        return stack

    def zones(self, region: str | None = None) -> list[str]:
        """Two Availability Zones with CloudHSM."""
        where = region or self.region
        name = f"com.amazonaws.{where}.cloudhsmv2"
        listed = self.client("ec2", where).describe_vpc_endpoint_services(ServiceNames=[name])
        zones = {zone for one in listed["ServiceDetails"] for zone in one["AvailabilityZones"]}
        if len(zones) < 2:
            raise DrillError(f"{where} has CloudHSM in {len(zones)} zones, and a drill needs two")
        return sorted(zones)[:2]

    def delete_records(self, cluster_id: str, region: str | None = None) -> None:
        """Deletes what a cluster leaves: its backups, copies of other ones aside, and its log."""
        api, logs = self.client("cloudhsmv2", region), self.client("logs", region)
        listed = api.describe_backups(Filters={"clusterIds": [cluster_id]})["Backups"]
        for backup in listed:
            if backup["BackupState"] == "READY" and not backup.get("SourceBackup"):
                api.delete_backup(BackupId=backup["BackupId"])
        prefix = f"/aws/cloudhsm/{cluster_id}"
        for group in logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]:
            logs.delete_log_group(logGroupName=group["logGroupName"])

    def clock(self) -> float:
        """A moment, in seconds of AWS's time."""
        return time.time() * self.speed

    def pause(self) -> None:
        """Waits before AWS is asked again."""
        time.sleep(POLL_SECONDS / self.speed)


def aws_site(folder: Path, region: str) -> Site:
    """The account of the shell's credentials, and its Pulumi backend."""
    return Site(folder, region, dict(os.environ))


@contextmanager
def rehearsed_site(folder: Path, region: str, speed: float) -> Generator[Site]:
    """An emulated account on this machine, which ends with the block.

    Args:
        folder: what was there of an earlier rehearsal is replaced.
        region: as at AWS.
        speed: seconds of AWS in one second here.
    """
    # Only a clone has it.
    from rehearsal.engine.layout import ensure_layout
    from rehearsal.engine.session import rehearsal_config, rehearsal_session

    with rehearsal_session(ensure_layout(), folder / "rehearsal", speed=speed, spread=0) as session:
        cli, variables = session.workspace.layout.pulumi, session.workspace.environment
        config = rehearsal_config(session.emulator, speed)
        yield Site(folder, region, variables, str(cli), config, speed)
