"""A password that is never shown: made in Secrets Manager, kept there, never in the state.

It is stored before any irreversible step, and never overwritten: the administrator's password
cannot be reset, neither here nor by AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, UpdateResult

from ..aws import secretsmanager
from ..aws.secretsmanager import Secret
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
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    """Those that show whose it is included."""
    kms_key: str | None = None
    """ARN of the KMS key that it is encrypted under; None: `aws/secretsmanager`."""


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
        name, kms_key = inputs.secret_name, inputs.kms_key or ""
        secret, there = secretsmanager.password_secret(
            inputs.access, name, inputs.description, inputs.tags, kms_key
        )
        if there:
            log_line(f"the secret {name} is there already: adopted")
            _bring(inputs, secret)
        return CreateResult(id_=secret.arn, outs=state(inputs, _outputs(secret)))

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Another name is another secret; tags and KMS key are changed; the password never is."""
        replaces = differs(olds, news, "secret_name")
        changed = differs(olds, news, "tags", "kms_key")
        return DiffResult(changes=bool(replaces or changed), replaces=replaces)

    @one_line
    def update(self, id_: str, olds: Props, news: Props) -> UpdateResult:
        """Changes tags and KMS key.

        Raises:
            AwsError: Secrets Manager refused.
        """
        inputs, had = PasswordSecretInputs.read(news), PasswordSecretInputs.read(olds)
        secret = Secret(arn=id_, tags=had.tags, kms_key=had.kms_key or "")
        _bring(inputs, secret)
        return UpdateResult(outs=state(inputs, _outputs(secret)))

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports a secret that is gone, and what Secrets Manager shows of its tags and its key.

        Raises:
            AwsError: Secrets Manager refused.
        """
        inputs = PasswordSecretInputs.read(props)
        secret = secretsmanager.find_secret(inputs.access, id_)
        if secret is None:
            return ReadResult("", {})
        tags = {key: value for key, value in secret.tags.items() if not key.startswith("aws:")}
        key = inputs.kms_key if _same_key(secret.kms_key, inputs.kms_key) else secret.kms_key
        return ReadResult(id_, {**props, "tags": tags, "kms_key": key or None})

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


def _outputs(secret: Secret) -> PasswordSecretOutputs:
    return PasswordSecretOutputs(arn=secret.arn)


def _bring(inputs: PasswordSecretInputs, had: Secret) -> None:
    """Gives a secret that is there the tags and the key that are wanted."""
    added = {key: value for key, value in inputs.tags.items() if had.tags.get(key) != value}
    removed = [one for one in had.tags if one not in inputs.tags and not one.startswith("aws:")]
    secretsmanager.set_tags(inputs.access, had.arn, added, removed)
    if not _same_key(had.kms_key, inputs.kms_key):
        secretsmanager.set_key(inputs.access, had.arn, inputs.kms_key or "")


def _same_key(shown: str, wanted: str | None) -> bool:
    """Whether two texts name one KMS key: Secrets Manager shows its ARN or its id."""
    return shown.rpartition("/")[2] == (wanted or "").rpartition("/")[2]


class PasswordSecret(DynamicResource, module="cloudhsm", name="PasswordSecret"):
    """A secret that holds a password of 32 letters and digits."""

    arn: pulumi.Output[str]
    """Its ARN."""

    def __init__(
        self, name: str, inputs: PasswordSecretInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(PasswordSecretProvider(), name, inputs, PasswordSecretOutputs, opts)
