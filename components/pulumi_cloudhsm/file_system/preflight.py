"""What is told of a file system before anything is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pulumi

from ..account.quotas import FILE_SYSTEMS, tell_quota
from ..account.service_roles import FSX, tell_missing
from ..common import CommonArgs
from ..passwords.preflight import check_secret_at_aws
from ..passwords.rules import FSXADMIN
from ..recovery.kinds import FILE_SYSTEM, STORAGE_VIRTUAL_MACHINE
from ..recovery.part import Part
from ..recovery.stack_state import StackState
from ..state_names import DYNAMIC
from ..validation import InputError, input_names
from .args import FileSystemArgs
from .ontap import Deployment
from .sources import FileSystemSources

PASSWORD = f"{DYNAMIC}FileSystemPassword"
"""Type token of the password of fsxadmin."""


def look_ahead(
    component: Part,
    name: str,
    args: FileSystemArgs,
    sources: FileSystemSources,
    state: StackState,
    common: CommonArgs,
) -> None:
    """Refuses what can never be changed; tells what two zones need, and what the account lacks.

    Args:
        component: the file system.
        name: its logical name.
        args: what is wanted now.
        sources: where the other inputs come from.
        state: the stack's state.
        common: whether it is protected, and where it is.

    Raises:
        InputError: names the field, both values and both ways on, or a secret that is no password.
        RunError: AWS cannot be asked for the secret, in an update.
    """

    def warn(line: str) -> None:
        pulumi.log.warn(line, component)

    types = [one.pulumi_resource_type for one in component.lineage]
    _check_unchanged(state, types, name, args, sources.name, None if common.protect else warn)
    if state.lacks([*types, FILE_SYSTEM], f"{name}-system"):
        tell_missing(common.access, FSX, warn)
        tell_quota(common.access, FILE_SYSTEMS, warn)
    if state.lacks([*types, PASSWORD], f"{name}-password"):
        field = "file_system.password_secret"
        check_secret_at_aws(component, common, field, args.password_secret, FSXADMIN)
    facts = sources.facts
    in_own_vpc = facts is not None and facts.vpc_cidr is not None
    there = state.outputs([*types, FILE_SYSTEM], f"{name}-system")
    in_two_zones = Deployment(args.deployment).in_two_zones
    if there is None and in_two_zones and not in_own_vpc and not args.route_table_ids:
        warn(
            f"{input_names().field('file_system.route_table_ids')} is empty: only clients that use "
            "the VPC's main route table reach the file system; name the route tables of all others"
        )


def _check_unchanged(
    state: StackState,
    types: Sequence[str],
    name: str,
    args: FileSystemArgs,
    svm_name: pulumi.Input[str],
    warn: Callable[[str], None] | None,
) -> None:
    """Refuses what would make another, empty file system; a disposable stack is warned."""
    held = state.outputs([*types, FILE_SYSTEM], f"{name}-system")
    if held is None:
        return
    machine = state.outputs([*types, STORAGE_VIRTUAL_MACHINE], f"{name}-svm") or {}
    system = str(held.get("id") or name)
    for field, wanted, there in (
        ("deployment", args.deployment, held.get("deploymentType")),
        ("subnet_id", args.subnet_id, held.get("preferredSubnetId")),
        ("name", svm_name, machine.get("name")),
    ):
        if not isinstance(wanted, str) or not there or str(wanted) == there:
            continue
        line = (
            f"{system} has {there}, which can never be changed: another one is another, empty file "
            "system, and all data of this one is lost"
        )
        if warn is None:
            fix = "set it back, or make a second file system and copy the data"
            raise InputError(f"file_system.{field}", str(wanted), f"{line}; {fix}")
        warn(f"{input_names().field(f'file_system.{field}')} is {str(wanted)!r}: {line}")
    _check_capacity(args, held.get("storageCapacity"), system)


def _check_capacity(args: FileSystemArgs, held: object, system: str) -> None:
    """FSx grows a file system by at least a tenth. Source: FSx API reference, UpdateFileSystem."""
    if not isinstance(held, int | float) or args.capacity_gib == held:
        return
    if args.capacity_gib < held * 1.1:
        raise InputError(
            "file_system.capacity_gib",
            args.capacity_gib,
            f"{system} has {held:g} GiB: it never shrinks, and grows by at least a tenth; set it "
            f"back, or give at least {-(-int(held) * 11 // 10)}",
        )
