"""What AWS is asked before a cluster is made, so that nothing is paid for that cannot be used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from . import checks
from .adoption import LeftBehind
from .aws.cloudhsmv2 import CloudHsm
from .aws.ec2 import subnets, zones_with_cloudhsm
from .aws.session import AwsAccess
from .errors import CloudHsmError
from .restore import refuse_unusable

if TYPE_CHECKING:
    from .cluster import CloudHsmClusterArgs

DEFAULT_QUOTA = 6
"""HSMs per Region and account unless raised. Source: user guide, quotas."""


def look(
    api: CloudHsm, args: CloudHsmClusterArgs, found: LeftBehind, warn: Callable[[str], None]
) -> None:
    """Looks at the account's HSMs, the zones and the backup; only before a cluster is there.

    Whoever may not look is told so and goes on: AWS refuses the same things later.

    Args:
        api: CloudHSM v2.
        args: the wanted cluster.
        found: what is there of it already.
        warn: takes a line.

    Raises:
        InputError: names the input, the value and the fix.
    """
    if found.looked:
        _tell_quota(args.hsms_in_all, found, warn)
    if found.state is not None or not found.looked:
        return
    looks = (lambda: _check_zones(args), lambda: _check_backup(api, args))
    for one in looks:
        try:
            one()
        except CloudHsmError as error:
            warn(f"could not look ahead: {error}")


def _tell_quota(wanted: int, found: LeftBehind, warn: Callable[[str], None]) -> None:
    if wanted > found.hsms and wanted + found.hsms_elsewhere > DEFAULT_QUOTA:
        others = (
            f" besides {found.hsms_elsewhere} in other clusters" if found.hsms_elsewhere else ""
        )
        warn(
            f"{wanted} HSMs are wanted{others}, and an account has {DEFAULT_QUOTA} per Region "
            "unless raised (Service Quotas, AWS CloudHSM): AWS refuses the rest"
        )


def _check_zones(args: CloudHsmClusterArgs) -> None:
    field, zones = _wanted_zones(args)
    if not zones:
        return
    offered = zones_with_cloudhsm(AwsAccess(args.region, args.profile), args.region)
    missing = [zone for zone in zones if zone not in offered]
    if offered and missing:
        raise checks.InputError(
            field,
            ", ".join(missing),
            f"no HSM can be made there: CloudHSM is in {', '.join(offered)}, and a cluster's "
            "subnets can never be changed",
        )


def _wanted_zones(args: CloudHsmClusterArgs) -> tuple[str, Sequence[str]]:
    """The input that names them, and the cluster's zones as far as they are known."""
    if args.network is not None:
        return "availability_zones", args.network.availability_zones
    ids = args.subnet_ids if isinstance(args.subnet_ids, Sequence) else ()
    plain = [item for item in ids if isinstance(item, str)]
    if not plain:
        return "subnet_ids", ()
    try:
        found = subnets(AwsAccess(args.region, args.profile), plain)
    except CloudHsmError:
        return "subnet_ids", ()  # the program's own look-up says what is wrong with which one
    return "subnet_ids", [subnet.zone for subnet in found]


def _check_backup(api: CloudHsm, args: CloudHsmClusterArgs) -> None:
    source = args.source_backup
    if source is not None and source.is_of_this_account:
        refuse_unusable(source, api.backup(source.backup_id), args.mode, args.region)
