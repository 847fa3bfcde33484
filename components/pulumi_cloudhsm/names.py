"""Names of one thing in Python and in config keys. Pure."""

from __future__ import annotations


def camel_case(name: str) -> str:
    """`key_store` is `keyStore`: the name of a field in a config key or a stack output."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)
