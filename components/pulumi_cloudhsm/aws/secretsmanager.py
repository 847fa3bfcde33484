"""Secrets Manager in our own words: passwords, made once and read at the moment of their use."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import StateError
from .advice import refusal
from .session import AwsAccess, client

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

PASSWORD_LENGTH = 32
"""The most that an HSM takes. Source: user guide, quotas."""
RECOVERY_DAYS = 30
"""The most that Secrets Manager keeps a deleted secret, free of charge."""


def secret_value(access: AwsAccess, secret_id: str) -> str:
    """A secret's current text; it must go nowhere but into the call that needs it.

    Args:
        access: account and region.
        secret_id: name or ARN.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one, for example a secret that these credentials may not read.
        StateError: the secret holds bytes, no text.
    """
    return secret_value_and_version(access, secret_id)[0]


def secret_value_and_version(access: AwsAccess, secret_id: str) -> tuple[str, str]:
    """As `secret_value`, with the id of the version that holds it."""
    secrets: SecretsManagerClient = client(access, "secretsmanager")
    try:
        answer = secrets.get_secret_value(SecretId=secret_id)
    except (ClientError, BotoCoreError) as error:
        raise refusal(f"reading the secret {secret_id}", error) from error
    if "SecretString" not in answer:
        raise StateError(f"the secret {secret_id} holds no text: store the password as a string")
    return answer["SecretString"], answer["VersionId"]


def current_version(access: AwsAccess, secret_id: str) -> str:
    """The id of a secret's current version, without looking at the secret itself.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one.
    """
    secrets: SecretsManagerClient = client(access, "secretsmanager")
    try:
        answer = secrets.describe_secret(SecretId=secret_id)
    except (ClientError, BotoCoreError) as error:
        raise refusal(f"describing the secret {secret_id}", error) from error
    versions = answer.get("VersionIdsToStages") or {}
    return next((one for one, stages in versions.items() if "AWSCURRENT" in stages), "")


def password_secret(access: AwsAccess, name: str, description: str) -> tuple[str, bool]:
    """Makes a secret with a password of 32 letters and digits, unless it is there.

    What is there is never overwritten, since CreateSecret refuses a name that exists. Of two
    callers at once, one makes it and both find the same. A secret that was deleted is restored.

    Returns:
        Its ARN, and whether it was there.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one.
    """
    secrets = _client(access)
    try:
        found = _described(secrets, name)
        if found is None:
            # Letters and digits only: KMS takes nothing else of kmsuser, and a colon ends a user's
            # name for some of CloudHSM's tools.
            password = secrets.get_random_password(
                PasswordLength=PASSWORD_LENGTH,
                ExcludePunctuation=True,
                RequireEachIncludedType=True,
            )["RandomPassword"]
            try:
                made = secrets.create_secret(
                    Name=name, Description=description, SecretString=password
                )
            except secrets.exceptions.ResourceExistsException:
                found = _described(secrets, name)
            else:
                return made["ARN"], False
        if found is None:
            raise StateError(f"the secret {name} comes and goes: run `pulumi up` again")
        arn, deleted = found
        if deleted:
            secrets.restore_secret(SecretId=arn)
    except (ClientError, BotoCoreError) as error:
        raise refusal(f"making the secret {name}", error) from error
    return arn, True


def secret_exists(access: AwsAccess, secret_id: str) -> bool:
    """Whether a secret is there and not on its way out.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one.
    """
    try:
        found = _described(_client(access), secret_id)
    except (ClientError, BotoCoreError) as error:
        raise refusal(f"looking for the secret {secret_id}", error) from error
    return found is not None and not found[1]


def delete_secret(access: AwsAccess, secret_id: str) -> datetime | None:
    """Lets a secret go in 30 days; until then it costs nothing and can be restored.

    Returns:
        When it will be gone; None if it is gone.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one.
    """
    secrets = _client(access)
    try:
        return secrets.delete_secret(SecretId=secret_id, RecoveryWindowInDays=RECOVERY_DAYS)[
            "DeletionDate"
        ]
    except secrets.exceptions.ResourceNotFoundException:
        return None
    except (ClientError, BotoCoreError) as error:
        # A second call is refused: the answer to the first one was lost, or its run was killed.
        if marked := _date_of_deletion(secrets, secret_id):
            return marked
        raise refusal(f"deleting the secret {secret_id}", error) from error


def _client(access: AwsAccess) -> SecretsManagerClient:
    return client(access, "secretsmanager")


def _date_of_deletion(secrets: SecretsManagerClient, secret_id: str) -> datetime | None:
    """When a secret that is marked for deletion will be gone; None where it is not, or unknown."""
    try:
        return secrets.describe_secret(SecretId=secret_id).get("DeletedDate")
    except (ClientError, BotoCoreError):
        return None


def _described(secrets: SecretsManagerClient, secret_id: str) -> tuple[str, bool] | None:
    """ARN, and whether it is on its way out; None where there is none."""
    try:
        found = secrets.describe_secret(SecretId=secret_id)
    except secrets.exceptions.ResourceNotFoundException:
        return None
    return found["ARN"], "DeletedDate" in found
