"""Runs a command that may take minutes, and says every now and then that it is still going."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

HEARTBEAT_SECONDS = 15.0


class LongCommandFailure(Exception):  # noqa: N818 - it is caught as one more way that failed
    """The command failed; the message is its last line of output."""


def log_line(text: str) -> None:
    """Tell the user, on stderr, so that stdout stays for results."""
    print(f"[setup] {text}", file=sys.stderr, flush=True)


def run_long_command(
    command: Sequence[str],
    what: str,
    seconds: float,
    environment: Mapping[str, str],
    folder: Path | None = None,
    progress: Callable[[str], str] | None = None,
) -> None:
    """Run `command` to its end; say `what` and the elapsed time while it runs.

    Args:
        command: program and arguments.
        what: what is being done, in words.
        seconds: time limit; then the command and its children are killed.
        environment: all of the command's environment variables.
        folder: working directory.
        progress: makes a few words of progress out of the output so far.

    Raises:
        LongCommandFailure: it could not be started, failed, or took too long.
    """
    log_line(what)
    started = time.monotonic()
    with tempfile.NamedTemporaryFile("w+") as output:
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise LongCommandFailure(str(error)) from error
        try:
            while process.poll() is None:
                elapsed = time.monotonic() - started
                if elapsed >= seconds:
                    raise LongCommandFailure(f"gave up after {seconds:.0f} s")
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=min(HEARTBEAT_SECONDS, seconds - elapsed))
                    continue
                so_far = Path(output.name).read_text(errors="replace")
                words = f", {progress(so_far)}" if progress is not None else ""
                minutes, rest = divmod(int(time.monotonic() - started), 60)
                log_line(f"{what}: {minutes}:{rest:02d} so far{words}")
        finally:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        lines = Path(output.name).read_text(errors="replace").strip().splitlines()
    if process.returncode != 0:
        last = lines[-1].strip()[:300] if lines else "no output"
        raise LongCommandFailure(f"exit status {process.returncode}: {last}")
