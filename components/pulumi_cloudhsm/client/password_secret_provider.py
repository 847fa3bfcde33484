"""A password that is never shown: made in Secrets Manager, kept there, never in the state.

It is stored before any irreversible step, and never overwritten: the administrator's password
cannot be reset, neither here nor by AWS.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult

from ..aws import secretsmanager
from ..aws.session import AwsAccess
from ..dynamic_provider import (
    CloudHsmProvider,
    DynamicResource,
    Props,
    ResourceInputs,
    ResourceOutputs,
    differs,
    log_line,
    state,
)
from ..errors import one_line


@dataclass(frozen=True, kw_only=True)
class PasswordSecretInputs(ResourceInputs):
    """What a PasswordSecret is made of."""

    access: AwsAccess
    """Account and Region."""
    secret_name: str
    """Name of the secret; another one is another secret."""
    description: str
    """What Secrets Manager shows with it; set when the secret is made."""


@dataclass(frozen=True, kw_only=True)
class PasswordSecretOutputs(ResourceOutputs):
    """What a PasswordSecret tells."""

    arn: str
    """ARN of the secret."""


class PasswordSecretProvider(CloudHsmProvider):
    """Makes a secret with a password, or adopts the one that is there."""

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Makes it unless it is there.

        Raises:
            AwsError: Secrets Manager refused.
        """
        inputs = PasswordSecretInputs.read(props)
        name = inputs.secret_name
        arn, there = secretsmanager.password_secret(inputs.access, name, inputs.description)
        if there:
            log_line(f"the secret {name} is there already: adopted")
        return CreateResult(id_=arn, outs=state(inputs, PasswordSecretOutputs(arn=arn)))

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
        if secretsmanager.secret_exists(PasswordSecretInputs.read(props).access, id_):
            return ReadResult(id_, dict(props))
        return ReadResult("", {})

    @one_line
    def delete(self, id_: str, props: Props) -> None:
        """Lets it go in 30 days, and says how to get it back: a backup has this password, too.

        Raises:
            AwsError: Secrets Manager refused.
        """
        inputs = PasswordSecretInputs.read(props)
        gone_on = secretsmanager.delete_secret(inputs.access, id_)
        if gone_on is None:
            return
        log_line(
            f"the secret {inputs.secret_name} is deleted on {gone_on.date().isoformat()}; until "
            "then it costs nothing, and a cluster that is restored from a backup needs it: aws "
            f"secretsmanager restore-secret --secret-id {id_}"
        )


class PasswordSecret(DynamicResource, module="cloudhsm", name="PasswordSecret"):
    """A secret that holds a password of 32 letters and digits."""

    arn: pulumi.Output[str]
    """Its ARN."""

    def __init__(
        self, name: str, inputs: PasswordSecretInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(PasswordSecretProvider(), name, inputs, PasswordSecretOutputs, opts)
