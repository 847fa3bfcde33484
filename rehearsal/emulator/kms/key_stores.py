"""KMS custom key stores on a CloudHSM cluster, and the keys in them, in front of moto's KMS.

moto keeps the keys; a store's life, its preconditions and what a disconnected store does to its
keys are here. Sources: facts of the KMS developer guide (2023) and botocore's model of KMS; texts
that are not public are ours.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from rehearsal.emulator.cloudhsmv2.records import Cluster
from rehearsal.emulator.cloudhsmv2.service import CloudHsm
from rehearsal.emulator.core import network, service_roles, validation
from rehearsal.emulator.core.call_log import CallLog
from rehearsal.emulator.core.durations import Durations
from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.core.place import Place
from rehearsal.emulator.core.request import AwsRequest
from rehearsal.emulator.kms import cluster_rules, keys
from rehearsal.emulator.kms.connections import Connections
from rehearsal.emulator.kms.records import KeyStore, not_found, shown, wrong_state

_STORES_PER_REGION = 10
_CRYPTOGRAPHIC = frozenset(
    {
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "ReEncrypt",
    }
)


class KeyStores:
    """Answers the KMS calls that are about custom key stores; the rest is moto's."""

    def __init__(self, hsms: CloudHsm, log: CallLog, durations: Durations) -> None:
        self._hsms = hsms
        self._connections = Connections(hsms, log, durations)
        self._stores: dict[str, KeyStore] = {}
        self._store_of_key: dict[str, str] = {}

    def clear(self) -> None:
        """Forget all stores."""
        self._stores.clear()
        self._store_of_key.clear()

    def remaining(self) -> list[str]:
        """Ids of the stores that exist."""
        return sorted(self._stores)

    def key_trouble(self, place: Place, key_id: str) -> str | None:
        """Why another service could not use a key now; None if it could."""
        key = keys.find(place, key_id)
        if key is None:
            return "does not exist"
        store = self._stores.get(self._store_of_key.get(key.id, ""))
        if key.key_state != "Enabled":
            return f"is {key.key_state}"
        if key.id in self._store_of_key and (store is None or store.state != "CONNECTED"):
            return "is Unavailable: its custom key store is not connected"
        if store and not self._has_hsms(store):
            return "is not accessible: its CloudHSM cluster does not contain any HSMs"
        return None

    def answer(self, asked: AwsRequest) -> dict[str, Any] | None:
        """The answer to a call, None if it is moto's.

        Raises:
            ServiceError: KMS would refuse it.
        """
        handlers: dict[str, Callable[[Place, dict[str, Any]], dict[str, Any] | None]] = {
            "CreateCustomKeyStore": self._create,
            "DescribeCustomKeyStores": self._describe,
            "UpdateCustomKeyStore": self._update,
            "ConnectCustomKeyStore": self._connect,
            "DisconnectCustomKeyStore": self._disconnect,
            "DeleteCustomKeyStore": self._delete,
            "CreateKey": self._create_key,
            "DescribeKey": self._describe_key,
            **dict.fromkeys(_CRYPTOGRAPHIC, self._use_keys),
        }
        handler = handlers.get(asked.operation)
        if handler is None:
            return None
        if asked.operation.endswith(("CustomKeyStore", "CustomKeyStores")):
            validation.check_kms_request(asked.operation, asked.parameters)
        with self._hsms.lock:
            self._hsms.timeline.advance()
            return handler(asked.place, asked.parameters)

    # The stores.

    def _create(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        kind = given.get("CustomKeyStoreType", "AWS_CLOUDHSM")
        needed = ("CloudHsmClusterId", "KeyStorePassword", "TrustAnchorCertificate")
        if kind != "AWS_CLOUDHSM" or not all(given.get(name) for name in needed):
            raise ServiceError("ValidationException", f"{', '.join(needed)} are required.")
        service_roles.refuse_without(self._hsms.faults, "kms", place)
        name, cluster_id = given["CustomKeyStoreName"], given["CloudHsmClusterId"]
        for store in self._in(place):
            identical = (store.name, store.cluster_id, store.trust_anchor) == (
                name,
                cluster_id,
                given["TrustAnchorCertificate"],
            )
            if identical and store.state == "DISCONNECTED":
                # KMS reference: identical values give the id of the disconnected store.
                return {"CustomKeyStoreId": store.key_store_id}
            if store.cluster_id == cluster_id:
                raise ServiceError(
                    "CloudHsmClusterInUseException", f"{cluster_id} is associated with a key store."
                )
            if store.name == name:
                raise ServiceError(
                    "CustomKeyStoreNameInUseException", f"The name {name} is already in use."
                )
        if len(self._in(place)) >= _STORES_PER_REGION:
            raise ServiceError("LimitExceededException", "10 custom key stores per Region.")
        cluster = self._active_cluster(place, cluster_id)
        if any(store.history == cluster.history for store in self._in(place)):
            # KMS reference: nor may it share a backup history with an associated cluster. Whether
            # a store in another place counts is not public; it does not here.
            raise ServiceError(
                "CloudHsmClusterInUseException",
                f"{cluster_id} shares a backup history with a cluster that has a key store.",
            )
        cluster_rules.check_hsms(cluster)
        # KMS speaks no IPv6 to HSMs (KMS developer guide, "Create a CloudHSM key store"); that it
        # refuses a DUALSTACK cluster, which has IPv4 too, nothing public says: it does not here.
        if not network.open_to_itself(place, cluster.security_group):
            raise ServiceError(
                "CloudHsmClusterInvalidConfigurationException",
                "The cluster's security group must allow TCP 2223-2225 from itself.",
            )
        if not cluster_rules.is_trust_anchor(cluster, given["TrustAnchorCertificate"]):
            raise ServiceError(
                "IncorrectTrustAnchorException",
                "The trust anchor certificate is not the one that initialized the cluster.",
            )
        store = KeyStore(
            "cks-" + secrets.token_hex(9)[:17],
            name,
            place,
            cluster_id,
            given["TrustAnchorCertificate"],
            given["KeyStorePassword"],
            self._hsms.timeline.now(),
            cluster.history,
        )
        self._stores[store.key_store_id] = store
        return {"CustomKeyStoreId": store.key_store_id}

    def _describe(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        found = self._in(place)
        if given.get("CustomKeyStoreId"):
            found = [self._store(place, given)]
        if given.get("CustomKeyStoreName"):
            found = [store for store in found if store.name == given["CustomKeyStoreName"]]
            if not found:
                raise not_found(given["CustomKeyStoreName"])
        return {"CustomKeyStores": [shown(store) for store in found], "Truncated": False}

    def _update(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        store = self._store(place, given)
        only_renamed = not (given.get("KeyStorePassword") or given.get("CloudHsmClusterId"))
        if store.state != "DISCONNECTED" and not only_renamed:
            raise wrong_state(store)
        if given.get("CloudHsmClusterId"):
            cluster = self._cluster(place, given["CloudHsmClusterId"])
            if cluster.history != store.history:
                raise ServiceError(
                    "CloudHsmClusterNotRelatedException",
                    f"{cluster.cluster_id} shares no backup history with {store.cluster_id}.",
                )
            cluster_rules.check_hsms(self._active_cluster(place, cluster.cluster_id))
            store.cluster_id = cluster.cluster_id
        store.name = given.get("NewCustomKeyStoreName", store.name)
        store.password = given.get("KeyStorePassword", store.password)
        return {}

    def _connect(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        store = self._store(place, given)
        if store.state in ("CONNECTED", "CONNECTING"):
            return {}
        if store.state != "DISCONNECTED":
            raise wrong_state(store)
        self._active_cluster(place, store.cluster_id)
        self._connections.connect(store)
        return {}

    def _disconnect(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        store = self._store(place, given)
        if store.state not in ("DISCONNECTED", "DISCONNECTING"):
            self._connections.disconnect(store)
        return {}

    def _delete(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        store = self._store(place, given)
        if store.state != "DISCONNECTED":
            raise wrong_state(store)
        if any(
            owner == store.key_store_id and keys.find(place, key_id) is not None
            for key_id, owner in self._store_of_key.items()
        ):
            # Keys that are pending deletion count, too (KMS reference).
            raise ServiceError(
                "CustomKeyStoreHasCMKsException",
                f"The custom key store {store.key_store_id} contains KMS keys.",
            )
        del self._stores[store.key_store_id]
        return {}

    # The keys.

    def _create_key(self, place: Place, given: dict[str, Any]) -> dict[str, Any] | None:
        if not given.get("CustomKeyStoreId"):
            return None
        store = self._store(place, given)
        if store.state != "CONNECTED":
            raise wrong_state(store)
        cluster_rules.check_hsms(self._active_cluster(place, store.cluster_id))
        spec, usage = given.get("KeySpec"), given.get("KeyUsage")
        if spec not in (None, "SYMMETRIC_DEFAULT") or usage not in (None, "ENCRYPT_DECRYPT"):
            raise ServiceError("UnsupportedOperationException", "Only symmetric encryption keys.")
        if given.get("Origin") != "AWS_CLOUDHSM" or given.get("MultiRegion"):
            raise ServiceError("ValidationException", "Origin must be AWS_CLOUDHSM.")
        key = keys.make(place, given)
        self._store_of_key[key.id] = store.key_store_id
        self._hsms.cluster(store.cluster_id).keys[key.id] = key.key_material
        return self._described(key)

    def _describe_key(self, place: Place, given: dict[str, Any]) -> dict[str, Any] | None:
        key = keys.find(place, str(given.get("KeyId")))
        return self._described(key) if key and key.id in self._store_of_key else None

    def _use_keys(self, place: Place, given: dict[str, Any]) -> None:
        for key in keys.used(place, given):
            if store := self._stores.get(self._store_of_key.get(key.id, "")):
                self._use_key(store, key)

    def _use_key(self, store: KeyStore, key: Any) -> None:  # noqa: ANN401 - moto's
        if store.state != "CONNECTED":
            raise ServiceError("KMSInvalidStateException", f"{key.arn} is unavailable.")
        if not self._has_hsms(store):
            # Begins as a recorded answer does. The store stays CONNECTED, the key Enabled.
            raise ServiceError(
                "KMSInvalidStateException",
                "This KMS key is in an AWS CloudHSM cluster that does not contain any HSMs.",
            )
        # What the HSMs hold is what moto encrypts with.
        key.key_material = cluster_rules.material(self._hsms.cluster(store.cluster_id), key)

    def _described(self, key: Any) -> dict[str, Any]:  # noqa: ANN401 - moto's
        store = self._stores.get(self._store_of_key[key.id])
        metadata = {k: v for k, v in key.to_dict()["KeyMetadata"].items() if v is not None}
        metadata.pop("SigningAlgorithms", None)
        metadata["Origin"] = "AWS_CLOUDHSM"
        if store:
            metadata["CustomKeyStoreId"] = store.key_store_id
            metadata["CloudHsmClusterId"] = store.cluster_id
        if metadata["KeyState"] == "Enabled" and (store is None or store.state != "CONNECTED"):
            metadata["KeyState"] = "Unavailable"
        return {"KeyMetadata": metadata}

    # Inside.

    def _in(self, place: Place) -> list[KeyStore]:
        return [store for store in self._stores.values() if store.place == place]

    def _store(self, place: Place, given: dict[str, Any]) -> KeyStore:
        store = self._stores.get(given["CustomKeyStoreId"])
        if store is None or store.place != place:
            raise not_found(given["CustomKeyStoreId"])
        return store

    def _cluster(self, place: Place, cluster_id: str) -> Cluster:
        try:
            return self._hsms.cluster(cluster_id, place)
        except ServiceError:
            raise ServiceError(
                "CloudHsmClusterNotFoundException", f"{cluster_id} was not found."
            ) from None

    def _active_cluster(self, place: Place, cluster_id: str) -> Cluster:
        cluster = self._cluster(place, cluster_id)
        if cluster.state != "ACTIVE":
            raise ServiceError("CloudHsmClusterNotActiveException", f"{cluster_id} is not ACTIVE.")
        return cluster

    def _has_hsms(self, store: KeyStore) -> bool:
        try:
            cluster = self._hsms.cluster(store.cluster_id, store.place)
        except ServiceError:
            return False
        return bool(cluster_rules.active_zones(cluster))
