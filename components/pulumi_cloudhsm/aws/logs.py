"""CloudWatch Logs: the log group with a cluster's audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from .advice import refusal
from .session import AwsAccess, client

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient


def audit_log_group(access: AwsAccess, cluster_id: str) -> str | None:
    """The name of a cluster's log group; None where there is none.

    CloudHSM makes it with its service-linked role (user guide, "Viewing audit logs in CloudWatch
    Logs"), and it outlives the cluster (stormreply/cloudhsm-demo deletes it by hand).

    Raises:
        TransientError: worth another try.
        AwsError: not worth one, for example no right to look.
    """
    name = f"/aws/cloudhsm/{cluster_id}"
    logs: CloudWatchLogsClient = client(access, "logs")
    try:
        found = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    except (ClientError, BotoCoreError) as error:
        raise refusal("looking for the cluster's log group", error) from error
    return name if any(group.get("logGroupName") == name for group in found) else None
