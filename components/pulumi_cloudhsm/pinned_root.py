"""A root certificate that somebody vouches for, as another stack or the config gives it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import checks
from .errors import CertificateError
from .identity import TrustedRoot, Verification


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


def check_verification(
    mode: str,
    off_reason: str | None,
    aws_roots: Sequence[PinnedRoot],
    manufacturer_roots: Sequence[PinnedRoot],
) -> None:
    """Refuses a proof of identity that cannot be had with these roots.

    Raises:
        InputError: names the input, the value and the fix.
    """
    if mode not in set(Verification):
        raise checks.InputError("identity_verification", mode, "use standard, full or off")
    if mode == Verification.OFF and not (off_reason or "").strip():
        raise checks.InputError(
            "identity_verification_off_reason", "", "say why nothing has to be proven"
        )
    if mode == Verification.FULL and not manufacturer_roots:
        raise checks.InputError(
            "manufacturer_roots", [], "full verification needs the manufacturer's root"
        )
    for name, roots in (("aws_roots", aws_roots), ("manufacturer_roots", manufacturer_roots)):
        for root in roots:
            root.check(name)
