"""A process ends with the one that started it, at once or after a while."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rehearsal.parent_watch import OUTLIVES

ROOT = Path(__file__).resolve().parents[2]
CHILD = """
import sys, time
from rehearsal.parent_watch import end_with_parent
end_with_parent()
print(__import__("os").getpid(), flush=True)
time.sleep(60)
"""
PARENT = "import subprocess, sys, time; subprocess.Popen(sys.argv[1:]); time.sleep(60)"


def alive(process: int) -> bool:
    stat = Path(f"/proc/{process}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] not in "ZX"


@pytest.mark.parametrize("outlives", [0.0, 1.5])
def test_it_outlives_its_parent_by_no_more_than_it_is_told(outlives: float) -> None:
    environment = {**os.environ, OUTLIVES: str(outlives), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PARENT, sys.executable, "-c", CHILD]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        began = time.monotonic()
        while alive(child):
            assert time.monotonic() < began + outlives + 30
            time.sleep(0.02)
        assert time.monotonic() >= began + outlives - 0.1
