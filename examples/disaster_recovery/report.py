"""What a drill has measured, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """One drill, from loss to service.

    Attributes:
        drill: its name.
        rto_seconds: from the loss to the moment when everything under `back` was seen to work; in
            AWS's time.
        rpo_seconds: age of the backup at the loss: what is newer is lost.
        back: what came back, each as it was seen.
        lost: what does not come back.
        kept: what is still at AWS after the drill, and until when.
    """

    drill: str
    rto_seconds: float
    rpo_seconds: float
    back: Sequence[str]
    lost: Sequence[str] = field(default_factory=list[str])
    kept: Sequence[str] = field(default_factory=list[str])


def show(console: Console, recoveries: Sequence[Recovery]) -> None:
    """Prints one column for each drill.

    Args:
        console: where to.
        recoveries: what the drills have measured.
    """
    table = Table(title="Disaster recovery", title_justify="left", show_lines=True)
    table.add_column("Drill", style="bold")
    for one in recoveries:
        table.add_column(one.drill, overflow="fold")
    table.add_row("Loss to service (RTO)", *(duration(one.rto_seconds) for one in recoveries))
    table.add_row("Age of the backup (RPO)", *(duration(one.rpo_seconds) for one in recoveries))
    table.add_row("Came back", *(_listed(one.back) for one in recoveries))
    table.add_row("Does not come back", *(_listed(one.lost) for one in recoveries))
    table.add_row("Still at AWS", *(_listed(one.kept) for one in recoveries))
    console.print(table)


def _listed(lines: Sequence[str]) -> Text:
    return Text("\n".join(f"- {line}" for line in lines) or "nothing")


def duration(seconds: float) -> str:
    """Hours, minutes and seconds, the largest two that are needed.

    >>> duration(3725)
    '1 h 2 min'
    """
    hours, rest = divmod(round(seconds), 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {left} s" if minutes else f"{left} s"
