"""The two passwords of a cluster that a program sets: the administrator's and kmsuser's."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from .providers.password_secret import PasswordSecret


@dataclass(frozen=True)
class PasswordsArgs:
    """What Passwords are made of."""

    region: str
    """Region of the cluster."""
    cluster_id: pulumi.Input[str]
    """Names the secrets: no other cluster's are ever taken."""
    admin_secret: str = ""
    """ARN of a secret of yours with the password of `admin`; one is made when left out."""
    kms_user_secret: str = ""
    """ARN of a secret of yours with the password of `kmsuser`; one is made when left out."""
    kms_user: bool = False
    """Whether kmsuser's is wanted, too."""
    protect: bool = True
    """Refuse to destroy."""


class Passwords(pulumi.ComponentResource):
    """Two secrets in Secrets Manager, written before anything that cannot be taken back."""

    admin_secret: pulumi.Output[str]
    """ARN of the secret with the administrator's password."""
    kms_user_secret: pulumi.Output[str]
    """ARN of the secret with kmsuser's password, good until KMS's first connection changes it;
    empty where none is wanted."""

    def __init__(
        self, name: str, args: PasswordsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own = pulumi.ResourceOptions(protect=args.protect)
        options = pulumi.ResourceOptions.merge(own, opts)
        super().__init__("cloudhsm:index:Passwords", name, {}, options)
        self._name, self._args = name, args
        self.admin_secret = self._secret("admin", args.admin_secret)
        self.kms_user_secret = pulumi.Output.from_input("")
        if args.kms_user:
            self.kms_user_secret = self._secret("kmsuser", args.kms_user_secret)
        self.register_outputs(
            {"admin_secret": self.admin_secret, "kms_user_secret": self.kms_user_secret}
        )

    def _secret(self, user: str, given: str) -> pulumi.Output[str]:
        if given:
            return pulumi.Output.from_input(given)
        cluster_id = pulumi.Output.from_input(self._args.cluster_id)
        return PasswordSecret(
            f"{self._name}-{user}",
            {
                "region": self._args.region,
                "secret_name": cluster_id.apply(lambda known: f"cloudhsm/{known}/{user}"),
                "description": cluster_id.apply(
                    lambda known: f"Password of the user {user} on the HSMs of {known}"
                ),
            },
            pulumi.ResourceOptions(parent=self),
        ).arn
