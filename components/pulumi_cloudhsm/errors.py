"""The errors this package raises on purpose: one line each, saying what happened and what to do."""

from __future__ import annotations

import re

_PEM = re.compile(r"-----BEGIN .*?(-----END [A-Z ]+-----|$)", re.DOTALL)


def without_pem(text: str) -> str:
    """The text with `[PEM]` for each certificate or key in it, also for one that is cut off."""
    return _PEM.sub("[PEM]", text)


class CloudHsmError(Exception):
    """Base of every expected failure; `str(error)` is one actionable line without secrets."""


class TransientError(CloudHsmError):
    """A failure that usually passes by itself: throttling, a 5xx, a dropped connection."""


class ThrottledError(TransientError):
    """AWS refused a call for its rate, so it was certainly not carried out."""


class CertificateError(CloudHsmError):
    """A certificate, CSR or root that cannot be read, or that is not what it has to be."""


class IdentityError(CloudHsmError):
    """The HSM could not prove what it is; nothing irreversible has been done."""


class StateError(CloudHsmError):
    """AWS shows a cluster or HSM in a state from which the step cannot go on."""


class DeadlineError(CloudHsmError):
    """A wait ended at its deadline, not at its target."""


class AwsError(CloudHsmError):
    """AWS refused a call; the line holds what AWS said, what it means and what to do.

    Attributes:
        code: AWS's error code, for example `CloudHsmInvalidRequestException`.
    """

    def __init__(self, line: str, code: str = "") -> None:
        super().__init__(line)
        self.code = code
