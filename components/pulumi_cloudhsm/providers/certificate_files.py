"""Certificates as files under the names that AWS's documentation and the client software use.

A missing or changed file is drift: `diff` looks at the disk, so the next `up` writes it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Unknown

from ..local_files import sha256, sha256_on_disk, write
from .base import Props, one_line, take_away, unwritable


class CertificateFilesProvider(ResourceProvider):
    """Writes public certificates; knows them afterwards by their SHA-256 only."""

    serialize_as_secret_always = False

    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Refuses a folder that cannot be written."""
        return CheckResult(dict(news), unwritable("directory", news.get("directory")))

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Writes all files."""
        return CreateResult(id_=props["directory"], outs=_written(props))

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Compares what should be there with what is on this machine's disk."""
        wanted = _hashes(news)
        changed = (
            wanted is None
            or olds.get("directory") != news["directory"]
            or wanted != olds.get("sha256")
            or bool(olds.get("drift"))
            or bool(_drift(news["directory"], wanted))
        )
        return DiffResult(changes=changed)

    @one_line
    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """Writes what is missing or changed; takes away what has moved, if it is still ours."""
        outs = _written(news)
        # Resolved, because `certificates/dev/` and `certificates/dev` are one folder.
        wanted = {Path(path).resolve() for path in outs["paths"].values()}
        for name, digest in olds["sha256"].items():
            file = Path(olds["directory"]) / name
            if file.resolve() not in wanted:
                take_away(file, digest)
        return UpdateResult(outs=outs)

    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports missing and changed files."""
        return ReadResult(id_, {**props, "drift": _drift(props["directory"], props["sha256"])})

    def delete(self, _id: str, props: Props) -> None:
        """Removes the files that still hold what was written."""
        for name, digest in props["sha256"].items():
            take_away(Path(props["directory"]) / name, digest)


def _hashes(news: Props) -> dict[str, str] | None:
    files: Any = news.get("files")
    if isinstance(files, Unknown) or any(isinstance(pem, Unknown) for pem in files.values()):
        return None
    return {name: sha256(pem.encode()) for name, pem in files.items()}


def _drift(directory: str, wanted: Mapping[str, str]) -> list[str]:
    found = {name: sha256_on_disk(Path(directory) / name) for name in wanted}
    return [
        f"{name}: {'missing' if digest is None else 'changed'}"
        for name, digest in found.items()
        if digest != wanted[name]
    ]


def _written(props: Props) -> dict[str, Any]:
    directory, digests = props["directory"], _hashes(props) or {}
    for name in _drift(directory, digests):
        file = Path(directory) / name.partition(":")[0]
        write(file, props["files"][file.name].encode(), mode=0o644)
    return {
        "directory": directory,
        "files": props["files"],
        "sha256": digests,
        "paths": {name: str(Path(directory) / name) for name in digests},
        "drift": [],
    }


class CertificateFiles(Resource, module="cloudhsm", name="CertificateFiles"):
    """Public certificates in a folder."""

    paths: pulumi.Output[dict[str, str]]
    """File name to path, relative to the program's folder."""
    sha256: pulumi.Output[dict[str, str]]
    """File name to the SHA-256 of its content."""
    drift: pulumi.Output[list[str]]
    """What the last refresh found missing or changed."""

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the files.

        Args:
            name: logical name.
            props: `directory`, and `files`: name to PEM content (secret only to keep walls of text
                out of diffs).
            opts: Pulumi's options.
        """
        super().__init__(
            CertificateFilesProvider(),
            name,
            {"paths": None, "sha256": None, "drift": None, **props},
            opts,
        )
