"""What a campaign has found: kept in a file as it goes, printed as a table, written as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from threading import Lock

from rehearsal.engine.campaign.points import Result

_COLUMNS = (
    "point",
    "twins",
    "way",
    "further commands",
    "same end",
    "one of everything",
    "second up unchanged",
    "nothing left",
    "file backend",
)


class Results:
    """The results so far, in a file of JSON lines: a campaign that is interrupted goes on there."""

    def __init__(self, path: Path, *, anew: bool = False) -> None:
        self._path, self._lock = path, Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        if anew:
            path.unlink(missing_ok=True)
        lines = path.read_text().splitlines() if path.exists() else []
        self._all = {one.key: one for one in (Result(**json.loads(line)) for line in lines)}

    def __contains__(self, key: tuple[str, bool, str]) -> bool:
        return key in self._all

    def has_chain(self, phase: str, mode: str, twins: bool) -> bool:
        """Whether the kills of one stack in such runs are known already."""
        kind = _kind(Result(f"{phase} {mode}", twins, "chain"))
        return any(_kind(one) == kind for one in self._all.values())

    def add(self, found: Iterable[Result]) -> None:
        """Keeps results."""
        with self._lock, self._path.open("a") as file:
            for one in found:
                self._all[one.key] = one
                file.write(json.dumps(asdict(one)) + "\n")

    def all(self) -> list[Result]:
        """Every result."""
        return list(self._all.values())


def row(result: Result) -> list[str]:
    """A result as cells of the table."""
    up = result.point.startswith("up ")
    return [
        result.point,
        "alive" if result.twins else "",
        result.way,
        str(result.ups),
        _verdict(result.failures or result.different, up or bool(result.failures)),
        _verdict(result.twice, up),
        _verdict(result.changed, up),
        _verdict(result.left_over),
        result.backend,
    ]


def _verdict(wrong: Sequence[str], asked: bool = True) -> str:
    if not asked:
        return ""
    return "yes" if not wrong else "NO"


def summary(results: Sequence[Result]) -> list[str]:
    """A line for each kind of run: how many points, how many ended well."""
    lines: list[str] = []
    for key in sorted({_kind(one) for one in results}):
        mine = [one for one in results if _kind(one) == key]
        good = sum(one.good for one in mine)
        healed = sum(one.backend != "whole" for one in mine)
        lines.append(f"{key}: {good} of {len(mine)} points good; file backend hurt at {healed}")
    return lines


def _kind(result: Result) -> str:
    phase, *_, mode = result.point.split()
    return f"{phase} {mode}, {result.way}{', living twins' if result.twins else ''}"


def markdown(results: Sequence[Result]) -> str:
    """The table, and below it what was wrong."""
    lines = [f"| {' | '.join(_COLUMNS)} |", f"|{'---|' * len(_COLUMNS)}"]
    lines += [f"| {' | '.join(row(one))} |" for one in results]
    lines += ["", *(f"- {line}" for line in summary(results)), ""]
    return "\n".join([*lines, *trouble(results)]) + "\n"


def trouble(results: Sequence[Result]) -> list[str]:
    """What was wrong, a line for each finding; points with the same one share a line."""
    told: dict[str, list[str]] = {}
    for one in results:
        for what in ("failures", "different", "twice", "changed", "left_over"):
            for line in getattr(one, what):
                found = told.setdefault(f"{what.replace('_', ' ')}: {line}", [])
                if one.point not in found:
                    found.append(one.point)
    return [f"- {line} ({_few(points)})" for line, points in told.items()]


def _few(points: Sequence[str]) -> str:
    more = f" and {len(points) - 4} more" if len(points) > 4 else ""
    return ", ".join(points[:4]) + more
