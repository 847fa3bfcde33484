"""What a text in a secret has to be to serve as a password, before it is used.

The host program is given the same rules, since it may read a later version of the secret.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class PasswordRule:
    """What one user's password may be.

    Attributes:
        pattern: matches the whole text.
        words: the same for people.
    """

    pattern: str
    words: str

    def props(self) -> dict[str, str]:
        """For the host program."""
        return asdict(self)

    def problem(self, text: str | None) -> str | None:
        """Why a secret's text is no such password; None if it can be one. Never shows the text.

        Args:
            text: None where the secret holds bytes.
        """
        if text is None:
            return f"it holds bytes, no text: {self.words}"
        if re.fullmatch(self.pattern, text):
            return None
        if _is_json_object(text):
            return f"it holds JSON (key/value pairs), no plaintext: {self.words}"
        if text != text.strip():
            return f"it begins or ends with a space or a line break: {self.words}"
        return f"{len(text)} characters: {self.words}"


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


ADMIN = PasswordRule(
    # Typed into a prompt, where a control character would act.
    r"(?! )[ -~]{7,32}(?<! )",
    "store 7 to 32 printable ASCII characters as plaintext, not as JSON",
)
"""Of `admin`. Source: CloudHSM user guide, quotas."""
NEW_ADMIN = PasswordRule(
    r"(?! )[ -9;-~]{7,32}(?<! )",
    "store 7 to 32 printable ASCII characters without a colon as plaintext, not as JSON",
)
"""Of an `admin` that is going to be: a colon ends the user's name in CLOUDHSM_PIN."""
KMSUSER = PasswordRule(
    r"[A-Za-z0-9]{7,32}", "store 7 to 32 letters and digits as plaintext, not as JSON"
)
"""Of `kmsuser`. Source: KMS developer guide, create the kmsuser crypto user."""
FSXADMIN = PasswordRule(
    "[^\\x00\\x85\u2028\u2029\\r\\n]{8,50}",
    "store 8 to 50 characters in one line as plaintext, not as JSON",
)
"""Of `fsxadmin`. Source: FSx API reference, AdminPassword."""

PASSWORDS = {"admin": ADMIN, "kmsuser": KMSUSER}
"""Of the users on HSMs, by name."""
