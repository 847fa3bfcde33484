"""A client host that has nothing left to do: every run that keeps it says so.

Its role may read the administrator's password. The engine makes and deletes a resource in two runs,
so the host cannot go in the run that needed it. If the next run deleted it by itself, an unchanged
program would have a change. So a person decides, and is asked each time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..client.component import HOST_USD_PER_HOUR
from ..recovery.kinds import INSTANCE
from ..recovery.stack_state import StackState
from ..state_names import DYNAMIC
from ..validation import input_names
from .args import CloudHsmDeploymentArgs


def tell_kept_host(
    state: StackState,
    types: Sequence[str],
    name: str,
    args: CloudHsmDeploymentArgs,
    warn: Callable[[str], None],
) -> None:
    """Warns of a host that is kept although every step on it is done.

    Args:
        state: the stack's state.
        types: types of the deployment and what it is in, the outermost first.
        name: the deployment's.
        args: what is wanted now.
        warn: takes a line.
    """
    within = [*types, "cloudhsm:index:Client", "cloudhsm:index:ClientHost"]
    host = state.outputs([*within, INSTANCE], f"{name}-client-host-instance")
    if host is None or not args.client.makes_host or not _is_done(state, types, name, args):
        return
    monthly = HOST_USD_PER_HOUR * 24 * 30
    warn(
        input_names().text(
            "the client host is kept, and nothing needs it now: its role may read the "
            "administrator's password, and with its network it costs about "
            f"{monthly:.0f} USD a month; client.host False deletes it, until a step needs it again"
        )
    )


def _is_done(
    state: StackState, types: Sequence[str], name: str, args: CloudHsmDeploymentArgs
) -> bool:
    activation = [*types, "cloudhsm:index:Activation", f"{DYNAMIC}ClusterActivation"]
    by_backup = args.restore is not None and args.trust is None
    if not by_backup and state.outputs(activation, f"{name}-activation-wait") is None:
        return False
    if args.key_store is None:
        return True
    user = [*types, "cloudhsm:index:KmsCryptoUser", f"{DYNAMIC}KmsUser"]
    held = state.outputs(user, f"{name}-kms-user")
    return (
        held is not None
        and not held.get("missed_by")
        and len(held.get("hsm_ids") or ()) >= args.hsms.number
    )
