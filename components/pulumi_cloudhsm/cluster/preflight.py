"""What AWS is asked before a cluster is made, so that nothing is paid for that cannot be used."""

from __future__ import annotations

import os.path
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime import get_root_resource

from ..account.service_roles import CLOUDHSM, tell_missing
from ..aws.cloudhsmv2 import CloudHsm
from ..aws.ec2 import addresses_in_use, zones_with_cloudhsm
from ..errors import CloudHsmError
from ..hsms.cost import hourly_cost
from ..recovery.stack_state import looks_allowed
from ..validation import InputError
from .at_aws import ClusterAtAws
from .request import ClusterRequest
from .source_backup import check_backup, tell_what_stays_behind

T = TypeVar("T")

DEFAULT_QUOTA = 6
"""HSMs per Region and account unless raised. Source: user guide, quotas."""
_UNFINISHED = ("CREATE_IN_PROGRESS", "UNINITIALIZED", "INITIALIZE_IN_PROGRESS")
"""States of a cluster that a run goes on with."""
DEFAULT_CLUSTERS = 4
"""Clusters per Region and account unless raised. Source: user guide, quotas."""
_FOLDERS: WeakKeyDictionary[pulumi.Resource, set[str]] = WeakKeyDictionary()


def claim_folder(folder: str) -> None:
    """Refuses a folder that another cluster of the program writes into: file names would agree.

    Args:
        folder: relative to the program's folder.

    Raises:
        InputError: names the folder and the fix.
    """
    root = get_root_resource()
    # The unit tests of one process share a stack.
    if root is None or not looks_allowed():
        return
    claimed, path = _FOLDERS.setdefault(root, set()), os.path.normpath(folder)
    if path in claimed:
        raise InputError(
            "files.directory",
            folder,
            "another cluster of this program writes its customerCA.crt there; give each a folder "
            "of its own",
        )
    claimed.add(path)


def tell_interruption(
    wanted: ClusterRequest, found: ClusterAtAws, component: pulumi.Resource
) -> None:
    """Says what an interruption leaves, in an update that makes HSMs or initializes the cluster.

    Nothing of this package can say it after Ctrl-C: the engine ends the program and the providers,
    and shows "context canceled". What was logged before, it shows again at the end.

    Args:
        wanted: the wanted cluster.
        found: what is there of it already.
        component: on whose line it is told.
    """
    makes_hsms = wanted.hsm_count > len(found.hsms)
    if pulumi.runtime.is_dry_run() or not (makes_hsms or found.state in _UNFINISHED):
        return
    cost = hourly_cost(max(wanted.hsm_count, len(found.hsms)))
    pulumi.log.info(
        "if this run is interrupted (Ctrl-C): AWS goes on with what it was asked for, and charges "
        f"by the hour: {cost}; `pulumi up` goes on from there, `pulumi destroy` ends it",
        component,
    )


def look(
    api: CloudHsm, wanted: ClusterRequest, found: ClusterAtAws, warn: Callable[[str], None]
) -> ClusterAtAws:
    """Looks at quotas, role, zones and backup, and at the addresses where HSMs are to come.

    Before a cluster is there, that is two calls; with a backup or given subnets one more for each.
    Later it is one call where HSMs are added, and none in a run that adds none. Without the right
    to look, a warning says so: AWS refuses the same things later.

    Args:
        api: CloudHSM v2.
        wanted: the wanted cluster.
        found: what is there of it already.
        warn: takes a line.

    Returns:
        What was found, and the addresses that something else has.

    Raises:
        InputError: names the field, the value and the fix.
    """
    if not found.looked:
        return found
    _tell_quota(wanted.hsm_count, found, warn)
    if found.state is None:
        tell_missing(wanted.common.access, CLOUDHSM, warn)
        _or_warn(lambda: _check_zones(wanted), warn)
        _look_at_backup(api, wanted, warn)
    return _or_warn(lambda: _with_addresses(wanted, found), warn) or found


def _look_at_backup(api: CloudHsm, wanted: ClusterRequest, warn: Callable[[str], None]) -> None:
    def look(backup_id: str) -> None:
        mode = wanted.cluster.mode
        backup = _or_warn(lambda: check_backup(api, backup_id, mode, wanted.region), warn)
        if backup is not None:
            tell_what_stays_behind(backup, warn)

    if wanted.restore is None:
        return
    if wanted.backup_id is None:
        # An output of another stack is known in the preview, too.
        pulumi.Output.from_input(wanted.restore.backup_id).apply(look)
    else:
        look(wanted.backup_id)


def _or_warn(look: Callable[[], T], warn: Callable[[str], None]) -> T | None:
    try:
        return look()
    except CloudHsmError as error:
        warn(f"could not look ahead: {error}")
        return None


def _with_addresses(wanted: ClusterRequest, found: ClusterAtAws) -> ClusterAtAws:
    """The same with the addresses in use; AWS is asked only if there are HSMs to come."""
    subnets = found.subnet_ids or wanted.network.plain_subnet_ids or ()
    if not subnets or wanted.hsm_count <= len(found.hsms):
        return found
    ours = {ip for ip in found.hsms.values() if ip}
    in_use = addresses_in_use(wanted.common.access, subnets)
    others = {ip: by for ip, by in in_use.items() if ip not in ours}
    for number, place in enumerate(wanted.hsms.places):
        if place.ip in others:
            raise InputError(
                f"hsms.places[{number}].ip",
                place.ip,
                f"{others[place.ip]} has it; give another address of the subnet",
            )
    return replace(found, addresses_in_use=others)


def _tell_quota(wanted: int, found: ClusterAtAws, warn: Callable[[str], None]) -> None:
    if found.state is None and found.clusters_elsewhere >= DEFAULT_CLUSTERS:
        warn(
            f"there are {found.clusters_elsewhere} clusters, and an account has {DEFAULT_CLUSTERS} "
            "per Region unless raised (Service Quotas, AWS CloudHSM): AWS refuses another one"
        )
    if wanted > len(found.hsms) and wanted + found.hsms_elsewhere > DEFAULT_QUOTA:
        others = (
            f" besides {found.hsms_elsewhere} in other clusters" if found.hsms_elsewhere else ""
        )
        warn(
            f"{wanted} HSMs are wanted{others}, and an account has {DEFAULT_QUOTA} per Region "
            "unless raised (Service Quotas, AWS CloudHSM): AWS refuses the rest"
        )


def _check_zones(wanted: ClusterRequest) -> None:
    known = wanted.network.known
    if known is None:
        return
    offered = zones_with_cloudhsm(wanted.common.access)
    missing = [zone for zone in known.zones if zone not in offered]
    if offered and missing:
        raise InputError(
            "network.availability_zones" if wanted.network.makes_vpc else "network.subnet_ids",
            ", ".join(missing),
            f"no HSM can be made there: CloudHSM is in {', '.join(offered)}, and a cluster's "
            "subnets can never be changed",
        )
