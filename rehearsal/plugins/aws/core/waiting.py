"""Waits for a state, with the rules and words of Terraform's `StateChangeConf`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from rehearsal.plugins.core.resource_type import Call

# Terraform looks after 30 s, then every 30 s and 10 s in turn; the emulator's time runs faster.
POLL_SECONDS = 0.2
# For so long after a delete a state from before it is taken for lag, not for a refusal.
# (Terraform's first look comes 30 s later and never sees it.)
LAG_SECONDS = 10.0
DEFAULT_TIMEOUT_SECONDS = 120 * 60.0
# So many looks in a row may find nothing right after a create, as AWS is not consistent at once.
NOT_FOUND_CHECKS = 150
# So many looks in a row have to show a thing that an earlier look did not.
SHOWN_IN_A_ROW = 3


class WaitError(Exception):
    """The state did not come; the text is Terraform's."""


@dataclass(frozen=True)
class Seen:
    """A state, and what AWS says about it (StateMessage)."""

    state: str
    message: str = ""


def wait_for(
    target: str, pending: frozenset[str], look: Callable[[], Seen | None], call: Call
) -> None:
    """Look until the state is ``target``.

    Raises:
        WaitError: another state than the ``pending`` ones, too late, or cancelled.
    """
    watch = _Watch(call, target)
    missing = 0
    while True:
        seen = look()
        if seen is None:
            missing += 1
            if missing > NOT_FOUND_CHECKS:
                raise WaitError(f"couldn't find resource ({missing} retries)")
        else:
            missing = 0
            if seen.state == target:
                return
            if seen.state not in pending:
                raise _unexpected(seen, target)
        watch.pause(seen)


def wait_until_shown(look: Callable[[], object | None], call: Call) -> None:
    """Look until what was just made is shown each time; raises like `wait_for`."""
    watch, missing, in_a_row = _Watch(call, "shown"), 0, SHOWN_IN_A_ROW - 1
    while in_a_row < SHOWN_IN_A_ROW:
        if look() is not None:
            in_a_row += 1
            continue
        missing, in_a_row = missing + 1, 0
        if missing > NOT_FOUND_CHECKS:
            raise WaitError(f"couldn't find resource ({missing} retries)")
        watch.pause(None)


def wait_until_gone(pending: frozenset[str], look: Callable[[], Seen | None], call: Call) -> None:
    """Look until there is nothing; raises like `wait_for`."""
    watch = _Watch(call, "")
    while (seen := look()) is not None:
        if seen.state not in pending and watch.elapsed() > LAG_SECONDS:
            raise _unexpected(seen, "")
        watch.pause(seen)


def _unexpected(seen: Seen, target: str) -> WaitError:
    return WaitError(
        f"unexpected state '{seen.state}', wanted target '{target}'. "
        f"last error: {seen.message or 'none'}"
    )


class _Watch:
    def __init__(self, call: Call, target: str) -> None:
        self._call = call
        self._target = target
        self._timeout = call.timeout or DEFAULT_TIMEOUT_SECONDS
        self._start = time.monotonic()

    def elapsed(self) -> float:
        return time.monotonic() - self._start

    def pause(self, seen: Seen | None) -> None:
        left = self._timeout - self.elapsed()
        if left <= 0:
            last = f"last state: '{seen.state}', " if seen else ""
            raise WaitError(
                f"timeout while waiting for state to become '{self._target}' "
                f"({last}timeout: {go_duration(self._timeout)})"
            )
        if self._call.cancelled.wait(min(POLL_SECONDS, left)):
            raise WaitError("context canceled")


def go_duration(seconds: float) -> str:
    """``seconds`` as Go prints a duration, for example 2h0m0s, 1m30s, 1.5s."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    if hours:
        return f"{hours:.0f}h{minutes:.0f}m{rest:g}s"
    return f"{minutes:.0f}m{rest:g}s" if minutes else f"{rest:g}s"
