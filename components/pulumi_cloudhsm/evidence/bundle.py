"""The file that holds the evidence: a zip with a manifest of SHA-256 digests."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

from .ceremony import EvidenceError

MANIFEST = "manifest.json"
SIGNATURE = "manifest.json.sig"
"""RSASSA-PKCS1-v1_5 with SHA-256 over the manifest, by a KMS key."""
PUBLIC_KEY = "signing-key.pem"
"""The public half of the key that signed."""
FORMAT = "pulumi-cloudhsm evidence 1"
_UNLISTED = {MANIFEST, SIGNATURE, PUBLIC_KEY}
_MAX_BYTES = 4 << 20
_OLDEST = (1980, 1, 1, 0, 0, 0)


def manifest(files: Mapping[str, bytes]) -> bytes:
    """The manifest of files: the same for the same files.

    Args:
        files: name to content.
    """
    digests = {name: _digest(content) for name, content in sorted(files.items())}
    return (json.dumps({"format": FORMAT, "sha256": digests}, indent=2) + "\n").encode()


def write(path: Path, files: Mapping[str, bytes]) -> None:
    """Writes a bundle.

    Args:
        path: where to.
        files: name to content, the manifest included.

    Raises:
        EvidenceError: the file cannot be written.
    """
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
            for name, content in sorted(files.items()):
                # Without the moment of writing: equal files make an equal bundle.
                bundle.writestr(zipfile.ZipInfo(name, _OLDEST), content)
    except OSError as error:
        raise EvidenceError(f"{path} cannot be written ({error.strerror})") from error


def read(path: Path) -> dict[str, bytes]:
    """The files of a bundle.

    Args:
        path: the bundle.

    Raises:
        EvidenceError: it is no bundle, or one that no honest program writes.
    """
    try:
        with zipfile.ZipFile(path) as bundle:
            entries = bundle.infolist()
            names = [entry.filename for entry in entries]
            if len(set(names)) < len(names):
                raise EvidenceError(f"{path} holds two files of one name")
            if sum(entry.file_size for entry in entries) > _MAX_BYTES:
                raise EvidenceError(f"{path} holds more than {_MAX_BYTES >> 20} MiB")
            return {name: bundle.read(name) for name in names}
    except OSError as error:
        raise EvidenceError(f"{path} cannot be read ({error.strerror})") from error
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise EvidenceError(f"{path} is no bundle of evidence ({error})") from error


def differences(files: Mapping[str, bytes]) -> list[str]:
    """How a bundle's files differ from its manifest; empty where they agree.

    Args:
        files: name to content, as read.
    """
    try:
        held = json.loads(files[MANIFEST])
        listed = {str(name): str(digest) for name, digest in held["sha256"].items()}
        kind = held["format"]
    except (KeyError, ValueError, TypeError, AttributeError):
        return [f"there is no readable {MANIFEST}"]
    if kind != FORMAT:
        return [f"the format is {kind!r}, and this program reads {FORMAT!r}"]
    present = {name: content for name, content in files.items() if name not in _UNLISTED}
    told = [f"{name} is missing" for name in listed if name not in present]
    told += [f"{name} is not in the manifest" for name in present if name not in listed]
    return told + [
        f"{name} was changed"
        for name, content in present.items()
        if name in listed and listed[name] != _digest(content)
    ]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
