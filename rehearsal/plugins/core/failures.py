"""What a plugin answers when something is wrong; each is one line, as the published plugins'."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CheckFailure:
    """An input that can't be used, found before anything is made.

    Attributes:
        reason: the whole line, without the resource's name: the engine adds it.
    """

    reason: str


class ProviderError(Exception):
    """A call that failed; its text is what the user sees."""


class PartlyMadeError(ProviderError):
    """A create or update that failed after AWS had made the resource.

    The engine keeps ``id`` and ``outputs`` in its state: nothing is made twice or forgotten.
    """

    def __init__(self, text: str, identifier: str, outputs: Mapping[str, Any]) -> None:
        super().__init__(text)
        self.identifier = identifier
        self.outputs = outputs


def one_line(text: object) -> str:
    """``text`` with its line breaks replaced by blanks."""
    return " ".join(str(text).split())
