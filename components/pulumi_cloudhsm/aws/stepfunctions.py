"""State machines of Step Functions, by their names."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .advice import refusal
from .found import ID_TAG, Found, tags_of
from .session import AwsAccess, client


def state_machine(access: AwsAccess, name: str, deployment_id: str) -> list[Found]:
    """The state machine of that name, if it belongs to the deployment.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one.
    """
    api: Any = client(access, "stepfunctions")
    try:
        pages = api.get_paginator("list_state_machines").paginate()
        listed = [one for page in pages for one in page["stateMachines"] if one["name"] == name]
        return [
            Found(one["stateMachineArn"], name)
            for one in listed
            if _id_of(api, one["stateMachineArn"]) == deployment_id
        ]
    except (ClientError, BotoCoreError) as error:
        doing = f"looking for {name} of an interrupted run in Step Functions"
        raise refusal(doing, error) from error


def _id_of(api: Any, arn: str) -> str | None:  # noqa: ANN401
    listed = api.list_tags_for_resource(resourceArn=arn)["tags"]
    return tags_of(listed, "key", "value").get(ID_TAG)
