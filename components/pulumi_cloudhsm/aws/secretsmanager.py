"""Secrets Manager in our own words: passwords, made once and read at the moment of their use."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import StateError
from .advice import refusal
from .found import tags_of
from .session import AwsAccess, client

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

PASSWORD_LENGTH = 32
"""The most that an HSM takes. Source: user guide, quotas."""
RECOVERY_DAYS = 30
"""The most that Secrets Manager keeps a deleted secret, free of charge."""


@dataclass(frozen=True, kw_only=True)
class Secret:
    """What Secrets Manager shows of a secret, its text aside.

    Attributes:
        arn: its ARN.
        deleted: whether it is on its way out.
        tags: its tags.
        kms_key: ARN, id or alias of its KMS key; empty: `aws/secretsmanager`.
    """

    arn: str
    deleted: bool = False
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    kms_key: str = ""


def secret_value_and_version(access: AwsAccess, secret_id: str) -> tuple[str, str]:
    """A secret's current text, which must go nowhere but into the call that needs it.

    Args:
        access: account and region.
        secret_id: name or ARN.

    Returns:
        The text, and the id of the version that holds it.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one, for example a secret that these credentials may not read.
        StateError: the secret holds bytes, no text.
    """
    secrets: SecretsManagerClient = client(access, "secretsmanager")
    try:
        answer = secrets.get_secret_value(SecretId=secret_id)
    except (ClientError, BotoCoreError) as error:
        raise refusal(f"reading the secret {secret_id}", error) from error
    if "SecretString" not in answer:
        raise StateError(f"the secret {secret_id} holds no text: store the password as plaintext")
    return answer["SecretString"], answer.get("VersionId", "")


def secret_arn(access: AwsAccess, secret_id: str) -> str:
    """The ARN of a secret, without looking at the secret itself.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one, for example where there is none.
        StateError: it is marked for deletion.
    """
    secrets: SecretsManagerClient = client(access, "secretsmanager")
    try:
        answer = secrets.describe_secret(SecretId=secret_id)
    except (ClientError, BotoCoreError) as error:
        raise refusal(f"describing the secret {secret_id}", error) from error
    if answer.get("DeletedDate"):
        raise StateError(
            "it is marked for deletion: restore it (aws secretsmanager restore-secret), or name "
            "another"
        )
    return answer.get("ARN", secret_id)


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


def password_secret(
    access: AwsAccess, name: str, description: str, tags: Mapping[str, str], kms_key: str
) -> tuple[Secret, bool]:
    """Makes a secret with a password of 32 letters and digits, unless it is there.

    What is there is never overwritten, since CreateSecret refuses a name that exists. Of two
    callers at once, one makes it and both find the same. A secret that was deleted is restored.

    Args:
        access: account and region.
        name: the secret's name.
        description: what Secrets Manager shows with it.
        tags: its tags, if it is made.
        kms_key: ARN of its KMS key, if it is made; empty: `aws/secretsmanager`.

    Returns:
        The secret, and whether it was there: with the tags and the key that it had.

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
            key: dict[str, Any] = {"KmsKeyId": kms_key} if kms_key else {}
            try:
                made = secrets.create_secret(
                    Name=name,
                    Description=description,
                    SecretString=password,
                    Tags=[{"Key": one, "Value": value} for one, value in tags.items()],
                    **key,
                )
            except secrets.exceptions.ResourceExistsException:
                found = _described(secrets, name)
            else:
                return Secret(arn=made["ARN"], tags=tags, kms_key=kms_key), False
        if found is None:
            raise StateError(f"the secret {name} comes and goes: run `pulumi up` again")
        if found.deleted:
            secrets.restore_secret(SecretId=found.arn)
    except (ClientError, BotoCoreError) as error:
        raise refusal(f"making the secret {name}", error) from error
    return found, True


def find_secret(access: AwsAccess, secret_id: str) -> Secret | None:
    """A secret as Secrets Manager shows it; None where it is gone, or on its way out.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one.
    """
    try:
        found = _described(_client(access), secret_id)
    except (ClientError, BotoCoreError) as error:
        raise refusal(f"looking for the secret {secret_id}", error) from error
    return None if found is None or found.deleted else found


def set_tags(
    access: AwsAccess, secret_id: str, added: Mapping[str, str], removed: Collection[str]
) -> None:
    """Adds or changes tags of a secret, and takes others off.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one.
    """
    secrets = _client(access)
    try:
        if added:
            secrets.tag_resource(
                SecretId=secret_id,
                Tags=[{"Key": key, "Value": value} for key, value in added.items()],
            )
        if removed:
            secrets.untag_resource(SecretId=secret_id, TagKeys=sorted(removed))
    except (ClientError, BotoCoreError) as error:
        raise refusal(f"changing the tags of the secret {secret_id}", error) from error


def set_key(access: AwsAccess, secret_id: str, kms_key: str) -> None:
    """Encrypts a secret under another KMS key; its password and its version stay.

    Secrets Manager encrypts what the secret holds again only if the caller has `kms:Encrypt` for
    the new key. Source: UpdateSecret in the Secrets Manager API reference.

    Args:
        access: account and region.
        secret_id: name or ARN.
        kms_key: ARN of the key; empty: `aws/secretsmanager`.

    Raises:
        TransientError: worth another try.
        AwsError: not worth one.
    """
    try:
        _client(access).update_secret(SecretId=secret_id, KmsKeyId=kms_key)
    except (ClientError, BotoCoreError) as error:
        raise refusal(f"encrypting the secret {secret_id} under another key", error) from error


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


def _described(secrets: SecretsManagerClient, secret_id: str) -> Secret | None:
    try:
        found = secrets.describe_secret(SecretId=secret_id)
    except secrets.exceptions.ResourceNotFoundException:
        return None
    return Secret(
        arn=found["ARN"],
        deleted="DeletedDate" in found,
        tags=tags_of(found.get("Tags")),
        kms_key=found.get("KmsKeyId", ""),
    )
