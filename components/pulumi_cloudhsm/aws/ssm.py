"""Systems Manager in our own words: is an instance there, run a script on it, how did it end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from .advice import refusal
from .session import AwsAccess, client

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

DOCUMENT = "AWS-RunShellScript"
ENDED_BADLY = ("Failed", "TimedOut", "Cancelled")
"""Final states besides Success. Source: SSM API reference, GetCommandInvocation."""


@dataclass(frozen=True)
class Invocation:
    """One script on one instance.

    Attributes:
        state: Pending, InProgress, Delayed, Cancelling, Success, or one of `ENDED_BADLY`.
        details: finer words, for example ExecutionTimedOut or DeliveryTimedOut.
        out: what it printed; SSM keeps the first 24,000 characters.
        err: its errors; SSM keeps the first 8,000 characters.
    """

    state: str
    details: str
    out: str
    err: str


class Ssm:
    """The calls that this package needs; errors come as one line."""

    def __init__(self, access: AwsAccess) -> None:
        self._client: SSMClient = client(access, "ssm")
        # Sent twice, a script runs twice; ours could, but SSM's history would not be true to it.
        self._once: SSMClient = client(access, "ssm", attempts=1)

    def ping(self, instance_id: str) -> str:
        """Online, ConnectionLost, Inactive, or "not seen yet".

        Raises:
            TransientError: worth another try.
            AwsError: not worth one.
        """
        try:
            found = self._client.describe_instance_information(
                Filters=[{"Key": "InstanceIds", "Values": [instance_id]}]
            )["InstanceInformationList"]
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"looking for {instance_id} in Systems Manager", error) from error
        return found[0].get("PingStatus", "Inactive") if found else "not seen yet"

    def send(self, instance_id: str, script: str, comment: str, seconds: int) -> str:
        """Starts a shell script on an instance; it runs as root.

        Args:
            instance_id: `i-…`.
            script: its text; it stands in SSM's history, so nothing secret may be in it.
            comment: what the history shows, 100 characters at most.
            seconds: after which the agent ends it, 30 or more.

        Returns:
            The command's id.

        Raises:
            ThrottledError: it was not sent.
            TransientError: it may have been sent or not, see `command`.
            AwsError: refused.
        """
        try:
            answer = self._once.send_command(
                InstanceIds=[instance_id],
                DocumentName=DOCUMENT,
                Comment=comment[:100],
                TimeoutSeconds=max(30, seconds),
                Parameters={"commands": [script], "executionTimeout": [str(seconds)]},
            )
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"running a command on {instance_id}", error) from error
        return answer["Command"].get("CommandId", "")

    def command(self, instance_id: str, comment: str) -> str | None:
        """The id of a command by its comment; None where SSM lists none.

        Raises:
            TransientError: worth another try.
            AwsError: not worth one.
        """
        try:
            pages = self._client.get_paginator("list_commands").paginate(InstanceId=instance_id)
            found = [one for page in pages for one in page["Commands"]]
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"looking for a command on {instance_id}", error) from error
        named = (one.get("CommandId", "") for one in found if one.get("Comment") == comment[:100])
        return next(named, None)

    def invocation(self, command_id: str, instance_id: str) -> Invocation | None:
        """How a command is doing; None right after it was sent, when SSM does not list it yet.

        Raises:
            TransientError: worth another try.
            AwsError: not worth one.
        """
        try:
            found = self._client.get_command_invocation(
                CommandId=command_id, InstanceId=instance_id
            )
        except self._client.exceptions.InvocationDoesNotExist:
            return None
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"looking at a command on {instance_id}", error) from error
        return Invocation(
            found["Status"],
            found.get("StatusDetails", ""),
            found.get("StandardOutputContent", ""),
            found.get("StandardErrorContent", ""),
        )
