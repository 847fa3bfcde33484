"""The drills of examples/disaster_recovery: what they print, and that everything comes back."""

from __future__ import annotations

import io

from rich.console import Console

from examples.disaster_recovery.report import Recovery, duration, show


def test_a_duration_has_two_units_at_most() -> None:
    assert [duration(one) for one in (0, 59.6, 61, 3599, 3725.2)] == [
        "0 s",
        "1 min 0 s",
        "1 min 1 s",
        "59 min 59 s",
        "1 h 2 min",
    ]


def test_the_table_tells_times_and_what_does_not_come_back() -> None:
    printed = io.StringIO()
    row = Recovery(
        drill="same-region",
        rto_seconds=2000,
        rpo_seconds=90,
        back=["the KMS key"],
        lost=["later keys"],
        kept=[],
    )
    show(Console(file=printed, width=160), [row])
    for text in ("same-region", "33 min 20 s", "1 min 30 s", "the KMS key", "later keys"):
        assert text in printed.getvalue()
    assert "nothing" in printed.getvalue(), "what is still at AWS"
