"""Kills the CLI at every call that changes something at AWS, and looks how the stack recovers.

An undisturbed run comes first: up, up again, destroy. Its calls are the points, its end is the end
that every point has to reach. Each point has a stack of its own. `--chain` kills one stack at one
point after the other instead, which takes a small part of the time. What is found is kept in the
folder, and the next start goes on there.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rehearsal.engine.campaign.points import MODES, PHASES, Point, chosen, points_of
from rehearsal.engine.campaign.report import Results, markdown, summary, trouble
from rehearsal.engine.campaign.runs import WHOLE_CHAIN, Campaign, Undisturbed
from rehearsal.engine.core.errors import RehearsalError
from rehearsal.engine.layout import PROJECT, ensure_layout
from rehearsal.engine.workspace import PulumiFailed

SPEED = 1000.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a campaign; its status is 0 only if every point ended well."""
    options = _options(arguments)
    results = Results(options.folder / "results.jsonl", anew=options.anew)
    begun = time.monotonic()
    config = {**WHOLE_CHAIN, "trust": {"mode": options.trust}}
    campaign = Campaign(
        ensure_layout(), options.folder / "stacks", config, options.speed, options.twins
    )
    try:
        wanted = campaign.undisturbed()
        print(f"undisturbed: {time.monotonic() - begun:.0f} s", flush=True)
        points = _points(options, wanted)
        run = _chains if options.chain else _singles
        run(campaign, options, points, wanted, results)
    except (RehearsalError, PulumiFailed) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    found = results.all()
    (options.folder / "campaign.md").write_text(markdown(found))
    lines = [*summary(found), *trouble(found)]
    lines.append(f"{time.monotonic() - begun:.0f} s; table: {options.folder / 'campaign.md'}")
    print("\n".join(lines))
    return 0 if all(one.good for one in found) else 1


def _points(options: argparse.Namespace, wanted: Undisturbed) -> list[Point]:
    found: list[Point] = []
    for phase in options.phases:
        for mode in options.modes:
            points = points_of(phase, wanted.calls[phase], mode)
            found += chosen(points, options.every, options.only)
    return found


def _singles(
    campaign: Campaign,
    options: argparse.Namespace,
    points: Sequence[Point],
    wanted: Undisturbed,
    results: Results,
) -> None:
    todo = [one for one in points if (str(one), campaign.twins, "single") not in results]
    print(f"{len(todo)} points of {len(points)} to do, {options.workers} at a time", flush=True)

    def one(point: Point) -> None:
        found = campaign.single(point, wanted, str(point).replace(" ", "-").replace("#", "-"))
        results.add([found] if found else [])
        state = "does not come up" if found is None else "good" if found.good else "NOT GOOD"
        print(f"{point}: {state}", flush=True)

    with ThreadPoolExecutor(options.workers) as pool:
        list(pool.map(one, todo))


def _chains(
    campaign: Campaign,
    options: argparse.Namespace,
    points: Sequence[Point],
    wanted: Undisturbed,
    results: Results,
) -> None:
    def one(phase: str, mode: str) -> None:
        if results.has_chain(phase, mode, campaign.twins):
            return
        found = campaign.chain([phase], mode, points, wanted)
        results.add(found)
        good = sum(result.good for result in found)
        print(f"chain {phase} {mode}: {good} of {len(found)} kills good", flush=True)

    with ThreadPoolExecutor(options.workers) as pool:
        begun = [
            pool.submit(one, phase, mode) for phase in options.phases for mode in options.modes
        ]
    for each in begun:
        each.result()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make campaign", description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="only each so-manyth point")
    parser.add_argument("--only", action="append", default=[], metavar="OPERATION")
    parser.add_argument("--up", dest="phases", action="append_const", const=PHASES[0])
    parser.add_argument("--down", dest="phases", action="append_const", const=PHASES[1])
    parser.add_argument("--mode", dest="modes", action="append", choices=MODES)
    parser.add_argument("--trust", choices=("generated", "kms", "acm-pca"), default="generated")
    parser.add_argument("--twins", action="store_true", help="hosts and plugins outlive the CLI")
    parser.add_argument("--chain", action="store_true", help="one stack, killed again and again")
    parser.add_argument("--workers", type=int, default=2, help="stacks at a time")
    parser.add_argument("--speed", type=float, default=SPEED, help="times as fast as AWS")
    parser.add_argument("--anew", action="store_true", help="forget the results so far")
    parser.add_argument("--folder", type=Path, default=PROJECT / "build" / "campaign")
    options = parser.parse_args(arguments)
    options.phases, options.modes = options.phases or PHASES, options.modes or MODES
    return options


if __name__ == "__main__":
    sys.exit(main())
