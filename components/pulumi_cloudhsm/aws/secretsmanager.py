"""Secrets Manager in our own words: a password, read at the moment of its use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import StateError
from .advice import refusal
from .session import AwsAccess, client

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


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
