"""What a KMS custom key store and its key are made of."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pulumi

from ..validation import InputError, check_plain, check_policy, check_secret

MAX_POLICY_LENGTH = 32_768
"""Characters of a key policy. Source: KMS developer guide, quotas."""

MIN_DELETION_DAYS, MAX_DELETION_DAYS = 7, 30
"""Days until KMS deletes a key. Source: ScheduleKeyDeletion in the KMS API reference."""


@dataclass(frozen=True, kw_only=True)
class KeyStoreArgs:
    """A custom key store on the cluster, and a key in it."""

    name: pulumi.Input[str] | None = None
    """Name of the store, 1 to 256 characters, unique in account and Region; the cluster's name when
    left out. Can be changed. If it is an Output, a key of an interrupted run is not looked for.
    Source: CreateCustomKeyStore in the KMS API reference."""
    key_alias: pulumi.Input[str] | None = None
    """Alias of the key without `alias/`, 1 to 250 letters, digits and any of / _ -; the store's
    name when left out. Can be changed. Source: CreateAlias in the KMS API reference."""
    key_policy: pulumi.Input[str] | None = None
    """Key policy as JSON; KMS's default, which lets the account's IAM decide, when left out. Can be
    changed."""
    key_deletion_days: int = 30
    """Days between the key's destroy and its deletion, 7 to 30. Can be changed. Source:
    ScheduleKeyDeletion in the KMS API reference."""
    abandon_pending_keys: bool = False
    """Let a destroy go on although keys pending deletion keep the store at AWS. A destroy knows the
    value of the last `up`. Can be changed."""
    kms_user_secret: pulumi.Input[str] | None = None
    """Name or ARN of a secret of yours with the password of the crypto user `kmsuser`; the client's
    when left out. It is read when the store is created. Can be changed."""
    allow_keys_unavailable: bool = False
    """Accept fewer than 2 HSMs: KMS makes no key then, and with none every key is unusable. Can be
    changed."""

    def check(self) -> None:
        """Refuses what KMS would refuse later.

        Raises:
            InputError: names the input, the value and the fix.
        """
        check_plain(self)
        if isinstance(self.name, str) and not 1 <= len(self.name) <= 256:
            raise InputError("name", self.name, "give 1 to 256 characters")
        if isinstance(self.key_alias, str):
            check_alias("key_alias", self.key_alias)
        elif self.key_alias is None and isinstance(self.name, str):
            check_alias("name", self.name)
        check_secret("kms_user_secret", self.kms_user_secret)
        check_policy("key_policy", self.key_policy, MAX_POLICY_LENGTH)
        if not MIN_DELETION_DAYS <= self.key_deletion_days <= MAX_DELETION_DAYS:
            raise InputError("key_deletion_days", self.key_deletion_days, "give 7 to 30")


def check_alias(field: str, value: str) -> None:
    """Refuses what KMS takes as no alias of a customer's key.

    Raises:
        InputError: names the input, the value and the fix.
    """
    if not re.fullmatch(r"[a-zA-Z0-9/_-]{1,250}", value) or value.startswith("aws/"):
        raise InputError(
            field,
            value,
            "as the key's alias it has letters, digits and any of / _ - (without alias/, and not "
            "beginning aws/); give key_alias to name the key otherwise"
            if field == "name"
            else "give letters, digits and any of / _ - (without alias/, and not beginning aws/)",
        )
