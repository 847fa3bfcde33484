"""A timeline as one SVG that needs nothing else: light and dark, readable at any width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from ..errors import without_pem
from ..review.words import noun, several
from .cost import cost_until
from .run import Run, Step

WIDTH, _MARGIN = 760, 16
_TOP, _ROW, _BAR = 140, 38, 12
_QUICK_SHARE = 0.01
"""Steps below this share of the run stand together in one row: they are many."""
_WIDE, _NARROW = 7.2, 6.0
"""About how wide a character of a label and of its facts is, in the units of the picture."""
_MAX_CALLS = 4
"""Operations that a row names; the rest is a number."""
_TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
"""Seconds between two lines of the axis: the first that leaves at most eight of them."""
_STYLE = """
svg { color-scheme: light dark; font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; }
.page { fill: #ffffff; } .text { fill: #1f2328; } .quiet { fill: #59636e; font-size: 11px; }
.title { font-size: 17px; font-weight: 600; } .line { stroke: #d1d9e0; } .mark { stroke: #ffffff; }
.aws { fill: #2f6fd0; } .own { fill: #6e7781; } .failed { fill: #cf222e; }
@media (prefers-color-scheme: dark) {
  .page { fill: #0d1117; } .text { fill: #f0f6fc; } .quiet { fill: #9198a1; }
  .line { stroke: #3d444d; } .mark { stroke: #0d1117; }
  .aws { fill: #6ea8fe; } .own { fill: #9198a1; } .failed { fill: #ff7b72; }
}
@media (max-width: 480px) {
  svg { font-size: 21px; } .title { font-size: 26px; } .quiet { font-size: 17px; }
  .facts { display: none; }
}
"""


@dataclass(frozen=True)
class _Row:
    """A line of the picture: one step, or all the quick ones."""

    label: str
    facts: str
    steps: tuple[Step, ...]


def svg(run: Run) -> str:
    """The timeline of a run."""
    rows = _rows(run)
    height = _TOP + _ROW * len(rows) + 44
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'width="100%" style="max-width: {2 * WIDTH}px">',
        f"<title>{escape(_title(run))}</title><style>{_STYLE}</style>",
        f'<rect class="page" width="{WIDTH}" height="{height}"/>',
        _text(_MARGIN, 32, _title(run), "text title"),
        *(_text(_MARGIN, 56 + 18 * at, line, "quiet") for at, line in enumerate(_facts(run))),
        *_axis(run, height - 36),
        *(part for at, row in enumerate(rows) for part in _draw(row, _TOP + _ROW * at, run)),
        *_legend(height - 14, any(one.failed for one in run.steps)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _title(run: Run) -> str:
    result = run.result or "cut off"
    return f"{run.stack or 'an empty stack'}: {result} after {span(run.seconds)}"


def _facts(run: Run) -> list[str]:
    share = run.aws_seconds / run.seconds if run.seconds else 0.0
    calls = sum(sum(one.calls.values()) for one in run.steps)
    return [
        f"{several('step', len(run.steps))}, up to {run.parallel} at the same time"
        + (f", {several('call', calls)} to AWS" if calls else ""),
        f"steps with AWS cover {share:.0%} of the time",
        f"about {cost_until(run, run.seconds):.2f} USD so far for what was made",
    ]


def _rows(run: Run) -> list[_Row]:
    least = max(_QUICK_SHARE * run.seconds, 0.001)
    quick = tuple(one for one in run.steps if one.seconds < least and not one.failed)
    slow = [one for one in run.steps if one not in quick]
    rows = [_Row(f"{noun(one.class_name)} {one.name}", _about(one), (one,)) for one in slow]
    if quick:
        rows.insert(0, _Row(several("quick step", len(quick)), f"each below {span(least)}", quick))
    return rows


def _about(step: Step) -> str:
    most = step.calls.most_common(_MAX_CALLS)
    calls = ", ".join(f"{count} {name}" for name, count in most)
    rest = sum(step.calls.values()) - sum(count for _, count in most)
    words = [
        span(step.seconds),
        "failed" if step.failed else "",
        "" if step.operation == "create" else step.operation,
        f"{calls}{f' and {rest} more' if rest else ''}",
    ]
    return " · ".join(word for word in words if word)


def _axis(run: Run, bottom: float) -> list[str]:
    tick = next((one for one in _TICKS if run.seconds / one <= 8), _TICKS[-1])
    parts: list[str] = []
    for number in range(int(run.seconds // tick) + 1):
        moment = number * tick
        x = _x(moment, run)
        parts += [
            f'<line class="line" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 6}" y2="{bottom}"/>',
            _text(x + 3, _TOP - 22, span(moment) if moment else "0", "quiet"),
            _text(x + 3, _TOP - 8, f"{cost_until(run, moment):.2f} $", "quiet"),
        ]
    return parts


def _draw(row: _Row, y: float, run: Run) -> list[str]:
    room = int((WIDTH - 2 * _MARGIN - 8 - _WIDE * len(row.label)) / _NARROW)
    facts = row.facts if len(row.facts) <= room else f"{row.facts[: max(room - 2, 0)]} …"
    parts = [
        f'<text x="{_MARGIN}" y="{y + 14}"><tspan class="text">{escape(row.label)}</tspan>'
        f'<tspan class="quiet facts" dx="8">{escape(facts)}</tspan></text>'
    ]
    for step in row.steps:
        begin, end = _x(step.begin, run), _x(step.end, run)
        kind = "failed" if step.failed else "aws" if step.service else "own"
        said = "".join(f"\n{span(at)}: {without_pem(line)}" for at, line in step.said)
        parts.append(
            f'<rect class="{kind}" x="{begin:.1f}" y="{y + 20}" rx="2" '
            f'width="{max(end - begin, 1.5):.1f}" height="{_BAR}">'
            f"<title>{escape(f'{step.name}: {_about(step)}{said}')}</title></rect>"
        )
        parts += [
            f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{y + 20}" y2="{y + 20 + _BAR}"/>'
            for x in (_x(at, run) for at, _ in step.said)
            if begin + 2 < x < end - 2
        ]
    return parts


def _legend(y: float, failed: bool) -> list[str]:
    kinds = [("aws", "a service of AWS"), ("own", "without AWS")]
    kinds += [("failed", "failed or cut off")] if failed else []
    parts: list[str] = []
    for number, (kind, words) in enumerate(kinds):
        x = _MARGIN + 190 * number
        parts.append(f'<rect class="{kind}" x="{x}" y="{y - 10}" width="12" height="12" rx="2"/>')
        parts.append(_text(x + 18, y, words, "quiet"))
    return parts


def _x(moment: float, run: Run) -> float:
    return _MARGIN + (WIDTH - 2 * _MARGIN) * moment / max(run.seconds, 0.001)


def _text(x: float, y: float, words: str, classes: str) -> str:
    return f'<text x="{x:.1f}" y="{y}" class="{classes}">{escape(words)}</text>'


def span(seconds: float) -> str:
    """A duration, short: `3.2 s`, `12 min`, `1 h 25 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 and seconds % 1 else f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    parts: Sequence[str] = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""]
    return " ".join(part for part in parts if part)
