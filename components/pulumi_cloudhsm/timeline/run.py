"""A run, read from the engine's event log: what it did, when, and what was said meanwhile."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from ..state_names import DYNAMIC, dynamic_type

_LATE_SECONDS = 0.1
"""The engine tells of a step a little after its first call may have been made."""
_SERVICES = {
    "CustomKeyStore": "kms",
    "FileSystemPassword": "fsx",
    "PasswordSecret": "secretsmanager",
}
"""Dynamic resources that do not ask CloudHSM."""


class RunError(ValueError):
    """The text is no event log; the line says what to give instead."""


@dataclass
class Step:
    """What the engine did with one resource.

    Attributes:
        operation: such as `create`.
        type: type token.
        name: the resource's logical name.
        urn: the engine's name of it.
        begin: seconds since the run's begin.
        end: the same of its end.
        facts: the resource's inputs and outputs.
        failed: whether it failed, or had not ended when the run did.
        said: the lines about it, with their second.
        calls: how often AWS was asked what, where that is known.
    """

    operation: str
    type: str
    name: str
    urn: str
    begin: float
    end: float
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    failed: bool = False
    said: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    calls: Counter[str] = field(default_factory=Counter[str])

    @property
    def class_name(self) -> str:
        """The last part of the type token."""
        return self.type.rpartition(":")[2]

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.begin

    @property
    def service(self) -> str | None:
        """The AWS service behind it; None for what asks none."""
        package, _, rest = self.type.partition(":")
        if package == "aws":
            service = rest.partition("/")[0]
            return "ec2" if service == "vpc" else service
        if dynamic_type(self.type).startswith(DYNAMIC):
            return _SERVICES.get(self.class_name, "cloudhsmv2")
        return None


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes:
        steps: every step of a provider's resource that did something, by its begin.
        seconds: from the first event to the last one.
        result: `succeeded` or `failed`; empty where the log was cut off.
        region: the Region of the stack's config; None where it is not told.
        stack: name of the stack.
    """

    steps: tuple[Step, ...]
    seconds: float
    result: str
    region: str | None
    stack: str

    @property
    def aws_seconds(self) -> float:
        """How long at least one step with an AWS service was under way."""
        return covered([one for one in self.steps if one.service])

    @property
    def parallel(self) -> int:
        """How many steps were under way at the same time, at most."""
        moments = [(one.begin, 1) for one in self.steps] + [(one.end, -1) for one in self.steps]
        most = now = 0
        for _, change in sorted(moments):
            now += change
            most = max(most, now)
        return most


def covered(steps: Iterable[Step]) -> float:
    """How long at least one of the steps was under way, in seconds."""
    total, end = 0.0, float("-inf")
    for one in sorted(steps, key=lambda one: one.begin):
        total += max(0.0, one.end - max(one.begin, end))
        end = max(end, one.end)
    return total


def read_run(text: str, calls: Iterable[Mapping[str, Any]] = (), speed: float = 1.0) -> Run:
    """Reads a run.

    Args:
        text: the lines of `pulumi up --event-log FILE`.
        calls: what AWS was asked, each with `time` (seconds since the epoch), `service` and
            `operation`; as a rehearsal or CloudTrail knows it.
        speed: seconds of AWS in one second of the log; more than 1 in a rehearsal.

    Raises:
        RunError: it is no event log.
    """
    events = [_event(line) for line in text.splitlines() if line.strip()]
    if not events:
        raise RunError("the event log is empty: run `pulumi up --event-log FILE`")
    first, last = float(events[0]["timestamp"]), float(events[-1]["timestamp"])
    reader = _Reader(first)
    for event in events:
        reader.take(event)
    steps = reader.steps(last)
    _count(steps, calls, first)
    for one in steps:
        one.begin, one.end = one.begin * speed, one.end * speed
        one.said = [(moment * speed, line) for moment, line in one.said]
    stack = steps[0].urn.split(":")[2] if steps else ""
    return Run(tuple(steps), (last - first) * speed, reader.result, reader.region, stack)


def _event(line: str) -> dict[str, Any]:
    try:
        found: object = json.loads(line)
    except json.JSONDecodeError:
        found = None
    if isinstance(found, dict) and "timestamp" in found:
        return cast("dict[str, Any]", found)
    raise RunError("no event log: give the file of `pulumi up --event-log FILE`")


class _Reader:
    """Takes one event after the other."""

    def __init__(self, first: float) -> None:
        self.result = ""
        self.region: str | None = None
        self._first = first
        self._open: dict[str, Step] = {}
        self._done: list[Step] = []

    def take(self, event: Mapping[str, Any]) -> None:
        now = float(event["timestamp"]) - self._first
        if "preludeEvent" in event:
            config = cast("Mapping[str, str]", event["preludeEvent"].get("config") or {})
            self.region = config.get("aws:region")
        elif "summaryEvent" in event:
            self.result = str(event["summaryEvent"].get("result", "succeeded"))
        elif "resourcePreEvent" in event:
            self._begin(event["resourcePreEvent"]["metadata"], now)
        elif "resOutputsEvent" in event:
            self._end(event["resOutputsEvent"]["metadata"]["urn"], now)
        elif "resOpFailedEvent" in event:
            self._end(event["resOpFailedEvent"]["metadata"]["urn"], now, failed=True)
        elif "diagnosticEvent" in event:
            self._say(event["diagnosticEvent"], now)

    def steps(self, last: float) -> list[Step]:
        """Every step; what had not ended when the log did counts as failed."""
        for urn in list(self._open):
            self._end(urn, last - self._first, failed=True)
        return sorted(self._done, key=lambda one: (one.begin, one.end))

    def _begin(self, metadata: Mapping[str, Any], now: float) -> None:
        urn, kind = metadata["urn"], str(metadata["type"])
        state = cast("Mapping[str, Any]", metadata.get("new") or metadata.get("old") or {})
        quiet = metadata["op"] in ("same", "read") or kind.startswith("pulumi:")
        if state.get("custom") and not quiet:
            facts: dict[str, Any] = {**(state.get("inputs") or {}), **(state.get("outputs") or {})}
            name = urn.rpartition("::")[2]
            self._open[urn] = Step(metadata["op"], kind, name, urn, now, now, facts)

    def _end(self, urn: str, now: float, *, failed: bool = False) -> None:
        step = self._open.pop(urn, None)
        if step is not None:
            step.end, step.failed = now, failed
            self._done.append(step)

    def _say(self, said: Mapping[str, Any], now: float) -> None:
        step = self._open.get(said.get("urn", "")) or self._talking()
        line = " ".join(str(said.get("message", "")).split())
        if step is not None and line and str(said.get("severity", "")) != "debug":
            step.said.append((now, line))

    def _talking(self) -> Step | None:
        """Whose a line without a name is: dynamic resources print theirs, so it is the only one."""
        dynamic = [one for one in self._open.values() if one.type.startswith(DYNAMIC)]
        return dynamic[0] if len(dynamic) == 1 else None


def _count(steps: list[Step], calls: Iterable[Mapping[str, Any]], first: float) -> None:
    """Counts each call for the step of its service that was under way and began last."""
    for call in calls:
        moment = float(call["time"]) - first
        under_way = [
            one
            for one in steps
            if one.service == call["service"]
            and one.begin - _LATE_SECONDS <= moment <= one.end + _LATE_SECONDS
        ]
        if under_way:
            max(under_way, key=lambda one: one.begin).calls[str(call["operation"])] += 1
