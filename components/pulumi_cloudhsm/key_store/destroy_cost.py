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
    """What a destroy does with key and HSMs, in words: at most 150 characters, as the CLI shows.

    Args:
        args: of the key store.
        hsms: how many HSMs there are.
    """
    days = args.key_deletion_days
    if args.abandon_pending_keys:
        return (
            f"deletes the HSMs at once; the key is unusable and gone in {days} days, and its store "
            "stays until you delete it"
        )
    fewer = " or fewer days" if days > MIN_DELETION_DAYS else ""
    return input_names().text(
        f"waits {days} days for its key: {cost_of_days(hsms, days)}; else first `pulumi up` with "
        f"key_store.abandon_pending_keys True{fewer}"
    )
