"""What a deployment has in the state and would lose: its name, its key store, its file system."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pulumi

from ..cluster.at_aws import COMPONENT
from ..key_store.args import MAX_DELETION_DAYS
from ..recovery.kinds import CLUSTER, FILE_SYSTEM, KEY, VOLUME
from ..recovery.stack_state import StackState
from ..serving import SERVING
from ..validation import InputError, input_names
from .args import CloudHsmDeploymentArgs

DEPLOYMENT = "cloudhsm:index:CloudHsmDeployment"
"""Type token of the component."""
_SUFFIX = "-cluster"
_GIVE_UP = (
    "keep it, or give it up in two runs: first set protect=False and run `pulumi up`, then take "
    "it out"
)


def check_name_kept(state: StackState, name: str) -> None:
    """Refuses another name in the config of a stack that has a cluster.

    Only there: a program may declare further deployments, or give an alias of its old name.

    Args:
        state: the stack's state.
        name: the deployment's.

    Raises:
        InputError: names both names and both ways on.
    """
    if name != input_names().deployment:
        return
    clusters = state.held([DEPLOYMENT, COMPONENT, CLUSTER])
    if not clusters or f"{name}{_SUFFIX}" in clusters:
        return
    there = ", ".join(sorted(one.removesuffix(_SUFFIX) for one in clusters))
    raise InputError(
        "name",
        name,
        f"the cluster of this stack is {there}, and another name means another cluster; set it "
        "back, or take another stack (`pulumi stack init`)",
    )


def check_language_kept(state: StackState, types: Sequence[str], name: str) -> None:
    """Refuses a Python program over what a program in another language made.

    Python's resources hold how they are served, which those of the plugin lack. An `up` would make
    the steps anew and delete the old ones, secrets and key store among them.

    Args:
        state: the stack's state.
        types: types of the deployment and what it is in, the outermost first.
        name: the deployment's.

    Raises:
        RunError: says what to do instead.
    """
    if SERVING.get() is None and state.is_served(types, name):
        raise pulumi.RunError(
            f"a program in another language made {name}, through the plugin: its steps cannot "
            "become those of a Python program; keep that program, or use the same component from "
            "Python (`pulumi package add`, then `import pulumi_cloudhsm_remote`)"
        )


def check_parts_kept(
    state: StackState,
    types: Sequence[str],
    name: str,
    args: CloudHsmDeploymentArgs,
    warn: Callable[[str], None],
) -> None:
    """Tells what is lost with a key store or a file system that is turned off.

    Args:
        state: the stack's state.
        types: types of the deployment and what it is in, the outermost first.
        name: the deployment's.
        args: what is wanted now.
        warn: takes a line, in a disposable stack.

    Raises:
        InputError: the stack is protected; names the field, what is lost and both ways on.
    """
    lost = {
        "key_store": None if args.key_store else _key(state, types, name),
        "file_system": None if args.file_system else _file_system(state, types, name),
    }
    for field, line in lost.items():
        if line is None:
            continue
        if args.protect:
            raise InputError(field, None, f"{line}; {_GIVE_UP}")
        warn(f"{input_names().field(field)} is turned off: {line}")


def _key(state: StackState, types: Sequence[str], name: str) -> str | None:
    key = state.outputs([*types, "cloudhsm:index:KeyStore", KEY], f"{name}-keys-key")
    if key is None:
        return None
    days = int(key.get("deletionWindowInDays") or MAX_DELETION_DAYS)
    until = (datetime.now(UTC) + timedelta(days=days)).date()
    return (
        f"the key {key.get('arn')} goes, and with it whatever it encrypts; it is pending deletion "
        f"for {days} days and can be taken back until {until} (aws kms cancel-key-deletion)"
    )


def _file_system(state: StackState, types: Sequence[str], name: str) -> str | None:
    within = [*types, "cloudhsm:index:FileSystem"]
    system = state.outputs([*within, FILE_SYSTEM], f"{name}-storage-system")
    if system is None:
        return None
    volumes = state.held([*within, VOLUME]).values()
    return (
        f"the file system {system.get('id') or name} and its daily backups go at once; "
        f"{_what_stays(list(volumes))}"
    )


def _what_stays(volumes: Sequence[Mapping[str, Any]]) -> str:
    kept = [str(one.get("name")) for one in volumes if not one.get("skipFinalBackup")]
    if not kept:
        return "no final backup is taken, so nothing can be taken back"
    lost = [str(one.get("name")) for one in volumes if one.get("skipFinalBackup")]
    rest = f", of {', '.join(lost)} none" if lost else ""
    return (
        f"a final backup stays of {', '.join(kept)}{rest}, until you delete it: it restores only "
        "while its KMS key can be used"
    )
