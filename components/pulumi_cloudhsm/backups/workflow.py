"""The standing workflows in Amazon States Language: they copy backups, and delete old copies. Pure.

Step Functions calls no other Region than its own (developer guide, "Accessing resources in other
AWS accounts"). So the copying workflow runs where the backups are, and remembers in a tag of the
backup that it is copied. The deleting one runs where the copies are. AWS reads and writes the API's
own names: `aws-sdk:cloudhsmv2:describeBackups` takes and gives what DescribeBackups does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..aws.found import ID_TAG, NAME_TAG

RIGHTS = {
    "copying": ("cloudhsm:CopyBackupToRegion", "cloudhsm:TagResource"),
    "deleting": ("cloudhsm:DeleteBackup",),
}
"""What a workflow may do with backups, besides listing them."""
_CALL = "arn:{partition}:states:::aws-sdk:cloudhsmv2:{call}"
_MAX_SECONDS, _MAX_ATTEMPTS = 3600, 4
_PAGE = 50
"""Backups at a time; a state may pass on 256 KiB (Step Functions developer guide, Quotas)."""
_NEWEST = "$.listed.Backups[0]"


def mark(region: str) -> str:
    """Key of a backup's tag: it is copied to that Region."""
    return f"pulumi-cloudhsm-copied-to-{region}"


def copying(partition: str) -> str:
    """Copies the newest READY backup to a Region, once.

    Its input has `clusterId`, `region`, `mark` and `tags`: those of the copy, as AWS lists them. It
    fails where there is no READY backup, so that an alarm goes off.

    Args:
        partition: of AWS, `aws` for example.
    """
    copied = f"States.ArrayContains({_NEWEST}.TagList[*].Key, $.mark)"
    states = {
        **_listing(partition, {"clusterIds.$": "States.Array($.clusterId)"}),
        "Found": _choice(
            ({"Variable": _NEWEST, "IsPresent": True}, "Tagged"),
            ({"Variable": "$.listed.NextToken", "IsPresent": True}, "List further"),
            default="Nothing",
        ),
        "Nothing": {
            "Type": "Fail",
            "Error": "NoBackup",
            "Cause": "The cluster has no READY backup: AWS makes none of a cluster without HSMs.",
        },
        "Tagged": _choice(
            ({"Variable": f"{_NEWEST}.TagList[0]", "IsPresent": True}, "Read the tags"),
            default="Copy",
        ),
        "Read the tags": {
            "Type": "Pass",
            "Parameters": {"copied.$": copied},
            "ResultPath": "$.read",
            "Next": "Copied before",
        },
        "Copied before": _choice(
            ({"Variable": "$.read.copied", "BooleanEquals": True}, "Done"), default="Copy"
        ),
        "Copy": _task(
            partition,
            "copyBackupToRegion",
            {
                "BackupId.$": f"{_NEWEST}.BackupId",
                "DestinationRegion.$": "$.region",
                "TagList.$": "$.tags",
            },
            result=None,
            then="Remember",
        ),
        "Remember": _task(
            partition,
            "tagResource",
            {
                "ResourceId.$": f"{_NEWEST}.BackupId",
                "TagList": [{"Key.$": "$.mark", "Value.$": "$$.Execution.Name"}],
            },
            result=None,
            then="Done",
        ),
        "Done": {"Type": "Succeed"},
    }
    return _machine("Copies the newest backup to another Region, once.", "List", states)


