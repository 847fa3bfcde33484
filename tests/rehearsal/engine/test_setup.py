"""`make setup`: the virtual environment is made once, and completed when something is missing."""

import os
import subprocess
from pathlib import Path

import pytest

from rehearsal.engine import virtualenv
from rehearsal.engine.core.errors import RehearsalError
from rehearsal.engine.layout import PROJECT
from rehearsal.engine.virtualenv import STAMP, ensure_virtualenv


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that needs nothing, so that nothing is downloaded."""
    (tmp_path / "components").mkdir()
    for name in virtualenv.REQUIREMENTS:
        (tmp_path / name).write_text("# nothing\n")
    return tmp_path


@pytest.fixture
def installs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What pip was asked for, besides being really asked."""
    from rehearsal.engine.core import long_command

    asked: list[str] = []
    run = long_command.run_long_command

    def counted(command, **keywords):
        asked.append(" ".join(command))
        run(command, **keywords)

    monkeypatch.setattr(long_command, "run_long_command", counted)
    return asked


def test_it_is_made_once_and_completed_when_the_requirements_change(
    project: Path, installs: list[str]
) -> None:
    python = ensure_virtualenv(project)
    assert subprocess.run([python, "-c", "import pip"]).returncode == 0
    ensure_virtualenv(project)
    assert len(installs) == 1, "nothing was missing"

    (project / virtualenv.LOCK).write_text("# still nothing\n")
    ensure_virtualenv(project)
    assert len(installs) == 2

    python.unlink()  # the Python it was made with is gone
    ensure_virtualenv(project)
    assert len(installs) == 3
    assert subprocess.run([python, "-c", "import pip"]).returncode == 0


def test_a_failed_installation_is_one_line_and_not_taken_for_done(
    project: Path, installs: list[str]
) -> None:
    (project / virtualenv.LOCK).write_text("./no-such-package.whl\n")

    with pytest.raises(RehearsalError, match=r"no-such-package") as failure:
        ensure_virtualenv(project)

    assert "\n" not in str(failure.value)
    assert not (project / ".venv" / STAMP).exists()
    (project / virtualenv.LOCK).write_text("")
    ensure_virtualenv(project)
    assert len(installs) == 2


@pytest.mark.parametrize(
    "target", ["setup", "lock", "demo", "play", "test", "coverage", "lint", "docs", "dist"]
)
def test_every_target_of_make_makes_what_it_needs_first(target: str) -> None:
    # `make test` runs this test, and a make below a make prints where it is.
    outside_of_make = {
        name: value for name, value in os.environ.items() if not name.startswith("MAKE")
    }
    plan = subprocess.run(
        ["make", "--dry-run", target],
        cwd=PROJECT,
        env=outside_of_make,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert "rehearsal.engine.virtualenv" in plan[0]
    if target in ("demo", "play", "test"):
        own = next(number for number, line in enumerate(plan) if target_command(target) in line)
        layout = next(number for number, line in enumerate(plan) if "engine.layout" in line)
        assert layout < own


def target_command(target: str) -> str:
    return "-m pytest" if target == "test" else f"rehearsal.engine.{target}"
