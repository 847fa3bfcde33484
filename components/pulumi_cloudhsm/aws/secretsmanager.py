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
    secrets: SecretsManagerClient = client(access, "secretsmanager")
    try:
        answer = secrets.get_secret_value(SecretId=secret_id)
    except (ClientError, BotoCoreError) as error:
        raise refusal(f"reading the secret {secret_id}", error) from error
    if "SecretString" not in answer:
        raise StateError(f"the secret {secret_id} holds no text: store the password as a string")
    return answer["SecretString"]
