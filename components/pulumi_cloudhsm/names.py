"""Names of one thing in Python and in config keys. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable


def camel_case(name: str) -> str:
    """`key_store` is `keyStore`: the name of a field in a config key or a stack output."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def nearest(key: str, known: Iterable[str]) -> str | None:
    """The known key that a misspelled one was probably meant to be; None where none is near."""
    by_letters = {_letters(one): one for one in known}
    found = difflib.get_close_matches(_letters(key), by_letters, n=1, cutoff=0.6)
    return by_letters[found[0]] if found else None


def _letters(key: str) -> str:
    return re.sub(r"[^a-z0-9]", "", key.lower())
