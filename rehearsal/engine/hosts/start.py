"""Starts one of the rehearsal's own plugins: `python -u -P start.py MODULE ARGUMENT...`.

Puts the clone on sys.path; PYTHONPATH would do so too, but the user's program would inherit it.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
from pathlib import Path


def main() -> None:
    """Run the module named first as `__main__`, with the other arguments as its own."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    # Until the module has its own handler: no KeyboardInterrupt trace in the user's diagnostics.
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    module = sys.argv.pop(1)
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
