"""Runs the host program on an instance through SSM Run Command, and waits for how it ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from .. import host
from ..aws.advice import host_advice
from ..aws.ssm import ENDED_BADLY, Invocation, Ssm
from ..errors import StateError
from ..waiter import Goal, Observation, Pace, Waiter
from .base import say

AGENT_USUAL_SECONDS = 90
"""From a started instance to its agent's first report."""
PROGRAM_USUAL_SECONDS = 60
"""Most of it is the installation of the CLI."""
LONGEST_SECONDS = 1800
"""After which the agent ends the program."""


def run_on_host(
    ssm: Ssm,
    waiter: Waiter,
    instance_id: str,
    given: Mapping[str, Any],
    pace: Pace,
    setting: str,
) -> str:
    """Runs one step of the host program.

    Args:
        ssm: where.
        waiter: how to wait.
        instance_id: `i-…`.
        given: the program's arguments, see `host.arguments`; nothing secret.
        pace: the deadline of each wait; its usual duration, where it is shorter than ours.
        setting: the input that prolongs the deadline.

    Returns:
        What the program says that it did.

    Raises:
        StateError: it failed; says what it said, what that means and what to do.
        DeadlineError: the instance does not report, or the program does not end.
    """
    online = Goal(f"agent of client host {instance_id}", "Online", ("Online",), (), setting)
    waiter.wait(
        online,
        Pace(min(AGENT_USUAL_SECONDS, pace.usual), pace.deadline),
        lambda: Observation(ssm.ping(instance_id), None),
    )
    comment = f"CloudHSM: {given['step']}"
    lasting = int(min(pace.deadline, LONGEST_SECONDS))
    command_id = ssm.send(instance_id, host.shell_script(given), comment, lasting)
    ended = Goal(
        f"{given['step']} on {instance_id} (command {command_id})",
        "Success",
        ("Success", *ENDED_BADLY),
        (),
        setting,
    )

    def look() -> Observation[Invocation | None]:
        found = ssm.invocation(command_id, instance_id)
        return Observation(found.state if found else "Pending", found)

    tempo = Pace(min(PROGRAM_USUAL_SECONDS, pace.usual), pace.deadline)
    found = waiter.wait(ended, tempo, look).observation.value
    if found is None:  # a state without an invocation is none that ends the wait
        raise StateError(f"command {command_id} on {instance_id} is gone")
    return _outcome(found, str(given["step"]), f"{instance_id}, command {command_id}")


def _outcome(found: Invocation, step: str, where: str) -> str:
    said = _last_word(found.out)
    if found.state == "Success" and said.get("ok"):
        say(f"{step} on {where}: {said['message']}")
        return str(said["message"])
    code = str(said.get("code") or found.details)
    message = str(said.get("message") or _last_line(found.err) or "it said nothing")
    raise StateError(f"{step} on {where} ended {found.details}: {message}; {host_advice(code)}")


def _last_word(out: str) -> dict[str, Any]:
    for line in reversed(out.splitlines()):
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and "ok" in said:
            return cast("dict[str, Any]", said)
    return {}


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
