"""Who activates a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pulumi

from ..validation import InputError, check_plain, check_secret


class ActivationMode(StrEnum):
    """Who activates the cluster."""

    NONE = "none"
    """Not activated: the stack is complete with one HSM and says what is next."""
    MANUAL = "manual"
    """A person: `up` prints the commands and waits."""
    SSM = "ssm"
    """A program, on an instance that Systems Manager commands."""
    SSH = "ssh"
    """A program, on a host of yours that is reached by SSH."""


BY_PROGRAM = (ActivationMode.SSM, ActivationMode.SSH)
"""Modes in which a program types the passwords, and no person sees them."""


@dataclass(frozen=True, kw_only=True)
class ActivationArgs:
    """Who sets the first administrator's password, which makes the cluster ACTIVE."""

    mode: str = ActivationMode.NONE
    """`none`; `manual`: prints the commands for a host of yours and waits for ACTIVE; `ssm`, `ssh`:
    runs them on the client. Can be changed; an activation itself is irreversible. Plain: it decides
    which resources exist. Source: user guide, activate the cluster."""
    admin_secret: pulumi.Input[str] | None = None
    """ARN of a secret of yours with the administrator's password, for `ssm` and `ssh`; the client
    makes one when left out. Can be changed."""

    def check(self) -> None:
        """Refuses an unknown mode.

        Raises:
            InputError: names the input, the value and the fix.
        """
        check_plain(self)
        if self.mode not in set(ActivationMode):
            raise InputError("mode", self.mode, "use none, manual, ssm or ssh")
        check_secret("admin_secret", self.admin_secret)
