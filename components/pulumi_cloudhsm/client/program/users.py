"""Users on the HSMs: what `user list` shows of them, and what is wrong with one.

A property may be missing, or without quotation marks; `inconsistent` means that the HSMs disagree.
Source: CloudHSM user guide, "Client SDK 5 user contains inconsistent values". Standard library of
Python 3.9 only, see `program`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hsm_cli import Failed, listed, properties

ADMIN = "admin"
UNACTIVATED = "unactivated-admin"
KMSUSER = "kmsuser"
CRYPTO_USER = "crypto-user"
INCONSISTENT = "inconsistent"


@dataclass(frozen=True)
class User:
    """One user; "" stands for a property that the CLI does not tell."""

    name: str
    role: str
    locked: str
    mfa: str
    """`inconsistent`, `enabled`, or "" where no second factor is asked for."""
    coverage: str

    @property
    def is_on_all(self) -> bool:
        """Whether no HSM is known to lack it."""
        return self.coverage in ("", "full")


def user(name: str) -> User | None:
    """A user as the HSMs list it, or None."""
    for one in map(properties, listed("users", "user", "list")):
        if _word(one.get("username")) == name:
            return User(
                name,
                _word(one.get("role")),
                _word(one.get("locked")),
                _mfa(one.get("mfa")),
                _word(one.get("cluster-coverage")),
            )
    return None


def administrator() -> User:
    """The first administrator, activated or not; needs no login."""
    found = user(ADMIN)
    if found is None:
        raise Failed("activation", "the HSM lists no administrator")
    return found


def refuse_unusable(found: User, role: str) -> None:
    """Fails where its password alone is not enough to log in as a user, on every HSM.

    Args:
        found: the user.
        role: the role that it needs.
    """
    name, code = found.name, "admin" if found.name == ADMIN else "kmsuser"
    if found.role == INCONSISTENT:
        raise Failed(f"{code}-role", f"{name} has another role on some HSMs (role: inconsistent)")
    if found.role not in ("", role):
        raise Failed(f"{code}-role", f"{name} has the role {found.role}, and {role} is needed")
    if found.locked not in ("", "false"):
        where = "on some HSMs" if found.locked == INCONSISTENT else "after wrong passwords"
        raise Failed(f"{code}-locked", f"{name} is locked {where} (locked: {found.locked})")
    if found.mfa:
        raise Failed(
            f"{code}-mfa",
            f"{name} needs a second factor (mfa: {found.mfa}), which no program here has",
        )


def _word(value: object) -> str:
    """A property as a word: booleans and words without quotation marks, too."""
    return "" if value is None else str(value).strip().strip("\"'").lower()


def _mfa(value: object) -> str:
    if isinstance(value, list):
        ways: list[Any] = [*value]  # pyright: ignore[reportUnknownVariableType]
        states = [_word(properties(one).get("status", one)) for one in ways]
        on = [state for state in states if state != "disabled"]
        return (INCONSISTENT if INCONSISTENT in on else "enabled") if on else ""
    word = _word(value)
    return "" if word in ("", "false", "none", "disabled") else word
