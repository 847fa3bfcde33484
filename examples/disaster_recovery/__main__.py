"""Runs disaster recovery drills, in a rehearsal or at AWS, and prints what they measured.

python -m examples.disaster_recovery [DRILL ...] [--at-aws]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from . import other_region, same_region
from .report import Recovery, show
from .site import DrillError, Site, aws_site, rehearsed_site

DRILLS: dict[str, Callable[[Site, Callable[[str], None]], Recovery]] = {
    same_region.STACK: same_region.drill,
    other_region.FIRST: other_region.drill,
}
"""Each takes where it runs and what takes a line of progress. It leaves nothing but what it tells
as `kept`."""
SPEED = 60.0


def main(arguments: list[str] | None = None) -> int:
    """Runs the drills; gives 0 only if each of them brought everything back."""
    options = _options(arguments)
    console, names = Console(), options.drill or list(DRILLS)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="drill-"))
    folder.mkdir(parents=True, exist_ok=True)
    console.print(f"Logs and stack files: {folder}", soft_wrap=True)
    try:
        if options.at_aws:
            found = _run(names, aws_site(folder, options.region), console)
        else:
            with rehearsed_site(folder, options.region, options.speed) as site:
                found = _run(names, site, console)
    except DrillError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    show(console, found)
    return 0


def _run(names: list[str], site: Site, console: Console) -> list[Recovery]:
    found: list[Recovery] = []
    begun = site.clock()
    for name in names:

        def say(line: str, name: str = name) -> None:
            minutes = (site.clock() - begun) / 60
            console.print(f"{minutes:6.1f} min  {name}: {line}", soft_wrap=True, markup=False)

        found.append(DRILLS[name](site, say))
    return found


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m examples.disaster_recovery", description="Disaster recovery drills."
    )
    parser.add_argument("drill", nargs="*", choices=[*DRILLS, []], help="all when left out")
    parser.add_argument(
        "--at-aws",
        action="store_true",
        help="in the account of these credentials: each HSM costs about 1.60 USD an hour, and a "
        "drill takes two for some two hours; without it, a rehearsal on this machine",
    )
    parser.add_argument("--region", default="eu-central-1", help="Region that is lost")
    parser.add_argument("--folder", type=Path, help="for logs and stack files; stays")
    parser.add_argument("--speed", type=float, default=SPEED, help="of a rehearsal, times AWS's")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
