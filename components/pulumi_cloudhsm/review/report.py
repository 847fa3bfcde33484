"""The review as Markdown: ten lines first, details below."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import without_pem
from .bill import Bill, bill
from .consequences import hsm_counts, interruptions, irreversible, losses, people
from .cost import cost_lines
from .plan import Action, Change, Plan
from .timing import seconds, stages
from .words import by_weight, counted, dollars, duration, noun, several

_SHOWN = (Action.REPLACE, Action.DELETE, Action.FORGET, Action.CHANGE, Action.CREATE, Action.ADOPT)
_MINUS = "\N{MINUS SIGN}"
_MARKS = {
    Action.CREATE: "+",
    Action.ADOPT: "=",
    Action.CHANGE: "~",
    Action.REPLACE: "±",
    Action.DELETE: _MINUS,
    Action.FORGET: "·",
}
_NOT_KNOWN = "not known"
_MAX_LINE = 400
"""Characters of one foreign line; a policy or a provider may say more than a comment holds."""


def markdown(plan: Plan) -> str:
    """The review of a plan, as GitHub and GitLab render it."""
    charged = bill(plan)
    planned = not plan.errors and bool(plan.changes)
    parts = [
        f"## CloudHSM review: {plan.stack or 'an empty stack'}",
        _summary(plan, charged),
        _section("Data and keys", _data(plan)),
        _section("Cannot be undone", [f"- {one}" for one in irreversible(plan)]),
        _section("What a person does", [f"- {one}" for one in people(plan)]),
        _section("Policies", _policies(plan)),
        _section("Errors", [f"- {_foreign(one)}" for one in plan.errors]),
        _section("Warnings", [f"- {_foreign(one)}" for one in plan.warnings]),
        _section("Cost", cost_lines(charged, plan.region) if planned else []),
        _section("Duration", _duration(plan) if planned else []),
        _section("Changes", _changes(plan)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"### {title}", "", *lines]) if lines else ""


def _summary(plan: Plan, charged: Bill) -> str:
    gone, fixed, todo = losses(plan), irreversible(plan), people(plan)
    stopped = interruptions(plan)
    rows = [
        ("Preview", _outcome(plan)),
        ("Resources", _totals(plan)),
        ("HSMs", _hsms(plan)),
        ("Cost", _monthly(charged)),
        ("Data and keys", f"**{several('loss', len(gone))}**" if gone else "nothing is lost"),
        ("Keeps working", f"**no**: {stopped[0]}" if stopped else "yes"),
        ("Cannot be undone", f"**{several('step', len(fixed))}**" if fixed else "nothing"),
        ("A person has to", f"**do {several('thing', len(todo))}**" if todo else "do nothing"),
        ("AWS takes", duration(seconds(plan))),
        ("Policies", _verdict(plan)),
    ]
    if plan.errors:
        # The engine stops at what it refuses, so what it did not plan is missing from these rows.
        rows = [(name, text if "**" in text else _NOT_KNOWN) for name, text in rows]
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {text} |" for name, text in rows)])


def _outcome(plan: Plan) -> str:
    if plan.errors:
        return f"**refused**, so this review is incomplete: {_foreign(plan.errors[0])}"
    return f"{several('warning', len(plan.warnings))}" if plan.warnings else "succeeded"


def _totals(plan: Plan) -> str:
    """Of resources of providers; a component changes with its parts."""
    found = [
        f"{number} {action}"
        for action in _SHOWN
        if (number := sum(one.action is action for one in _custom(plan)))
    ]
    return ", ".join(found) or "no change"


def _custom(plan: Plan) -> list[Change]:
    return [one for one in plan.changes if one.custom]


def _hsms(plan: Plan) -> str:
    before, after = hsm_counts(plan)
    return f"{before} → {after}" if before != after else f"{after}, unchanged"


def _monthly(charged: Bill) -> str:
    change = charged.after - charged.before
    if not change:
        return f"{dollars(charged.after)} USD a month, unchanged"
    return (
        f"{dollars(charged.before)} → **{dollars(charged.after)} USD a month** "
        f"({'+' if change > 0 else _MINUS}{dollars(abs(change))})"
    )


def _verdict(plan: Plan) -> str:
    if not plan.findings:
        return "no finding"
    stopping = sum(one.stops for one in plan.findings)
    text = several("finding", len(plan.findings))
    return f"**{text}, {stopping} mandatory**" if stopping else text


def _data(plan: Plan) -> list[str]:
    lines = [f"- {one}" for one in interruptions(plan)]
    gone = losses(plan)
    if gone:
        lines += [""] if lines else []
        lines += ["| would be lost | how to get it back |", "|---|---|"]
        lines += [
            f"| {one.what} | {f'**{one.back}**' if one.final else one.back} |" for one in gone
        ]
    return lines


def _policies(plan: Plan) -> list[str]:
    ordered = sorted(plan.findings, key=lambda one: (not one.stops, one.policy, one.resource))
    return [
        f"- **{one.level}** `{one.policy}` on `{one.resource}`: {_foreign(one.message)}"
        for one in ordered
    ]


def _duration(plan: Plan) -> list[str]:
    found = stages(plan)
    if not found:
        return []
    return [
        *(f"- {what}: {duration(one)}" for what, one in found),
        f"- together {duration(seconds(plan))}, and what a person takes",
    ]


def _changes(plan: Plan) -> list[str]:
    lines: list[str] = []
    for action in _SHOWN:
        found = [one for one in _custom(plan) if one.action is action]
        if found:
            total = counted([one.class_name for one in found])
            lines += [f"<details><summary>{action.capitalize()}: {total}</summary>", ""]
            lines += [_change(one) for one in sorted(found, key=_weight)]
            lines += ["", "</details>"]
    return lines


def _weight(change: Change) -> tuple[int, str]:
    return by_weight(change.class_name), change.name


def _change(change: Change) -> str:
    why = ""
    if change.paths and change.action in (Action.CHANGE, Action.REPLACE):
        because = " because of" if change.action is Action.REPLACE else ":"
        why = f"{because} {', '.join(f'`{path}`' for path in change.paths)}"
    return f"- `{_MARKS[change.action]}` {noun(change.class_name)} `{change.name}`{why}"


def _foreign(line: str) -> str:
    """A line of somebody else as code: no PEM, no markup of its own, not too long."""
    text = without_pem(line).replace("`", "'").replace("|", "\\|")
    return f"`{text if len(text) <= _MAX_LINE else f'{text[:_MAX_LINE]} …'}`"
