"""Finding a KMS key that an interrupted run left, so that no second one is made and billed.

A key that nobody knows of would also keep its key store from ever being deleted.
"""

from __future__ import annotations

import pulumi

from .aws.kms import HeldKey, Kms
from .aws.ownership import TAG
from .aws.session import AwsAccess
from .errors import CloudHsmError
from .stack_state import StackState, owner_of

KEY = "aws:kms/key:Key"
NOT_READ_BACK = ["deletion_window_in_days"]
"""What KMS never tells, so that an import would see a difference; the next run sets it."""


def key_left_behind(
    component: pulumi.ComponentResource,
    name: str,
    access: AwsAccess,
    key_store_name: str | None = None,
) -> str | None:
    """The id of the component's key, where an earlier run made it and the state misses it.

    Args:
        component: the component that the key belongs to.
        name: the key's logical name.
        access: account and region of the key.
        key_store_name: the custom key store that holds it; None for a key of KMS's own.

    Raises:
        RunError: several keys could be meant.
    """

    def warn(line: str) -> None:
        pulumi.log.warn(line, component)

    kind, component_name = component.pulumi_resource_type, component.pulumi_resource_name
    if not StackState(warn).lost(KEY, name, kind, component_name):
        return None
    owner = owner_of(component_name)
    try:
        keys = _owned(Kms(access), owner, key_store_name)
    except CloudHsmError as error:
        warn(f"could not look for a key that an interrupted run may have left: {error}")
        return None
    if len(keys) > 1:
        names = ", ".join(key.key_id for key in keys)
        raise pulumi.RunError(
            f"{len(keys)} KMS keys carry the tag {TAG}={owner}: {names}; keep the one that is in "
            "use, and take the tag off the others (aws kms untag-resource)"
        )
    return keys[0].key_id if keys else None


def _owned(kms: Kms, owner: str, key_store_name: str | None) -> list[HeldKey]:
    if key_store_name is None:
        return kms.keys_tagged(TAG, owner)
    stores = [store for store in kms.key_stores() if store.name == key_store_name]
    return [key for store in stores for key in kms.keys_tagged(TAG, owner, store.key_store_id)]
