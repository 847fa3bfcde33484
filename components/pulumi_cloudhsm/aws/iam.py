"""Roles and instance profiles, by their names: IAM lists neither by tag."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .advice import refusal
from .found import COMPLETE, HALF_MADE, ID_TAG, Found, tags_of
from .session import AwsAccess, client

_NOT_THERE = "NoSuchEntity"


def role(access: AwsAccess, name: str, deployment_id: str) -> list[Found]:
    """The role of that name, if it belongs to the deployment.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one.
    """
    return _named(access, "get_role", "Role", {"RoleName": name}, deployment_id)


def instance_profile(access: AwsAccess, name: str, deployment_id: str) -> list[Found]:
    """As `role`, of an instance profile; without a role it is HALF_MADE."""
    wanted = {"InstanceProfileName": name}
    return _named(access, "get_instance_profile", "InstanceProfile", wanted, deployment_id)


def has_role(access: AwsAccess, name: str) -> bool:
    """Whether the account has a role.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one.
    """
    return _get(access, "get_role", {"RoleName": name}, f"looking for the role {name}") is not None


def delete_instance_profile(access: AwsAccess, name: str) -> None:
    """Deletes what is half made; AWS refuses it for one with a role.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one.
    """
    iam: Any = client(access, "iam")
    try:
        iam.delete_instance_profile(InstanceProfileName=name)
    except (ClientError, BotoCoreError) as error:
        raise refusal(f"deleting {name}, half made by an interrupted run", error) from error


def _named(
    access: AwsAccess, operation: str, kind: str, wanted: dict[str, str], deployment_id: str
) -> list[Found]:
    (name,) = wanted.values()
    answer = _get(access, operation, wanted, f"looking for {name} of an interrupted run in IAM")
    if answer is None:
        return []
    found: dict[str, Any] = answer[kind]
    ours = tags_of(found.get("Tags")).get(ID_TAG) == deployment_id
    state = HALF_MADE if found.get("Roles") == [] else COMPLETE
    return [Found(name, name, state)] if ours else []


def _get(
    access: AwsAccess, operation: str, wanted: dict[str, str], doing: str
) -> dict[str, Any] | None:
    """IAM's answer; None where it has nothing of that name."""
    try:
        return getattr(client(access, "iam"), operation)(**wanted)
    except (ClientError, BotoCoreError) as error:
        if (
            isinstance(error, ClientError)
            and error.response.get("Error", {}).get("Code") == _NOT_THERE
        ):
            return None
        raise refusal(doing, error) from error
