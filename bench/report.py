"""Prints the rows as tables and writes them as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.rows import Row, shown


def print_rows(console: Console, rows: Iterable[Row]) -> None:
    """One table for each group: minimum, median and maximum of the samples and of the ratios."""
    for group, members in groupby(rows, key=lambda row: row.group):
        found = list(members)
        table = Table(title=group, title_justify="left", box=None, pad_edge=False)
        table.add_column("what")
        table.add_column(f"{found[0].unit}: min  median  max", justify="right")
        table.add_column("ratio: min  median  max", justify="right")
        table.add_column("against")
        table.add_column("further")
        for row in found:
            itself = row.against == row.what
            table.add_row(
                row.what,
                shown(row.samples),
                "" if itself else shown(row.ratios),
                "" if itself else row.against.rpartition(": ")[2],
                row.detail,
            )
        console.print(table)
        console.print()


def write_json(path: Path, rows: Iterable[Row], seconds: float) -> None:
    """Writes all rows, and what they were measured on."""
    content = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "seconds": round(seconds, 1),
        "rows": [row.as_json() for row in rows],
    }
    path.write_text(json.dumps(content, indent=2) + "\n")
