"""Reviews a plan: what it does to money, data, keys and people, as Markdown.

    pulumi preview --json --show-sames > plan.json
    python -m pulumi_cloudhsm.review plan.json

    pulumi preview --json --show-sames | python -m pulumi_cloudhsm.review

Exit status: 0 for a plan that loses nothing and fixes nothing permanently. 10: something cannot be
undone. 11: data or keys would be lost. 12: the preview failed, or a mandatory policy is violated.
The highest one that fits is given. 2: the input is no plan, or an option is wrong.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ..errors import CloudHsmError
from ..given_files import read_text
from .consequences import irreversible, losses
from .plan import Plan, PlanError, read_plan
from .report import markdown

NO_PLAN = 2
IRREVERSIBLE = 10
LOSS = 11
REFUSED = 12


def exit_status(plan: Plan) -> int:
    """The exit status for a plan, see the module's text."""
    if plan.errors or any(one.stops for one in plan.findings):
        return REFUSED
    if losses(plan):
        return LOSS
    return IRREVERSIBLE if irreversible(plan) else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Reads a plan, prints its review and gives the exit status."""
    options = _options(arguments)
    try:
        text = read_text(options.plan)
        plan = read_plan(text, read_text(options.events) if options.events else "")
    except (PlanError, CloudHsmError) as error:
        print(f"error: {error}", file=sys.stderr)
        return NO_PLAN
    print(markdown(plan), end="")
    return exit_status(plan)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m pulumi_cloudhsm.review",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "plan", nargs="?", default="-", help="`preview --json`, or an event log; - is a pipe"
    )
    parser.add_argument(
        "--events", help="event log of the same preview: it adds the findings of policies"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
