"""What AWS is asked before a cluster is made, so that nothing is paid for that cannot be used."""

from __future__ import annotations

import os.path
from collections.abc import Callable
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime import get_root_resource

from ..aws.cloudhsmv2 import CloudHsm
from ..aws.ec2 import zones_with_cloudhsm
from ..errors import CloudHsmError
from ..recovery.stack_state import looks_allowed
from ..validation import InputError
from .at_aws import ClusterAtAws
from .request import ClusterRequest
from .source_backup import check_backup

DEFAULT_QUOTA = 6
"""HSMs per Region and account unless raised. Source: user guide, quotas."""
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


def look(
    api: CloudHsm, wanted: ClusterRequest, found: ClusterAtAws, warn: Callable[[str], None]
) -> None:
    """Looks at the account's HSMs, the zones and the backup; only before a cluster is there.

    Without the right to look, a warning says so: AWS refuses the same things later.

    Args:
        api: CloudHSM v2.
        wanted: the wanted cluster.
        found: what is there of it already.
        warn: takes a line.

    Raises:
        InputError: names the field, the value and the fix.
    """
    if found.looked:
        _tell_quota(wanted.hsm_count, found, warn)
    if found.state is not None or not found.looked:
        return
    backup_id, mode = wanted.backup_id or "", wanted.cluster.mode
    looks = (
        lambda: _check_zones(wanted),
        lambda: check_backup(api, backup_id, mode, wanted.region),
    )
    for one in looks:
        try:
            one()
        except CloudHsmError as error:
            warn(f"could not look ahead: {error}")


def _tell_quota(wanted: int, found: ClusterAtAws, warn: Callable[[str], None]) -> None:
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
