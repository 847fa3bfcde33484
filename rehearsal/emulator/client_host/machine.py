"""A client host of the rehearsal: a throw-away folder in which scripts really run.

On its PATH are an emulated `aws`, `curl`, `dnf`, `sha256sum` and `sudo`. What `dnf` installs is an
emulated CloudHSM CLI (all in the folder programs). Nothing is written outside the folder.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal.emulator.core.place import ACCOUNT

HOST_PROGRAMS = Path(__file__).resolve().with_name("programs")
HOME_VARIABLE = "CLOUDHSM_HOME"
"""Where the host program installs to; on a real host it is unset, which means /opt/cloudhsm."""


@dataclass(frozen=True)
class Ran:
    """How a script ended; ``code`` is None for one that was ended for taking too long."""

    code: int | None
    out: str
    err: str


class Machine:
    """One host.

    Args:
        control: address of the emulator's control interface, which the emulated programs ask.
        instance: id of the instance that it is, "" for a host outside of EC2.
        account: the account that it is in.
    """

    def __init__(self, control: str, instance: str = "", account: str = ACCOUNT) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="rehearsed-host-"))
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        programs = self.root / "bin"
        programs.mkdir()
        for name in ("aws", "curl", "dnf", "sha256sum", "sudo"):
            _wrapper(programs / name, HOST_PROGRAMS / f"{name}.py")
        _wrapper(programs / "python3", None)
        self._environment = {
            "PATH": f"{programs}:/usr/bin:/bin",
            "HOME": str(self.root),
            "TMPDIR": str(self.root),
            "LC_ALL": "C.UTF-8",
            HOME_VARIABLE: str(self.root / "opt/cloudhsm"),
            "REHEARSAL_CONTROL": control,
            "REHEARSAL_INSTANCE": instance,
            "REHEARSAL_ACCOUNT": account,
        }

    @property
    def environment(self) -> Mapping[str, str]:
        """Every variable that a script gets."""
        return self._environment

    def run(self, script: str, timeout: float) -> Ran:
        """Run a shell script in the folder, for ``timeout`` seconds at most."""
        process = subprocess.Popen(
            ["/bin/sh", "-c", script],
            cwd=self.root,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        with self._lock:
            self._running.add(process)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            _kill(process)
            out, err = process.communicate()
            return Ran(None, out, err)
        finally:
            with self._lock:
                self._running.discard(process)
        return Ran(process.returncode, out, err)

    def end(self) -> None:
        """End what runs here, and remove the folder."""
        with self._lock:
            for process in self._running:
                _kill(process)
        shutil.rmtree(self.root, ignore_errors=True)


def _wrapper(path: Path, program: Path | None) -> None:
    target = shlex.quote(sys.executable) + (f" {shlex.quote(str(program))}" if program else "")
    path.write_text(f'#!/bin/sh\nexec {target} "$@"\n')
    path.chmod(0o755)


def _kill(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
