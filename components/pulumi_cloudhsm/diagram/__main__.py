"""Draws the deployment of a stack as it is: network, zones, HSMs, keys, file system, trust.

    pulumi stack export | python -m pulumi_cloudhsm.diagram > deployment.md

The output is Markdown with a Mermaid flowchart. Nothing secret of the state is read. The exit
status is 0, or 2 where the input is no state.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ..errors import CloudHsmError
from ..given_files import read_text
from .mermaid import StateError, mermaid, read_state

NO_STATE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Reads a state, prints its diagram and gives the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m pulumi_cloudhsm.diagram",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "state", nargs="?", default="-", help="output of `pulumi stack export`; - is a pipe"
    )
    path = parser.parse_args(arguments).state
    try:
        print(f"```mermaid\n{mermaid(read_state(read_text(path)))}```")
    except (StateError, CloudHsmError) as error:
        print(f"error: {error}", file=sys.stderr)
        return NO_STATE
    return 0


if __name__ == "__main__":
    sys.exit(main())
