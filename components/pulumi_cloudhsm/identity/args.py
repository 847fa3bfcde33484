"""How much the first HSM has to prove before the cluster is initialized, and to which roots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .. import validation
from ..errors import CertificateError
from .chains import TrustedRoot, Verification


@dataclass(frozen=True)
class PinnedRoot:
    """A root certificate and the fingerprint by which you know it, checked by hand beforehand."""

    pem: str
    """One PEM certificate. Can be changed."""
    sha256: str
    """SHA-256 over its DER form, as `openssl x509 -fingerprint -sha256` prints it. Can be
    changed."""

    def check(self, field_name: str) -> None:
        """Refuses a malformed fingerprint and a certificate that it does not fit.

        Args:
            field_name: the field that holds the root.

        Raises:
            InputError: names the field, the value and the fix.
        """
        try:
            TrustedRoot.pinned(self.pem, self.sha256, "the root")
        except CertificateError as error:
            raise validation.InputError(field_name, self.sha256, str(error)) from None


@dataclass(frozen=True)
class IdentityArgs:
    """What the first HSM has to prove. A change verifies the captured identity again.

    All plain: the roots are compared with their pins before anything is made.
    """

    verification: str = Verification.STANDARD
    """`standard`: the AWS chain, and the manufacturer's where its root is given. `full`: both
    chains. `off`: nothing. Can be changed."""
    off_reason: str | None = None
    """Why it is `off`; lands in the outputs. Can be changed."""
    aws_roots: Sequence[PinnedRoot] = ()
    """Roots that vouch for AWS, besides AWS CloudHSM Root G1. Can be changed."""
    manufacturer_roots: Sequence[PinnedRoot] = ()
    """Roots that vouch for the HSM's manufacturer. Can be changed."""

    def check(self) -> None:
        """Refuses a proof of identity that cannot be had with these roots.

        Raises:
            InputError: names the field, the value and the fix.
        """
        validation.check_plain(self)
        if self.verification not in set(Verification):
            raise validation.InputError(
                "verification", self.verification, "use standard, full or off"
            )
        if self.verification == Verification.OFF and not (self.off_reason or "").strip():
            raise validation.InputError("off_reason", "", "say why nothing has to be proven")
        if self.verification == Verification.FULL and not self.manufacturer_roots:
            raise validation.InputError(
                "manufacturer_roots", [], "full verification needs the manufacturer's root"
            )
        for name in ("aws_roots", "manufacturer_roots"):
            roots: Sequence[PinnedRoot] = getattr(self, name)
            for root in roots:
                root.check(name)
