"""The errors this package raises on purpose: one line each, saying what happened and what to do."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
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


def one_line(method: Callable[P, R]) -> Callable[P, R]:
    """Lets an expected error reach the user as its own line instead of a traceback.

    The host of dynamic providers formats whatever a method raises with its whole traceback; a limit
    of 0 leaves the last line. An unexpected error keeps its trace: there it is needed.
    """

    @functools.wraps(method)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except CloudHsmError as error:
            sys.tracebacklimit = 0
            error.__cause__ = error.__context__ = None
            raise
        except Exception:
            if hasattr(sys, "tracebacklimit"):
                del sys.tracebacklimit
            raise

    return guarded