def deleting(partition: str, resource: str, keep: int) -> str:
    """Deletes the READY copies of one resource's making and one cluster, but for the newest ones.

    Its input has `clusterId`, `deploymentId`, and `own`, an empty list.

    Args:
        partition: of AWS, `aws` for example.
        resource: the resource's name in its tag, after organization, project and stack.
        keep: how many stay.
    """
    delete_one = _task(partition, "deleteBackup", {"BackupId.$": "$"}, result=None, then=None)
    both = "States.Array($.own, $.seen[?(@.own == 'yes')].backupId)"
    states = {
        **_listing(partition, {}),
        "Found": {
            **_map("$.listed.Backups", _each_looked_at(resource)),
            "ItemSelector": {
                "backup.$": "$$.Map.Item.Value",
                "clusterId.$": "$.clusterId",
                "deploymentId.$": "$.deploymentId",
            },
            "ResultPath": "$.seen",
            "Next": "Take the own ones",
        },
        "Take the own ones": {
            "Type": "Pass",
            "Parameters": {"lists.$": both},
            "ResultPath": "$.joined",
            "Next": "Add them",
        },
        "Add them": {
            "Type": "Pass",
            "InputPath": "$.joined.lists[*][*]",
            "ResultPath": "$.own",
            "Next": "Further ones",
        },
        "Further ones": _choice(
            ({"Variable": "$.listed.NextToken", "IsPresent": True}, "List further"),
            default="Too many",
        ),
        "Too many": _choice(
            ({"Variable": f"$.own[{keep}]", "IsPresent": True}, "Delete"), default="Done"
        ),
        "Delete": {
            **_map(f"$.own[{keep}:]", {"StartAt": "One", "States": {"One": delete_one}}),
            "ResultPath": None,
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
    }
    return _machine("Deletes old copies of its own deployment.", "List", states)


def _each_looked_at(resource: str) -> dict[str, Any]:
    """Tells of one backup whether it is a copy of this resource's making and this cluster."""
    there = [
        {"Variable": f"$.backup.{one}", "IsPresent": True}
        for one in ("SourceCluster", "TagList[0]")
    ]
    own = [
        {"Variable": "$.cluster", "StringEqualsPath": "$.clusterId"},
        {"Variable": "$.id[0]", "IsPresent": True},
        {"Variable": "$.id[0]", "StringEqualsPath": "$.deploymentId"},
        {"Variable": "$.name[0]", "IsPresent": True},
        {"Variable": "$.name[0]", "StringMatches": f"*/*/*/{_literal(resource)}"},
    ]
    states = {
        "Tagged copy": _choice(({"And": there}, "Read the tags"), default="Not own"),
        "Read the tags": {
            "Type": "Pass",
            "Parameters": {
                "backupId.$": "$.backup.BackupId",
                "cluster.$": "$.backup.SourceCluster",
                "clusterId.$": "$.clusterId",
                "deploymentId.$": "$.deploymentId",
                "id.$": f"$.backup.TagList[?(@.Key == '{ID_TAG}')].Value",
                "name.$": f"$.backup.TagList[?(@.Key == '{NAME_TAG}')].Value",
            },
            "Next": "Whose",
        },
        "Whose": _choice(({"And": own}, "Own"), default="Not own"),
        "Own": {
            "Type": "Pass",
            "Parameters": {"own": "yes", "backupId.$": "$.backupId"},
            "End": True,
        },
        "Not own": {"Type": "Pass", "Result": {"own": "no"}, "End": True},
    }
    return {"StartAt": "Tagged copy", "States": states}


def _map(items: str, each: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Type": "Map",
        "ItemsPath": items,
        "MaxConcurrency": 1,
        "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, **each},
    }


def _listing(partition: str, filters: Mapping[str, Any]) -> dict[str, Any]:
    """Lists READY backups, the newest first, page after page; each goes to `Found`."""
    asked = {
        "Filters": {**filters, "states": ["READY"]},
        "MaxResults": _PAGE,
        "SortAscending": False,
    }
    further = {**asked, "NextToken.$": "$.listed.NextToken"}
    return {
        name: _task(partition, "describeBackups", parameters, result="$.listed", then="Found")
        for name, parameters in (("List", asked), ("List further", further))
    }


def _task(
    partition: str,
    call: str,
    parameters: Mapping[str, Any],
    *,
    result: str | None,
    then: str | None,
) -> dict[str, Any]:
    again = {
        "ErrorEquals": ["States.TaskFailed"],
        "IntervalSeconds": 5,
        "BackoffRate": 2,
        "MaxAttempts": _MAX_ATTEMPTS,
        "JitterStrategy": "FULL",
    }
    return {
        "Type": "Task",
        "Resource": _CALL.format(partition=partition, call=call),
        "Parameters": parameters,
        "ResultPath": result,
        # A copy whose answer was lost may be made twice: it costs no key, and is deleted as others.
        "Retry": [again],
        **({"Next": then} if then else {"End": True}),
    }


def _choice(*ways: tuple[Mapping[str, Any], str], default: str) -> dict[str, Any]:
    choices = [{**condition, "Next": then} for condition, then in ways]
    return {"Type": "Choice", "Choices": choices, "Default": default}


def _machine(comment: str, start: str, states: Mapping[str, Any]) -> str:
    machine = {
        "Comment": comment,
        "StartAt": start,
        "TimeoutSeconds": _MAX_SECONDS,
        "States": states,
    }
    return json.dumps(machine, sort_keys=True)


def _literal(text: str) -> str:
    """A text that `StringMatches` takes as it is."""
    return text.replace("\\", "\\\\").replace("*", "\\*")
