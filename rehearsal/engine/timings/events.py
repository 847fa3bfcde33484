"""How long each resource took, from the engine's own events.

`--event-log` is one of the CLI's debug flags. Its events carry whole seconds only. So the follower
notes by its own clock when each of them arrives, and writes the log again with these moments.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

POLL_SECONDS = 0.03
DEBUG_FLAGS = {"PULUMI_DEBUG_COMMANDS": "true"}


@dataclass(frozen=True)
class Step:
    """What the engine did with one resource.

    Attributes:
        operation: such as "create".
        type: the resource's type token.
        name: the resource's name.
        custom: whether it is a resource of a provider, not a component.
        started: seconds since the epoch.
        seconds: how long it took.
    """

    operation: str
    type: str
    name: str
    custom: bool
    started: float
    seconds: float


class EventFollower:
    """Follows an event log while the CLI writes it; use as a context manager around the command."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.timed = path.with_suffix(".timed.jsonl")
        self.steps: list[Step] = []
        self._events: list[dict[str, Any]] = []
        self._begun: dict[str, float] = {}
        self._rest = ""
        self._offset = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="events", daemon=True)

    @property
    def arguments(self) -> tuple[str, str]:
        """Arguments for the CLI, which also needs DEBUG_FLAGS in its environment."""
        return ("--event-log", str(self.path))

    def __enter__(self) -> EventFollower:
        self.path.unlink(missing_ok=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._read()
        lines = (json.dumps(event) + "\n" for event in self._events)
        self.timed.write_text("".join(lines), encoding="utf-8")

    def _follow(self) -> None:
        while not self._done.wait(POLL_SECONDS):
            self._read()

    def _read(self) -> None:
        now = time.time()
        if not self.path.exists():
            return
        with self.path.open(encoding="utf-8") as log:
            log.seek(self._offset)
            self._rest += log.read()
            self._offset = log.tell()
        *lines, self._rest = self._rest.split("\n")
        for line in lines:
            event = json.loads(line)
            self._events.append({**event, "timestamp": now})
            self._take(event, now)

    def _take(self, event: dict[str, Any], now: float) -> None:
        if "resourcePreEvent" in event:
            self._begun.setdefault(event["resourcePreEvent"]["metadata"]["urn"], now)
        elif "resOutputsEvent" in event:
            metadata = event["resOutputsEvent"]["metadata"]
            urn = metadata["urn"]
            state = metadata.get("new") or metadata.get("old") or {}
            started = self._begun.pop(urn, now)
            self.steps.append(
                Step(
                    operation=metadata["op"],
                    type=metadata["type"],
                    name=urn.rpartition("::")[2],
                    custom=bool(state.get("custom")),
                    started=started,
                    seconds=now - started,
                )
            )
