"""How other languages write the names of the Args. Pure; loads none of them."""

from __future__ import annotations

import re

from ..config.keys import FIELD
from ..names import camel_case

_PYTHON = re.compile(r"\b(True|False|key_arn)\b")
"""What else a line for people has of Python."""


def field_name(field: str) -> str:
    """An Args field's path: `key_store.key_alias` is `keyStore.keyAlias`."""
    return ".".join(camel_case(part) for part in field.split("."))


def in_field_names(line: str) -> str:
    """A line that names Args fields, as the other languages write them."""
    line = line.replace("protect=False", "protect: false")
    line = FIELD.sub(lambda found: field_name(found[0]), line)
    return _PYTHON.sub(
        lambda found: camel_case(found[0]) if "_" in found[0] else found[0].lower(), line
    )
