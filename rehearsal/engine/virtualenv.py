"""Makes `.venv` and installs what the lock says; does nothing when it did so before.

Runs in any Python ≥ 3.11 with the standard library only: `python3 -m rehearsal.engine.virtualenv`.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
OLDEST_PYTHON = (3, 11)
# The exact versions; `make lock` renews them.
LOCK = "requirements-dev.lock"
# What decides what gets installed: other content, another installation.
REQUIREMENTS = (LOCK, "components/pyproject.toml")
STAMP = ".installed"
INSTALL_SECONDS = 1800.0


def ensure_virtualenv(project: Path = PROJECT) -> Path:
    """Make or complete `.venv` in `project` and return its interpreter.

    Raises:
        RehearsalError: no virtual environment can be made, or pip failed.
    """
    from rehearsal.engine.core.errors import RehearsalError
    from rehearsal.engine.core.locking import file_lock
    from rehearsal.engine.core.long_command import LongCommandFailure, log_line, run_long_command

    folder = project / ".venv"
    python = folder / "bin" / "python"
    with file_lock(
        project / ".rehearsal" / ".venv.lock", lambda: log_line("waiting for another set-up")
    ):
        stamp = folder / STAMP
        wanted = _fingerprint(project)
        if stamp.exists() and stamp.read_text() == wanted and _works(python):
            return python
        stamp.unlink(missing_ok=True)
        if not _works(python):
            log_line(f"making {folder.name} with Python {sys.version.split()[0]}")
            try:
                venv.create(folder, clear=folder.exists(), symlinks=True, with_pip=True)
            except (OSError, subprocess.CalledProcessError) as error:
                raise RehearsalError(
                    f"cannot make {folder}: {error}. On Debian and Ubuntu install python3-venv"
                ) from error
        command = [str(python), "-m", "pip", "install", "--quiet", "--requirement", LOCK]
        environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        try:
            run_long_command(
                command,
                what=f"installing {LOCK} into {folder.name}",
                seconds=INSTALL_SECONDS,
                environment=environment,
                folder=project,
            )
        except LongCommandFailure as error:
            raise RehearsalError(
                f"pip could not install {LOCK}: {error}. See more with "
                f"`{python} -m pip install -r {LOCK}`"
            ) from error
        stamp.write_text(wanted)
    return python


def _fingerprint(project: Path) -> str:
    digest = hashlib.sha256(str(project).encode())  # an environment does not survive a move
    for name in REQUIREMENTS:
        digest.update((project / name).read_bytes())
    return digest.hexdigest()


def _works(python: Path) -> bool:
    if not python.exists():
        return False
    check = f"import sys, pip; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    return subprocess.run([str(python), "-c", check], capture_output=True).returncode == 0


def main() -> None:
    """Make `.venv` or end with one line that says why not."""
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(
            f"error: this is Python {sys.version.split()[0]}, 3.11 or newer is needed: "
            "run `make PYTHON=python3.11 …` with one you have"
        )
    from rehearsal.engine.core.errors import RehearsalError

    try:
        ensure_virtualenv()
    except RehearsalError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
