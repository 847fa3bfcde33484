"""A KMS custom key store for its whole life: created, connected, watched, disconnected, deleted.

pulumi-aws' own resource neither connects nor disconnects, keeps the password in state and reports
no failed deletion; this one closes that gap. kmsuser's password is read from Secrets Manager at the
moment of use. KMS changes it at the first connection, so later differences are no drift.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.dynamic import ConfigureRequest, CreateResult, DiffResult, ReadResult, UpdateResult

from ..aws.kms import KeyStore, Kms
from ..aws.secretsmanager import secret_value
from ..aws.session import AwsAccess
from ..config.at_destroy import abandons_pending_keys
from ..dynamic_provider import (
    AwsInputs,
    CloudHsmProvider,
    DynamicResource,
    Props,
    ResourceOutputs,
    differs,
    log_line,
    state,
)
from ..errors import AwsError, CloudHsmError, StateError, one_line
from ..once import call_once
from ..waiter import Goal, Observation, Timing
from .connection_errors import RETRYABLE_CONNECTION_ERRORS, connection_advice
from .preconditions import check_cluster, check_password

_SETTING = "waits.key_store.deadline_seconds"
_TRIES = 3


@dataclass(frozen=True, kw_only=True)
class CustomKeyStoreInputs(AwsInputs):
    """What a CustomKeyStore is made of."""

    cluster_id: str
    """An ACTIVE cluster; another one is another store."""
    key_store_name: str
    """Name of the store."""
    ca_certificate: str
    """The cluster's trust anchor, PEM. Not confidential; marked secret to keep diffs short."""
    password_secret_id: str
    """Name or ARN of the secret with kmsuser's password, read when the store is created."""
    abandon_pending_keys: bool = False
    """Whether a destroy may leave the store at AWS with keys pending deletion."""


@dataclass(frozen=True, kw_only=True)
class CustomKeyStoreOutputs(ResourceOutputs):
    """What a CustomKeyStore tells."""

    key_store_id: str
    """`cks-…`."""
    connection_state: str
    """CONNECTED, NOT_CONNECTED, or what a refresh found."""
    failure: str
    """Why its first connection failed, in one line; "" if it did not."""


