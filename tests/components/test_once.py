"""A call that must not be carried out twice: throttled, lost, never carried out."""

from __future__ import annotations

import pytest

from pulumi_cloudhsm.errors import (
    AwsError,
    CloudHsmError,
    DeadlineError,
    StateError,
    ThrottledError,
    TransientError,
)
from pulumi_cloudhsm.once import call_once
from pulumi_cloudhsm.waiting.waiter import Timing
from tests.support.fake_clock import FakeTime

LOST = TransientError("the connection broke")


class Aws:
    """Refuses with each of the errors first; shows what it made after some looks."""

    def __init__(self, *refusals: CloudHsmError, shown_after: int = 0) -> None:
        self.refusals, self.shown_after = list(refusals), shown_after
        self.calls = self.looks = 0
        self.lines: list[str] = []

    def call(self) -> str:
        self.calls += 1
        if self.refusals:
            raise self.refusals.pop(0)
        return "answered"

    def find(self) -> str | None:
        self.looks += 1
        return "found" if self.looks > self.shown_after else None

    def once(self, time: FakeTime) -> str:
        waiter = time.waiter(self.lines.append)
        timing = Timing(60, 600)
        return call_once(waiter, "the call", self.call, self.find, timing, "waits.this")


def test_an_answer_is_passed_on_and_nothing_is_looked_for(time: FakeTime) -> None:
    aws = Aws()
    assert (aws.once(time), aws.calls, aws.looks) == ("answered", 1, 0)


def test_a_refusal_for_its_rate_is_repeated(time: FakeTime) -> None:
    aws = Aws(ThrottledError("slow down"), ThrottledError("slow down"))
    assert (aws.once(time), aws.calls, aws.looks) == ("answered", 3, 0)


def test_after_a_lost_answer_its_effect_is_looked_for_until_aws_shows_it(time: FakeTime) -> None:
    aws = Aws(LOST, shown_after=3)
    assert (aws.once(time), aws.calls, aws.looks) == ("found", 1, 4)
    assert "the connection broke; looking whether AWS carried it out" in aws.lines


def test_a_call_that_was_never_carried_out_is_told_and_was_made_once(time: FakeTime) -> None:
    aws, began = Aws(LOST, shown_after=1000), time.now()
    with pytest.raises(StateError, match=r"connection broke; AWS shows no effect.*`pulumi up`"):
        aws.once(time)
    assert aws.calls == 1
    assert time.now() - began <= 70


def test_an_endless_refusal_for_its_rate_names_the_setting(time: FakeTime) -> None:
    with pytest.raises(DeadlineError, match=r"waits\.this"):
        Aws(*[ThrottledError("slow down")] * 1000).once(time)


def test_another_refusal_is_passed_on_at_once(time: FakeTime) -> None:
    aws = Aws(AwsError("no", "AccessDenied"))
    with pytest.raises(AwsError, match="no"):
        aws.once(time)
    assert (aws.calls, aws.looks) == (1, 0)
