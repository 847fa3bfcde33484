"""Where the certificates go as files, and whether the CA's key goes there, too."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from .. import validation
from .ca_key_file_provider import MIN_PASSPHRASE_LENGTH
from .local_files import check_folder


@dataclass(frozen=True)
class FilesArgs:
    """Files on the machine that runs Pulumi."""

    directory: str | None = None
    """Folder for the certificates, relative to the program; `certificates/<stack>` when left out.
    Can be changed: the files move. Plain: it is checked before anything is made."""
    ca_key_passphrase: pulumi.Input[str] | None = None
    """Secret of at least 12 characters. If given, the private key of a generated CA is written to
    the folder, encrypted with it. Can be changed: the file is encrypted again."""

    @property
    def folder(self) -> str:
        """The folder for the certificates."""
        return self.directory or f"certificates/{pulumi.get_stack()}"

    def check(self) -> None:
        """Refuses a folder in which no file can be written, and a short passphrase.

        Raises:
            InputError: names the field and the fix; never shows the passphrase.
        """
        validation.check_plain(self)
        check_folder("directory", self.folder)
        passphrase = self.ca_key_passphrase
        if isinstance(passphrase, str) and len(passphrase) < MIN_PASSPHRASE_LENGTH:
            raise validation.InputError(
                "ca_key_passphrase", "[secret]", f"give at least {MIN_PASSPHRASE_LENGTH} characters"
            )
