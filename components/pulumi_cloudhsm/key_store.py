"""A KMS custom key store on the cluster, and a key in it that only the HSMs hold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from . import checks
from .aws.ownership import TAG
from .aws.session import AwsAccess
from .key_adoption import NOT_READ_BACK, key_left_behind
from .providers.custom_key_store import CustomKeyStore
from .stack_state import owner_of


@dataclass(frozen=True)
class KeyStoreArgs:
    """What a KeyStore is made of."""

    region: str
    """Region of the cluster."""
    cluster_id: pulumi.Input[str]
    """An ACTIVE cluster with two ACTIVE HSMs in two zones by the time that `after` is done."""
    ca_certificate_pem: pulumi.Input[str]
    """The cluster's trust anchor, the content of `customerCA.crt`."""
    kms_user_secret: pulumi.Input[str]
    """Name or ARN of the secret that holds the password of the crypto user `kmsuser`."""
    key_store_name: str
    """Name of the store, 1 to 256 characters."""
    key_alias: str = ""
    """Alias of the key without `alias/`; the store's name when left out."""
    key_policy: pulumi.Input[str] | None = None
    """Key policy as JSON; KMS's default, which lets the account's IAM decide, when left out."""
    key_deletion_days: int = 30
    """Days between the key's destroy and its deletion, 7 to 30."""
    abandon_pending_keys: bool = False
    """Let `destroy` go on although keys pending deletion keep the store at AWS."""
    profile: str | None = None
    """Profile of the shared AWS configuration, to look for a key of an interrupted run."""
    after: Sequence[pulumi.Resource] = ()
    """What has to be done first: all HSMs ACTIVE."""
    key_store_usual_seconds: float = 1200
    """How long a connection usually takes; up to 20 minutes (KMS developer guide)."""
    key_store_deadline_seconds: float = 3600
    """When to give up on a connection; a later `up` goes on."""
    protect: bool = True
    """Refuse to destroy store and key."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    """Tags of the key."""

    @property
    def alias(self) -> str:
        """The alias without `alias/`."""
        return self.key_alias or self.key_store_name

    def check(self) -> None:
        """Refuses what KMS would refuse later.

        Raises:
            InputError: names the input, the value and the fix.
        """
        if not 1 <= len(self.key_store_name) <= 256:
            raise checks.InputError("key_store_name", self.key_store_name, "1 to 256 characters")
        if not re.fullmatch(r"[a-zA-Z0-9/_-]{1,250}", self.alias) or self.alias.startswith("aws/"):
            raise checks.InputError(
                "key_alias",
                self.alias,
                "give letters, digits and any of / _ - (without alias/, and not beginning aws/)",
            )
        if self.kms_user_secret == "":
            raise checks.InputError(
                "kms_user_secret",
                "",
                "give the name or ARN of the Secrets Manager secret with kmsuser's password",
            )
        if not 7 <= self.key_deletion_days <= 30:
            raise checks.InputError("key_deletion_days", self.key_deletion_days, "give 7 to 30")
        checks.wait("key_store", self.key_store_usual_seconds, self.key_store_deadline_seconds)


class KeyStore(pulumi.ComponentResource):
    """A connected custom key store and a symmetric key in it."""

    key_store_id: pulumi.Output[str]
    """`cks-…`."""
    connection_state: pulumi.Output[str]
    """CONNECTED, or what a refresh found."""
    key_arn: pulumi.Output[str]
    """ARN of the key, for whatever encrypts with it."""
    key_id: pulumi.Output[str]
    """Id of the key."""
    alias: pulumi.Output[str]
    """`alias/…`."""
    resource: pulumi.Resource
    """The connected store: what needs it connected depends on this."""

    def __init__(
        self, name: str, args: KeyStoreArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args.check()
        own = pulumi.ResourceOptions(protect=args.protect)
        options = pulumi.ResourceOptions.merge(own, opts)
        super().__init__("cloudhsm:index:KeyStore", name, {}, options)
        self._name, self._args = name, args
        store = self._create_store()
        key = self._create_key(store)
        alias = self._create_alias(key)
        self.resource = store
        self.key_store_id, self.connection_state = store.key_store_id, store.connection_state
        self.key_arn, self.key_id, self.alias = key.arn, key.key_id, alias.name
        self.register_outputs({"key_store_id": self.key_store_id, "key_arn": self.key_arn})

    def _create_store(self) -> CustomKeyStore:
        args = self._args
        return CustomKeyStore(
            f"{self._name}-store",
            {
                "cluster_id": args.cluster_id,
                "region": args.region,
                "key_store_name": args.key_store_name,
                "trust_anchor": pulumi.Output.secret(args.ca_certificate_pem),
                "password_secret_id": args.kms_user_secret,
                "abandon_pending_keys": args.abandon_pending_keys,
                "usual_seconds": args.key_store_usual_seconds,
                "deadline_seconds": args.key_store_deadline_seconds,
            },
            pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )

    def _create_key(self, store: CustomKeyStore) -> aws.kms.Key:
        args, name = self._args, f"{self._name}-key"
        access = AwsAccess(args.region, args.profile)
        left = key_left_behind(self, name, access, args.key_store_name)
        return aws.kms.Key(
            name,
            description=f"Held by the HSMs behind the custom key store {args.key_store_name}",
            custom_key_store_id=store.key_store_id,
            deletion_window_in_days=args.key_deletion_days,
            policy=args.key_policy,
            tags={**args.tags, "Name": args.alias, TAG: owner_of(self._name)},
            opts=pulumi.ResourceOptions(
                parent=self, import_=left, ignore_changes=NOT_READ_BACK if left else None
            ),
        )

    def _create_alias(self, key: aws.kms.Key) -> aws.kms.Alias:
        return aws.kms.Alias(
            f"{self._name}-alias",
            name=f"alias/{self._args.alias}",
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
