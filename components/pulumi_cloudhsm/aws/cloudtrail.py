"""CloudTrail's event history: who called what, and when. AWS keeps 90 days of it.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from .advice import refusal
from .session import AwsAccess, client


class CloudTrail:
    """The account's own event history, in one Region."""

    def __init__(self, access: AwsAccess) -> None:
        self._access = access

    def calls(self, operation: str, since: datetime, until: datetime) -> list[dict[str, Any]]:
        """The events of one operation, as CloudTrail records them.

        Args:
            operation: such as `InitializeCluster`.
            since: the earliest moment.
            until: the latest moment.

        Raises:
            AwsError: CloudTrail refuses to tell.
        """
        api = client(self._access, "cloudtrail")
        pages = api.get_paginator("lookup_events").paginate(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": operation}],
            StartTime=since,
            EndTime=until,
        )
        try:
            texts = [one.get("CloudTrailEvent", "") for page in pages for one in page["Events"]]
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"looking for {operation} in CloudTrail", error) from error
        return [event for event in map(_event, texts) if event]


def _event(text: str) -> dict[str, Any]:
    try:
        event = json.loads(text)
    except ValueError:
        return {}
    return dict(cast("Mapping[str, Any]", event)) if isinstance(event, Mapping) else {}
