"""A plan, read from what the engine prints: its JSON, or its events.

Nothing here judges. What the engine marks as secret arrives as `[secret]`, and PEM texts are never
shown by what uses this.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

Properties = Mapping[str, Any]
_URN = re.compile(r"urn:pulumi:[^\s\"']*::([^\s\"':]+)")
_COLOUR = re.compile(r"<\{%[^%]*%\}>|\x1b\[[0-9;]*m")
"""How the engine marks colours in events, and how terminals do."""


class PlanError(ValueError):
    """The text is no plan; the line says what to give instead."""


class Action(StrEnum):
    """What happens to a resource, in the words of a review."""

    CREATE = "created"
    ADOPT = "adopted"
    CHANGE = "changed"
    REPLACE = "replaced"
    DELETE = "deleted"
    FORGET = "forgotten by the state"
    KEEP = "unchanged"


_ACTIONS = {
    "create": Action.CREATE,
    "import": Action.ADOPT,
    "update": Action.CHANGE,
    "delete": Action.DELETE,
    "discard": Action.DELETE,
    "remove-pending-replace": Action.DELETE,
    "same": Action.KEEP,
    "read": Action.KEEP,
    "refresh": Action.KEEP,
}
"""The engine's name of an operation to the action; one with `replace` in it is a REPLACE.
Source: pulumi/pulumi, pkg/resource/deploy/step.go."""


@dataclass(frozen=True)
class Change:
    """What the plan does with one resource.

    Attributes:
        action: what happens.
        urn: the engine's name of the resource.
        type: type token.
        old: inputs and outputs before; empty where it is new.
        new: inputs and outputs after; empty where it goes.
        custom: whether it is a resource of a provider, not a component.
        protected: whether the state protects it from being deleted.
        paths: the properties that change, or that force a replacement.
    """

    action: Action
    urn: str
    type: str
    old: Properties
    new: Properties
    custom: bool
    protected: bool
    paths: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The resource's logical name."""
        return self.urn.rpartition("::")[2]

    @property
    def class_name(self) -> str:
        """The last part of the type token: `Hsm`."""
        return self.type.rpartition(":")[2]


@dataclass(frozen=True)
class Finding:
    """What a policy pack says of a resource."""

    policy: str
    level: str
    resource: str
    message: str

    @property
    def stops(self) -> bool:
        """Whether an update with this finding is refused."""
        return self.level == "mandatory"


@dataclass(frozen=True)
class Plan:
    """What a preview would do.

    Attributes:
        changes: every resource that the engine tells of, the unchanged ones included.
        region: the Region of the stack's config; None where it is not told.
        warnings: lines of the program and its providers.
        errors: why the preview failed; empty where it did not.
        findings: what policies say; only events tell them.
    """

    changes: tuple[Change, ...]
    region: str | None
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def stack(self) -> str:
        """Name of the stack; empty for a plan without resources."""
        return next((one.urn.split(":")[2] for one in self.changes), "")

    def of(self, *class_names: str) -> list[Change]:
        """The changes of resources of these types, by the last part of the type token."""
        return [one for one in self.changes if one.class_name in class_names]


def read_plan(text: str, events: str = "") -> Plan:
    """Reads a plan.

    Args:
        text: `pulumi preview --json --show-sames`, or the lines of an event log.
        events: the event log of the same preview, where `text` is the former; it adds what the
            JSON drops, which are the findings of policies.

    Raises:
        PlanError: neither of them, or unchanged resources are missing.
    """
    document = _document(text)
    if document is None:
        return _from_events(_events(text))
    steps = cast("list[dict[str, Any]]", document["steps"] or [])
    same = sum(one["op"] == "same" for one in steps)
    summary = cast("dict[str, int]", document.get("changeSummary") or {})
    if same < summary.get("same", 0):
        raise PlanError(
            "the plan leaves out what stays unchanged, so neither costs nor consequences are "
            "known: run `pulumi preview --json --show-sames`"
        )
    return _plan(
        [
            (one["op"], one["urn"], (one.get("oldState"), one.get("newState")), _paths(one))
            for one in steps
        ],
        cast("dict[str, str]", document.get("config") or {}),
        cast("list[dict[str, Any]]", document.get("diagnostics") or []),
        _events(events),
    )


def _events(text: str) -> list[dict[str, Any]]:
    return [_event(line) for line in text.splitlines() if line.strip()]


def _document(text: str) -> dict[str, Any] | None:
    found: object = None
    with suppress(json.JSONDecodeError):
        found = json.loads(text)
    return cast("dict[str, Any]", found) if isinstance(found, dict) and "steps" in found else None


