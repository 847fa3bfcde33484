"""Finding a KMS key that an interrupted run left, so that no second one is made and billed.

A key that nobody knows of would also keep its key store from ever being deleted.
"""

from __future__ import annotations

import pulumi

from .aws.kms import Kms
from .aws.ownership import TAG
from .aws.session import AwsAccess
from .stack_state import left_behind

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
    kms = Kms(access)
    return left_behind(
        component, KEY, name, "KMS keys", lambda owner: _owned(kms, owner, key_store_name)
    )


def _owned(kms: Kms, owner: str, key_store_name: str | None) -> list[str]:
    if key_store_name is None:
        return [key.key_id for key in kms.keys_tagged(TAG, owner)]
    stores = [store.key_store_id for store in kms.key_stores() if store.name == key_store_name]
    return [key.key_id for store in stores for key in kms.keys_tagged(TAG, owner, store)]
