"""Runs one policy pack inside the pack's own interpreter; started by the language host.

Usage: python -u policy_runner.py ENGINE [FLAG...] PACK. It is `python -u -m pulumi.policy` with the
same arguments, which the published host starts. It also ends with the language host.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path

# A script's own folder is first on sys.path; parent_watch.py lies two folders above it.
sys.path[0] = str(Path(__file__).resolve().parents[2])
from parent_watch import end_with_parent  # noqa: E402

# With `-m` the working folder is first.
sys.path[0] = os.getcwd()  # noqa: PTH109 - the SDK's way
del sys.modules["parent_watch"]

if __name__ == "__main__":
    end_with_parent()
    runpy.run_module("pulumi.policy", run_name="__main__", alter_sys=True)
