"""Which password KMS holds for kmsuser, and when it is given the secret's.

KMS changes the password at its first connection and keeps it to itself, so its own comes first. The
secret's is given once KMS has said that its own is refused, and each version of the secret only
once: every refused login brings kmsuser nearer to being locked. Source: KMS developer guide, fix a
custom key store.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..errors import CloudHsmError, StateError
from .connection import StoreConnection
from .connection_errors import RETRYABLE_CONNECTION_ERRORS, connection_advice

_TRIES = 3
_REFUSED, _LOCKED = "INVALID_CREDENTIALS", "USER_LOCKED_OUT"


@dataclass
class KmsPassword:
    """What KMS holds, as far as it is known.

    Attributes:
        read: gives the secret's text and the id of its version; checks the text.
        secret_id: the secret, for lines.
        version: id of the version that KMS was given; "" where it holds a password of its own, or
            one that is not known.
    """

    read: Callable[[], tuple[str, str]]
    secret_id: str
    version: str = ""

    def connect(self, store: StoreConnection, report: Callable[[str], None]) -> None:
        """Connects a store; gives KMS the secret's password if its own is refused.

        Args:
            store: the store.
            report: takes lines of progress.

        Raises:
            StateError: it cannot be connected; says what to do.
            DeadlineError: it takes too long; a later `up` goes on.
            AwsError: KMS or Secrets Manager refuses.
        """
        seen = store.existing()
        known = seen.error_code if seen.state == "FAILED" else ""
        code = known if known in (_REFUSED, _LOCKED) else _tried(store, report)
        # Who is locked now stays locked, until a person has changed its password.
        if code == _REFUSED or (code == _LOCKED and known == _LOCKED):
            report(f"{self._give(store, code, known)}; connecting")
            code = _tried(store, report)
        if code is not None:
            raise StateError(_failed(store, code))
        self.version = ""

    def _give(self, store: StoreConnection, code: str, known: str) -> str:
        """Gives KMS the secret's password, unless it has this version; says what KMS has."""
        try:
            password, version = self.read()
        except CloudHsmError as error:
            raise StateError(f"{_failed(store, code)}; {error}") from error
        named = f"version {version} of the secret {self.secret_id}"
        if version != self.version:
            store.disconnect()
            store.set_password(password)
            self.version = version
        elif code == _REFUSED:
            again = ", which is not tried again: refused logins lock kmsuser" if known else ""
            raise StateError(f"{_failed(store, code)}; KMS was given {named}{again}")
        return f"KMS has kmsuser's password of {named}"


def _tried(store: StoreConnection, report: Callable[[str], None]) -> str | None:
    """Connects, again after what may pass; returns the code if it fails."""
    for attempt in range(2, _TRIES + 1):
        code = store.connect()
        if code is None or code not in RETRYABLE_CONNECTION_ERRORS:
            return code
        report(f"{_failed(store, code)}; trying again ({attempt} of {_TRIES})")
    return store.connect()


def _failed(store: StoreConnection, code: str) -> str:
    advice = connection_advice(code)
    return f"{store.key_store_id} could not be connected ({code}): {advice}"
