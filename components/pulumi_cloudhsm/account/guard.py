"""Keeps a dynamic provider in the account of its resource, and its credentials up to date.

With credentials of another account, "not found" would be taken for "deleted". A refresh and a
destroy know no credentials but the stored ones, so new ones alone are an update that stores them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pulumi.dynamic import DiffResult, UpdateResult

from ..aws.session import AwsAccess, check_account
from ..errors import AwsError, one_line
from ..records import Props, Record

R = TypeVar("R")
_INSIDE = "__wrapped__"


@dataclass(frozen=True, kw_only=True)
class _Stored(Record):
    access: AwsAccess | None


def _access(props: Props) -> AwsAccess | None:
    """The access in properties; None where there is none."""
    return _Stored.read(props).access


@one_line
def _check(props: Props) -> None:
    access = _access(props)
    if access is not None:
        check_account(access)


@one_line
def _refuse_a_move(before: AwsAccess | None, after: AwsAccess | None) -> None:
    held, wanted = (one.account_id if one else None for one in (before, after))
    if held is not None and wanted is not None and held != wanted:
        raise AwsError(
            f"this resource is in account {held}, and the credentials of this run are those of "
            f"account {wanted}: take the credentials of account {held}, or another stack for a "
            "deployment in the other account"
        )


def in_its_account(method: Callable[..., R]) -> Callable[..., R]:
    """Checks the account before a method whose last argument is the resource's properties."""

    @functools.wraps(method)
    def checked(self: object, *given: Any) -> R:  # noqa: ANN401
        _check(given[-1])
        return method(self, *given)

    return checked


def comparing_access(diff: Callable[..., DiffResult]) -> Callable[..., DiffResult]:
    """Makes another access a change; it replaces nothing. Another account is refused."""

    @functools.wraps(diff)
    def compared(self: object, id_: str, olds: Props, news: Props) -> DiffResult:
        before, after = _access(olds), _access(news)
        _refuse_a_move(before, after)
        found = diff(self, id_, olds, news)
        if not found.changes and before != after:
            return DiffResult(changes=True)
        return found

    return compared


def storing_access(update: Callable[..., UpdateResult]) -> Callable[..., UpdateResult]:
    """Leaves AWS alone where only the access is another one."""

    @functools.wraps(update)
    def updated(self: object, id_: str, olds: Props, news: Props) -> UpdateResult:
        _check(news)
        own = getattr(getattr(type(self), "diff", None), _INSIDE, None)
        if own is not None and not own(self, id_, olds, news).changes:
            return UpdateResult(outs={**olds, "access": news.get("access")})
        return update(self, id_, olds, news)

    return updated


GUARDS: Mapping[str, Callable[[Callable[..., Any]], Callable[..., Any]]] = {
    "create": in_its_account,
    "read": in_its_account,
    "delete": in_its_account,
    "diff": comparing_access,
    "update": storing_access,
}
"""What is put around a provider's methods, by their name."""
