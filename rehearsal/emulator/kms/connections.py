"""Connecting custom key stores to their clusters, and what can go wrong then."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from rehearsal.emulator.cloudhsmv2 import users
from rehearsal.emulator.cloudhsmv2.service import CloudHsm
from rehearsal.emulator.core import network
from rehearsal.emulator.core.call_log import CallLog
from rehearsal.emulator.core.durations import Durations
from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.kms.records import KeyStore


class Connections:
    """Connects and disconnects stores, once the caller has checked what KMS would refuse.

    Args:
        hsms: the clusters, their clock and their faults.
        log: takes the transitions.
        durations: how long KMS takes.
    """

    def __init__(self, hsms: CloudHsm, log: CallLog, durations: Durations) -> None:
        self._hsms, self._log, self._durations = hsms, log, durations

    def connect(self, store: KeyStore) -> None:
        """ConnectCustomKeyStore was accepted."""
        self._move(store, "CONNECTING", self._hsms.timeline.now())

        def done(at: float) -> None:
            if store.state == "CONNECTING":
                self._connected(store, at)

        self._after(self._durations.connect_key_store, done)

    def disconnect(self, store: KeyStore) -> None:
        """DisconnectCustomKeyStore was accepted."""
        self._move(store, "DISCONNECTING", self._hsms.timeline.now())

        def done(at: float) -> None:
            if store.group_id:
                network.delete_kms_interfaces(store.place, store.group_id, store.interfaces)
            store.group_id, store.interfaces = None, ()
            for cluster in self._hsms.clusters(store.place):
                if cluster.cluster_id == store.cluster_id and users.KMSUSER in cluster.users:
                    cluster.users[users.KMSUSER].logged_in = False
            self._move(store, "DISCONNECTED", at)

        self._after(self._durations.disconnect_key_store, done)

    def _connected(self, store: KeyStore, at: float) -> None:
        dropped = self._hsms.faults.take("key_store_drops")
        if dropped:
            self._move(store, "DISCONNECTED", at)
            return
        fault = self._hsms.faults.take("key_store_connection")
        code = str(fault.parameters["code"]) if fault else self._trouble(store)
        if code:
            self._move(store, "FAILED", at, code)
            return
        cluster = self._hsms.cluster(store.cluster_id)
        user = cluster.users.get(users.KMSUSER)
        if user is None:  # excluded by what _trouble finds; said for the types
            return
        # KMS changes the password at the first connection; only KMS knows it from then on.
        store.password = user.password = secrets.token_hex(16)
        user.logged_in = True
        store.group_id, store.interfaces = network.create_kms_interfaces(
            store.place,
            store.key_store_id,
            cluster.vpc_id,
            list(cluster.subnet_mapping.values()),
        )
        self._move(store, "CONNECTED", at)

    def _trouble(self, store: KeyStore) -> str | None:
        """The ConnectionErrorCode that the cluster's condition gives, if any."""
        try:
            cluster = self._hsms.cluster(store.cluster_id, store.place)
        except ServiceError:
            return "CLUSTER_NOT_FOUND"
        active = [hsm for hsm in cluster.hsms if hsm.state == "ACTIVE"]
        if not active:
            return "INSUFFICIENT_CLOUDHSM_HSMS"
        user = cluster.users.get(users.KMSUSER)
        if user is None or any(hsm.hsm_id in user.missing_on for hsm in active):
            return "USER_NOT_FOUND"
        if user.locked or user.shown.get("locked") not in (None, "false"):
            return "USER_LOCKED_OUT"
        if user.logged_in:
            return "USER_LOGGED_IN"
        if user.password != store.password:
            return "INVALID_CREDENTIALS"
        return None

    def _after(self, seconds: float, done: Callable[[float], None]) -> None:
        timeline = self._hsms.timeline
        timeline.after(seconds, done, since=timeline.now())

    def _move(self, store: KeyStore, state: str, at: float, code: str | None = None) -> None:
        parameters = {"CustomKeyStoreId": store.key_store_id, "From": store.state, "To": state}
        store.state, store.error_code = state, code
        self._log.add_transition("kms", store.place, parameters, at)
