"""Changes that a person should hear of: calls of AWS that CloudTrail hands to EventBridge.

Source: EventBridge user guide, "AWS service events delivered via AWS CloudTrail". EventBridge gets
them only where the account has a trail that logs management events. Names of the calls: API
references of CloudHSM, KMS and CloudWatch Logs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

_DETAIL_TYPE = "AWS API Call via CloudTrail"
INPUT_PATHS = {
    "call": "$.detail.eventName",
    "time": "$.detail.eventTime",
    "who": "$.detail.userIdentity.arn",
    "where": "$.detail.sourceIPAddress",
}
"""What of an event the message shows."""


@dataclass(frozen=True)
class Change:
    """Calls about one thing.

    Attributes:
        about: its section of the page.
        what: what they do, as the message says it.
        service: whose calls.
        calls: their names.
        of: path in the event's detail to the values that it must have one of; nothing: any call.
    """

    about: str
    what: str
    service: str
    calls: Sequence[str]
    of: Mapping[str, Sequence[pulumi.Input[str]]] = field(
        default_factory=dict[str, Sequence[pulumi.Input[str]]]
    )

    @property
    def pattern(self) -> pulumi.Output[str]:
        """The event pattern, as EventBridge takes it."""
        paths = list(self.of)
        return pulumi.Output.all(*(list(self.of[one]) for one in paths)).apply(
            lambda known: json.dumps(self._pattern(dict(zip(paths, known, strict=True))))
        )

    def _pattern(self, of: Mapping[str, Any]) -> dict[str, Any]:
        detail: dict[str, Any] = {
            "eventSource": [f"{self.service}.amazonaws.com"],
            "eventName": list(self.calls),
        }
        for path, values in of.items():
            *above, last = path.split(".")
            place = detail
            for one in above:
                place = place.setdefault(one, {})
            place[last] = values
        return {"source": [f"aws.{self.service}"], "detail-type": [_DETAIL_TYPE], "detail": detail}

    def message(self, page: str) -> str:
        """The message with places for what `INPUT_PATHS` names, as EventBridge takes it."""
        text = (
            f"<call> at <time> by <who> from <where>: {self.what} What to do: {page}#{self.about}"
        )
        return json.dumps(text)


def of_cluster(cluster_id: pulumi.Input[str], log_group: pulumi.Input[str]) -> list[Change]:
    """Changes of a cluster, of any backup of the account, and of the audit log.

    The call about a backup does not name its cluster, so every backup of the Region counts.
    """
    return [
        Change(
            "cluster-changed",
            "an HSM or the cluster was deleted, or the cluster was changed.",
            "cloudhsm",
            ("DeleteHsm", "DeleteCluster", "ModifyCluster"),
            {"requestParameters.clusterId": [cluster_id]},
        ),
        Change(
            "backup-changed",
            "a backup was copied, shared, deleted, restored or kept for another time.",
            "cloudhsm",
            (
                "CopyBackupToRegion",
                "DeleteBackup",
                "RestoreBackup",
                "ModifyBackupAttributes",
                "PutResourcePolicy",
            ),
        ),
        Change(
            "audit-log-changed",
            "the audit log, or what counts in it, was deleted or is kept for another time.",
            "logs",
            ("DeleteLogGroup", "DeleteLogStream", "DeleteMetricFilter", "PutRetentionPolicy"),
            {"requestParameters.logGroupName": [log_group]},
        ),
    ]


def of_key(key_store_id: pulumi.Input[str], key_arn: pulumi.Input[str]) -> list[Change]:
    """Changes of a key store and of its key."""
    return [
        Change(
            "key-store-changed",
            "the key store was disconnected, changed or deleted.",
            "kms",
            ("DisconnectCustomKeyStore", "UpdateCustomKeyStore", "DeleteCustomKeyStore"),
            {"requestParameters.customKeyStoreId": [key_store_id]},
        ),
        Change(
            "key-changed",
            "the key was disabled or is to be deleted, or others may use it now.",
            "kms",
            ("DisableKey", "ScheduleKeyDeletion", "PutKeyPolicy"),
            {"resources.ARN": [key_arn]},
        ),
    ]
