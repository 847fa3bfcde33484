"""A cluster that is lost at AWS and comes back in the same stack: which backup it is made from.

What is lost is told by AWS, and what it was by the state. The captured identity stays in the state
when a refresh drops the cluster, and so does the last restoration.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from ..aws.cloudhsmv2 import Backup, CloudHsm
from ..recovery.kinds import CLUSTER
from ..recovery.stack_state import StackState
from ..state_names import DYNAMIC
from ..validation import InputError
from .at_aws import ClusterAtAws
from .request import ClusterRequest
from .source_backup import FIELD, NEWEST

_UNUSABLE = (
    "if it is unusable, delete it at AWS (delete-hsm for each HSM, then delete-cluster): its "
    "backups stay"
)


def known_cluster(state: StackState, types: Sequence[str], name: str) -> str:
    """The id of the last cluster that the state knows of; empty where there was none.

    Args:
        state: the stack's state.
        types: types of the cluster's component and what it is in, the outermost first.
        name: the component's logical name.
    """
    held = state.outputs([*types, CLUSTER], f"{name}-cluster") or {}
    last = state.outputs([*types, f"{DYNAMIC}ClusterRestoration"], f"{name}-restoration") or {}
    first = state.outputs([*types, f"{DYNAMIC}ClusterIdentity"], f"{name}-identity") or {}
    found = (held.get("clusterId"), last.get("cluster_id"), first.get("cluster_id"))
    return next((str(one) for one in found if one), "")


def source_of(
    api: CloudHsm,
    wanted: ClusterRequest,
    found: ClusterAtAws,
    state: StackState,
    types: Sequence[str],
    warn: Callable[[str], None],
) -> str:
    """The backup that the cluster is or was made from, where this is decided here.

    Args:
        api: CloudHSM v2.
        wanted: the cluster, with `restore`.
        found: what is there of it at AWS.
        state: the stack's state.
        types: of the cluster's component and what it is in, the outermost first.
        warn: takes a line.

    Returns:
        The id; empty where the request names it.

    Raises:
        InputError: there is nothing to restore, or no backup of it; names the fix.
        CloudHsmError: AWS cannot be asked.
    """
    backup_id, known = wanted.backup_id, known_cluster(state, types, wanted.name)
    if found.cluster_id:
        if backup_id != NEWEST:
            return ""
        if not found.source_backup_id:
            raise InputError(
                FIELD, NEWEST, f"{found.cluster_id} is there, so leave it out; {_UNUSABLE}"
            )
        return found.source_backup_id
    if state.told and not known and (wanted.restores_in_place or backup_id == NEWEST):
        fix = "name the backup, and leave `trust` out: this stack has lost no cluster"
        raise InputError(FIELD, backup_id, fix)
    if not known:
        return ""
    if not state.lacks([*types, CLUSTER], wanted.resource_name):
        # The engine does not tell whether it has refreshed: it stores that later.
        warn(f"{known} is lost: without --refresh, this run does not make it again")
    if backup_id == NEWEST:
        backup = _newest(api.backups(known))
        if backup is None:
            raise InputError(FIELD, NEWEST, f"{known} has no READY backup; name another cluster's")
        warn(_told(known, backup))
        return backup.backup_id
    return ""


def _newest(backups: Sequence[Backup]) -> Backup | None:
    ready = [one for one in backups if one.state == "READY" and one.created]
    return max(ready, key=lambda one: str(one.created), default=None)


def _told(cluster_id: str, backup: Backup) -> str:
    made = backup.created or datetime.now(UTC)
    return (
        f"{cluster_id} is restored from {backup.backup_id} of {made:%Y-%m-%d %H:%M} UTC: keys and "
        "users that were made later are not in it, and cannot come back"
    )
