"""Writing files that other tools read, so that a crash leaves the old or the new one, whole. Pure.

Paths are relative to the program's folder, so that state does not depend on who ran `pulumi up`.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from ..errors import CloudHsmError
from ..validation import InputError

MAX_NAME_BYTES = 255
"""Of one part of a path, as Linux file systems take it."""
MAX_PATH_BYTES = 3_500
"""Of a folder: Linux takes 4,096 for a path, and file names follow."""


def sha256(content: bytes) -> str:
    """Hexadecimal SHA-256."""
    return hashlib.sha256(content).hexdigest()


def sha256_on_disk(path: Path) -> str | None:
    """Hexadecimal SHA-256 of a file; None when there is no readable file."""
    try:
        return sha256(path.read_bytes())
    except OSError:
        return None


def write(path: Path, content: bytes, mode: int) -> None:
    """Writes a file in one step, with its mode set before it has its name.

    Raises:
        CloudHsmError: the folder cannot be made or written; says what to do.
    """
    try:
        _replace(path, content, mode)
    except OSError as error:
        raise CloudHsmError(
            f"{path} cannot be written ({error.strerror}): make its folder writable or set "
            "files.directory"
        ) from error


def _replace(path: Path, content: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def remove_if_ours(path: Path, written_sha256: str) -> bool:
    """Removes a file that still holds what was written, then its folder if that is empty now.

    Of a relative path, which is the program's own, the folder above goes too if it is empty.

    Returns:
        False when the file holds something else, and was therefore kept.

    Raises:
        CloudHsmError: the file cannot be removed; says what to do.
    """
    found = sha256_on_disk(path)
    if found is None:
        return True
    if found != written_sha256:
        return False
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise CloudHsmError(
            f"{path} cannot be removed ({error.strerror}): make its folder writable, or remove it "
            "by hand"
        ) from error
    for folder in (path.parent,) if path.is_absolute() else (path.parent, path.parent.parent):
        try:
            folder.rmdir()
        except OSError:  # Not empty, a link to a folder, or the program's own: it stays.
            break
    return True


def folder_problem(folder: str) -> str | None:
    """Why no file can be written into a folder that may not exist yet; None when it can."""
    path = Path(folder)
    if not folder.isprintable():
        return "no folder has such a name here; leave out control characters and line breaks"
    if any(len(part.encode()) > MAX_NAME_BYTES for part in path.parts):
        return f"no folder has such a name; each part has at most {MAX_NAME_BYTES} bytes"
    if len(folder.encode()) > MAX_PATH_BYTES:
        return f"a path has at most {MAX_PATH_BYTES} bytes here"
    nearest = next((candidate for candidate in (path, *path.parents) if candidate.exists()), Path())
    if not nearest.is_dir():
        return f"{nearest} is a file, not a folder"
    if not os.access(nearest, os.W_OK | os.X_OK):
        return f"{nearest} is not writable for this user"
    return None


def check_folder(field: str, value: str) -> None:
    """Refuses a folder in which no file can be written.

    Raises:
        InputError: names the input, the value and the fix.
    """
    if problem := folder_problem(value):
        raise InputError(field, value, f"{problem}; choose another folder")
