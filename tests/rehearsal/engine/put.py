"""Executables that a test puts on PATH."""

from __future__ import annotations

from pathlib import Path


def put(path: Path, text: str) -> Path:
    """Writes an executable, and its folder where that is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path
