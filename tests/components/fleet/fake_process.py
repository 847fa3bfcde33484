"""Stands in for a stack's process: it notes when it runs, and ends as the test's files say."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

job = json.load(sys.stdin)
folder = Path(job["project"])
name = job["stack"]


def note(what: str) -> None:
    with (folder / "notes").open("a") as notes:
        notes.write(f"{what} {name} {job['command']}\n")


note("begin")
print(json.dumps({"step": "create keys-cluster"}), flush=True)
# A test holds processes back to see which run at the same time.
while (folder / "hold").exists() and not (folder / f"release-{name}").exists():
    time.sleep(0.01)
note("end")
if (folder / f"dies-{name}").exists():
    sys.exit(1)
fails = (folder / f"fails-{name}").exists()
error = "AWS said: no" if fails else ""
ended = {"succeeded": not fails, "seconds": 1.5, "changes": {"create": 3}, "error": error}
print(json.dumps(ended), flush=True)
