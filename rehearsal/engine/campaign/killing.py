"""One stack that is brought up and taken down, and whose CLI is killed on the way."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

from rehearsal.engine.campaign.points import Call
from rehearsal.engine.session import Session
from rehearsal.engine.workspace import Finished
from rehearsal.parent_watch import OUTLIVES

COMMANDS = {"up": ("up", "--yes", "--skip-preview"), "down": ("destroy", "--yes", "--skip-preview")}
HELD_SECONDS = 60.0
TWIN_SECONDS = 60.0
_POLL_SECONDS, _LATEST_SECONDS = 0.02, 240.0
_MOMENT_SECONDS = 0.03
"""Until an answer that AWS has sent has arrived."""
_TOLD = re.compile(r"^\s*error: .*$", re.MULTILINE)


class NeverAskedError(Exception):
    """A command neither ended nor asked AWS for what it was to be killed at."""


@dataclass
class Killed:
    """A kill.

    Attributes:
        calls: what AWS had carried out just before, without an answer or with one.
        backend: what became of the file backend.
    """

    calls: list[Call]
    backend: str


@dataclass
class Stack:
    """A stack in an emulator of its own.

    Attributes:
        session: emulator and workspace.
        twins: whether hosts and plugins outlive the CLI.
    """

    session: Session
    twins: bool
    _outlived: ExitStack = field(default_factory=ExitStack)

    def run(self, phase: str, *more: str) -> Finished:
        """Runs the phase's command to its end, good or bad."""
        return self.session.workspace.pulumi(*COMMANDS[phase], *more, check=False)

    def run_or_kill(
        self, phase: str, mode: str, points: Mapping[Call, int], skip: int = 0
    ) -> Killed | Finished:
        """Runs the phase's command, and kills the CLI at the next of the calls.

        Args:
            phase: which command.
            mode: when it is killed.
            points: calls to kill at; how often it may still happen.
            skip: how many calls of each are left alone first.

        Raises:
            NeverAskedError: it does not end.
        """
        emulator, workspace = self.session.emulator, self.session.workspace
        seconds = HELD_SECONDS if mode == "unanswered" else 0
        for call, count in points.items():
            emulator.set_fault(
                "answer_held",
                service=call.service,
                operation=call.operation,
                seconds=seconds,
                count=count,
                skip=skip,
            )
        env = {OUTLIVES: str(TWIN_SECONDS)} if self.twins else {}
        running = self._outlived.enter_context(workspace.popen(*COMMANDS[phase], env=env))
        deadline = time.monotonic() + _LATEST_SECONDS
        while not self._struck():
            if running.process.poll() is not None:
                emulator.clear_faults()
                return running.finish()
            if time.monotonic() > deadline:
                raise NeverAskedError(f"`{phase}` neither ended nor asked for {list(points)}")
            time.sleep(_POLL_SECONDS)
        if mode == "answered":
            time.sleep(_MOMENT_SECONDS)
        running.kill_cli()
        # A twin gets its answer now, and goes on.
        calls = self._let_go() if self.twins else []
        if not self.twins:
            running.end()
        backend = self._heal_backend()
        workspace.pulumi("cancel", "--yes", check=False)
        # What was on its way to AWS when everything ended has been carried out by now.
        return Killed(calls or self._let_go(), backend)

    def end_twins(self) -> None:
        """Ends what has outlived the CLI."""
        self._outlived.close()

    def _let_go(self) -> list[Call]:
        """Sends the answers that are held back; returns the calls they belong to."""
        struck = self._struck()
        self.session.emulator.clear_faults()
        return struck

    def _struck(self) -> list[Call]:
        return [
            Call(one["service"], one["operation"])
            for one in self.session.emulator.faults()
            for _ in range(one["struck"])
        ]

    def _heal_backend(self) -> str:
        """A kill while the CLI writes the attributes of a file backend leaves that file empty.

        The state itself is written to another file first, which then takes its name.
        """
        files = [one for one in self.session.workspace.state.rglob("*.json*") if one.is_file()]
        empty = [one for one in files if not one.stat().st_size]
        for file in empty:
            if file.suffix == ".attrs":
                file.unlink()
        if not empty:
            return "whole"
        told = ", ".join(sorted("".join(one.suffixes[-2:]) for one in empty))
        return f"{told} was empty and is removed"


def reasons(finished: Finished) -> list[str]:
    """The lines of a command that tell why it failed; none if it did not."""
    if not finished.returncode:
        return []
    lines = [one.group().strip() for one in _TOLD.finditer(finished.output)]
    return list(dict.fromkeys(lines)) or [f"exit status {finished.returncode}"]
