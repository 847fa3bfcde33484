"""A picture: how late the end of a step is noticed, against how long the step took."""

from __future__ import annotations

import math
import random
import statistics
from dataclasses import dataclass

from bench.detection import SCHEDULES, Schedule

SHORTEST, LONGEST, MOST = 10.0, 5400.0, 32.0
"""Seconds: ends of the axis of true durations, and end of the axis of lags."""
COLUMNS, STEPS = 48, 40
"""Columns of true durations, and simulated steps for each."""
WIDTH, HEIGHT = 860, 440
LEFT, RIGHT, TOP, BOTTOM = 64, 36, 64, 56
COLOURS = ("#0b6e4f", "#c1440e", "#3d5a98")
TICKS = {10: "10 s", 30: "30 s", 60: "1 min", 300: "5 min", 900: "15 min", 1800: "30 min"}
FINAL_TICK = {5400: "90 min"}


@dataclass(frozen=True)
class Column:
    """Steps of about one true duration: it, the mean lag, and the lag that 95 % stay below."""

    actual: float
    mean: float
    high: float


def columns(schedule: Schedule) -> list[Column]:
    """The lags of a schedule over all true durations; logarithmic steps."""
    dice, found = random.Random(1), list[Column]()
    step = math.log(LONGEST / SHORTEST) / COLUMNS
    for number in range(COLUMNS):
        low = SHORTEST * math.exp(number * step)
        drawn = [low * math.exp(step * (n + dice.random()) / STEPS) for n in range(STEPS)]
        lags = sorted(schedule(actual, dice).lag for actual in drawn)
        found.append(
            Column(low * math.exp(step / 2), statistics.mean(lags), lags[int(0.95 * len(lags))])
        )
    return found


def picture() -> str:
    """The chart as SVG: a line for the mean, an area up to what 95 % stay below."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="system-ui, sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        _text(LEFT, 24, "How late the end of a step is noticed", "start", 'font-size="16"'),
        *_axes(),
    ]
    for number, (name, schedule) in enumerate(reversed(SCHEDULES.items())):
        colour = COLOURS[len(SCHEDULES) - 1 - number]
        parts += _line(columns(schedule), colour)
        at = LEFT + 8 + 190 * (len(SCHEDULES) - 1 - number)
        parts.append(f'<rect x="{at}" y="38" width="18" height="4" fill="{colour}"/>')
        parts.append(_text(at + 24, 44, name, "start"))
    return "\n".join([*parts, "</svg>", ""])


def _line(found: list[Column], colour: str) -> list[str]:
    means = " ".join(f"{_x(one.actual):.1f},{_y(one.mean):.1f}" for one in found)
    highs = " ".join(f"{_x(one.actual):.1f},{_y(one.high):.1f}" for one in found)
    floor = f"{_x(found[-1].actual):.1f},{_y(0):.1f} {_x(found[0].actual):.1f},{_y(0):.1f}"
    return [
        f'<polygon points="{highs} {floor}" fill="{colour}" fill-opacity="0.12"/>',
        f'<polyline points="{means}" fill="none" stroke="{colour}" stroke-width="2.5"/>',
    ]


def _axes() -> list[str]:
    parts: list[str] = []
    for seconds in range(0, int(MOST), 5):
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{_y(seconds):.1f}" '
            f'y2="{_y(seconds):.1f}" stroke="#ddd"/>'
        )
        parts.append(_text(LEFT - 8, _y(seconds) + 4, f"{seconds} s", "end"))
    for seconds, label in {**TICKS, **FINAL_TICK}.items():
        parts.append(
            f'<line x1="{_x(seconds):.1f}" x2="{_x(seconds):.1f}" y1="{_y(0):.1f}" '
            f'y2="{_y(0) + 5:.1f}" stroke="#555"/>'
        )
        parts.append(_text(_x(seconds), _y(0) + 20, label, "middle"))
    middle = (LEFT + WIDTH - RIGHT) / 2
    note = "true duration of the step; lines: mean lag, areas: 95 % of all steps"
    return [*parts, _text(middle, HEIGHT - 12, note, "middle")]


def _text(x: float, y: float, text: str, anchor: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="#222" {more}>{text}</text>'


def _x(seconds: float) -> float:
    share = math.log(seconds / SHORTEST) / math.log(LONGEST / SHORTEST)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(seconds: float) -> float:
    return HEIGHT - BOTTOM - min(seconds, MOST) / MOST * (HEIGHT - TOP - BOTTOM)
