"""Which backup is copied, which copy is kept, and what its policy says. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from ..aws.backups import BackupCopy
from ..aws.cloudhsmv2 import Backup
from ..aws.found import is_owned

USABLE = ("READY", "CREATE_IN_PROGRESS")
"""States of a copy that is there, or under way."""
LOOK_AGAIN = timedelta(days=1)
"""AWS backs a cluster up once a day: without a newer backup, the next look is a day later."""
_SID = "PulumiCloudHsm"
_RIGHTS = ("cloudhsm:CreateCluster", "cloudhsm:DescribeBackups")
"""What another account needs to restore. Source: user guide, Working with shared backups."""


def newest_backup(backups: Sequence[Backup]) -> Backup | None:
    """The newest READY backup; None where there is none."""
    ready = [one for one in backups if one.state == "READY" and one.created]
    return max(ready, key=lambda one: str(one.created), default=None)


def newest_copy(
    copies: Sequence[BackupCopy], cluster_id: str, tags: Mapping[str, str] | None = None
) -> BackupCopy | None:
    """The copy of a cluster's newest backup, also one that is under way.

    Args:
        copies: those in the other Region.
        cluster_id: whose backup.
        tags: a copy with these tags only; None: by any maker.
    """
    of_cluster = [one for one in copies if one.source_cluster_id == cluster_id]
    usable = [one for one in of_cluster if one.state in USABLE]
    fitting = [one for one in usable if tags is None or is_owned(one.tags, tags)]
    return max(fitting, key=lambda one: one.created, default=None)


def own_copies(copies: Sequence[BackupCopy], tags: Mapping[str, str]) -> list[BackupCopy]:
    """The READY copies that a resource with these tags has made, the newest backup first."""
    return [one for one in copies if one.state == "READY" and is_owned(one.tags, tags)]


def too_many(
    copies: Sequence[BackupCopy], cluster_id: str, keep: int | None, current: str
) -> list[BackupCopy]:
    """The copies to be deleted: of this cluster only, and never the current one.

    Args:
        copies: those of our own making, the newest backup first.
        cluster_id: whose copies are counted.
        keep: how many stay; None: all.
        current: id of the copy in use.
    """
    if keep is None:
        return []
    counted = [one for one in copies if one.source_cluster_id == cluster_id]
    counted.sort(key=lambda one: one.backup_id != current)
    return counted[keep:]


def is_too_old(created: datetime, max_age_days: int, now: datetime) -> bool:
    """Whether a backup is older than wanted."""
    return now - created > timedelta(days=max_age_days)


def sharing_policy(arn: str, accounts: Collection[str]) -> str:
    """The policy that lets accounts restore from a backup; "" for none."""
    if not accounts:
        return ""
    partition = arn.split(":")[1]
    statement = {
        "Sid": _SID,
        "Effect": "Allow",
        "Principal": {"AWS": [f"arn:{partition}:iam::{one}:root" for one in sorted(accounts)]},
        "Action": list(_RIGHTS),
        "Resource": arn,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def shared_accounts(policy: str) -> list[str] | None:
    """The accounts in a policy of ours, sorted; None where somebody else wrote it."""
    if not policy:
        return []
    statements: Any = json.loads(policy).get("Statement")
    only = cast("list[dict[str, Any]]", statements) if isinstance(statements, list) else []
    if [one.get("Sid") for one in only] != [_SID]:
        return None
    return sorted(set(re.findall(r"\b\d{12}\b", json.dumps(only[0].get("Principal")))))
