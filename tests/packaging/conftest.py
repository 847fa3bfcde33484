"""The package as a user gets it: a wheel, in a bare virtualenv. Made once for all workers."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from rehearsal.engine.core.locking import file_lock
from tests.support.recording import ROOT


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run; another one for each worker would cost a virtualenv each."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    (shared / "package").mkdir(exist_ok=True)
    return shared / "package"


@pytest.fixture(scope="session")
def wheel(made_once: Path) -> Path:
    folder = made_once / "wheel"
    with file_lock(made_once / "wheel.lock"):
        if not folder.exists():
            build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir"]
            built = made_once / "built"
            subprocess.run([*build, built, ROOT / "components"], check=True, timeout=300)
            built.rename(folder)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def python(wheel: Path, made_once: Path) -> Path:
    """The interpreter of a bare virtualenv with nothing but the wheel and what it asks for."""
    folder, ready = made_once / "consumer", made_once / "installed"
    interpreter = folder / "bin" / "python"
    with file_lock(made_once / "consumer.lock"):
        if not ready.exists():
            venv.create(folder, with_pip=True, symlinks=True, clear=True)
            # Python compiles what is imported; all of pulumi_aws would take longer than the rest.
            install = [interpreter, "-m", "pip", "install", "--quiet", "--no-compile"]
            subprocess.run([*install, wheel], check=True, timeout=600)
            ready.touch()
    return interpreter
