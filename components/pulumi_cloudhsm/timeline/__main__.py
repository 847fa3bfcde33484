"""Draws a run of the engine as a timeline: one SVG that a browser and GitHub show.

    PULUMI_DEBUG_COMMANDS=true pulumi up --event-log events.jsonl
    python -m pulumi_cloudhsm.timeline events.jsonl > timeline.svg

The exit status is 0, or 2 where the input is no event log.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, cast

from ..errors import CloudHsmError
from ..given_files import read_text
from .run import RunError, read_run
from .svg import svg

NO_LOG = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Reads an event log, prints its timeline and gives the exit status."""
    options = _options(arguments)
    try:
        run = read_run(read_text(options.events), _calls(options.calls), options.speed)
    except (RunError, CloudHsmError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return NO_LOG
    print(svg(run), end="")
    return 0


def _calls(path: str | None) -> list[Mapping[str, Any]]:
    if path is None:
        return []
    found = cast("list[Mapping[str, Any]]", json.loads(read_text(path)))
    return [one for one in found if one.get("operation") != "transition"]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m pulumi_cloudhsm.timeline",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("events", help="file of `pulumi up --event-log`; - is a pipe")
    parser.add_argument(
        "--calls",
        help="JSON list of the calls to AWS, each with `time` in seconds since the epoch, "
        "`service` and `operation`: the rows then tell how often AWS was asked what",
    )
    parser.add_argument(
        "--speed",
        type=float,
        default=1.0,
        help="seconds of AWS in one second of the log; more than 1 in a rehearsal",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
