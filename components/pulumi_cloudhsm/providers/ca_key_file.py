"""The issuing CA's private key as an encrypted file, written only on request.

Neither key nor passphrase is ever an output: the file itself tells whether it holds the right key
under the right passphrase.
"""

from __future__ import annotations

import stat
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
    Resource,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Unknown

from ..local_files import sha256, sha256_on_disk, write
from .base import Props, one_line, take_away, unwritable

SHORTEST_PASSPHRASE = 12
_MODE = 0o600


class CaKeyFileProvider(ResourceProvider):
    """Writes PKCS#8, encrypted, readable by its owner only."""

    serialize_as_secret_always = False

    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Refuses a short passphrase and a folder that cannot be written."""
        passphrase, path = news.get("passphrase"), news.get("path")
        folder = str(Path(path).parent) if isinstance(path, str) else path
        failures = unwritable("path", folder)
        if isinstance(passphrase, str) and len(passphrase) < SHORTEST_PASSPHRASE:
            failures.append(
                CheckFailure("passphrase", f"give at least {SHORTEST_PASSPHRASE} characters")
            )
        return CheckResult(dict(news), failures)

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Writes the encrypted key."""
        return CreateResult(id_=props["path"], outs=_written(props))

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Opens the file with the wanted passphrase; what it holds decides."""
        if any(isinstance(news[key], Unknown) for key in ("private_key_pem", "passphrase")):
            return DiffResult(changes=True)
        return DiffResult(changes=olds.get("path") != news["path"] or not _holds(news))

    @one_line
    def update(self, _id: str, olds: Props, news: Props) -> UpdateResult:
        """Writes the file again; takes the old one away if it moved and is still ours."""
        outs = _written(news)
        if Path(olds["path"]).resolve() != Path(news["path"]).resolve():
            take_away(Path(olds["path"]), olds["sha256"])
        return UpdateResult(outs=outs)

    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports whether the file still holds what was written."""
        found = sha256_on_disk(Path(props["path"]))
        drift = "" if found == props["sha256"] else "missing" if found is None else "changed"
        return ReadResult(id_, {**props, "drift": drift})

    def delete(self, _id: str, props: Props) -> None:
        """Removes the file if it still holds what was written."""
        take_away(Path(props["path"]), props["sha256"])


def _holds(props: Props) -> bool:
    path = Path(props["path"])
    try:
        if stat.S_IMODE(path.stat().st_mode) != _MODE:
            return False
        found = serialization.load_pem_private_key(path.read_bytes(), props["passphrase"].encode())
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    public = _key(props).public_key()
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return found.public_key().public_bytes(*form) == public.public_bytes(*form)


def _key(props: Props) -> Any:  # noqa: ANN401
    return serialization.load_pem_private_key(props["private_key_pem"].encode(), None)


def _written(props: Props) -> dict[str, Any]:
    content = _key(props).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(props["passphrase"].encode()),
    )
    write(Path(props["path"]), content, _MODE)
    return {"path": props["path"], "sha256": sha256(content), "drift": ""}


class CaKeyFile(Resource, module="cloudhsm", name="CaKeyFile"):
    """The issuing CA's encrypted private key in a file of mode 0600."""

    path: pulumi.Output[str]
    """Relative to the program's folder."""
    sha256: pulumi.Output[str]
    """Of the encrypted content."""
    drift: pulumi.Output[str]
    """`missing` or `changed` when the last refresh found it so."""

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the file.

        Args:
            name: logical name.
            props: `path`, and as secrets `private_key_pem` and `passphrase`.
            opts: Pulumi's options.
        """
        super().__init__(CaKeyFileProvider(), name, {"sha256": None, "drift": None, **props}, opts)
