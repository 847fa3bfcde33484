"""Files on a command line: what cannot be read is one line with the file, the reason, the fix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pulumi_cloudhsm.diagram.__main__ import main as diagram
from pulumi_cloudhsm.evidence.__main__ import main as evidence
from pulumi_cloudhsm.fleet.__main__ import main as fleet
from pulumi_cloudhsm.review.__main__ import main as review
from pulumi_cloudhsm.timeline.__main__ import main as timeline

COMMANDS: dict[str, tuple[Callable[[Sequence[str]], int], list[str]]] = {
    "diagram": (diagram, []),
    "review": (review, []),
    "review with events": (review, ["--events"]),
    "timeline": (timeline, []),
    "fleet": (fleet, ["up"]),
    "evidence": (evidence, ["collect", "--offline", "--state"]),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("bad", ["n" * 300, "nul\0", "folder", "missing", "bytes"])
def test_a_file_that_cannot_be_read_is_named_in_one_line(
    command: str, bad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "bytes").write_bytes(b"\xff\xfe{")
    (tmp_path / "plan").write_text('{"steps": []}')
    run, options = COMMANDS[command]
    before = [str(tmp_path / "plan")] if "--events" in options else []
    assert run([*before, *options, str(tmp_path / bad)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    if (command, bad) != ("evidence", "bytes"):  # there a state is told apart by its content
        assert str(tmp_path / bad) in line
        assert line.endswith("give another file")


def test_a_text_may_begin_with_a_byte_order_mark(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "state").write_bytes(b'\xef\xbb\xbf{"deployment": {}}')
    assert diagram([str(tmp_path / "state")]) == 0
    assert "mermaid" in capsys.readouterr().out
