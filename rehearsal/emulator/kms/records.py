"""Custom key stores as KMS keeps and shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.core.place import Place


@dataclass
class KeyStore:
    """One custom key store."""

    key_store_id: str
    name: str
    place: Place
    cluster_id: str
    trust_anchor: str
    password: str
    created_at: float
    history: str
    """The backup history of its cluster."""
    state: str = "DISCONNECTED"
    error_code: str | None = None
    group_id: str | None = None
    interfaces: tuple[str, ...] = ()


def shown(store: KeyStore) -> dict[str, Any]:
    """A store as in answers."""
    members = {
        "CustomKeyStoreId": store.key_store_id,
        "CustomKeyStoreName": store.name,
        "CloudHsmClusterId": store.cluster_id,
        "TrustAnchorCertificate": store.trust_anchor,
        "ConnectionState": store.state,
        "CreationDate": store.created_at,
        "CustomKeyStoreType": "AWS_CLOUDHSM",
    }
    return {**members, "ConnectionErrorCode": store.error_code} if store.error_code else members


def not_found(what: str) -> ServiceError:
    """The refusal of an id or a name that no store has."""
    return ServiceError("CustomKeyStoreNotFoundException", f"{what} was not found.")


def wrong_state(store: KeyStore) -> ServiceError:
    """The refusal of what a store cannot do in its state."""
    return ServiceError(
        "CustomKeyStoreInvalidStateException", f"{store.key_store_id} is {store.state}."
    )
