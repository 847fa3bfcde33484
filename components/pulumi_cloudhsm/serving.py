"""Whether this code runs in the plugin process, which serves the package to other languages.

In a Python program the resources are dynamic ones, and Pulumi's host of dynamic providers passes on
what is printed. The plugin serves the same providers under types of its own; it reports through the
engine's log, and a cancelled run ends its waits.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Serving:
    """What a call that the plugin serves is given.

    Attributes:
        version: of this package; the engine asks the plugin of this version again.
        report: takes a line for the user.
        sleep: waits so many seconds; raises a CloudHsmError when the run is cancelled.
    """

    version: str
    report: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep


SERVING: ContextVar[Serving | None] = ContextVar("serving", default=None)
"""The call that is served; None in a Python program and in its host of dynamic providers."""


def log_line(line: str) -> None:
    """Shows one line of progress: the dynamic host passes standard output on as it comes."""
    serving = SERVING.get()
    if serving is None:
        print(line, flush=True)
    else:
        serving.report(line)


def pause(seconds: float) -> None:
    """Waits; in the plugin only until the run is cancelled.

    Raises:
        CloudHsmError: the run is cancelled.
    """
    serving = SERVING.get()
    (time.sleep if serving is None else serving.sleep)(seconds)
