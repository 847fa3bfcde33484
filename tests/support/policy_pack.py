"""The policy pack as a user has it: with its virtual environment."""

import subprocess
from pathlib import Path

from rehearsal.engine.core.locking import file_lock
from rehearsal.engine.layout import PROJECT


def policy_pack() -> Path:
    """The pack's folder; `make policy` makes what is missing, one at a time."""
    with file_lock(PROJECT / ".rehearsal" / ".policy.lock"):
        subprocess.run(["make", "--silent", "policy"], cwd=PROJECT, check=True)
    return PROJECT / "policy"
