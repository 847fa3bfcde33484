"""The bill of a plan as Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from ..prices import HOURS_PER_MONTH, Price
from .bill import Bill, counts
from .words import dollars


def cost_lines(charged: Bill, region: str | None) -> list[str]:
    """The bill, before and after, with its prices."""
    lines = ["| a month | before | after |", "|---|---:|---:|"]
    lines += [
        f"| {counts(one)} | {_amount(one.before, one.usd_before)} | "
        f"{_amount(one.after, one.usd_after)} |"
        for one in charged.lines
    ]
    lines.append(f"| **sum, in USD** | {dollars(charged.before)} | {dollars(charged.after)} |")
    lines += ["", *_notes(charged, region)]
    return lines


def _amount(count: int, usd: float | None) -> str:
    if not count:
        return "0"
    return "not known" if usd is None else dollars(usd)


def _notes(charged: Bill, region: str | None) -> Iterable[str]:
    yield (
        f"A month has {HOURS_PER_MONTH} hours. This stack is in {region or 'no Region'}; "
        "a price of another Region stands for one that is not known. Without tax."
    )
    if charged.by_use:
        yield ""
        yield "AWS charges by use for these, so they are in no sum:"
        yield ""
        yield from (f"- {_row(row)}" for row in charged.by_use)
        yield "- CloudHSM's own backups: AWS publishes no price"
    yield ""
    yield "The prices:"
    yield ""
    yield from (f"- {_row(row)}" for row in charged.prices)


def _row(row: Price) -> str:
    return f"{row.item}: {row.usd:g} USD per {row.unit} ({row.region}, {row.day}, {row.source})"
