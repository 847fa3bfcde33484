"""Names that KMS gives only once in an account and Region: told before an HSM is paid for."""

from __future__ import annotations

from collections.abc import Callable

from ..aws.found import ID_TAG
from ..recovery.kinds import ALIAS
from ..recovery.orphans import Recovery
from ..validation import InputError

DEFAULT_QUOTA = 10
"""Custom key stores per account and Region. Source: KMS developer guide, resource quotas."""


def refuse_taken_store(
    recovery: Recovery, name: str, cluster_id: str | None, warn: Callable[[str], None]
) -> None:
    """Refuses the name of another cluster's key store; one call, DescribeCustomKeyStores.

    Args:
        recovery: whose store it is going to be.
        name: of a store that the state lacks.
        cluster_id: the cluster, where it is known; else those that carry the deployment's id.
        warn: takes a line.

    Raises:
        InputError: names the store that has the name, and the fix.
        RunError: AWS cannot be asked, in an update.
    """
    survey = recovery.survey()
    stores = recovery.look("key stores", survey.key_stores)
    if stores is None:
        return
    taken = next((one for one in stores if one.name == name), None)
    if taken is not None and taken.cluster_id not in {cluster_id, *_own_clusters(recovery)}:
        raise InputError(
            "key_store.name",
            name,
            f"{taken.key_store_id} on {taken.cluster_id} has this name; give another one in "
            "key_store.name, or delete that store",
        )
    if taken is None and len(stores) >= DEFAULT_QUOTA:
        warn(
            f"there are {len(stores)} custom key stores, and an account has {DEFAULT_QUOTA} per "
            "Region: KMS refuses another one"
        )


def refuse_taken_alias(recovery: Recovery, name: str, alias: str) -> None:
    """Refuses the alias of another key; one call, ListAliases.

    Args:
        recovery: whose alias it is going to be.
        name: logical name of the alias.
        alias: of a key, without `alias/`.

    Raises:
        InputError: names the key that has the alias, and the fix.
        RunError: AWS cannot be asked, in an update.
    """
    survey = recovery.survey()
    listed = recovery.look("aliases", survey.aliases) or []
    target = next((key for given, key in listed if given == f"alias/{alias}"), None)
    if target is None or (recovery.lacks(ALIAS, name) and target in _own_keys(recovery)):
        return
    raise InputError(
        "key_store.key_alias",
        alias,
        f"alias/{alias} is another key's ({target}); give another one in key_store.key_alias, or "
        f"delete it (aws kms delete-alias --alias-name alias/{alias})",
    )


def _own_clusters(recovery: Recovery) -> set[str]:
    known = recovery.deployment.known_id
    clusters = recovery.look("clusters", recovery.survey().clusters) or [] if known else []
    return {one.cluster_id for one in clusters if one.tags.get(ID_TAG) == known}


def _own_keys(recovery: Recovery) -> set[str]:
    found = recovery.look("KMS keys", recovery.survey().kms_keys) or []
    return {one.identifier for one in found}
