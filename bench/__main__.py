"""Runs all benchmarks, prints them, and writes them as JSON and as pictures.

python -m bench [GROUP ...] [--folder build/bench]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from bench import (
    api_limits,
    detection,
    fleet,
    imports,
    lag_chart,
    no_changes,
    provider_waits,
    scaling,
    shell_loop,
)
from bench.report import print_rows, write_json
from bench.rows import Row
from rehearsal.engine.layout import PROJECT, Layout, ensure_layout

PLAIN_WIDTH = 180


def _imports(_layout: Layout, _folder: Path) -> list[Row]:
    return imports.rows()


def _detection(_layout: Layout, folder: Path) -> list[Row]:
    (folder / "lag.svg").write_text(lag_chart.picture())
    return [*detection.rows(), *provider_waits.rows()]


def _api_limits(_layout: Layout, folder: Path) -> list[Row]:
    (folder / "api_limits.md").write_text(api_limits.table() + "\n")
    return api_limits.rows()


GROUPS: dict[str, Callable[[Layout, Path], list[Row]]] = {
    "imports": _imports,
    "detection": _detection,
    "api-limits": _api_limits,
    "no-changes": no_changes.rows,
    "scaling": scaling.rows,
    "fleet": fleet.rows,
    "shell-loop": shell_loop.rows,
}


def main() -> None:
    """Runs one group of rows after the other, so that none disturbs another."""
    options = _options()
    console = Console()
    if not console.is_terminal:
        console = Console(width=PLAIN_WIDTH)
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    layout = ensure_layout()
    started, rows = time.monotonic(), list[Row]()
    for group in options.groups or GROUPS:
        begun = time.monotonic()
        found = GROUPS[group](layout, folder)
        rows += found
        print_rows(console, found)
        console.print(f"{group}: {time.monotonic() - begun:.0f} s\n")
        write_json(folder / "results.json", rows, time.monotonic() - started)
    console.print(
        f"{len(rows)} rows in {time.monotonic() - started:.0f} s; numbers in "
        f"{folder / 'results.json'}, pictures beside it"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(GROUPS)}")
    parser.add_argument("--folder", type=Path, default=PROJECT / "build" / "bench")
    options = parser.parse_args()
    unknown = [one for one in options.groups if one not in GROUPS]
    if unknown:
        parser.error(f"no group {', '.join(unknown)}; there are: {', '.join(GROUPS)}")
    return options


if __name__ == "__main__":
    main()
