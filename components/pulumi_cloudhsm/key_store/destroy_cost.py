"""What a destroy costs that waits for the key: told while it can still be decided otherwise.

A destroy runs no program, and its preview asks no provider. With `--diff` it shows the stack's
outputs, and it has the inputs of the last `up`. So an output tells this, and an `up` takes the
decision. Pure.
"""

from __future__ import annotations

from ..hsms.cost import cost_of_days
from ..validation import input_names
from .args import MIN_DELETION_DAYS, KeyStoreArgs


def destroy_cost(args: KeyStoreArgs, hsms: int) -> str:
    """What a destroy does with key and HSMs, in words.

    Args:
        args: of the key store.
        hsms: how many HSMs there are.
    """
    days = args.key_deletion_days
    if args.abandon_pending_keys:
        line = (
            f"a destroy deletes the HSMs at once; the key is unusable and pending deletion for "
            f"{days} days, and its store stays at AWS until it is deleted by hand"
        )
        return input_names().text(line)
    sooner = (
        f"key_store.key_deletion_days {MIN_DELETION_DAYS} "
        f"({cost_of_days(hsms, MIN_DELETION_DAYS)}), or "
        if days > MIN_DELETION_DAYS
        else ""
    )
    line = (
        f"a destroy waits {days} days for the deletion of the key, since KMS deletes no key store "
        f"before: {cost_of_days(hsms, days)}; for less, set {sooner}"
        "key_store.abandon_pending_keys True (the HSMs go at once) and run `pulumi up` before the "
        "destroy"
    )
    return input_names().text(line)
