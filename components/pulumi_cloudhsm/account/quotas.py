"""Quotas of what stands around the cluster: told before anything is paid for.

The quotas of clusters, HSMs and key stores are told where these are looked for anyway.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..aws import ec2, fsx
from ..aws.session import AwsAccess
from ..errors import CloudHsmError


@dataclass(frozen=True)
class Quota:
    """A quota of an account in a Region.

    Attributes:
        what: what is counted, in the plural.
        default: how many there may be unless AWS raised it.
        service: as Service Quotas names it.
        count: counts them at AWS.
    """

    what: str
    default: int
    service: str
    count: Callable[[AwsAccess], int]


VPCS = Quota("VPCs", 5, "Amazon VPC", lambda access: ec2.number_of_vpcs(access))
"""Source: VPC user guide, Amazon VPC quotas."""
ADDRESSES = Quota("Elastic IPs", 5, "Amazon EC2", lambda access: ec2.number_of_addresses(access))
"""Source: VPC user guide, Amazon VPC quotas."""
FILE_SYSTEMS = Quota(
    "file systems", 100, "Amazon FSx", lambda access: fsx.number_of_systems(access)
)
"""Source: FSx for ONTAP user guide, quotas."""


def tell_quota(access: AwsAccess, quota: Quota, warn: Callable[[str], None]) -> None:
    """Warns where one more is more than the quota; one call.

    Args:
        access: account and Region.
        quota: of what is going to be made.
        warn: takes a line.
    """
    try:
        there = quota.count(access)
    except CloudHsmError as error:
        warn(f"could not look ahead: {error}")
        return
    if there >= quota.default:
        warn(
            f"there are {there} {quota.what}, and an account has {quota.default} per Region unless "
            f"raised (Service Quotas, {quota.service}): AWS refuses another one"
        )
