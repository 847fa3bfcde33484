"""Service-linked roles of the account: services make them, if the caller may.

An account that has used a service has its role, and that is how an emulated account begins. The
fault `missing_service_linked_role` takes one away, and with it the caller's right to have it made.
Sources: CloudHSM user guide, "Service-linked roles for CloudHSM". KMS developer guide, "Authorizing
AWS KMS to manage AWS CloudHSM and Amazon EC2 resources". FSx for ONTAP user guide, "Using
service-linked roles for Amazon FSx".
"""

from __future__ import annotations

from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.core.faults import Faults
from rehearsal.emulator.core.place import Place
from rehearsal.emulator.core.request import AwsRequest

_ROLES = {
    "cloudhsmv2": ("cloudhsm.amazonaws.com", "AWSServiceRoleForCloudHSM"),
    "kms": (
        "cks.kms.amazonaws.com",
        "AWSServiceRoleForKeyManagementServiceCustomKeyStores",
    ),
    "fsx": ("fsx.amazonaws.com", "AWSServiceRoleForAmazonFSx"),
}
_FAULT = "missing_service_linked_role"


def refuse_without(faults: Faults, service: str, place: Place) -> None:
    """Refuse a call that needs the role of its service, where that is missing.

    IAM's own words, as services pass them on; whether KMS and FSx do is not public: assumed.

    Raises:
        ServiceError: there is no role, and the caller may not have one made.
    """
    if faults.take(_FAULT, service=service):
        principal, name = _ROLES[service]
        raise ServiceError(
            "AccessDeniedException",
            f"User: arn:aws:iam::{place.account}:user/rehearsal is not authorized to perform: "
            f"iam:CreateServiceLinkedRole on resource: {_arn(place, principal, name)} because no "
            "identity-based policy allows the iam:CreateServiceLinkedRole action",
        )


def answer(asked: AwsRequest, faults: Faults) -> str | None:
    """IAM's answer about one of these roles, as XML; None if the call is moto's.

    Raises:
        ServiceError: the role is missing.
    """
    wanted = asked.parameters.get("RoleName")
    found = next((one for one in _ROLES.items() if one[1][1] == wanted), None)
    if asked.operation != "GetRole" or found is None:
        return None
    service, (principal, name) = found
    if faults.find(_FAULT, service=service):
        text = f"The role with name {name} cannot be found."
        raise ServiceError("NoSuchEntity", text, 404)
    return (
        '<GetRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetRoleResult><Role>'
        f"<Path>/aws-service-role/{principal}/</Path><RoleName>{name}</RoleName>"
        f"<RoleId>AROAREHEARSED{service.upper()}</RoleId>"
        f"<Arn>{_arn(asked.place, principal, name)}</Arn>"
        "<CreateDate>2026-01-01T00:00:00Z</CreateDate></Role></GetRoleResult></GetRoleResponse>"
    )


def _arn(place: Place, principal: str, name: str) -> str:
    return f"arn:aws:iam::{place.account}:role/aws-service-role/{principal}/{name}"
