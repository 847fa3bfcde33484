"""The two passwords of a cluster that a program sets: the administrator's and kmsuser's."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from ..common import recovery_of
from ..dynamic_provider import resolved
from ..facts import HasClusterFacts
from ..passwords.preflight import check_secret_at_aws, with_arn
from ..passwords.rules import KMSUSER, NEW_ADMIN, PasswordRule
from ..recovery.part import Part
from ..state_names import DYNAMIC
from .password_secret_provider import PasswordSecret, PasswordSecretInputs

SECRET = f"{DYNAMIC}PasswordSecret"
"""Type token of a secret."""


@dataclass(frozen=True)
class _Use:
    """What a secret of the user's is for."""

    field: str
    rule: PasswordRule
    user: tuple[str, str]
    """Types of the component and of the resource in it that use the password once."""


_USES = {
    "admin": _Use(
        "activation.admin_secret",
        NEW_ADMIN,
        ("cloudhsm:index:Activation", f"{DYNAMIC}ClusterActivation"),
    ),
    "kmsuser": _Use(
        "key_store.kms_user_secret",
        KMSUSER,
        ("cloudhsm:index:KeyStore", f"{DYNAMIC}CustomKeyStore"),
    ),
}


class Passwords(Part):
    """Two secrets in Secrets Manager, stored before any irreversible step."""

    admin_secret: pulumi.Output[str]
    """ARN of the secret with the administrator's password."""
    kms_user_secret: pulumi.Output[str]
    """ARN of the secret with kmsuser's password, good until KMS's first connection changes it;
    empty where none is wanted."""

    def __init__(
        self,
        name: str,
        *,
        cluster: HasClusterFacts,
        admin_secret: pulumi.Input[str] | None = None,
        kms_user_secret: pulumi.Input[str] | None = None,
        kms_user: bool = False,
        kms_key: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the secrets that are not given.

        Args:
            name: logical name.
            cluster: its id names the secrets, so no other cluster's are ever taken.
            admin_secret: name or ARN of a secret of yours with the password of `admin`; as an
                Output the ARN.
            kms_user_secret: the same for `kmsuser`.
            kms_user: whether kmsuser's is wanted, too. Plain: it decides what exists.
            kms_key: ARN of the KMS key of what is made; `aws/secretsmanager` when left out.
            opts: Pulumi's options.
        """
        self._name, self._facts, self._kms_key = name, cluster.facts, kms_key
        own = pulumi.ResourceOptions(protect=self._facts.common.protect)
        options = pulumi.ResourceOptions.merge(own, opts)
        super().__init__("cloudhsm:index:Passwords", name, {}, options)
        self._facts = self._facts.within(self)
        self._recovery = recovery_of(self, self._facts.common)
        self.admin_secret = self._secret("admin", admin_secret)
        self.kms_user_secret = pulumi.Output.from_input("")
        if kms_user:
            self.kms_user_secret = self._secret("kmsuser", kms_user_secret)
        self.register_outputs(
            {"admin_secret": self.admin_secret, "kms_user_secret": self.kms_user_secret}
        )

    def _secret(self, user: str, given: pulumi.Input[str] | None) -> pulumi.Output[str]:
        if given is not None:
            use, common = _USES[user], self._facts.common
            # Of a client, which is a part of what its parent makes.
            outer = [one.pulumi_resource_type for one in self.lineage[:-2]]
            if not self._recovery.deployment.state.held([*outer, *use.user]):
                check_secret_at_aws(self, common, use.field, given, use.rule)
            return pulumi.Output.from_input(with_arn(self, common, use.field, given))
        cluster_id = pulumi.Output.from_input(self._facts.cluster_id)
        name = f"{self._name}-{user}"
        at_aws = pulumi.Output.format("cloudhsm/{}/{}", cluster_id, user)
        types = [one.pulumi_resource_type for one in self.lineage]
        held = self._recovery.deployment.state.outputs([*types, SECRET], name)
        if held and isinstance(held.get("secret_name"), str):
            # A cluster in the place of a lost one has its users: the secrets stay, with their name.
            at_aws = pulumi.Output.from_input(str(held["secret_name"]))
        tags: pulumi.Output[dict[str, str]] = pulumi.Output.all(
            **self._recovery.tags(name, {**self._facts.common.tags, "Name": at_aws})
        )
        return PasswordSecret(
            name,
            PasswordSecretInputs(
                access=self._facts.common.access,
                secret_name=resolved(at_aws),
                description=resolved(
                    pulumi.Output.format(
                        "Password of the user {} on the HSMs of {}", user, cluster_id
                    )
                ),
                tags=resolved(tags),
                kms_key=resolved(self._kms_key),
            ),
            pulumi.ResourceOptions(parent=self),
        ).arn
