"""The issuing CA's private key as an encrypted file, written only on request.

Neither key nor passphrase is ever an output: the file itself tells whether it holds the right key
under the right passphrase.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    UpdateResult,
)
from pulumi.output import Unknown

from ..dynamic_provider import (
    DynamicResource,
    Props,
    ResourceInputs,
    ResourceOutputs,
    StoredProvider,
    one_line,
)
from .file_provider import delete_if_unchanged, folder_failures
from .local_files import sha256, sha256_on_disk, write

MIN_PASSPHRASE_LENGTH = 12
_MODE = 0o600


@dataclass(frozen=True, kw_only=True)
class CaKeyFileInputs(ResourceInputs):
    """The key, and where it goes. A change writes the file again."""

    path: str
    """Relative to the program's folder."""
    private_key_pem: str
    """Secret."""
    passphrase: str
    """Secret; at least 12 characters."""


@dataclass(frozen=True, kw_only=True)
class CaKeyFileOutputs(ResourceOutputs):
    """What was written; with neither key nor passphrase."""

    path: str
    sha256: str
    drift: str


class CaKeyFileProvider(StoredProvider):
    """Writes PKCS#8, encrypted, readable by its owner only."""

    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Refuses a short passphrase and a folder that cannot be written."""
        passphrase, path = news.get("passphrase"), news.get("path")
        folder = str(Path(path).parent) if isinstance(path, str) else path
        failures = folder_failures("path", folder)
        if isinstance(passphrase, str) and len(passphrase) < MIN_PASSPHRASE_LENGTH:
            failures.append(
                CheckFailure("passphrase", f"give at least {MIN_PASSPHRASE_LENGTH} characters")
            )
        return CheckResult(dict(news), failures)

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Writes the encrypted key."""
        outs = _written(CaKeyFileInputs.read(props)).props()
        return CreateResult(id_=outs["path"], outs=outs)

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Opens the file with the wanted passphrase; what it holds decides."""
        if any(isinstance(news[key], Unknown) for key in ("private_key_pem", "passphrase")):
            return DiffResult(changes=True)
        moved = olds.get("path") != news["path"]
        return DiffResult(changes=moved or not _holds(CaKeyFileInputs.read(news)))

    @one_line
    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """Writes the file again; takes the old one away if it moved and is still ours."""
        written = _written(CaKeyFileInputs.read(news))
        if Path(olds["path"]).resolve() != Path(written.path).resolve():
            delete_if_unchanged(Path(olds["path"]), olds["sha256"])
        return UpdateResult(outs=written.props())

    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports whether the file still holds what was written."""
        found = sha256_on_disk(Path(props["path"]))
        drift = "" if found == props["sha256"] else "missing" if found is None else "changed"
        return ReadResult(id_, {**props, "drift": drift})

    def delete(self, _id: str, props: Props) -> None:
        """Removes the file if it still holds what was written."""
        delete_if_unchanged(Path(props["path"]), props["sha256"])


def _holds(inputs: CaKeyFileInputs) -> bool:
    path = Path(inputs.path)
    try:
        if stat.S_IMODE(path.stat().st_mode) != _MODE:
            return False
        found = serialization.load_pem_private_key(path.read_bytes(), inputs.passphrase.encode())
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    public = _key(inputs).public_key()
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return found.public_key().public_bytes(*form) == public.public_bytes(*form)


def _key(inputs: CaKeyFileInputs) -> Any:  # noqa: ANN401
    return serialization.load_pem_private_key(inputs.private_key_pem.encode(), None)


def _written(inputs: CaKeyFileInputs) -> CaKeyFileOutputs:
    content = _key(inputs).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(inputs.passphrase.encode()),
    )
    write(Path(inputs.path), content, _MODE)
    return CaKeyFileOutputs(path=inputs.path, sha256=sha256(content), drift="")


class CaKeyFile(DynamicResource, module="cloudhsm", name="CaKeyFile"):
    """The issuing CA's encrypted private key in a file of mode 0600."""

    path: pulumi.Output[str]
    """Relative to the program's folder."""
    sha256: pulumi.Output[str]
    """Of the encrypted content."""
    drift: pulumi.Output[str]
    """`missing` or `changed` when the last refresh found it so."""

    def __init__(
        self, name: str, inputs: CaKeyFileInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the file.

        Args:
            name: logical name.
            inputs: the key, and where it goes.
            opts: Pulumi's options.
        """
        super().__init__(CaKeyFileProvider(), name, inputs, CaKeyFileOutputs, opts)
