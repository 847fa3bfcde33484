"""The dashboard as CloudWatch takes it. Source: CloudWatch API reference, dashboard body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from .alarms import Alarm, Metric

_HALF, _WHOLE, _HEIGHT = 12, 24, 6
_TITLES = {
    "hsm-unhealthy": "Unhealthy HSMs",
    "hsm-sessions": "Sessions on the HSM with the most",
    "hsm-keys": "Keys on the HSM with the most",
    "hsm-users": "Free places for users",
    "hsm-missing": "Values that each wanted HSM publishes",
    "key-unusable": "Failed uses of the key",
    "canary-silent": "Uses of the key by the canary",
    "failed-logins": "Failed logins",
    "user-changes": "Changes of users",
    "password-changes": "Changes of passwords",
    "key-deletions": "Deleted keys",
    "no-backup": "Backups",
    "backup-not-copied": "Failed runs that copy backups",
    "storage-full": "Used SSD storage, percent",
    "volume-full": "Used part of each volume, percent",
}


@dataclass(frozen=True)
class Graph:
    """One graph.

    Attributes:
        title: above it.
        metrics: one line each.
        limit: a horizontal line, where an alarm goes off; None: no line.
    """

    title: str
    metrics: tuple[Metric, ...]
    limit: float | None = None


def graphs(alarms: Sequence[Alarm]) -> list[Graph]:
    """A graph for each section of the alarms' page, in their order."""
    found: dict[str, Graph] = {}
    for alarm in alarms:
        before = found.get(alarm.about)
        metrics = (*(before.metrics if before else ()), *alarm.metrics)
        found[alarm.about] = Graph(_TITLES[alarm.about], metrics, alarm.limit)
    return list(found.values())


def body(
    shown: Sequence[Graph], alarm_arns: Sequence[str], region: str, dimensions: Sequence[Any]
) -> Mapping[str, Any]:
    """The dashboard's body: the state of all alarms, then the graphs in two columns.

    Args:
        shown: the graphs.
        alarm_arns: the alarms.
        region: the Region of the metrics.
        dimensions: namespace and dimensions of every metric, as `known_of` lists them, with values.
    """
    widgets: list[dict[str, Any]] = [
        {
            "type": "alarm",
            "x": 0,
            "y": 0,
            "width": _WHOLE,
            "height": _HEIGHT,
            "properties": {"title": "Alarms", "alarms": list(alarm_arns)},
        }
    ]
    values = iter(dimensions)
    for number, graph in enumerate(shown):
        lines = [_line(metric, next(values)) for metric in graph.metrics]
        properties: dict[str, Any] = {
            "title": graph.title,
            "view": "timeSeries",
            "region": region,
            "metrics": lines,
        }
        if graph.limit is not None:
            properties["annotations"] = {"horizontal": [{"label": "alarm", "value": graph.limit}]}
        place = {"x": _HALF * (number % 2), "y": _HEIGHT * (1 + number // 2)}
        size = {"width": _HALF, "height": _HEIGHT}
        widgets.append({"type": "metric", **place, **size, "properties": properties})
    return {"widgets": widgets}


def known_of(shown: Sequence[Graph]) -> pulumi.Output[list[Any]]:
    """Namespace and dimensions of every metric of the graphs, once they are known."""
    each = [
        pulumi.Output.all(metric.namespace, pulumi.Output.all(**metric.dimensions))
        for graph in shown
        for metric in graph.metrics
    ]
    return pulumi.Output.all(*each)


def _line(metric: Metric, known: Sequence[Any]) -> list[Any]:
    namespace, dimensions = known  # of no dimensions, Pulumi makes an empty list
    of = [text for name, value in dict(dimensions).items() for text in (name, value)]
    return [namespace, metric.name, *of, {"stat": metric.statistic, "period": metric.period}]
