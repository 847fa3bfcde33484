"""The one config value that a provider reads by itself, because no input can bring it.

`pulumi destroy --run-program` keeps every resource's inputs of the last `up`, and gives the
providers the config of today. Pure: the host of the dynamic providers loads this.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

KEY_STORE = "cloudhsm:keyStore"
"""The section `key_store`; the engine hands it over as JSON."""
ABANDON_PENDING_KEYS = "abandonPendingKeys"
"""`key_store.abandon_pending_keys`, within that section."""


def abandons_pending_keys(get: Callable[[str], Any]) -> bool:
    """Whether the stack's config allows it today.

    Args:
        get: the config by full key, as `pulumi.dynamic.ConfigureRequest.config.get`.
    """
    try:
        found: Any = json.loads(get(KEY_STORE) or "{}")
    except (TypeError, ValueError):
        return False
    if not isinstance(found, dict):
        return False
    return cast("dict[str, Any]", found).get(ABANDON_PENDING_KEYS) in (True, "true")
