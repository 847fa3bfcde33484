"""What a campaign keeps and prints."""

from __future__ import annotations

from pathlib import Path

from rehearsal.engine.campaign.points import Result
from rehearsal.engine.campaign.report import Results, markdown, summary, trouble

GOOD = Result("up CreateVpc unanswered", False, "chain", ups=1, backend="whole")
BAD = Result("down DeleteHsm answered", True, "single", ups=3, failures=["error: no"])


def test_a_campaign_that_is_interrupted_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "campaign" / "results.jsonl"
    Results(path).add([GOOD, BAD])
    later = Results(path)
    assert later.all() == [GOOD, BAD]
    assert GOOD.key in later
    assert (GOOD.point, True, "chain") not in later, "with twins it is another run"
    assert later.has_chain("up", "unanswered", twins=False)
    assert not later.has_chain("up", "unanswered", twins=True)
    assert not later.has_chain("down", "answered", twins=True), "that was no chain"
    assert Results(path, anew=True).all() == []


def test_each_point_is_a_row_and_each_finding_a_line() -> None:
    table = markdown([GOOD, BAD])
    assert "| up CreateVpc unanswered |  | chain | 1 | yes | yes | yes | yes | whole |" in table
    assert "| down DeleteHsm answered | alive | single | 3 | NO |  |  | yes | whole |" in table
    assert trouble([GOOD, BAD]) == ["- failures: error: no (down DeleteHsm answered)"]
    assert summary([GOOD, BAD]) == [
        "down answered, single, living twins: 0 of 1 points good; file backend hurt at 0",
        "up unanswered, chain: 1 of 1 points good; file backend hurt at 0",
    ]
