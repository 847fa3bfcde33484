"""A client host that has nothing left to do: its rights end, and every run that keeps it says so.

Its role may read the administrator's password. The engine makes and deletes a resource in two runs,
so the host cannot go in the run that needed it. If the next run deleted it by itself, an unchanged
program would have a change. So a person decides, and is asked each time.

The right to read passwords goes by itself: the role's policy names its end. The state holds that
policy, so an unchanged program has no change. A run that needs the host again renews it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from ..client.component import HOST_USD_PER_HOUR
from ..recovery.kinds import INSTANCE
from ..recovery.stack_state import StackState
from ..state_names import DYNAMIC
from ..validation import input_names
from ..x509.reading import iso, moment
from .args import CloudHsmDeploymentArgs

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
_HOST = ("cloudhsm:index:Client", "cloudhsm:index:ClientHost")
_END = re.compile(r'"aws:CurrentTime": ?"([0-9TZ:-]+)"')
_MIN_LEFT = timedelta(hours=12)
"""The least that is left for a run with steps on the host; the whole chain takes an hour or two."""


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
    host = state.outputs([*types, *_HOST, INSTANCE], f"{name}-client-host-instance")
    if host is None or not args.client.makes_host or not _is_done(state, types, name, args):
        return
    monthly = HOST_USD_PER_HOUR * 24 * 30
    warn(
        input_names().text(
            "the client host is kept, and nothing needs it now: its role may read the "
            "administrator's password for up to two days, and with its network it costs about "
            f"{monthly:.0f} USD a month; client.host False deletes it, until a step needs it again"
        )
    )


def read_until(
    state: StackState, types: Sequence[str], name: str, args: CloudHsmDeploymentArgs
) -> str:
    """The moment at which the host's right to read passwords ends; ISO 8601, UTC.

    It is a midnight, one to two days from now. A step that comes later renews it.

    Args:
        state: the stack's state.
        types: types of the deployment and what it is in, the outermost first.
        name: the deployment's.
        args: what is wanted now.
    """
    rights = state.outputs([*types, *_HOST, ROLE_POLICY], f"{name}-client-host-rights") or {}
    held, now = _END.search(str(rights.get("policy"))), present()
    if held is not None:
        lasts = moment(held[1]) - now >= _MIN_LEFT
        if lasts or _is_done(state, types, name, args):
            return held[1]
    return iso((now + timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0))


def present() -> datetime:
    """The moment of this run; UTC."""
    return datetime.now(UTC)


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
