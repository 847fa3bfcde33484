"""`aws.cloudwatch.Dashboard`, as Terraform's aws_cloudwatch_dashboard does it."""

from __future__ import annotations

from typing import ClassVar

from rehearsal.plugins.aws.core.resource import AwsResource
from rehearsal.plugins.core.resource_type import Call, Made
from rehearsal.plugins.core.values import Properties


class Dashboard(AwsResource):
    """A dashboard; its id is its name."""

    token = "aws:cloudwatch/dashboard:Dashboard"  # noqa: S105 - a type token
    service = "cloudwatch"
    noun = "CloudWatch Dashboard"
    not_found = "ResourceNotFound"
    updatable: ClassVar = frozenset({"dashboardBody"})
    json_texts: ClassVar = frozenset({"dashboardBody"})

    def start_create(self, inputs: Properties) -> str:
        """PutDashboard, which overwrites one of the same name."""
        self._put(inputs)
        return inputs["dashboardName"]

    def find(self, identifier: str, old: Properties) -> Made | None:
        """GetDashboard."""
        found = self.if_found(
            old,
            lambda client: client.get_dashboard(DashboardName=identifier),
            "DashboardNotFoundError",
        )
        if found is None:
            return None
        outputs = {
            "dashboardArn": found["DashboardArn"],
            "dashboardBody": found["DashboardBody"],
            "dashboardName": identifier,
        }
        return Made(identifier, outputs)

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """PutDashboard again."""
        del identifier, old
        self._put(inputs)

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """DeleteDashboards."""
        del call
        self.if_found(
            old,
            lambda client: client.delete_dashboards(DashboardNames=[identifier]),
            "DashboardNotFoundError",
        )
        return False

    def _put(self, inputs: Properties) -> None:
        self.client(inputs).put_dashboard(
            DashboardName=inputs["dashboardName"], DashboardBody=inputs["dashboardBody"]
        )
