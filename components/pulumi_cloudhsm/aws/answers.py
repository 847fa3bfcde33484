"""AWS's answers as this package reads them: a part that is missing is one line, not a KeyError.

Every client of `session.client` hands its answers through here. botocore leaves out what is null.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from botocore.exceptions import HTTPClientError
from botocore.parsers import ResponseParserError

from ..errors import AwsError

Call = Callable[[str, dict[str, Any]], Any]
"""A client's own way to make any call: operation and parameters."""


class Answer(dict[str, Any]):
    """A part of an answer; a member that is not there raises our own error where it is needed."""

    operation: str = ""

    def __missing__(self, member: str) -> object:
        raise lacking(self.operation, member)


def lacking(operation: str, part: str) -> AwsError:
    """The line for a part that an answer lacks."""
    return AwsError(
        f"AWS's answer to {operation} lacks {part}: run `pulumi up` again; if that stays so, "
        "report it to AWS Support"
    )


def checked(call: Call) -> Call:
    """A call whose answers tell what they lack.

    Args:
        call: makes it.
    """

    def made(operation: str, parameters: dict[str, Any]) -> object:
        try:
            return _answer(operation, call(operation, parameters))
        except ResponseParserError as error:
            # No BotoCoreError by itself; AWS may have carried the call out.
            raise HTTPClientError(error=error) from error

    return made


def _answer(operation: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        answer = Answer({name: _answer(operation, one) for name, one in members.items()})
        answer.operation = operation
        return answer
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return [_answer(operation, one) for one in items if one is not None]
    return value
