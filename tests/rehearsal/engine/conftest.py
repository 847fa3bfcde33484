"""The engine's layout, and workspaces of the small programs beside this file."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from rehearsal.engine.layout import Layout, ensure_layout
from rehearsal.engine.workspace import Workspace
from tests.rehearsal.engine.marked_processes import living_after, new_mark

PROGRAMS = Path(__file__).with_name("programs")

MakeWorkspace = Callable[..., Workspace]


@pytest.fixture(scope="session")
def layout() -> Layout:
    """This clone's engine; several workers may ask at once, it is made under a lock."""
    return ensure_layout()


@pytest.fixture
def search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty folder the first on PATH; only the system's tools come after it."""
    folder = tmp_path / "search"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.delenv("REHEARSAL_CLI", raising=False)
    return folder


@pytest.fixture
def make_workspace(layout: Layout, tmp_path: Path) -> MakeWorkspace:
    """Make a workspace of one of the programs beside this file, with further config."""

    def make(
        program: str = "tiny", config: Mapping[str, Any] | None = None, **variables: str
    ) -> Workspace:
        # A home of its own shows that nothing is read from, or written to, the user's.
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        folder = tmp_path / f"workspace-{program}"
        return Workspace.create(
            layout,
            PROGRAMS / program,
            folder,
            config=config,
            variables={"HOME": str(home), **variables},
        )

    return make


@pytest.fixture
def mark(layout: Layout):
    """A mark for the processes of one test; fails it if one of them lives on."""
    mark = new_mark()
    yield mark
    assert living_after(mark, 30.0) == []
