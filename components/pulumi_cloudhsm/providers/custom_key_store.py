"""A KMS custom key store for its whole life: created, connected, watched, disconnected, deleted.

pulumi-aws' own resource neither connects nor disconnects, keeps the password in state and reports
no failed deletion; this one closes that gap. kmsuser's password is read from Secrets Manager at the
moment of use. KMS changes it at the first connection, so later differences are no drift.
"""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import (
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    UpdateResult,
)

from ..aws import ec2
from ..aws.advice import RETRYABLE_CONNECTION_ERRORS, connection_advice
from ..aws.cloudhsmv2 import ACTIVE_OR_LATER, Cluster
from ..aws.kms import KeyStore, Kms
from ..aws.secretsmanager import secret_value
from ..errors import AwsError, StateError
from ..trust_anchor import check_original
from ..waiter import Goal, Observation, Pace
from .base import CloudHsmProvider, Props, differs, one_line, pace, say

_SETTING = "key_store_deadline_seconds (cloudhsm:keyStoreDeadlineSeconds)"
_HSM_PORTS = (2223, 2225)
_TRIES = 3


class CustomKeyStoreProvider(CloudHsmProvider):
    """Brings a key store to CONNECTED, from whatever it is found in."""

    abandon: bool = False

    def configure(self, req: ConfigureRequest) -> None:
        """Takes from the config, too, what a destroy may do.

        A destroy has the inputs of the last `up`; with `--run-program` it has today's config.
        """
        super().configure(req)
        self.abandon = req.config.get("cloudhsm:abandonPendingKeys") == "true"

    def kms(self, props: Props) -> Kms:
        """KMS in the region that the resource names."""
        return Kms(self.access(props))

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Creates and connects a store, or adopts the one that is there.

        Raises:
            StateError: a precondition is not met, or KMS cannot connect; says what to do.
            CertificateError: the trust anchor is not the cluster's.
            DeadlineError: it takes too long; a later `up` goes on.
            AwsError: KMS refused it.
        """
        kms = self.kms(props)
        store = self._existing(kms, props)
        if store is None:
            key_store_id = self._create(kms, props)
        else:
            key_store_id = store.key_store_id
            say(f"{key_store_id} is there already ({store.state}): adopted")
        self._connected(kms, key_store_id, props)
        return CreateResult(id_=key_store_id, outs=_outs(props, key_store_id, "CONNECTED"))

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Another cluster is another store; a store that lost its connection is connected again."""
        replaces = differs(olds, news, "cluster_id")
        changed = differs(olds, news, "key_store_name", "abandon_pending_keys")
        lost = olds.get("connection_state") != "CONNECTED"
        return DiffResult(
            changes=bool(replaces or changed or lost),
            replaces=replaces,
            delete_before_replace=True,
        )

    @one_line
    def update(self, id_: str, olds: Props, news: Props) -> UpdateResult:
        """Renames the store and connects it again, as far as needed."""
        kms = self.kms(news)
        if olds["key_store_name"] != news["key_store_name"]:
            kms.rename(id_, news["key_store_name"])
        self._connected(kms, id_, news)
        return UpdateResult(outs=_outs(news, id_, "CONNECTED"))

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports the connection state."""
        store = self.kms(props).key_store(id_)
        if store is None:
            return ReadResult("", {})
        code = f" ({store.error_code})" if store.error_code else ""
        return ReadResult(id_, {**props, "connection_state": f"{store.state}{code}"})

    @one_line
    def delete(self, id_: str, props: Props) -> None:
        """Disconnects, waits, deletes; says what still holds the store.

        Raises:
            StateError: keys are in it, and `abandon_pending_keys` is not set.
        """
        kms = self.kms(props)
        store = kms.key_store(id_)
        if store is None:
            return
        keys = kms.keys_in(id_)
        if any(key.deleted_on is None for key in keys):
            names = ", ".join(key.key_id for key in keys if key.deleted_on is None)
            raise StateError(
                f"{id_} holds keys that nobody has scheduled for deletion: {names}; delete them "
                "(aws kms schedule-key-deletion), then run `pulumi destroy` again"
            )
        dates = [key.deleted_on for key in keys if key.deleted_on]
        last = max(dates).date().isoformat() if dates else ""
        if keys and not (self.abandon or props.get("abandon_pending_keys")):
            raise StateError(
                f"{id_} holds keys pending deletion until {last}, and KMS deletes no store before: "
                "run `pulumi destroy` again then (the HSMs are charged for until then), or now "
                "`pulumi config set cloudhsm:abandonPendingKeys true` and `pulumi destroy "
                "--run-program`: the HSMs go, what the keys encrypted is lost but for the "
                "cluster's backups, and the store stays at AWS until it is deleted by hand"
            )
        self._disconnected(kms, id_, pace(props))
        if keys:
            say(
                f"{id_} stays at AWS, disconnected and free of charge, until its keys are deleted "
                f"on {last}; then run: aws kms delete-custom-key-store --custom-key-store-id {id_}"
            )
            return
        kms.delete(id_)

    def _existing(self, kms: Kms, props: Props) -> KeyStore | None:
        cluster_id, name = props["cluster_id"], props["key_store_name"]
        for store in kms.key_stores():
            same_name, same_cluster = store.name == name, store.cluster_id == cluster_id
            if same_name and same_cluster:
                return store
            if same_name:
                raise StateError(
                    f"the key store name {name!r} belongs to {store.key_store_id} on "
                    f"{store.cluster_id}: set another key_store_name (cloudhsm:keyStoreName)"
                )
            if same_cluster:
                raise StateError(
                    f"{cluster_id} has a key store already, {store.key_store_id} named "
                    f"{store.name!r}: set key_store_name (cloudhsm:keyStoreName) to that to adopt "
                    "it, or delete it"
                )
        return None

    def _create(self, kms: Kms, props: Props) -> str:
        self._check_cluster(props)
        password = secret_value(self.access(props), props["password_secret_id"])
        if not (7 <= len(password) <= 32 and password.isascii() and password.isalnum()):
            # Source: KMS developer guide; the value itself is never shown.
            raise StateError(
                f"the secret {props['password_secret_id']} is no password for kmsuser: KMS takes 7 "
                "to 32 letters and digits"
            )
        try:
            return kms.create(
                props["key_store_name"], props["cluster_id"], props["trust_anchor"], password
            )
        except AwsError:
            # A twin of an interrupted run may have been faster.
            store = self._existing(kms, props)
            if store is None:
                raise
            return store.key_store_id

    def _check_cluster(self, props: Props) -> None:
        """What KMS demands of a cluster (KMS developer guide, create a CloudHSM key store)."""
        access, cluster_id = self.access(props), props["cluster_id"]
        cluster = self.cloudhsm(props).cluster(cluster_id)
        if cluster is None or cluster.state not in ACTIVE_OR_LATER:
            state = cluster.state if cluster else "gone"
            raise StateError(f"{cluster_id} is {state}: a key store needs an ACTIVE cluster")
        if cluster.network_type == "DUALSTACK":
            # Source: KMS developer guide, create a CloudHSM key store.
            raise StateError(
                f"{cluster_id} is of network type DUALSTACK: KMS cannot use IPv6 to reach HSMs, so "
                "a key store needs a cluster of type IPV4 (cloudhsm:networkType)"
            )
        if cluster.cluster_certificate:
            check_original(cluster.cluster_certificate, props["trust_anchor"])
        zones = {hsm.zone for hsm in cluster.hsms if hsm.state == "ACTIVE"}
        if len(zones) < 2:
            where = ", ".join(sorted(zones)) or "no zone"
            raise StateError(
                f"{cluster_id} has ACTIVE HSMs in {where} only: KMS needs two in two zones; raise "
                "hsm_count (cloudhsm:hsmCount)"
            )
        self._check_network(cluster)
        for subnet in ec2.subnets(access, cluster.subnet_ids):
            if subnet.free_addresses < 1:
                raise StateError(
                    f"{subnet.subnet_id} of {cluster_id} has no free address: KMS needs one in "
                    "each of the cluster's subnets"
                )
        if not ec2.reaches_itself(access, cluster.security_group, *_HSM_PORTS):
            raise StateError(
                f"{cluster.security_group} of {cluster_id} has lost its rule for TCP 2223-2225 "
                "from itself: add it again, KMS cannot connect without"
            )

    def _check_network(self, cluster: Cluster) -> None:
        if not cluster.security_group or not cluster.subnet_ids:
            raise StateError(f"AWS shows no security group or subnets of {cluster.cluster_id}")

    def _connected(self, kms: Kms, key_store_id: str, props: Props) -> None:
        tempo = pace(props)
        for attempt in range(1, _TRIES + 1):
            code = self._connect(kms, key_store_id, tempo)
            if code is None:
                return
            line = f"{key_store_id} could not be connected ({code}): {connection_advice(code)}"
            if code not in RETRYABLE_CONNECTION_ERRORS or attempt == _TRIES:
                raise StateError(line)
            say(f"{line}; trying again ({attempt + 1} of {_TRIES})")

    def _connect(self, kms: Kms, key_store_id: str, tempo: Pace) -> str | None:
        """One try; returns the ConnectionErrorCode if it fails."""
        state = _seen(kms, key_store_id).state
        if state == "CONNECTED":
            return None
        if state in ("FAILED", "DISCONNECTING"):
            # From FAILED, only a disconnect leads on.
            self._disconnected(kms, key_store_id, tempo)
            state = "DISCONNECTED"
        if state == "DISCONNECTED":
            kms.connect(key_store_id)
        goal = Goal(f"key store {key_store_id}", "CONNECTED", ("CONNECTED", "FAILED"), (), _SETTING)

        def look() -> Observation[str]:
            store = _seen(kms, key_store_id)
            if store.state == "DISCONNECTED":
                raise StateError(
                    f"{key_store_id} fell back to DISCONNECTED without an error of KMS: check the "
                    "cluster's HSMs and its security group, then run `pulumi up` again"
                )
            return Observation(store.state, store.error_code or "no code")

        seen = self.waiter().wait(goal, tempo, look).observation
        return seen.value if seen.state == "FAILED" else None

    def _disconnected(self, kms: Kms, key_store_id: str, tempo: Pace) -> None:
        if _seen(kms, key_store_id).state == "DISCONNECTED":
            return
        kms.disconnect(key_store_id)
        goal = Goal(f"key store {key_store_id}", "DISCONNECTED", ("DISCONNECTED",), (), _SETTING)
        quicker = Pace(tempo.usual / 10, tempo.deadline)
        self.waiter().wait(goal, quicker, lambda: Observation(_seen(kms, key_store_id).state, None))


def _seen(kms: Kms, key_store_id: str) -> KeyStore:
    store = kms.key_store(key_store_id)
    if store is None:
        raise StateError(f"{key_store_id} is gone: run `pulumi up --refresh`")
    return store


def _outs(props: Props, key_store_id: str, state: str) -> dict[str, Any]:
    kept = {key: value for key, value in props.items() if key != "__provider"}
    return {**kept, "key_store_id": key_store_id, "connection_state": state}


class CustomKeyStore(Resource, module="cloudhsm", name="CustomKeyStore"):
    """A connected KMS custom key store."""

    key_store_id: pulumi.Output[str]
    """`cks-…`."""
    connection_state: pulumi.Output[str]
    """CONNECTED, or what a refresh found."""

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the store.

        Args:
            name: logical name.
            props: `cluster_id`, `region`, `key_store_name`, `trust_anchor` (PEM, secret only to
                keep it out of diffs), `password_secret_id`, `abandon_pending_keys`,
                `usual_seconds`, `deadline_seconds`.
            opts: Pulumi's options.
        """
        kept = dict.fromkeys(("key_store_id", "connection_state"))
        super().__init__(CustomKeyStoreProvider(), name, {**kept, **props}, opts)
