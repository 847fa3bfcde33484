"""A root certificate that somebody vouches for, as another stack or the config gives it."""

from __future__ import annotations

from dataclasses import dataclass

from . import checks
from .errors import CertificateError
from .identity import TrustedRoot


@dataclass(frozen=True)
class PinnedRoot:
    """A root certificate and the fingerprint by which you know it, checked by hand beforehand."""

    pem: str
    """One PEM certificate."""
    sha256: str
    """SHA-256 over its DER form, as `openssl x509 -fingerprint -sha256` prints it."""

    def check(self, field_name: str) -> None:
        """Refuses a malformed fingerprint and a certificate that it does not fit.

        Raises:
            InputError: names the input, the value and the fix.
        """
        try:
            TrustedRoot.pinned(self.pem, self.sha256, "the root")
        except CertificateError as error:
            raise checks.InputError(field_name, self.sha256, str(error)) from None
