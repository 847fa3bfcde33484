"""The summary of a run: a page in Markdown, and the table while it runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .declaration import Fleet
from .progress import DONE, FAILED, HELD, RUNNING, Progress, Standing

if TYPE_CHECKING:
    from rich.table import Table

_COLUMNS = ("wave", "stack", "Region", "account", "state", "seconds", "changes", "told")
_STYLES = {DONE: "green", FAILED: "red", RUNNING: "cyan", HELD: "yellow"}


def rows(fleet: Fleet, progress: Progress) -> list[tuple[str, ...]]:
    """A row for each stack, in the order of the waves."""
    found: list[tuple[str, ...]] = []
    for wave, stacks in fleet.in_waves():
        for one in stacks:
            standing = progress.stacks[one.name]
            found.append(
                (
                    wave.name,
                    one.name,
                    one.region,
                    one.account or "",
                    standing.state,
                    f"{standing.seconds:.0f}" if standing.seconds else "",
                    _changes(standing),
                    standing.error or (standing.step if standing.state == RUNNING else ""),
                )
            )
    return found


def table(fleet: Fleet, progress: Progress) -> Table:
    """The table as rich draws it."""
    from rich.table import Table
    from rich.text import Text

    made = Table(*_COLUMNS)
    for row in rows(fleet, progress):
        style = _STYLES.get(row[4], "")
        made.add_row(*(Text(cell, style=style if n == 4 else "") for n, cell in enumerate(row)))
    return made


def page(fleet: Fleet, command: str, progress: Progress, checks: Mapping[str, str]) -> str:
    """The summary in Markdown."""
    counts = Counter(one.state for one in progress.stacks.values())
    told = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    lines = [f"# Fleet: {command}", "", f"{len(progress.stacks)} stacks: {told}.", ""]
    lines += [f"| {' | '.join(_COLUMNS)} |", "|" + "---|" * len(_COLUMNS)]
    lines += [f"| {' | '.join(map(_cell, row))} |" for row in rows(fleet, progress)]
    for wave, said in checks.items():
        lines += ["", f"The wave `{wave}` held the later ones back: {_cell(said)}."]
    if counts.keys() != {DONE}:
        lines += ["", "Run the command again with `--resume`: it takes up what is not done."]
    return "\n".join(lines) + "\n"


def _changes(standing: Standing) -> str:
    return ", ".join(
        f"{count} {kind}" for kind, count in sorted(standing.changes.items()) if kind != "same"
    )


def _cell(text: Any) -> str:  # noqa: ANN401
    return " ".join(str(text).split()).replace("|", "\\|")
