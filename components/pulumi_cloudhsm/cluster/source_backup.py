"""Whether a cluster can be made from a backup.

A restored cluster has the users, keys and certificates of the backed-up one, so nothing is
initialized. AWS never shows its CA certificate, and no client can be configured without it, so the
original `customerCA.crt` is asked for and checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ..aws.cloudhsmv2 import Backup, CloudHsm
from ..errors import CloudHsmError, StateError
from ..validation import InputError

FIELD = "restore.backup_id"
"""Path of the input that names the backup."""
NEWEST = "newest"
"""Instead of an id: the newest backup of the cluster that the stack has lost."""

_BACKUP_ID = re.compile(
    r"(arn:aws(-us-gov)?:cloudhsm:[a-z0-9-]+:[0-9]{12}:backup/)?backup-[2-7a-zA-Z]{11,16}"
)


def why_no_backup_id(value: str) -> str | None:
    """How to give a backup, where a value names none; None where it does."""
    if _BACKUP_ID.fullmatch(value):
        return None
    return (
        "give an id like backup-abcdefghijk (aws cloudhsmv2 describe-backups), or the ARN of one "
        "that another account shares"
    )


def check_backup(api: CloudHsm, backup_id: str, mode: str, region: str | None) -> Backup | None:
    """Looks at a backup before a cluster is made from it; another account's is left to AWS.

    Args:
        api: CloudHSM v2.
        backup_id: the backup; empty: there is none to look at.
        mode: the wanted cluster's.
        region: the wanted cluster's; None where it is not known.

    Returns:
        The backup; None where there is none to look at.

    Raises:
        InputError: no cluster can be made from it; says why.
        CloudHsmError: AWS cannot be asked.
    """
    if not backup_id or backup_id.startswith("arn:"):
        return None
    found = api.backup(backup_id)
    if found is None:
        raise InputError(
            FIELD,
            backup_id,
            f"there is no such backup in {region or 'this Region'}; list them with: aws cloudhsmv2 "
            "describe-backups, and bring one of another Region over with copy-backup-to-region",
        )
    if found.state != "READY":
        fix = (
            f"get it back with: aws cloudhsmv2 restore-backup --backup-id {found.backup_id}"
            if found.state == "PENDING_DELETION"
            else "wait until it is READY, or take another"
        )
        raise InputError(FIELD, backup_id, f"it is {found.state}; {fix}")
    if found.mode and found.mode != mode:
        # Source: user guide, cluster modes.
        raise InputError(
            "cluster.mode", mode, f"a backup restores only into its own mode; use {found.mode}"
        )
    return found


def tell_what_stays_behind(backup: Backup, warn: Callable[[str], None]) -> None:
    """Says of a copy from another Region what does not come back with it.

    Source: KMS developer guide, AWS CloudHSM key stores. A store uses a cluster of its own account
    and Region, and there are no multi-Region keys in one.

    Args:
        backup: what a cluster is to be made from.
        warn: takes a line.
    """
    home = backup.source_region
    if home:
        warn(
            f"{backup.backup_id} is a copy from {home}: users and keys in the HSMs come back, KMS "
            f"keys do not; they stay in {home}, and what they encrypted cannot be decrypted "
            "here; a key store here gets new keys"
        )


def check_source(cluster_id: str, made_from: str, wanted: str) -> None:
    """Refuses a cluster that was made from something else than is wanted.

    Args:
        cluster_id: the cluster.
        made_from: id of the backup that it was made from; empty: none.
        wanted: id or ARN of the wanted backup; empty: none.

    Raises:
        StateError: says what it was made from.
    """
    if made_from == wanted.rpartition("/")[2]:
        return
    was = f"was restored from {made_from}" if made_from else "was made without a backup"
    back = f"set it to {made_from}" if made_from else "take it away"
    raise StateError(
        f"{cluster_id} {was}, and {FIELD} is {wanted!r}: a cluster's source can never be changed; "
        f"{back}, or restore in another stack"
    )


def check_backup_at_last(api: CloudHsm, backup_id: str, mode: str, region: str | None) -> None:
    """As `check_backup`, just before the creation; without the right to look, AWS decides.

    Raises:
        StateError: no cluster can be made from it; says why.
    """
    try:
        check_backup(api, backup_id, mode, region)
    except InputError as error:
        raise StateError(str(error)) from None
    except CloudHsmError:
        return
