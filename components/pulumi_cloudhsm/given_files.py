"""Files that a user names on a command line: one line of what is wrong where one cannot be read."""

from __future__ import annotations

import sys
from pathlib import Path

from .errors import CloudHsmError


def read_bytes(path: Path) -> bytes:
    """What a file holds.

    Raises:
        CloudHsmError: it cannot be read; names it and says why.
    """
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise CloudHsmError(f"{path} cannot be read ({reason}): give another file") from None


def read_text(path: str | Path) -> str:
    """The text of a file; of standard input where the path is `-`.

    Raises:
        CloudHsmError: it cannot be read, or is no text in UTF-8; names it and says why.
    """
    from_pipe = str(path) == "-"
    try:
        return sys.stdin.read() if from_pipe else read_bytes(Path(path)).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        name = "standard input" if from_pipe else path
        raise CloudHsmError(
            f"{name} is no text in UTF-8 (byte {error.start} is not): give another file"
        ) from None
