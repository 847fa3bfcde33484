"""Pictures of a rehearsal, drawn by the package's own commands: its timeline, and what it made.

    python -m rehearsal.engine.pictures

puts those of the last demo into `docs/_static` and into the README.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rehearsal.engine.core.errors import RehearsalError
from rehearsal.engine.layout import PROJECT, ensure_layout
from rehearsal.engine.session import Session

TIMELINE, DIAGRAM = "timeline.svg", "deployment.md"
README = PROJECT / "README.md"
SHOWN = PROJECT / "docs" / "_static" / TIMELINE
BEGIN, END = "<!-- deployment: written by `make pictures` -->\n", "<!-- end of deployment -->"


def draw(session: Session, events: Path, log: Sequence[Any], folder: Path) -> tuple[Path, Path]:
    """Draws the timeline of an `up`, and the deployment that it made.

    Args:
        session: the rehearsal, its stack up.
        events: the engine's event log, with moments as exact as they are known.
        log: what the emulator was asked.
        folder: where the pictures go.

    Raises:
        RehearsalError: a command of the package failed.
    """
    timeline, diagram = folder / TIMELINE, folder / DIAGRAM
    timeline.write_text(draw_run(events, log, folder, session.speed), encoding="utf-8")
    state = session.workspace.pulumi("stack", "export").stdout
    diagram.write_text(_printed("diagram", given=state), encoding="utf-8")
    return timeline, diagram


def draw_run(events: Path, log: Sequence[Any], folder: Path, speed: float) -> str:
    """Draws one run of the engine as SVG.

    Args:
        events: the engine's event log.
        log: what the emulator was asked.
        folder: where its calls are kept.
        speed: seconds of AWS in one second of the log.

    Raises:
        RehearsalError: the command of the package failed.
    """
    calls = folder / "calls.json"
    calls.write_text(json.dumps(log), encoding="utf-8")
    return _printed("timeline", str(events), "--calls", str(calls), "--speed", f"{speed:g}")


def _printed(command: str, *arguments: str, given: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-m", f"pulumi_cloudhsm.{command}", *arguments],
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RehearsalError(f"pulumi_cloudhsm.{command}: {done.stderr.strip()}")
    return done.stdout


def main() -> int:
    """Put the pictures of the last demo where readers see them."""
    folder = ensure_layout().root / "demo"
    shutil.copyfile(folder / TIMELINE, SHOWN)
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise RehearsalError(f"{README.name} lacks the lines between which the diagram stands")
    diagram = (folder / DIAGRAM).read_text(encoding="utf-8")
    README.write_text(f"{before}{BEGIN}{diagram}{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
