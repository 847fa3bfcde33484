"""`aws.cloudwatch.MetricAlarm`, as Terraform's aws_cloudwatch_metric_alarm does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rehearsal.plugins.aws.core.tagged_by_arn import TaggedByArn
from rehearsal.plugins.aws.core.tags import tag_list
from rehearsal.plugins.core.failures import CheckFailure
from rehearsal.plugins.core.input_checks import examine
from rehearsal.plugins.core.refusals import without_name
from rehearsal.plugins.core.resource_type import Call, Made
from rehearsal.plugins.core.values import Properties

_SETTINGS = {
    "actionsEnabled": "ActionsEnabled",
    "alarmActions": "AlarmActions",
    "alarmDescription": "AlarmDescription",
    "comparisonOperator": "ComparisonOperator",
    "datapointsToAlarm": "DatapointsToAlarm",
    "evaluationPeriods": "EvaluationPeriods",
    "insufficientDataActions": "InsufficientDataActions",
    "metricName": "MetricName",
    "namespace": "Namespace",
    "okActions": "OKActions",
    "period": "Period",
    "statistic": "Statistic",
    "threshold": "Threshold",
    "treatMissingData": "TreatMissingData",
}
_OF_QUERY = {
    "id": "Id",
    "expression": "Expression",
    "label": "Label",
    "returnData": "ReturnData",
}


class MetricAlarm(TaggedByArn):
    """An alarm on a metric, or on an expression of several."""

    token = "aws:cloudwatch/metricAlarm:MetricAlarm"  # noqa: S105 - a type token
    service = "cloudwatch"
    noun = "CloudWatch Metric Alarm"
    not_found = "ResourceNotFound"
    defaults: ClassVar = {"actionsEnabled": True, "treatMissingData": "missing"}
    updatable: ClassVar = frozenset({*_SETTINGS, "dimensions", "metricQueries", "tags"})
    sets: ClassVar = frozenset({"alarmActions", "okActions", "insufficientDataActions"})

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Refuse what Terraform refuses: a metric and an expression, or neither."""
        failures = without_name(inputs, resource)
        if bool(inputs.get("metricName")) == bool(inputs.get("metricQueries")):
            text = "Invalid combination of arguments. Give one of metric_name and metric_query"
            failures.append(examine(text, resource, "metricName"))
        return failures

    def start_create(self, inputs: Properties) -> str:
        """PutMetricAlarm, which overwrites one of the same name."""
        tags = {"Tags": tag_list(inputs["tagsAll"])} if inputs.get("tagsAll") else {}
        self._put(inputs, tags)
        return inputs["name"]

    def find(self, identifier: str, old: Properties) -> Made | None:
        """DescribeAlarms and ListTagsForResource."""
        client = self.client(old)
        found = client.describe_alarms(AlarmNames=[identifier])["MetricAlarms"]
        if not found:
            return None
        alarm = found[0]
        tags = client.list_tags_for_resource(ResourceARN=alarm["AlarmArn"]).get("Tags")
        outputs = {
            **{name: alarm.get(key) for name, key in _SETTINGS.items()},
            "arn": alarm["AlarmArn"],
            "dimensions": {one["Name"]: one["Value"] for one in alarm.get("Dimensions") or []},
            "evaluateLowSampleCountPercentiles": alarm.get("EvaluateLowSampleCountPercentile", ""),
            "metricQueries": [_shown(one) for one in alarm.get("Metrics") or []],
            "name": identifier,
            **self.shown_tags(tags),
        }
        if outputs["metricQueries"]:
            # Of an alarm on an expression CloudWatch shows none of these.
            outputs |= dict.fromkeys(("metricName", "namespace", "period", "statistic"))
        return Made(identifier, {name: value for name, value in outputs.items() if value != []})

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """PutMetricAlarm again."""
        del identifier, old
        self._put(inputs, {})

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """DeleteAlarms."""
        del call
        self.if_found(old, lambda client: client.delete_alarms(AlarmNames=[identifier]))
        return False

    def _put(self, inputs: Properties, also: Mapping[str, Any]) -> None:
        given = {**self.defaults, **inputs}
        request: dict[str, Any] = {
            key: given[name] for name, key in _SETTINGS.items() if given.get(name) is not None
        }
        if given.get("dimensions"):
            request["Dimensions"] = _dimensions(given["dimensions"])
        if given.get("metricQueries"):
            request["Metrics"] = [_query(one) for one in given["metricQueries"]]
        self.client(inputs).put_metric_alarm(AlarmName=inputs["name"], **request, **also)


def _dimensions(given: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in given.items()]


def _query(given: Mapping[str, Any]) -> dict[str, Any]:
    query = {key: given[name] for name, key in _OF_QUERY.items() if name in given}
    # Terraform sends it in any case, and its default is false.
    query.setdefault("ReturnData", False)
    if metric := given.get("metric"):
        query["MetricStat"] = {
            "Metric": {
                "Namespace": metric.get("namespace", ""),
                "MetricName": metric["metricName"],
                "Dimensions": _dimensions(metric.get("dimensions") or {}),
            },
            "Period": metric["period"],
            "Stat": metric["stat"],
        }
    return query


def _shown(query: Mapping[str, Any]) -> Properties:
    shown: Properties = {name: query[key] for name, key in _OF_QUERY.items() if query.get(key)}
    if stat := query.get("MetricStat"):
        metric = stat["Metric"]
        shown["metric"] = {
            "namespace": metric.get("Namespace", ""),
            "metricName": metric["MetricName"],
            "dimensions": {one["Name"]: one["Value"] for one in metric.get("Dimensions") or []},
            "period": stat["Period"],
            "stat": stat["Stat"],
        }
    return shown
