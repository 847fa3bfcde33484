"""What the providers share that write files."""

from __future__ import annotations

from pathlib import Path

from pulumi.dynamic import CheckFailure

from ..dynamic_provider import log_line
from .local_files import folder_problem, remove_if_ours


def folder_failures(name: str, folder: object) -> list[CheckFailure]:
    """What `check` has to say of a folder in which nothing can be written; unknown is fine."""
    problem = folder_problem(folder) if isinstance(folder, str) else None
    return [CheckFailure(name, f"choose another folder: {problem}")] if problem else []


def delete_if_unchanged(file: Path, written_sha256: str) -> None:
    """Removes a file that still holds what was written; says so when it does not."""
    if not remove_if_ours(file, written_sha256):
        log_line(f"{file} was changed since it was written, so it is kept")
