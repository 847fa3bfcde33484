"""Certificates as files under the names that AWS's documentation and the client software use.

State is compared with state, never with a disk: the next run may be on another machine, which has
none of the files. `pulumi_cloudhsm.write_files` writes them there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, UpdateResult
from pulumi.output import Unknown

from ..dynamic_provider import (
    DynamicResource,
    Props,
    ResourceInputs,
    ResourceOutputs,
    StoredProvider,
    state,
)
from ..errors import one_line
from .file_provider import delete_if_unchanged, folder_failures
from .local_files import sha256, sha256_on_disk, write


@dataclass(frozen=True, kw_only=True)
class CertificateFilesInputs(ResourceInputs):
    """The files. A change moves or writes them."""

    directory: str
    """Relative to the program's folder."""
    files: Mapping[str, str]
    """Name to PEM content; not confidential, marked secret to keep diffs short."""


@dataclass(frozen=True, kw_only=True)
class CertificateFilesOutputs(ResourceOutputs):
    """What was written."""

    paths: Mapping[str, str]
    sha256: Mapping[str, str]


class CertificateFilesProvider(StoredProvider):
    """Writes public certificates; knows them afterwards by their SHA-256 only."""

    def check(self, olds: Props, news: Props) -> CheckResult:
        """Refuses a folder that cannot be written, if anything has to be written."""
        same = all(olds.get(key) == news.get(key) for key in ("directory", "files"))
        failures = [] if same else folder_failures("directory", news.get("directory"))
        return CheckResult(dict(news), failures)

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Writes all files."""
        return CreateResult(id_=props["directory"], outs=_written(props))

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Compares what should be written with what was written, on whichever machine."""
        moved = olds.get("directory") != news["directory"]
        return DiffResult(changes=moved or _hashes(news) != olds.get("sha256"))

    @one_line
    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """Writes the files; takes away what has moved, if it is still ours."""
        outs = _written(news)
        # Resolved, because `certificates/dev/` and `certificates/dev` are one folder.
        wanted = {Path(path).resolve() for path in outs["paths"].values()}
        for name, digest in olds["sha256"].items():
            file = Path(olds["directory"]) / name
            if file.resolve() not in wanted:
                delete_if_unchanged(file, digest)
        return UpdateResult(outs=outs)

    def delete(self, _id: str, props: Props) -> None:
        """Removes the files that still hold what was written."""
        for name, digest in props["sha256"].items():
            delete_if_unchanged(Path(props["directory"]) / name, digest)


def _hashes(news: Props) -> dict[str, str] | None:
    files: Any = news.get("files")
    if isinstance(files, Unknown) or any(isinstance(pem, Unknown) for pem in files.values()):
        return None
    return {name: sha256(pem.encode()) for name, pem in files.items()}


def _written(props: Props) -> dict[str, Any]:
    inputs, digests = CertificateFilesInputs.read(props), _hashes(props) or {}
    folder = Path(inputs.directory)
    for name, content in inputs.files.items():
        if sha256_on_disk(folder / name) != digests[name]:
            write(folder / name, content.encode(), mode=0o644)
    paths = {name: str(folder / name) for name in digests}
    return state(inputs, CertificateFilesOutputs(paths=paths, sha256=digests))


class CertificateFiles(DynamicResource, module="cloudhsm", name="CertificateFiles"):
    """Public certificates in a folder."""

    paths: pulumi.Output[dict[str, str]]
    """File name to path, relative to the program's folder."""
    sha256: pulumi.Output[dict[str, str]]
    """File name to the SHA-256 of its content."""

    def __init__(
        self, name: str, inputs: CertificateFilesInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the files.

        Args:
            name: logical name.
            inputs: the files.
            opts: Pulumi's options.
        """
        super().__init__(CertificateFilesProvider(), name, inputs, CertificateFilesOutputs, opts)
