"""CloudTrail's event history: what the call log holds, shown as late as CloudTrail shows it.

moto has trails and no events. Sources: LookupEvents in the API reference, "CloudTrail record
contents" in the user guide. Management events of the last 90 days; the newest come first.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from rehearsal.emulator.cloudhsmv2.service import CloudHsm
from rehearsal.emulator.core.call_log import TRANSITION, CallLog
from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.core.place import Place
from rehearsal.emulator.core.request import AwsRequest

_LATE_SECONDS = 300.0
"""CloudTrail delivers about five minutes after a call, on average (user guide)."""
_KEPT_SECONDS = 90 * 86400.0
_MOST = 50


class CloudTrail:
    """Answers LookupEvents."""

    def __init__(self, hsms: CloudHsm, log: CallLog) -> None:
        self._hsms, self._log = hsms, log

    def answer(self, asked: AwsRequest) -> dict[str, Any] | None:
        """The answer to a call; None for what moto answers.

        Raises:
            ServiceError: CloudTrail would refuse it.
        """
        if asked.operation != "LookupEvents":
            return None
        attributes = asked.parameters.get("LookupAttributes") or []
        if len(attributes) > 1 or any(one["AttributeKey"] != "EventName" for one in attributes):
            raise ServiceError(
                "InvalidLookupAttributesException", "Only one EventName is rehearsed."
            )
        wanted = attributes[0]["AttributeValue"] if attributes else None
        events = [one for one in self._shown(asked) if wanted in (None, one["EventName"])]
        begin = int(asked.parameters.get("NextToken") or 0)
        most = min(int(asked.parameters.get("MaxResults") or _MOST), _MOST)
        page = events[begin : begin + most]
        more = {"NextToken": str(begin + most)} if begin + most < len(events) else {}
        return {"Events": page, **more}

    def _shown(self, asked: AwsRequest) -> list[dict[str, Any]]:
        timeline = self._hsms.timeline
        newest = timeline.now() - _LATE_SECONDS / timeline.speed
        until = min(newest, float(asked.parameters.get("EndTime") or newest))
        since = max(
            newest - _KEPT_SECONDS / timeline.speed, float(asked.parameters.get("StartTime") or 0)
        )
        return [
            _event(entry)
            for entry in reversed(self._log.as_json())
            if entry["operation"] != TRANSITION
            and Place(entry["region"], entry["account"]) == asked.place
            and since <= entry["time"] <= until
        ]


def _event(entry: dict[str, Any]) -> dict[str, Any]:
    source = {"cloudhsmv2": "cloudhsm"}.get(entry["service"], entry["service"])
    refused = {} if entry["outcome"] == "ok" else {"errorCode": entry["outcome"]}
    record = {
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "IAMUser",
            "arn": f"arn:aws:iam::{entry['account']}:user/rehearsal",
            "accountId": entry["account"],
            "userName": "rehearsal",
        },
        # To the second, rounded down, as CloudTrail writes it.
        "eventTime": datetime.fromtimestamp(int(entry["time"]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{source}.amazonaws.com",
        "eventName": entry["operation"],
        "awsRegion": entry["region"],
        "sourceIPAddress": "127.0.0.1",
        "requestParameters": {_lower(key): one for key, one in entry["parameters"].items()} or None,
        "responseElements": None,
        "requestID": entry["request_id"],
        "eventID": entry["request_id"],
        "readOnly": entry["operation"].startswith(("Describe", "Get", "List")),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": entry["account"],
        **refused,
    }
    return {
        "EventId": record["eventID"],
        "EventName": entry["operation"],
        "EventTime": int(entry["time"]),
        "EventSource": record["eventSource"],
        "CloudTrailEvent": json.dumps(record),
    }


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
