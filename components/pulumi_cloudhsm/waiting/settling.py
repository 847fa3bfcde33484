"""Answers that may be older than our own writes: KMS shows a write everywhere only after a while.

Right after a write, a look may still show what was before it. The next look may show the new state,
and the one after that the old one again. So a state that a write of ours has ended counts only
after two minutes. Until then it means "not yet".

    writes = OwnWrites(waiter.clock.now, timing)
    kms.connect(store)
    writes.ended("DISCONNECTED")
    … if writes.may_be_stale(seen.state): look again

Source: KMS developer guide, "Eventual consistency"; KMS API reference, CreateCustomKeyStore.
Neither gives a duration; public scripts wait for one to two minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .waiter import Goal, Observation, Timing, Waiter

T = TypeVar("T")

SETTLING_SECONDS = 120.0
"""How long KMS may show what was before a write. Assumed, see above."""
_SHARE_OF_DEADLINE = 1 / 30
"""The most of a step's deadline that goes into such a doubt: two minutes of an hour."""


class OwnWrites:
    """Which states our own writes have ended, and when."""

    def __init__(
        self, now: Callable[[], float], timing: Timing, share: float = _SHARE_OF_DEADLINE
    ) -> None:
        """Begins without a write.

        Args:
            now: seconds of a monotonic clock.
            timing: of the step; a short deadline shortens the doubt.
            share: of the deadline, the most that goes into a doubt.
        """
        self._now, self._ended = now, dict[str, float]()
        self._lasting = min(SETTLING_SECONDS, timing.deadline_seconds * share)

    def ended(self, *states: str) -> None:
        """Notes that a write of this moment has ended these states."""
        self._ended.update(dict.fromkeys(states, self._now()))

    def may_be_stale(self, state: str) -> bool:
        """Whether a look that shows this state may be older than the write that ended it."""
        at = self._ended.get(state)
        return at is not None and self._now() - at < self._lasting


def believed(
    waiter: Waiter,
    subject: str,
    look: Callable[[], T],
    is_doubtful: Callable[[T], bool],
    timing: Timing,
    setting: str,
) -> T:
    """The answer of a look; a doubtful one is asked for again for two minutes, then believed.

    For looks after a write of another step or run, which may have been a moment ago.

    Args:
        waiter: waits and reports.
        subject: what is looked at, for the lines of progress.
        look: asks AWS; may raise TransientError.
        is_doubtful: whether an answer may be older than the write.
        timing: of the step.
        setting: the input that prolongs the deadline.

    Raises:
        DeadlineError: AWS does not answer.
    """
    writes = OwnWrites(waiter.clock.now, timing)
    writes.ended("before")

    def observe() -> Observation[T]:
        seen = look()
        late = is_doubtful(seen) and writes.may_be_stale("before")
        return Observation("not shown yet" if late else "known", seen)

    goal = Goal(subject, "known", ("known",), (), setting)
    return waiter.wait(goal, timing, observe).observation.value
