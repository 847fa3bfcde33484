"""Ends a process when the one that started it is gone.

After `kill -9` of the CLI its plugins would live on as orphans. An interrupted create would go on
calling AWS without the user's knowledge. Every process of a rehearsal therefore watches its parent.
A rehearsal of exactly that sets `OUTLIVES`. Only the standard library is used: the program's own
interpreter loads this module too.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable

POLL_SECONDS = 0.5
EXIT_CODE = 1
OUTLIVES = "REHEARSAL_OUTLIVES_PARENT"
"""Variable with the seconds that a process lives on after its parent's end, as published hosts and
plugins do for minutes."""
PARENT_VARIABLE = "REHEARSAL_PARENT"
"""Names the process to watch in one that is a fork of a template and no child of it."""


def end_with_parent(end: Callable[[], object] = lambda: os._exit(EXIT_CODE)) -> None:
    """End this process as soon as its parent has ended, whatever it is doing then.

    Args:
        end: how; called in a thread of its own.
    """
    # Taken away: a child of ours watches us.
    named = os.environ.pop(PARENT_VARIABLE, None)
    parent = os.getppid() if named is None else int(named)

    def watch() -> None:
        _wait_for_end_of(parent, is_child=named is None)
        time.sleep(float(os.environ.get(OUTLIVES) or 0))
        end()

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _wait_for_end_of(parent: int, *, is_child: bool) -> None:
    # A pidfd wakes us at once and follows the process. PR_SET_PDEATHSIG follows the *thread* that
    # forked us, and the CLI is a Go program whose threads come and go.
    try:
        descriptor = os.pidfd_open(parent)
    except (AttributeError, OSError):  # not Linux, an old kernel, or the parent is already gone
        while os.getppid() == parent:
            time.sleep(POLL_SECONDS)
        return
    # It ended before the descriptor was ours: the number may be reused.
    if is_child and os.getppid() != parent:
        return
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    poll.poll()
