"""The one error of this package: a line for the user, never a traceback."""

from __future__ import annotations


class RehearsalError(Exception):
    """Something a user can act on; the message is one line that says what to do."""
