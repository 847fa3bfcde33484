"""What is known of each stack of a run, kept in a file so that a later run can go on from it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from ..errors import CloudHsmError

WAITING, RUNNING, DONE, FAILED, HELD = "waiting", "running", "done", "failed", "held back"
"""States of a stack. A stack is held back when the wave before it was not through."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a stack stands.

    Attributes:
        state: one of the states.
        fingerprint: of what was declared for it.
        seconds: how long it took.
        changes: number of resources by what happened to them.
        error: one line; empty where it did not fail.
        step: the last step that ended, while it runs.
        begun: when it began, in seconds since the epoch.
    """

    state: str = WAITING
    fingerprint: str = ""
    seconds: float = 0.0
    changes: Mapping[str, int] = field(default_factory=dict[str, int])
    error: str = ""
    step: str = ""
    begun: float = 0.0


class Progress:
    """The standing of all stacks of one command; every change is in the file at once.

    Args:
        folder: of the run's files; made when missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "progress.json"
        self.stacks: dict[str, Standing] = {}

    def begin(self, fingerprints: Mapping[str, str], *, resume: bool) -> None:
        """Puts every stack to the beginning, but those that an earlier run has done.

        Args:
            fingerprints: of each stack's declaration; another one is to be done again.
            resume: go on from the file.

        Raises:
            CloudHsmError: the file is of no run.
        """
        before = self._read() if resume else {}
        for name, fingerprint in fingerprints.items():
            held = before.get(name)
            done = held is not None and (held.state, held.fingerprint) == (DONE, fingerprint)
            self.stacks[name] = held if held and done else Standing(fingerprint=fingerprint)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write()

    def move(self, name: str, **changes: Any) -> None:  # noqa: ANN401 - fields of Standing
        """Changes where a stack stands."""
        if changes.get("state") == RUNNING:
            changes["begun"] = time.time()
        self.stacks[name] = replace(self.stacks[name], **changes)
        if "state" in changes:
            self._write()

    def _read(self) -> dict[str, Standing]:
        if not self._file.exists():
            return {}
        try:
            held = cast("dict[str, dict[str, Any]]", json.loads(self._file.read_text()))
            return {name: Standing(**one) for name, one in held.items()}
        except (ValueError, TypeError, AttributeError):
            raise CloudHsmError(
                f"{self._file} is of no run: remove it, and start without --resume"
            ) from None

    def _write(self) -> None:
        text = json.dumps({name: asdict(one) for name, one in self.stacks.items()}, indent=1)
        new = self._file.with_suffix(".new")
        new.write_text(text)
        new.replace(self._file)
