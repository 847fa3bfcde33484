"""The alarms of a component at AWS: all of them tell one topic."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from ..common import CommonArgs
from ..recovery.orphans import Recovery
from ..recovery.part import Part
from .alarms import Alarm


class AlarmResources:
    """Declares alarms, and remembers them for the dashboard.

    Their names at AWS are fixed, so a second creation after a crash overwrites the first one.

    Attributes:
        declared: every alarm so far.
        arns: their ARNs.
    """

    declared: list[Alarm]
    arns: list[pulumi.Output[str]]

    def __init__(
        self,
        component: Part,
        name: str,
        recovery: Recovery,
        common: CommonArgs,
        topic_arn: pulumi.Input[str],
    ) -> None:
        """Declares nothing yet.

        Args:
            component: the alarms' parent.
            name: the component's logical name, before the alarms' own.
            recovery: its tags and names.
            common: its other tags.
            topic_arn: who is told when an alarm goes off, and when it is over.
        """
        self._component, self._name, self._recovery = component, name, recovery
        self._common, self._topic_arn = common, topic_arn
        self.declared, self.arns = [], []

    def declare(self, *alarms: Alarm) -> None:
        """Declares alarms."""
        for one in alarms:
            self.declared.append(one)
            self.arns.append(self._declare(one).arn)

    def _declare(self, alarm: Alarm) -> aws.cloudwatch.MetricAlarm:
        name = f"{self._name}-{alarm.name}"
        looked_at: aws.cloudwatch.MetricAlarmArgs = (
            _one(alarm) if len(alarm.metrics) == 1 else _sum(alarm)
        )
        return aws.cloudwatch.MetricAlarm(
            name,
            name=pulumi.Output.concat(self._recovery.unique(self._name), "-", alarm.name),
            alarm_description=alarm.description,
            comparison_operator=alarm.comparison,
            threshold=alarm.limit,
            evaluation_periods=alarm.periods,
            datapoints_to_alarm=alarm.enough,
            treat_missing_data="breaching" if alarm.silence_is_bad else "notBreaching",
            metric_name=looked_at.metric_name,
            namespace=looked_at.namespace,
            dimensions=looked_at.dimensions,
            statistic=looked_at.statistic,
            period=looked_at.period,
            metric_queries=looked_at.metric_queries,
            alarm_actions=[self._topic_arn],
            ok_actions=[self._topic_arn],
            tags=self._recovery.tags(name, self._common.tags),
            opts=pulumi.ResourceOptions(parent=self._component),
        )


def _one(alarm: Alarm) -> aws.cloudwatch.MetricAlarmArgs:
    (metric,) = alarm.metrics
    return aws.cloudwatch.MetricAlarmArgs(
        metric_name=metric.name,
        namespace=metric.namespace,
        dimensions=dict(metric.dimensions) or None,
        statistic=metric.statistic,
        period=metric.period,
    )


def _sum(alarm: Alarm) -> aws.cloudwatch.MetricAlarmArgs:
    """The sum of several metrics, which CloudWatch calls a metric math expression."""
    ids = [f"m{number}" for number in range(1, len(alarm.metrics) + 1)]
    queries = [
        aws.cloudwatch.MetricAlarmMetricQueryArgs(
            id=one,
            metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
                namespace=metric.namespace,
                metric_name=metric.name,
                dimensions=dict(metric.dimensions),
                stat=metric.statistic,
                period=metric.period,
            ),
        )
        for one, metric in zip(ids, alarm.metrics, strict=True)
    ]
    total = aws.cloudwatch.MetricAlarmMetricQueryArgs(
        id="sum", expression=" + ".join(ids), label="sum", return_data=True
    )
    return aws.cloudwatch.MetricAlarmArgs(metric_queries=[total, *queries])