class CustomKeyStoreProvider(CloudHsmProvider):
    """Brings a key store to CONNECTED, from whatever it is found in."""

    abandon: bool = False

    def configure(self, req: ConfigureRequest) -> None:
        """Takes from the config, too, what a destroy may do.

        A destroy has the inputs of the last `up`; with `--run-program` it has today's config.
        """
        super().configure(req)
        self.abandon = abandons_pending_keys(req.config.get)

    def kms(self, access: AwsAccess) -> Kms:
        """KMS in an account and Region."""
        return Kms(access)

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Creates and connects a store, or adopts the one that is there.

        A creation that raises leaves nothing in the state, and a destroy would leave the store at
        AWS. So a connection that fails is an output: who uses the store fails with it.

        Raises:
            StateError: a precondition is not met; says what to do.
            CertificateError: the trust anchor is not the cluster's.
            AwsError: KMS refused the store.
        """
        inputs = CustomKeyStoreInputs.read(props)
        kms = self.kms(inputs.access)
        store = self._existing(kms, inputs)
        if store is None:
            key_store_id = self._create(kms, inputs)
        else:
            key_store_id = store.key_store_id
            log_line(f"{key_store_id} is there already ({store.state}): adopted")
        failure = ""
        try:
            self._connected(kms, key_store_id, inputs.timing)
        except CloudHsmError as error:
            failure = str(error)
        return CreateResult(id_=key_store_id, outs=_outs(inputs, key_store_id, failure))

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
        inputs = CustomKeyStoreInputs.read(news)
        kms = self.kms(inputs.access)
        if olds["key_store_name"] != inputs.key_store_name:
            kms.rename(id_, inputs.key_store_name)
        self._connected(kms, id_, inputs.timing)
        return UpdateResult(outs=_outs(inputs, id_))

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports the connection state."""
        store = self.kms(CustomKeyStoreInputs.read(props).access).key_store(id_)
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
        inputs = CustomKeyStoreInputs.read(props)
        kms = self.kms(inputs.access)
        store = kms.key_store(id_)
        if store is None:
            return
        keys = kms.keys_in(id_)
        if any(key.deleted_on is None for key in keys):
            names = ", ".join(key.key_id for key in keys if key.deleted_on is None)
            raise StateError(
                f"{id_} holds keys that are not scheduled for deletion: {names}; delete them "
                "(aws kms schedule-key-deletion), then run `pulumi destroy` again"
            )
        dates = [key.deleted_on for key in keys if key.deleted_on]
        last = max(dates).date().isoformat() if dates else ""
        if keys and not (self.abandon or inputs.abandon_pending_keys):
            raise StateError(
                f"{id_} holds keys pending deletion until {last}, and KMS deletes no store before: "
                "run `pulumi destroy` again then (the HSMs are charged for until then), or now set "
                "key_store.abandon_pending_keys to True and run `pulumi destroy --run-program`: "
                "the HSMs go, what the keys encrypted is lost but for the cluster's backups, and "
                "the store stays at AWS until it is deleted by hand"
            )
        self._disconnected(kms, id_, inputs.timing)
        if keys:
            log_line(
                f"{id_} stays at AWS, disconnected and free of charge, until its keys are deleted "
                f"on {last}; then run: aws kms delete-custom-key-store --custom-key-store-id {id_}"
            )
            return
        kms.delete(id_)

    def _existing(self, kms: Kms, inputs: CustomKeyStoreInputs) -> KeyStore | None:
        cluster_id, name = inputs.cluster_id, inputs.key_store_name
        for store in kms.key_stores():
            same_name, same_cluster = store.name == name, store.cluster_id == cluster_id
            if same_name and same_cluster:
                return store
            if same_name:
                raise StateError(
                    f"the key store name {name!r} belongs to {store.key_store_id} on "
                    f"{store.cluster_id}: give another key_store.name"
                )
            if same_cluster:
                raise StateError(
                    f"{cluster_id} has a key store already, {store.key_store_id} named "
                    f"{store.name!r}: set key_store.name to that to adopt it, or delete it"
                )
        return None

    def _create(self, kms: Kms, inputs: CustomKeyStoreInputs) -> str:
        check_cluster(
            self.cloudhsm(inputs.access), inputs.access, inputs.cluster_id, inputs.ca_certificate
        )
        password = secret_value(inputs.access, inputs.password_secret_id)
        check_password(inputs.password_secret_id, password)
        name, cluster_id = inputs.key_store_name, inputs.cluster_id

        def find() -> str | None:
            store = self._existing(kms, inputs)
            return store.key_store_id if store else None

        try:
            return call_once(
                self.waiter(),
                f"key store {name}",
                lambda: kms.create(name, cluster_id, inputs.ca_certificate, password),
                find,
                inputs.timing,
                _SETTING,
            )
        except AwsError:
            # A concurrent run, or an interrupted one that goes on, may have been faster.
            if found := find():
                return found
            raise

    def _connected(self, kms: Kms, key_store_id: str, timing: Timing) -> None:
        for attempt in range(1, _TRIES + 1):
            code = self._connect(kms, key_store_id, timing)
            if code is None:
                return
            line = f"{key_store_id} could not be connected ({code}): {connection_advice(code)}"
            if code not in RETRYABLE_CONNECTION_ERRORS or attempt == _TRIES:
                raise StateError(line)
            log_line(f"{line}; trying again ({attempt + 1} of {_TRIES})")

    def _connect(self, kms: Kms, key_store_id: str, timing: Timing) -> str | None:
        """One try; returns the ConnectionErrorCode if it fails."""
        state = _seen(kms, key_store_id).state
        if state == "CONNECTED":
            return None
        if state in ("FAILED", "DISCONNECTING"):
            # From FAILED, only a disconnect leads on.
            self._disconnected(kms, key_store_id, timing)
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

        seen = self.waiter().wait(goal, timing, look).observation
        return seen.value if seen.state == "FAILED" else None

    def _disconnected(self, kms: Kms, key_store_id: str, timing: Timing) -> None:
        if _seen(kms, key_store_id).state == "DISCONNECTED":
            return
        kms.disconnect(key_store_id)
        goal = Goal(f"key store {key_store_id}", "DISCONNECTED", ("DISCONNECTED",), (), _SETTING)
        quicker = Timing(timing.expected_seconds / 10, timing.deadline_seconds)
        self.waiter().wait(goal, quicker, lambda: Observation(_seen(kms, key_store_id).state, None))


def _seen(kms: Kms, key_store_id: str) -> KeyStore:
    store = kms.key_store(key_store_id)
    if store is None:
        raise StateError(f"{key_store_id} is gone: run `pulumi up --refresh`")
    return store


def _outs(inputs: CustomKeyStoreInputs, key_store_id: str, failure: str = "") -> dict[str, Any]:
    outputs = CustomKeyStoreOutputs(
        key_store_id=key_store_id,
        connection_state="NOT_CONNECTED" if failure else "CONNECTED",
        failure=failure,
    )
    return state(inputs, outputs)


class CustomKeyStore(DynamicResource, module="cloudhsm", name="CustomKeyStore"):
    """A connected KMS custom key store."""

    key_store_id: pulumi.Output[str]
    """`cks-…`."""
    connection_state: pulumi.Output[str]
    """CONNECTED, NOT_CONNECTED, or what a refresh found."""
    failure: pulumi.Output[str]
    """Why its first connection failed, in one line; "" if it did not."""

    def __init__(
        self, name: str, inputs: CustomKeyStoreInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(CustomKeyStoreProvider(), name, inputs, CustomKeyStoreOutputs, opts)
