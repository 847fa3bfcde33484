"""A picture: when each step of one `up` began and ended, and its share of the whole time."""

from __future__ import annotations

from collections.abc import Sequence

from rehearsal.engine.timings.events import Step

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 860, 250, 70, 60, 44
ROW = 20
LEAST_SHARE = 0.02
"""Steps that take a smaller share of the whole are left out."""
TICKS = 6


def picture(steps: Sequence[Step], started: float, seconds: float, title: str) -> str:
    """The chart as SVG: one bar for each longer step, in the order of their beginning.

    Args:
        steps: what the engine did.
        started: when the command began, seconds since the epoch.
        seconds: how long it took.
        title: above the chart.
    """
    shown = sorted(
        (one for one in steps if one.custom and one.seconds >= LEAST_SHARE * seconds),
        key=lambda one: one.started,
    )
    height = TOP + ROW * len(shown) + BOTTOM

    def x(moment: float) -> float:
        return LEFT + moment / seconds * (WIDTH - LEFT - RIGHT)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="system-ui, sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        _text(16, 26, title, "start", 'font-size="16"'),
    ]
    for tick in range(TICKS + 1):
        moment = seconds * tick / TICKS
        parts.append(
            f'<line x1="{x(moment):.1f}" x2="{x(moment):.1f}" y1="{TOP - 8}" '
            f'y2="{height - BOTTOM + 6}" stroke="#ddd"/>'
        )
        parts.append(_text(x(moment), height - BOTTOM + 22, f"{moment:.0f} s", "middle"))
    for number, step in enumerate(shown):
        begin, y = step.started - started, TOP + ROW * number
        width = max(x(begin + step.seconds) - x(begin), 1)
        parts.append(_text(LEFT - 8, y + 12, step.name, "end"))
        parts.append(
            f'<rect x="{x(begin):.1f}" y="{y + 2}" width="{width:.1f}" height="{ROW - 6}" '
            'fill="#0b6e4f"/>'
        )
        share = f"{step.seconds / seconds:.0%}"
        parts.append(_text(x(begin) + width + 5, y + 12, share, "start"))
    return "\n".join([*parts, "</svg>", ""])


def _text(x: float, y: float, text: str, anchor: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="#222" {more}>{text}</text>'
