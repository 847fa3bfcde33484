"""`aws.cloudwatch.LogMetricFilter`, as Terraform's aws_cloudwatch_log_metric_filter does it."""

from __future__ import annotations

from typing import ClassVar

from rehearsal.plugins.aws.core.resource import AwsResource
from rehearsal.plugins.core.failures import CheckFailure
from rehearsal.plugins.core.refusals import without_name
from rehearsal.plugins.core.resource_type import Call, Made
from rehearsal.plugins.core.values import Properties

_SETTINGS = {"name": "metricName", "namespace": "metricNamespace", "value": "metricValue"}


class LogMetricFilter(AwsResource):
    """A filter of a log group that makes a metric; imported as "group:name"."""

    token = "aws:cloudwatch/logMetricFilter:LogMetricFilter"  # noqa: S105 - a type token
    service = "logs"
    noun = "CloudWatch Logs Metric Filter"
    not_found = "ResourceNotFoundException"
    nested_defaults: ClassVar = {"metricTransformation": {"unit": "None"}}
    chosen_inside: ClassVar = frozenset({"metricTransformation"})
    updatable: ClassVar = frozenset({"metricTransformation", "pattern"})

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Refuse one without a name."""
        return without_name(inputs, resource)

    def start_create(self, inputs: Properties) -> str:
        """PutMetricFilter, which overwrites one of the same name."""
        self._put(inputs)
        return inputs["name"]

    def find(self, identifier: str, old: Properties) -> Made | None:
        """DescribeMetricFilters."""
        group, _, name = identifier.rpartition(":")
        group = old.get("logGroupName") or group
        found = self.if_found(
            old,
            lambda client: client.describe_metric_filters(
                logGroupName=group, filterNamePrefix=name
            )["metricFilters"],
        )
        one = next((one for one in found or [] if one["filterName"] == name), None)
        if one is None:
            return None
        transformation = one["metricTransformations"][0]
        shown = {name: transformation[key] for name, key in _SETTINGS.items()}
        outputs = {
            "applyOnTransformedLogs": bool(one.get("applyOnTransformedLogs")),
            "logGroupName": group,
            "metricTransformation": {**shown, "unit": transformation.get("unit") or "None"},
            "name": name,
            # CloudWatch Logs keeps no white space around it, and neither does Terraform.
            "pattern": one["filterPattern"].strip(),
        }
        return Made(name, outputs)

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """PutMetricFilter again."""
        del identifier, old
        self._put(inputs)

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """DeleteMetricFilter."""
        del call
        self.if_found(
            old,
            lambda client: client.delete_metric_filter(
                logGroupName=old["logGroupName"], filterName=identifier
            ),
        )
        return False

    def _put(self, inputs: Properties) -> None:
        given = inputs["metricTransformation"]
        transformation = {key: given[name] for name, key in _SETTINGS.items()}
        self.client(inputs).put_metric_filter(
            logGroupName=inputs["logGroupName"],
            filterName=inputs["name"],
            filterPattern=inputs["pattern"].strip(),
            metricTransformations=[{**transformation, "unit": given.get("unit", "None")}],
        )
