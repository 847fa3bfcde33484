"""Reviews of real plans: the pages of the documentation are what the command says today."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from rehearsal.engine.layout import PROJECT, Layout
from rehearsal.engine.reviews import Reviewed, page_head, reviews

pytestmark = pytest.mark.engine

FOLDER = PROJECT / "docs" / "reviews"
GUIDE = (PROJECT / "docs" / "guides" / "review-a-change.md").read_text(encoding="utf-8")
STATUS = {
    "first-creation": 10,
    "key-store-on": 0,
    "key-store-off": 11,
    "two-to-three-hsms": 0,
    "three-to-no-hsms": 0,
    "cluster-name": 12,
    "trust": 0,
    "file-system-key": 11,
    "protected": 12,
}


@pytest.fixture(scope="module")
def reviewed(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Reviewed]:
    return {one.change.name: one for one in reviews(layout, tmp_path_factory.mktemp("reviews"))}


def test_each_change_has_the_exit_status_that_the_guide_tells(
    reviewed: Mapping[str, Reviewed],
) -> None:
    assert {name: one.status for name, one in reviewed.items()} == STATUS
    for name, one in reviewed.items():
        assert f"| [{one.change.title}](../reviews/{name}.md) | {one.status} |" in GUIDE


def test_the_pages_are_current(reviewed: Mapping[str, Reviewed]) -> None:
    """After a change that is meant: `make reviews`."""
    pages = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    assert pages == {name: f"{page_head(one)}{one.text}" for name, one in reviewed.items()}


def test_no_certificate_and_no_secret_is_in_a_review(reviewed: Mapping[str, Reviewed]) -> None:
    for one in reviewed.values():
        assert "BEGIN" not in one.text
        assert "Rehearsed" not in one.text


def test_a_diff_of_one_more_hsm_stays_readable(reviewed: Mapping[str, Reviewed]) -> None:
    assert len(reviewed["two-to-three-hsms"].diff.splitlines()) < 120


def test_a_stream_of_events_is_reviewed_like_the_plan(reviewed: Mapping[str, Reviewed]) -> None:
    one = reviewed["two-to-three-hsms"]
    assert one.streamed == one.text
