"""A KMS custom key store on the cluster, and a key in it that only the HSMs hold."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pulumi
import pulumi_aws as aws

from ..account.service_roles import KEY_STORES, tell_missing
from ..aws.kms import HELD_BY_HSMS
from ..common import recovery_of, visible_inputs
from ..dynamic_provider import resolved
from ..facts import HasClusterFacts
from ..hsms.component import AdditionalHsms
from ..passwords.preflight import check_secret_at_aws
from ..passwords.rules import KMSUSER
from ..recovery.kinds import ALIAS, KEY
from ..recovery.part import Part
from ..state_names import DYNAMIC
from ..validation import InputError
from .args import KeyStoreArgs
from .key_store_provider import CustomKeyStore, CustomKeyStoreInputs
from .kms_user_component import KmsCryptoUser
from .names import refuse_taken_alias, refuse_taken_store

STORE = f"{DYNAMIC}CustomKeyStore"
"""Type token of the store."""


class KeyStore(Part):
    """A connected custom key store and a symmetric key in it."""

    key_store_id: pulumi.Output[str]
    """`cks-…`."""
    connection_state: pulumi.Output[str]
    """CONNECTED, or what a refresh found."""
    key_arn: pulumi.Output[str]
    """ARN of the key, for whatever encrypts with it."""
    key_id: pulumi.Output[str]
    """Id of the key."""
    alias_arn: pulumi.Output[str]
    """ARN of the key's alias."""
    args: KeyStoreArgs
    """What it is made of."""
    resource: pulumi.Resource
    """The connected store: what needs it connected depends on this."""

    def __init__(
        self,
        name: str,
        args: KeyStoreArgs,
        *,
        cluster: HasClusterFacts,
        hsms: AdditionalHsms | None = None,
        kms_user: KmsCryptoUser | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares store, key and alias.

        Args:
            name: logical name.
            args: what they are made of.
            cluster: an ACTIVE cluster with two ACTIVE HSMs in two zones, or its facts.
            hsms: HSMs that have to be ACTIVE first.
            kms_user: the crypto user, where a program makes it; its secret is used unless another
                one is given.
            opts: Pulumi's options.

        Raises:
            InputError: names the input, the value and the fix.
        """
        args.check()
        self._name, self.args, self._facts = name, args, cluster.facts
        own = pulumi.ResourceOptions(protect=self._facts.common.protect)
        options = pulumi.ResourceOptions.merge(own, opts)
        super().__init__("cloudhsm:index:KeyStore", name, visible_inputs(args), options)
        self._facts = self._facts.within(self)
        self._store_name = self._facts.name if args.name is None else args.name
        self._alias = self._store_name if args.key_alias is None else args.key_alias
        self._recovery = recovery_of(self, self._facts.common)
        self._look_ahead()
        store = self._create_store(hsms, kms_user)
        connected = self._connected(store)
        key = self._create_key(connected)
        alias = self._create_alias(key)
        self.resource = store
        self.key_store_id, self.connection_state = connected, store.connection_state
        self.key_arn, self.key_id, self.alias_arn = key.arn, key.key_id, alias.arn
        self.register_outputs(
            {
                "key_store_id": self.key_store_id,
                "connection_state": self.connection_state,
                "key_arn": self.key_arn,
                "key_id": self.key_id,
                "alias_arn": self.alias_arn,
            }
        )

    def _look_ahead(self) -> None:
        """Refuses what KMS would refuse once the HSMs are paid for."""
        types = [one.pulumi_resource_type for one in self.lineage]
        state = self._recovery.deployment.state
        store, alias, cluster_id = self._store_name, self._alias, self._facts.cluster_id
        warn = partial(pulumi.log.warn, resource=self)
        new = state.lacks([*types, STORE], f"{self._name}-store")
        if new:
            tell_missing(self._facts.common.access, KEY_STORES, warn)
        if isinstance(store, str) and new:
            known = cluster_id if isinstance(cluster_id, str) else None
            refuse_taken_store(self._recovery, store, known, warn)
        if new:
            common, secret = self._facts.common, self.args.kms_user_secret
            check_secret_at_aws(self, common, "key_store.kms_user_secret", secret, KMSUSER)
        name = f"{self._name}-alias"
        if isinstance(alias, str) and state.lacks([*types, ALIAS], name):
            refuse_taken_alias(self._recovery, name, alias)

    def _create_store(
        self, hsms: AdditionalHsms | None, kms_user: KmsCryptoUser | None
    ) -> CustomKeyStore:
        args, facts = self.args, self._facts
        secret = args.kms_user_secret
        if secret is None:
            if kms_user is None:
                raise InputError(
                    "kms_user_secret",
                    None,
                    "give the name or ARN of the Secrets Manager secret with kmsuser's password",
                )
            secret = kms_user.secret
        active = hsms.all_active if hsms else None
        after = [*([active] if active else []), *([kms_user.resource] if kms_user else [])]
        return CustomKeyStore(
            f"{self._name}-store",
            CustomKeyStoreInputs(
                access=facts.common.access,
                timing=facts.common.waits.key_store,
                cluster_id=resolved(facts.cluster_id),
                key_store_name=resolved(self._store_name),
                ca_certificate=resolved(pulumi.Output.secret(facts.ca_certificate)),
                password_secret_id=resolved(secret),
                abandon_pending_keys=args.abandon_pending_keys,
            ),
            pulumi.ResourceOptions(parent=self, depends_on=after),
        )

    def _connected(self, store: CustomKeyStore) -> pulumi.Output[str]:
        """The id of the connected store.

        A preview of an update knows no outputs of the store, and would show another key.
        """
        types = [one.pulumi_resource_type for one in self.lineage]
        state = self._recovery.deployment.state
        held = (state.outputs([*types, STORE], f"{self._name}-store") or {}).get("key_store_id")
        if pulumi.runtime.is_dry_run() and isinstance(held, str):
            return pulumi.Output.from_input(held)
        return pulumi.Output.all(store.key_store_id, store.failure).apply(_connected_id)

    def _create_key(self, key_store_id: pulumi.Output[str]) -> aws.kms.Key:
        args, common, name = self.args, self._facts.common, f"{self._name}-key"
        return aws.kms.Key(
            name,
            description=pulumi.Output.concat(HELD_BY_HSMS, self._store_name),
            custom_key_store_id=key_store_id,
            deletion_window_in_days=args.key_deletion_days,
            policy=args.key_policy,
            tags=self._recovery.tags(name, {**common.tags, "Name": self._alias}),
            opts=self._recovery.adopt(KEY, name, pulumi.ResourceOptions(parent=self)),
        )

    def _create_alias(self, key: aws.kms.Key) -> aws.kms.Alias:
        name, alias = f"{self._name}-alias", self._alias
        # An alias that is an Output is not known before anything runs, so it is not looked for.
        key_of_it = f"alias/{alias}" if isinstance(alias, str) else None
        return aws.kms.Alias(
            name,
            name=pulumi.Output.concat("alias/", self._alias),
            target_key_id=key.key_id,
            opts=self._recovery.adopt(
                ALIAS, name, pulumi.ResourceOptions(parent=self), key=key_of_it
            ),
        )


def _connected_id(known: Sequence[str]) -> str:
    """The id of a store that is connected; without a connection, the run fails with the reason."""
    key_store_id, failure = known
    # A preview may show the failure of the run before; the update connects the store again.
    if failure and not pulumi.runtime.is_dry_run():
        raise pulumi.RunError(failure)
    return key_store_id
