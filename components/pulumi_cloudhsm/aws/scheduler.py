"""EventBridge schedules and their groups, by their names. Only a group has tags."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .advice import refusal
from .found import ID_TAG, Found, tags_of
from .session import AwsAccess, client

_NOT_THERE = "ResourceNotFoundException"


def group(access: AwsAccess, name: str, deployment_id: str) -> list[Found]:
    """The schedule group of that name, if it belongs to the deployment.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one.
    """
    api: Any = client(access, "scheduler")
    try:
        found: dict[str, Any] = api.get_schedule_group(Name=name)
        listed: dict[str, Any] = api.list_tags_for_resource(ResourceArn=found.get("Arn", ""))
    except (ClientError, BotoCoreError) as error:
        return _nothing(name, error)
    ours = tags_of(listed.get("Tags")).get(ID_TAG) == deployment_id
    return [Found(name, name, found.get("State", ""))] if ours else []


def schedule(access: AwsAccess, path: str, deployment_id: str) -> list[Found]:
    """The schedule, if its group belongs to the deployment.

    Args:
        access: account and Region.
        path: name of the group, a slash, and its own name.
        deployment_id: of the deployment.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one.
    """
    of, _, name = path.partition("/")
    if not group(access, of, deployment_id):
        return []
    api: Any = client(access, "scheduler")
    try:
        api.get_schedule(GroupName=of, Name=name)
    except (ClientError, BotoCoreError) as error:
        return _nothing(path, error)
    return [Found(path, name)]


def _nothing(name: str, error: ClientError | BotoCoreError) -> list[Found]:
    code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None
    if code == _NOT_THERE:
        return []
    raise refusal(f"looking for {name} of an interrupted run in EventBridge Scheduler", error)
