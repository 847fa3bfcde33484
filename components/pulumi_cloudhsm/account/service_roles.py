"""Service-linked roles: told before anything is paid for.

AWS makes each once for an account, with the first call that needs it, if the caller may. Without
that right, the call is refused: for a key store after all HSMs are paid for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..aws import iam
from ..aws.advice import MAKING_SERVICE_ROLES
from ..aws.session import AwsAccess
from ..errors import CloudHsmError


@dataclass(frozen=True)
class ServiceRole:
    """A service-linked role.

    Attributes:
        name: the role's name.
        service: the service principal that it is for.
        call: the call with which AWS makes it.
        can_be_made_beforehand: whether IAM makes it on request.
    """

    name: str
    service: str
    call: str
    can_be_made_beforehand: bool = True


CLOUDHSM = ServiceRole("AWSServiceRoleForCloudHSM", "cloudhsm.amazonaws.com", "CreateCluster")
"""Source: CloudHSM user guide, service-linked roles for AWS CloudHSM."""
KEY_STORES = ServiceRole(
    "AWSServiceRoleForKeyManagementServiceCustomKeyStores",
    "cks.kms.amazonaws.com",
    "CreateCustomKeyStore",
    can_be_made_beforehand=False,
)
"""Source: KMS developer guide, authorizing AWS KMS to manage AWS CloudHSM and EC2 resources."""
FSX = ServiceRole("AWSServiceRoleForAmazonFSx", "fsx.amazonaws.com", "CreateFileSystem")
"""Source: FSx for ONTAP user guide, using service-linked roles for Amazon FSx."""


def tell_missing(access: AwsAccess, role: ServiceRole, warn: Callable[[str], None]) -> None:
    """Warns of a role that the account lacks, with what to do; one call, GetRole.

    Args:
        access: account and Region.
        role: the role.
        warn: takes a line.
    """
    try:
        there = iam.has_role(access, role.name)
    except CloudHsmError as error:
        warn(f"could not look ahead: {error}")
        return
    if there:
        return
    beforehand = (
        "or have an administrator run once: aws iam create-service-linked-role "
        f"--aws-service-name {role.service}"
        if role.can_be_made_beforehand
        else "nobody can make it beforehand, so check that right now"
    )
    warn(
        f"the account has no service-linked role {role.name} yet: {role.call} makes it, if these "
        f"credentials may call {MAKING_SERVICE_ROLES} for {role.service}; {beforehand}"
    )
