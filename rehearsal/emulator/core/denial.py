"""What AWS answers where IAM does not allow a call."""

from __future__ import annotations

from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.core.request import AwsRequest

_IAM_PREFIXES = {"cloudhsmv2": "cloudhsm"}


def action(asked: AwsRequest) -> str:
    """The IAM action that a call needs."""
    return f"{_IAM_PREFIXES.get(asked.service, asked.service)}:{asked.operation}"


def access_denied(asked: AwsRequest) -> ServiceError:
    """The refusal of a caller who has no right for the call."""
    if asked.style == "ec2":
        return ServiceError(
            "UnauthorizedOperation", "You are not authorized to perform this operation.", 403
        )
    needed = action(asked)
    text = (
        f"User: arn:aws:iam::{asked.place.account}:user/rehearsal is not authorized to perform: "
        f"{needed} because no identity-based policy allows the {needed} action"
    )
    if asked.service == "cloudhsmv2":
        # The declared exception; AWS's exact text for this service is not public.
        return ServiceError("CloudHsmAccessDeniedException", text)
    code = "AccessDenied" if asked.style == "query" else "AccessDeniedException"
    return ServiceError(code, text, 403 if asked.style == "query" else 400)
