"""A password that nobody has seen: made in Secrets Manager, kept there, never in the state.

It is written before the step that cannot be taken back, and never overwritten: the administrator's
password cannot be reset, neither here nor by AWS.
"""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource

from ..aws import secretsmanager
from .base import CloudHsmProvider, Props, differs, one_line, say


class PasswordSecretProvider(CloudHsmProvider):
    """Makes a secret with a password, or adopts the one that is there."""

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Makes it unless it is there.

        Raises:
            AwsError: Secrets Manager refused.
        """
        name = props["secret_name"]
        access = self.access(props)
        arn, there = secretsmanager.password_secret(access, name, props["description"])
        if there:
            say(f"the secret {name} is there already: adopted")
        kept = {key: value for key, value in props.items() if key != "__provider"}
        return CreateResult(id_=arn, outs={**kept, "arn": arn})

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Another name is another secret; nothing else of it is ever changed."""
        replaces = differs(olds, news, "secret_name")
        return DiffResult(changes=bool(replaces), replaces=replaces)

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports a secret that is gone.

        Raises:
            AwsError: Secrets Manager refused.
        """
        if secretsmanager.secret_exists(self.access(props), id_):
            return ReadResult(id_, dict(props))
        return ReadResult("", {})

    @one_line
    def delete(self, id_: str, props: Props) -> None:
        """Lets it go in 30 days, and says how to get it back: a backup has this password, too.

        Raises:
            AwsError: Secrets Manager refused.
        """
        gone_on = secretsmanager.delete_secret(self.access(props), id_)
        if gone_on is None:
            return
        say(
            f"the secret {props['secret_name']} is deleted on {gone_on.date().isoformat()}; until "
            "then it costs nothing, and who restores the cluster from a backup needs it: aws "
            f"secretsmanager restore-secret --secret-id {id_}"
        )


class PasswordSecret(Resource, module="cloudhsm", name="PasswordSecret"):
    """A secret that holds a password of 32 letters and digits."""

    arn: pulumi.Output[str]
    """Its ARN."""

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the secret.

        Args:
            name: logical name.
            props: `region`, `secret_name`, `description`.
            opts: Pulumi's options.
        """
        super().__init__(PasswordSecretProvider(), name, {"arn": None, **props}, opts)
