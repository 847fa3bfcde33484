"""What AWS was asked in a rehearsal, and how much of the time was AWS's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.engine.timings.events import Step

Entry = Mapping[str, Any]
TRANSITION = "transition"
LATE_SECONDS = 0.1  # we learn of a step's begin a little after its first call may have been made


@dataclass(frozen=True)
class AwsTime:
    """The emulator's side of one `up`, in seconds of wall time.

    Attributes:
        cluster: CreateCluster to UNINITIALIZED.
        first_hsm: CreateHsm to the HSM being ACTIVE.
        initialization: InitializeCluster to INITIALIZED.
        noticed: from INITIALIZED to the answer that showed it; None without such an answer.
    """

    cluster: float
    first_hsm: float
    initialization: float
    noticed: float | None


def calls_by_step(steps: Sequence[Step], log: Iterable[Entry]) -> list[Counter[str]]:
    """Count, for each step, the calls to its own AWS service while it was under way.

    A call that two steps could have made is counted for the one that began last.
    """
    counts = [Counter[str]() for _ in steps]
    for entry in log:
        if entry["operation"] == TRANSITION:
            continue
        candidates = [
            index
            for index, step in enumerate(steps)
            if service_of(step.type) == entry["service"]
            and step.started - LATE_SECONDS <= entry["time"] <= step.started + step.seconds
        ]
        if candidates:
            made_by = max(candidates, key=lambda index: steps[index].started)
            counts[made_by][entry["operation"]] += 1
    return counts


def service_of(type_token: str) -> str | None:
    """Name the AWS service behind a resource type, None if it asks none."""
    package, _, rest = type_token.partition(":")
    if package == "aws":
        service = rest.partition("/")[0]
        return "ec2" if service == "vpc" else service
    if type_token.startswith("pulumi-python:dynamic/cloudhsm:"):
        others = {"CustomKeyStore": "kms", "FileSystemPassword": "fsx"}
        return others.get(type_token.rpartition(":")[2], "cloudhsmv2")
    return None


def aws_time(log: Sequence[Entry]) -> AwsTime | None:
    """Measure AWS's own time, or None if the log does not hold the whole chain."""
    try:
        done = _reached(log, "INITIALIZED", hsm=False)
        cluster = _reached(log, "UNINITIALIZED", hsm=False) - _called(log, "CreateCluster")
        first_hsm = _reached(log, "ACTIVE", hsm=True) - _called(log, "CreateHsm")
        initialization = done - _called(log, "InitializeCluster")
    except LookupError:
        return None
    answers = [
        entry["time"] + entry["seconds"]
        for entry in log
        if entry["operation"] == "DescribeClusters" and entry["time"] >= done
    ]
    noticed = min(answers) - done if answers else None
    return AwsTime(cluster, first_hsm, initialization, noticed)


_WHOSE = (
    "HsmId",
    "CustomKeyStoreId",
    "VolumeId",
    "StorageVirtualMachineId",
    "FileSystemId",
    "ClusterId",
)
_AT_WORK = ("_IN_PROGRESS", "CONNECTING", "CREATING", "UPDATING", "DELETING")


def busy_seconds(log: Sequence[Entry]) -> float:
    """How long AWS was at work on anything: what no program could save.

    The time from INITIALIZED to ACTIVE counts as AWS's, although a person has a part in it.
    """
    spans: list[tuple[float, float]] = []
    since: dict[str, float] = {}
    for entry in log:
        about = entry["parameters"]
        # A backup is made beside the other work; no step waits for it.
        if entry["operation"] != TRANSITION or "BackupId" in about:
            continue
        whose = next(about[name] for name in _WHOSE if name in about)
        if whose in since:
            spans.append((since.pop(whose), entry["time"]))
        if about["To"].endswith(_AT_WORK) or _awaits_activation(about):
            since[whose] = entry["time"]
    total, end = 0.0, float("-inf")
    for begins, ends in sorted(spans):
        total += max(0.0, ends - max(begins, end))
        end = max(end, ends)
    return total


def _awaits_activation(about: Mapping[str, Any]) -> bool:
    return about["To"] == "INITIALIZED" and "HsmId" not in about


def _called(log: Sequence[Entry], operation: str) -> float:
    for entry in log:
        if entry["operation"] == operation and entry["outcome"] == "ok":
            return entry["time"]
    raise LookupError(operation)


def _reached(log: Sequence[Entry], state: str, *, hsm: bool) -> float:
    for entry in log:
        parameters = entry["parameters"]
        of_hsm = "HsmId" in parameters
        if entry["operation"] == TRANSITION and parameters["To"] == state and of_hsm == hsm:
            return entry["time"]
    raise LookupError(state)
