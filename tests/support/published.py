"""What Pulumi's published hosts and plugins do otherwise than ours, and the tests allow them."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from rehearsal.engine.layout import PLUGINS_VARIABLE
from rehearsal.engine.workspace import Running

_END_WITHIN_SECONDS = 5.0
_INTERRUPTED = re.compile(
    r"^\s*Traceback \(most recent call last\):\n(?:(?!\s*Traceback).*\n)*?\s*KeyboardInterrupt.*$",
    re.MULTILINE,
)


def published() -> bool:
    """Whether the tests run with the published plugins, and so with the published hosts."""
    return os.environ.get(PLUGINS_VARIABLE) == "published"


def has_trace(output: str) -> bool:
    """Whether a command shows a trace that is a fault.

    When an `up` fails, the published language host interrupts the program and shows where. Such
    traces end with KeyboardInterrupt and are no fault of the program's.
    """
    return "Traceback" in (_INTERRUPTED.sub("", output) if published() else output)


def end_orphans(running: Running) -> None:
    """End what outlived a killed CLI.

    Ours end by themselves, and must. The published ones live on: program 1 s, language host and
    provider plugins 290 s, dynamic host more than 420 s (measured).
    """
    if published():
        running.end()
        return
    deadline = time.monotonic() + _END_WITHIN_SECONDS
    while running.members() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert running.members() == [], "something outlived the killed CLI"


def own_plugins(running: Running) -> list[int]:
    """The processes of the package's own plugin, which no publisher's habits excuse."""
    return [one for one in running.members() if _is_own_plugin(one)]


def _is_own_plugin(process: int) -> bool:
    try:
        return b"pulumi_cloudhsm.plugin" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False
