"""Calls that must not be carried out twice, although AWS throttles or an answer is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .errors import DeadlineError, StateError, ThrottledError, TransientError
from .waiting.waiter import Goal, Observation, Timing, Waiter

T = TypeVar("T")


def call_once(
    waiter: Waiter,
    what: str,
    call: Callable[[], T],
    find: Callable[[], T | None],
    timing: Timing,
    setting: str,
) -> T:
    """Makes a call: a refusal for its rate is repeated, after a lost answer its effect is found.

    Args:
        waiter: waits and reports.
        what: the call, for the lines of progress.
        call: makes it, in one try.
        find: looks for what it has made, and returns that; None where AWS does not show it.
        timing: of the whole step; each of the two waits lasts a tenth of its deadline at most.
        setting: the input that prolongs the deadline.

    Returns:
        What the call returns, or what was found of it.

    Raises:
        AwsError: AWS refused it.
        DeadlineError: AWS refused it for its rate for too long.
        StateError: the answer was lost, and AWS shows no effect.
    """
    # AWS limits calls by the second, and shows what it has taken soon afterwards.
    brief = timing.deadline_seconds / 10
    patience = Timing(min(10, brief), brief)
    lost: list[TransientError] = []

    def ask() -> Observation[T | None]:
        try:
            return Observation("accepted", call())
        except ThrottledError:
            raise
        except TransientError as trouble:
            lost.append(trouble)
            return Observation("unknown", None)

    def look() -> Observation[T | None]:
        found = find()
        return Observation("not shown" if found is None else "accepted", found)

    answered = Goal(what, "an answer", ("accepted", "unknown"), (), setting)
    made = waiter.wait(answered, patience, ask).observation.value
    if lost:
        waiter.report(f"{lost[0]}; looking whether AWS carried it out")
        shown = Goal(what, "shown by AWS", ("accepted",), (), setting)
        try:
            made = waiter.wait(shown, patience, look).observation.value
        except DeadlineError as error:
            raise StateError(
                f"{lost[0]}; AWS shows no effect, so it seems not to have carried it out: run "
                "`pulumi up` again"
            ) from error
    if made is None:  # for the type checker: a wait that ends well has a value
        raise StateError(f"{what} gave no answer: run `pulumi up` again")
    return made
