"""Starts the emulator as a process of its own, talks to its control interface and ends it.

>>> with running_emulator(speed=600) as emulator:
...     hsm = emulator.client("cloudhsmv2")
...     emulator.set_fault("throttle", operation="DescribeClusters", count=3)
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from rehearsal.emulator import clients
from rehearsal.emulator.core.durations import DEFAULT_SPREAD

REPOSITORY = Path(__file__).resolve().parents[2]
SEED_VARIABLE, SPREAD_VARIABLE = "REHEARSAL_SEED", "REHEARSAL_SPREAD"
READY_WITHIN_SECONDS = 60.0
STOP_WITHIN_SECONDS = 5.0


class EmulatorError(RuntimeError):
    """The emulator did not start, or refused a control request; the text says why."""


@dataclass(frozen=True)
class Start:
    """How the process is started.

    Attributes:
        command: the emulator's own options follow it.
        environment: every variable that it gets.
    """

    command: Sequence[str]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Root:
    """A root certificate the emulator's hardware certificates chain to.

    ``pem`` is the certificate, ``sha256`` the fingerprint of its DER form (hex, lower case,
    without colons).
    """

    pem: str
    sha256: str


@dataclass(frozen=True)
class RunningEmulator:
    """A running emulator: where it listens, its roots, and its control interface."""

    endpoint: str
    control: str
    roots: Mapping[str, Root]
    region: str
    process: subprocess.Popen[str]
    seed: int
    """Of the durations: the same seed and spread give the same again."""

    spread: float
    """How much durations differ from the usual ones."""

    access_key: str = "rehearsal"
    """The key that may run commands on instances, where the emulator was started for that."""

    def environment(self) -> dict[str, str]:
        """Environment variables that point boto3, Pulumi and Terraform at the emulator."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": "rehearsal",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(
        self,
        service: str,
        *,
        region: str | None = None,
        retries: int = 1,
        role: str | None = None,
        external_id: str | None = None,
    ) -> Any:  # noqa: ANN401 - boto3 has no static types
        """A boto3 client for ``service`` ("cloudhsmv2", "ec2" …).

        ``retries`` is the total number of attempts; 1 shows every fault as it comes. With ``role``
        (ARN) it has the credentials of that role, assumed with ``external_id``.
        """
        keys = clients.assumed(self.client("sts"), role, external_id) if role else {}
        where = region or self.region
        return clients.make(service, self.endpoint, where, self.access_key, retries, keys)

    def make_role(self, account: str, name: str, **conditions: str) -> str:
        """Make a role that callers may assume, in any account; returns its ARN.

        Args:
            account: twelve digits.
            name: of the role.
            conditions: `trusts`, the account of the callers, and `external_id`.
        """
        return self._ask("POST", "/roles", {"account": account, "name": name, **conditions})["arn"]

    def log(self, operation: str | None = None) -> list[dict[str, Any]]:
        """Calls and state transitions so far, in order of time; only ``operation`` if given."""
        entries: list[dict[str, Any]] = self._ask("GET", "/log")
        return [e for e in entries if operation is None or e["operation"] == operation]

    def set_fault(self, kind: str, **parameters: object) -> str:
        """Set a fault and return its id. The README lists the kinds and their parameters."""
        return str(self._ask("POST", "/faults", {"kind": kind, **parameters})["id"])

    def clear_faults(self, fault_id: str | None = None) -> None:
        """Clear one fault, or all of them; what a never-ending state held back goes on."""
        self._ask("POST", "/faults", {"clear": fault_id or "all"})

    def faults(self) -> list[dict[str, Any]]:
        """The faults that are set, with how often each may still strike."""
        return self._ask("GET", "/faults")

    def make_kmsuser(self, cluster_id: str, password: str) -> list[str]:
        """Make `kmsuser` on the cluster's HSMs, as ``cloudhsm-cli user create`` would.

        Returns the ids of the HSMs it does not reach, because they were joining.
        """
        given = {"cluster_id": cluster_id, "password": password}
        return self._ask("POST", "/kmsuser", given)["missing_on"]

    def processes(self) -> list[dict[str, Any]]:
        """What a list of processes on the client hosts would have shown, in order of time."""
        return self._ask("GET", "/host/processes")

    def activate(self, cluster_id: str, *, lag_seconds: float = 0.0) -> None:
        """Make an INITIALIZED cluster ACTIVE, as ``cloudhsm-cli cluster activate`` would.

        ``lag_seconds`` is AWS time until the control plane shows it (about 80 s at AWS).
        """
        self._ask("POST", "/activate", {"cluster_id": cluster_id, "lag_seconds": lag_seconds})

    def configure(self, **settings: object) -> dict[str, Any]:
        """Change settings, which the README lists; returns all of them."""
        return self._ask("POST", "/settings", settings)

    def resources(self) -> dict[str, list[str]]:
        """Ids of what still exists, by kind; default VPCs and what belongs to them left out.

        AWS keeps `backups` and `log_groups` by design, whatever is deleted.
        """
        return self._ask("GET", "/resources")

    def reset(self) -> None:
        """Forget all resources, faults and log entries; the roots stay."""
        self._ask("POST", "/reset")

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - JSON
        request = urllib.request.Request(  # noqa: S310 - always our own http://127.0.0.1
            self.control + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            raise EmulatorError(refused.read().decode(errors="replace").strip()) from None


@contextmanager
def running_emulator(
    *,
    speed: float = 60.0,
    port: int = 0,
    region: str = "us-east-1",
    run_commands: bool = False,
    seed: int | None = None,
    spread: float | None = None,
    start: Start | None = None,
) -> Iterator[RunningEmulator]:
    """Start an emulator, wait until it is ready, and end it when the block is left.

    Args:
        speed: how many seconds of AWS pass in one second here.
        port: the TCP port on loopback; 0 takes a free one.
        region: the region of clients made by :meth:`RunningEmulator.client`.
        run_commands: really run what SSM is asked to run, for this emulator's access key only.
        seed: of the durations; None takes that of the environment, or any.
        spread: how much durations differ from the usual ones (standard deviation of the
            logarithm); None takes that of the environment, or the default.
        start: how; None starts an interpreter.

    Raises:
        EmulatorError: it ended or stayed silent instead of printing its ready line.
    """
    start = start or Start(
        [sys.executable, "-m", "rehearsal.emulator"],
        {**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    command = [*start.command, "--port", str(port)]
    command += ["--speed", str(speed), "--region", region]
    seed = int(os.environ.get(SEED_VARIABLE) or secrets.randbelow(10**6)) if seed is None else seed
    if spread is None:
        spread = float(os.environ.get(SPREAD_VARIABLE) or DEFAULT_SPREAD)
    command += ["--seed", str(seed), "--spread", str(spread)]
    # Unguessable: no other user of this machine can have scripts run here.
    access_key = f"REHEARSAL{secrets.token_hex(8).upper()}" if run_commands else "rehearsal"
    if run_commands:
        command += ["--run-commands-for", access_key]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=start.environment,
        )
        try:
            ready = _ready_line(process, errors)
            roots = {name: Root(**root) for name, root in ready["roots"].items()}
            yield RunningEmulator(
                ready["endpoint"],
                ready["control"],
                roots,
                region,
                process,
                seed,
                spread,
                access_key,
            )
        finally:
            _end(process)


def _ready_line(process: subprocess.Popen[str], errors: IO[str]) -> dict[str, Any]:
    assert process.stdout is not None  # noqa: S101 - Popen was given a pipe
    # A reader that gives up by killing the silent process works on every platform, unlike
    # select() on a pipe.
    watchdog = threading.Timer(READY_WITHIN_SECONDS, process.kill)
    watchdog.start()
    try:
        line = process.stdout.readline()
    finally:
        watchdog.cancel()
    if not line.strip():
        process.wait()
        errors.seek(0)
        reason = errors.read().strip() or "it said nothing"
        raise EmulatorError(f"the emulator did not start (exit {process.returncode}): {reason}")
    return json.loads(line)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(STOP_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
