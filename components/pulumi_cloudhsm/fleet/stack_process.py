"""One command on one stack, by the Automation API, in a process of its own.

A process each: the API's calls block, and those of several stacks in one process disturb each other
(pulumi/pulumi#17776). The job comes as JSON on standard input. Each line of standard output is one
JSON object: `{"step": …}` while it runs, and at the end what `Ended` holds.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from .events import EventLog

if TYPE_CHECKING:
    from pulumi.automation import Stack

COMMANDS = ("preview", "up", "refresh", "destroy")


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a process has to do.

    Attributes:
        command: one of `COMMANDS`.
        stack: name of the stack.
        project: the program's folder.
        events: file that gets the engine's events.
        output: file that gets what the CLI prints.
        secrets_provider: of a stack that is made.
        environment: further variables for the CLI.
    """

    command: str
    stack: str
    project: str
    events: str
    output: str
    secrets_provider: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command on a stack ended.

    Attributes:
        succeeded: whether it did.
        seconds: how long it took.
        changes: number of resources by what happened to them.
        error: one line; empty where it succeeded.
    """

    succeeded: bool
    seconds: float
    changes: Mapping[str, int] = field(default_factory=dict[str, int])
    error: str = ""


def run(job: Job, say: Callable[[str], None]) -> Ended:
    """Carries a job out.

    Args:
        job: what to do.
        say: gets a line for each step that ended.
    """
    from pulumi.automation.errors import CommandError

    begun, error = time.monotonic(), ""
    output = Path(job.output)
    with Path(job.events).open("w", encoding="utf-8") as events, output.open("w") as printed:
        log = EventLog(events)

        def take(event: Any) -> None:  # noqa: ANN401 - the SDK's
            line = log.take(event)
            if line:
                say(line)

        try:
            _carry_out(job, take, printed)
        except CommandError as failed:
            error = log.errors[0] if log.errors else _first_line(str(failed))
        log.close("failed" if error else "succeeded")
    seconds = round(time.monotonic() - begun, 1)
    return Ended(succeeded=not error, seconds=seconds, changes=log.changes, error=error)


def _carry_out(job: Job, take: Callable[[Any], None], printed: IO[str]) -> None:
    from pulumi.automation import LocalWorkspaceOptions, create_or_select_stack

    options = LocalWorkspaceOptions(env_vars=job.environment, secrets_provider=job.secrets_provider)
    stack: Stack = create_or_select_stack(job.stack, work_dir=job.project, opts=options)

    def put(line: str) -> None:
        print(line, file=printed, flush=True)

    command = getattr(stack, job.command)
    command(on_event=take, on_output=put)


def _first_line(text: str) -> str:
    """What the CLI said of a failure before the engine began, without the SDK's frame."""
    line = " ".join(text.split())
    return (line.partition("error: ")[2] or line)[:300]


def main() -> int:
    """Reads a job, carries it out, prints how it ended."""
    job = Job(**cast("dict[str, Any]", json.load(sys.stdin)))

    def put(line: Mapping[str, Any]) -> None:
        print(json.dumps(line), flush=True)

    put(asdict(run(job, lambda step: put({"step": step}))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
