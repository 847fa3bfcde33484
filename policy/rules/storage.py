"""Rules about the KMS key in the HSMs, and the file systems under it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import tokens
from .model import (
    DISPOSABLE_STACKS,
    UNKNOWN,
    Level,
    Parameter,
    Parameters,
    Resource,
    Rule,
    Violation,
    is_disposable,
    of_type,
)

DAYS_OF_AWS = 30
"""What KMS takes where no window is given. Source: KMS API, ScheduleKeyDeletion."""


def _other_key(resources: Sequence[Resource], values: Parameters) -> Iterator[Violation]:
    keys = [one for one in of_type(resources, tokens.KMS_KEY) if _is_in_hsms(one)]
    good = {one.props.get("arn") for one in keys} | set(values["hsmBackedKeys"])
    for one in of_type(resources, *tokens.FILE_SYSTEMS):
        key = one.props.get("kmsKeyId")
        if key is UNKNOWN or key in good or one.comes_from("kmsKeyId", keys):
            continue
        told = (
            f"{one.name} is encrypted under {key or 'a key of AWS'}, which no HSM of this stack "
            "holds: give it the key of a key store before it is made. A key of a key store in "
            "another stack belongs in the parameter hsmBackedKeys"
        )
        yield one, told


HSM_BACKED_KEY = Rule(
    name="file-system-under-hsm-key",
    description="File systems are encrypted under a KMS key that only the HSMs hold.",
    level=Level.MANDATORY,
    check=_other_key,
    of_stack=True,
    parameters={
        "hsmBackedKeys": Parameter([], "ARNs of keys whose key stores are in other stacks.")
    },
)


def _is_in_hsms(key: Resource) -> bool:
    return key.props.get("customKeyStoreId") not in (None, "")


def _short_window(resources: Sequence[Resource], values: Parameters) -> Iterator[Violation]:
    for one in resources:
        days, wanted = one.props.get("deletionWindowInDays", DAYS_OF_AWS), values["minimumDays"]
        if _is_in_hsms(one) and isinstance(days, int | float) and days < wanted:
            told = (
                f"the key can be gone {days:g} days after its deletion is scheduled: set "
                f"cloudhsm:keyStore.keyDeletionDays to {wanted:g} or more. Until then it can be "
                "kept"
            )
            yield one, told


KEY_DELETION = Rule(
    name="key-deletion-window",
    description="A key in the HSMs is deleted only after a long wait.",
    level=Level.MANDATORY,
    check=_short_window,
    types=frozenset({tokens.KMS_KEY}),
    parameters={"minimumDays": Parameter(30, "The least number of days, 7 to 30.")},
)


def _few_backups(resources: Sequence[Resource], values: Parameters) -> Iterator[Violation]:
    for one in resources:
        if is_disposable(one, values):
            continue
        days, wanted = one.props.get("automaticBackupRetentionDays"), values["minimumDays"]
        if isinstance(days, int | float) and days < wanted:
            told = f"backups are kept for {days:g} days: set cloudhsm:fileSystem.backupDays to"
            yield one, f"{told} {wanted:g} or more"
        if one.props.get("skipFinalBackup") is True:
            told = "a destroy leaves no backup: set cloudhsm:fileSystem.finalBackups to true"
            yield one, told


FILE_SYSTEM_BACKUPS = Rule(
    name="file-system-backups",
    description="File systems are backed up, daily and before they are deleted.",
    level=Level.MANDATORY,
    check=_few_backups,
    types=frozenset({*tokens.FILE_SYSTEMS, tokens.VOLUME}),
    parameters={
        "minimumDays": Parameter(7, "The least number of days that backups are kept."),
        **DISPOSABLE_STACKS,
    },
)
