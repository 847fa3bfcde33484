"""The engine's events of the Automation API, in the form of the engine's event log.

`pulumi_cloudhsm.timeline` draws that log. The SDK reads each event into objects, and keeps no text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import IO, TYPE_CHECKING, Any, cast

from ..names import camel_case

if TYPE_CHECKING:
    from pulumi.automation.events import EngineEvent


class EventLog:
    """Writes a run's events, a line each, and remembers what is told of the run."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self.errors: list[str] = []
        self.done = 0
        self.changes: dict[str, int] = {}
        self._summary: dict[str, Any] | None = None

    def take(self, event: EngineEvent) -> str | None:
        """Takes an event; gives a line for people where it ends a step."""
        written = cast("dict[str, Any]", _plain(event))
        if event.summary_event is not None:
            # Written at the end: the SDK leaves out how the run ended.
            self._summary = written
            self.changes = {
                str(_plain(kind)): count
                for kind, count in event.summary_event.resource_changes.items()
            }
            return None
        self._write(written)
        if event.diagnostic_event is not None and event.diagnostic_event.severity == "error":
            self.errors.append(" ".join(event.diagnostic_event.message.split()))
        if event.res_outputs_event is None:
            return None
        metadata = event.res_outputs_event.metadata
        self.done += 1
        return f"{metadata.op.value} {metadata.urn.rpartition('::')[2]}"

    def close(self, result: str) -> None:
        """Writes how the run ended: `succeeded` or `failed`."""
        if self._summary is not None:
            self._summary["summaryEvent"]["result"] = result
            self._write(self._summary)

    def _write(self, event: Mapping[str, Any]) -> None:
        self._stream.write(json.dumps(event) + "\n")
        self._stream.flush()


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    if isinstance(value, Mapping):
        held = cast("Mapping[object, object]", value)
        return {str(_plain(key)): _plain(one) for key, one in held.items()}
    if isinstance(value, Sequence):
        return [_plain(one) for one in cast("Sequence[object]", value)]
    held = {camel_case(name): _plain(one) for name, one in vars(value).items()}
    return {name: one for name, one in held.items() if one is not None}