def _event(line: str) -> dict[str, Any]:
    found: object = None
    with suppress(json.JSONDecodeError):
        found = json.loads(line)
    if isinstance(found, dict) and "timestamp" in found:
        return cast("dict[str, Any]", found)
    raise PlanError(
        "no plan: give the output of `pulumi preview --json --show-sames`, or the event log of a "
        "preview"
    )


def _from_events(events: Sequence[dict[str, Any]]) -> Plan:
    if not events:
        raise PlanError("no plan: the text is empty; did `pulumi preview --json` fail?")
    config: dict[str, str] = {}
    steps: list[tuple[str, str, tuple[Any, Any], tuple[str, ...]]] = []
    for event in events:
        if "preludeEvent" in event:
            config = event["preludeEvent"].get("config") or {}
        if "resourcePreEvent" in event:
            step = event["resourcePreEvent"]["metadata"]
            states = (step.get("old"), step.get("new"))
            steps.append((step["op"], step["urn"], states, _paths(step)))
    told = [one["diagnosticEvent"] for one in events if "diagnosticEvent" in one]
    return _plan(steps, config, told, events)


def _plan(
    steps: Iterable[tuple[str, str, tuple[Any, Any], tuple[str, ...]]],
    config: Mapping[str, str],
    told: Iterable[Mapping[str, Any]],
    events: Iterable[Mapping[str, Any]],
) -> Plan:
    by_urn: dict[str, Change] = {}
    for operation, urn, (old, new), paths in steps:
        change = _change(operation, urn, old or {}, new or {}, paths)
        if not change.type.startswith("pulumi:providers:"):
            by_urn[urn] = _joined(by_urn[urn], change) if urn in by_urn else change
    lines: dict[str, dict[str, None]] = {"warning": {}, "error": {}}
    for one in told:
        severity = str(one.get("severity", "")).removeprefix("info#")
        if severity in lines:
            lines[severity][_told(str(one.get("message", "")))] = None
    lines["error"].pop("preview failed", None)
    return Plan(
        tuple(by_urn.values()),
        config.get("aws:region"),
        tuple(lines["warning"]),
        tuple(lines["error"]),
        tuple(_findings(events)),
    )


def _told(message: str) -> str:
    """A line of the engine: without colours and its prefix, and with names in place of URNs."""
    line = " ".join(_COLOUR.sub("", message).split())
    for prefix in ("warning: ", "error: ", "Preview failed: "):
        line = line.removeprefix(prefix)
    return _URN.sub(r"\1", line)


def _paths(step: Mapping[str, Any]) -> tuple[str, ...]:
    """Where it differs; of a replacement only what forces it."""
    for name in ("replaceReasons", "keys", "detailedDiff", "diffReasons", "diffs"):
        listed = cast("Iterable[str] | None", step.get(name))
        if listed:
            return tuple(sorted(set(listed)))
    return ()


def _change(
    operation: str, urn: str, old: Mapping[str, Any], new: Mapping[str, Any], paths: tuple[str, ...]
) -> Change:
    state = new or old
    action = Action.REPLACE if "replace" in operation else _ACTIONS.get(operation, Action.KEEP)
    # A resource with `retain_on_delete` leaves the state and stays at AWS.
    if action is Action.DELETE and old.get("retainOnDelete"):
        action = Action.FORGET
    return Change(
        action,
        urn,
        str(state["type"]),
        _properties(old),
        {} if action in (Action.DELETE, Action.FORGET) else _properties(new),
        bool(state.get("custom")),
        bool(old.get("protect")),
        paths,
    )


def _properties(state: Mapping[str, Any]) -> Properties:
    """Inputs and outputs as one; an input that AWS does not echo stays."""
    both: dict[str, Any] = {}
    for part in ("inputs", "outputs"):
        found = state.get(part)
        if isinstance(found, Mapping):
            both.update(cast("Mapping[str, Any]", found))
    return both


def _joined(first: Change, second: Change) -> Change:
    """One replacement, which the engine tells in up to three steps."""
    return Change(
        Action.REPLACE if Action.REPLACE in (first.action, second.action) else second.action,
        first.urn,
        first.type,
        first.old or second.old,
        first.new or second.new,
        first.custom,
        first.protected or second.protected,
        first.paths or second.paths,
    )


def _findings(events: Iterable[Mapping[str, Any]]) -> Iterable[Finding]:
    for event in events:
        found = event.get("policyEvent")
        if found is not None:
            yield Finding(
                str(found.get("policyName", "")),
                str(found.get("enforcementLevel", "")),
                str(found.get("resourceUrn", "")).rpartition("::")[2],
                _told(str(found.get("message", ""))),
            )
