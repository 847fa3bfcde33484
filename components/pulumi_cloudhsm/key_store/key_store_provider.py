"""A KMS custom key store for its whole life: created, connected, watched, disconnected, deleted.

pulumi-aws' own resource neither connects nor disconnects, keeps the password in state and reports
no failed deletion; this one closes that gap. kmsuser's password is read from Secrets Manager at the
moment of use. KMS changes it at the first connection, so later differences are no drift. See
`kms_password` for when KMS is given the secret's again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.dynamic import ConfigureRequest, CreateResult, DiffResult, ReadResult, UpdateResult

from ..aws.kms import HeldKey, KeyStore, Kms
from ..aws.secretsmanager import secret_value_and_version
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
from ..waiting.settling import believed
from .another_cluster import check_region, point_at_cluster
from .connection import SETTING, StoreConnection
from .kms_password import KmsPassword
from .preconditions import check_cluster, check_password

_TAKEN = frozenset({"CloudHsmClusterInUseException", "CustomKeyStoreNameInUseException"})
"""Refusals of a store that KMS may not show yet."""


@dataclass(frozen=True, kw_only=True)
class CustomKeyStoreInputs(AwsInputs):
    """What a CustomKeyStore is made of."""

    cluster_id: str
    """An ACTIVE cluster; another one has to be restored from a backup of it."""
    key_store_name: str
    """Name of the store."""
    ca_certificate: str
    """The cluster's trust anchor, PEM. Not confidential; marked secret to keep diffs short."""
    password_secret_id: str
    """Name or ARN of the secret with kmsuser's password, read when KMS has to be given it."""
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
    """Why its last connection failed, in one line; "" if it did not."""
    password_version: str
    """Id of the secret's version that KMS was given; "" once it has connected and has its own."""


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
        store, version = self._existing(kms, inputs), ""
        if store is None:
            key_store_id, version = self._create(kms, inputs)
        else:
            key_store_id = store.key_store_id
            log_line(f"{key_store_id} is there already ({store.state}): adopted")
        return CreateResult(
            id_=key_store_id, outs=self._connected(kms, inputs, key_store_id, version)
        )

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """No change is another store, whose keys would be others.

        A store that lost its connection is connected again.
        """
        changed = differs(olds, news, "cluster_id", "key_store_name", "abandon_pending_keys")
        lost = olds.get("connection_state") != "CONNECTED"
        return DiffResult(changes=bool(changed or lost))

    @one_line
    def update(self, id_: str, olds: Props, news: Props) -> UpdateResult:
        """Renames the store, points it at a restored cluster, connects it again, as far as needed.

        A connection that fails is an output here, too: it says which password KMS has refused.

        Raises:
            StateError, CertificateError: the cluster is none that the store can be pointed at.
        """
        inputs = CustomKeyStoreInputs.read(news)
        kms = self.kms(inputs.access)
        if olds["key_store_name"] != inputs.key_store_name:
            self._connection(kms, inputs, id_).rename(inputs.key_store_name)
        version = str(olds.get("password_version") or "")
        if olds["cluster_id"] != inputs.cluster_id:
            check_region(id_, olds["access"].get("region"), inputs.access.region)
            store, api = self._connection(kms, inputs, id_), self.cloudhsm(inputs.access)
            read, waiter = lambda: _password(inputs), self.waiter()
            version = point_at_cluster(store, kms, api, inputs, waiter, read)
        return UpdateResult(outs=self._connected(kms, inputs, id_, version))

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports the connection state."""
        inputs = CustomKeyStoreInputs.read(props)
        store = self._connection(self.kms(inputs.access), inputs, id_).find()
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
        store = self._connection(kms, inputs, id_)
        if store.find() is None:
            return
        keys = self._keys(kms, inputs, id_)
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
        store.disconnect()
        if keys:
            log_line(
                f"{id_} stays at AWS, disconnected and free of charge, until its keys are deleted "
                f"on {last}; then run: aws kms delete-custom-key-store --custom-key-store-id {id_}"
            )
            return
        store.delete()

    def _keys(self, kms: Kms, inputs: CustomKeyStoreInputs, key_store_id: str) -> list[HeldKey]:
        """The keys in a store; one whose deletion was scheduled just now may not show that yet."""
        return believed(
            self.waiter(),
            f"keys in {key_store_id}",
            lambda: kms.keys_in(key_store_id),
            lambda keys: any(key.deleted_on is None for key in keys),
            inputs.timing.sooner(100),
            SETTING,
        )

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

    def _create(self, kms: Kms, inputs: CustomKeyStoreInputs) -> tuple[str, str]:
        """The id of a new store, and of the secret's version that KMS was given."""
        check_cluster(self.cloudhsm(inputs.access), inputs, self.waiter())
        password, version = _password(inputs)
        name, cluster_id = inputs.key_store_name, inputs.cluster_id

        def find() -> str | None:
            store = self._existing(kms, inputs)
            return store.key_store_id if store else None

        try:
            made = call_once(
                self.waiter(),
                f"key store {name}",
                lambda: kms.create(name, cluster_id, inputs.ca_certificate, password),
                find,
                inputs.timing,
                SETTING,
            )
        except AwsError as refused:
            # A concurrent run, or an interrupted one that goes on, may have been faster.
            if refused.code not in _TAKEN:
                raise
            subject, brief = f"key store {name}", inputs.timing.sooner(100)
            made = believed(self.waiter(), subject, find, lambda one: one is None, brief, SETTING)
            if made is None:
                raise
            return made, ""
        return made, version

    def _connection(
        self, kms: Kms, inputs: CustomKeyStoreInputs, key_store_id: str
    ) -> StoreConnection:
        return StoreConnection(kms, self.waiter(), key_store_id, inputs.timing)

    def _connected(
        self, kms: Kms, inputs: CustomKeyStoreInputs, key_store_id: str, version: str
    ) -> dict[str, Any]:
        """Connects the store; returns what a create or an update returns."""
        store = self._connection(kms, inputs, key_store_id)
        password = KmsPassword(lambda: _password(inputs), inputs.password_secret_id, version)
        failure = ""
        try:
            password.connect(store, log_line)
        except CloudHsmError as error:
            failure = str(error)
        outputs = CustomKeyStoreOutputs(
            key_store_id=key_store_id,
            connection_state="NOT_CONNECTED" if failure else "CONNECTED",
            failure=failure,
            password_version=password.version,
        )
        return state(inputs, outputs)


def _password(inputs: CustomKeyStoreInputs) -> tuple[str, str]:
    """The secret's text and the id of its version."""
    password, version = secret_value_and_version(inputs.access, inputs.password_secret_id)
    check_password(inputs.password_secret_id, password)
    return password, version


class CustomKeyStore(DynamicResource, module="cloudhsm", name="CustomKeyStore"):
    """A connected KMS custom key store."""

    key_store_id: pulumi.Output[str]
    """`cks-…`."""
    connection_state: pulumi.Output[str]
    """CONNECTED, NOT_CONNECTED, or what a refresh found."""
    failure: pulumi.Output[str]
    """Why its last connection failed, in one line; "" if it did not."""
    password_version: pulumi.Output[str]
    """Id of the secret's version that KMS was given; "" once it has connected and has its own."""

    def __init__(
        self, name: str, inputs: CustomKeyStoreInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(CustomKeyStoreProvider(), name, inputs, CustomKeyStoreOutputs, opts)
