"""The issuing CA's private key as an encrypted file, written only on request.

Neither key nor passphrase is ever an output. A keyed digest tells whether another key or passphrase
is wanted: state is compared with state, since another machine has no such file.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, fields
from pathlib import Path

import pulumi
from cryptography.hazmat.primitives import serialization
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    UpdateResult,
)
from pulumi.output import Unknown

from ..dynamic_provider import (
    DynamicResource,
    Props,
    ResourceInputs,
    ResourceOutputs,
    StoredProvider,
)
from ..errors import one_line
from .file_provider import delete_if_unchanged, folder_failures
from .local_files import sha256, write

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
    sealed: str


class CaKeyFileProvider(StoredProvider):
    """Writes PKCS#8, encrypted, readable by its owner only."""

    def check(self, olds: Props, news: Props) -> CheckResult:
        """Refuses a short passphrase, and a folder that cannot be written if anything has to be."""
        passphrase, path = news.get("passphrase"), news.get("path")
        folder = str(Path(path).parent) if isinstance(path, str) else path
        same = all(olds.get(one.name) == news.get(one.name) for one in fields(CaKeyFileInputs))
        failures = [] if same else folder_failures("path", folder)
        if isinstance(passphrase, str) and len(passphrase) < MIN_PASSPHRASE_LENGTH:
            failures.append(
                CheckFailure("passphrase", f"give at least {MIN_PASSPHRASE_LENGTH} characters")
            )
        return CheckResult(dict(news), failures)

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Writes the encrypted key."""
        outs = write_key(CaKeyFileInputs.read(props)).props()
        return CreateResult(id_=outs["path"], outs=outs)

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Compares path, key and passphrase with what was written, on whichever machine."""
        if any(isinstance(news[key], Unknown) for key in ("private_key_pem", "passphrase")):
            return DiffResult(changes=True)
        moved = olds.get("path") != news["path"]
        return DiffResult(changes=moved or olds.get("sealed") != _sealed(news))

    @one_line
    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """Writes the file again; takes the old one away if it moved and is still ours."""
        written = write_key(CaKeyFileInputs.read(news))
        if Path(olds["path"]).resolve() != Path(written.path).resolve():
            delete_if_unchanged(Path(olds["path"]), olds["sha256"])
        return UpdateResult(outs=written.props())

    def delete(self, _id: str, props: Props) -> None:
        """Removes the file if it still holds what was written."""
        delete_if_unchanged(Path(props["path"]), props["sha256"])


def _sealed(inputs: Props) -> str:
    """A digest of both; without the key, it tells nothing of the passphrase."""
    key = inputs["private_key_pem"].encode()
    return hmac.new(key, inputs["passphrase"].encode(), hashlib.sha256).hexdigest()


def write_key(inputs: CaKeyFileInputs) -> CaKeyFileOutputs:
    """Writes the encrypted key.

    Raises:
        CloudHsmError: the folder cannot be made or written; says what to do.
    """
    content = serialization.load_pem_private_key(
        inputs.private_key_pem.encode(), None
    ).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(inputs.passphrase.encode()),
    )
    write(Path(inputs.path), content, _MODE)
    return CaKeyFileOutputs(
        path=inputs.path, sha256=sha256(content), sealed=_sealed(inputs.props())
    )


class CaKeyFile(DynamicResource, module="cloudhsm", name="CaKeyFile"):
    """The issuing CA's encrypted private key in a file of mode 0600."""

    path: pulumi.Output[str]
    """Relative to the program's folder."""
    sha256: pulumi.Output[str]
    """Of the encrypted content."""
    sealed: pulumi.Output[str]
    """Keyed digest of key and passphrase."""

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
