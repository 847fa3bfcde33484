"""The demo's summary: what was made, how long it took, what AWS was asked, what comes next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rehearsal.engine.session import Session
from rehearsal.engine.timings.aws_time import (
    TRANSITION,
    Entry,
    aws_time,
    busy_seconds,
    calls_by_step,
)
from rehearsal.engine.timings.events import Step

MACHINERY = "pulumi:providers:"
RULES = "aws:vpc/securityGroup"


def print_summary(
    console: Console, session: Session, steps: Sequence[Step], log: Sequence[Entry], seconds: float
) -> None:
    """Print the tables after a successful `up`.

    Args:
        console: where to.
        session: the rehearsal, its stack up.
        steps: what the engine did, see `EventFollower`.
        log: what the emulator was asked.
        seconds: wall time of the `up`.
    """
    console.print(_steps_table(steps, log, seconds))
    console.print(_outputs_table(session.workspace.outputs()))
    for line in _measurements(log, seconds):
        console.print(line)


def asked(log: Sequence[Entry]) -> str:
    """What AWS was asked, in one line: "AWS was asked 3 times: 1 DescribeClusters, 2 GetRole".

    Args:
        log: what the emulator was asked by a command.
    """
    calls = Counter(entry["operation"] for entry in log if entry["operation"] != TRANSITION)
    told = ", ".join(f"{count} {name}" for name, count in sorted(calls.items()))
    return f"AWS was asked {calls.total()} times: {told}"


def _steps_table(steps: Sequence[Step], log: Sequence[Entry], seconds: float) -> Table:
    table = Table(title="Steps", title_justify="left")
    table.add_column("Step", overflow="fold")
    table.add_column("Took", justify="right")
    table.add_column("Share", justify="right")
    table.add_column("AWS was asked meanwhile", overflow="fold")
    shown = [step for step in steps if step.custom and not step.type.startswith(MACHINERY)]
    shown.sort(key=lambda step: step.started)
    steps_and_calls = zip(shown, calls_by_step(shown, log), strict=True)
    for step, calls in _with_rules_together(steps_and_calls):
        share = f"{step.seconds / seconds:.0%}"
        table.add_row(step.name, f"{step.seconds:.1f} s", share, _counts(calls))
    return table


def _with_rules_together(
    made: Iterable[tuple[Step, Counter[str]]],
) -> list[tuple[Step, Counter[str]]]:
    """The rules of a security group as one step: they are many, made at once, in no time."""
    rows: list[tuple[Step, Counter[str]]] = []
    rules: list[tuple[Step, Counter[str]]] = []
    for step, calls in made:
        (rules if step.type.startswith(RULES) else rows).append((step, calls))
    if rules:
        begin = min(step.started for step, _ in rules)
        end = max(step.started + step.seconds for step, _ in rules)
        name = f"{len(rules)} security group rules"
        step = replace(rules[0][0], name=name, started=begin, seconds=end - begin)
        rows.append((step, sum((calls for _, calls in rules), Counter[str]())))
        rows.sort(key=lambda row: row[0].started)
    return rows


def _outputs_table(outputs: dict[str, Any]) -> Table:
    table = Table(title="The stack's outputs", title_justify="left")
    table.add_column("Output", no_wrap=True)
    table.add_column("Value", overflow="fold")
    for name, value in outputs.items():
        # Text, because "[secret]" would be markup to rich.
        table.add_row(name, Text(_readable(value)))
    return table


def _readable(value: object) -> str:
    """One line per fact; a PEM is named, not shown: its fingerprint is an output of its own."""
    if isinstance(value, str):
        return "PEM" if value.startswith("-----BEGIN") else value
    if isinstance(value, dict):
        return "\n".join(f"{key}: {_readable(item)}" for key, item in value.items())
    if isinstance(value, list):
        return "\n".join(_readable(item).replace("\n", ", ") for item in value)
    return str(value)


def _measurements(log: Sequence[Entry], seconds: float) -> list[str]:
    calls = [entry for entry in log if entry["operation"] != TRANSITION]
    of_cloudhsm = Counter(entry["operation"] for entry in calls if entry["service"] == "cloudhsmv2")
    lines = [
        f"AWS was asked {len(calls)} times, preview included; "
        f"of CloudHSM: {_counts(of_cloudhsm) or 'nothing'}."
    ]
    aws = aws_time(log)
    if aws is not None:
        ours = seconds - busy_seconds(log)
        lines.append(
            f"`up` took {seconds:.1f} s. AWS's own: {seconds - ours:.1f} s (cluster "
            f"{aws.cluster:.1f} s, first HSM {aws.first_hsm:.1f} s, initialization "
            f"{aws.initialization:.1f} s, and what came after); ours: {ours:.1f} s "
            f"({ours / seconds:.0%} at this speed)."
        )
        if aws.noticed is not None:
            lines.append(f"INITIALIZED was noticed {aws.noticed:.2f} s after AWS reached it.")
    return lines


def _counts(calls: Counter[str]) -> str:
    return ", ".join(f"{name} x{count}" for name, count in calls.most_common())
