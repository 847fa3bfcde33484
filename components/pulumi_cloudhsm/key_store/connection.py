"""One custom key store while it is changed: every call is looked after, and KMS may answer late.

After a refusal for its rate, a call is repeated. After a lost answer it is repeated once a look
shows that KMS has not carried it out. See `settling` for looks that are older than a call.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection

from ..aws.kms import KeyStore, Kms
from ..errors import AwsError, StateError
from ..waiting.settling import OwnWrites, believed
from ..waiting.waiter import Goal, Observation, Timing, Waiter

SETTING = "waits.key_store.deadline_seconds"
_NOT_YET = frozenset({"CustomKeyStoreInvalidStateException", "CustomKeyStoreNotFoundException"})
"""Refusals that may come from a part of KMS that does not know our last call yet."""
_LATE = "not shown yet"
_ABSENT = "not there"


class StoreConnection:
    """A store's connection, and what can be changed only while it is disconnected."""

    key_store_id: str
    """`cks-…`."""

    def __init__(self, kms: Kms, waiter: Waiter, key_store_id: str, timing: Timing) -> None:
        """Begins as if an interrupted run had just made or changed the store.

        Args:
            kms: in the store's account and Region.
            waiter: waits and reports.
            key_store_id: the store.
            timing: of a connection.
        """
        self._kms, self._waiter, self._timing = kms, waiter, timing
        self.key_store_id, self._subject = key_store_id, f"key store {key_store_id}"
        self._writes = OwnWrites(waiter.clock.now, timing)
        self._writes.ended(_ABSENT, *_NOT_YET)

    def find(self) -> KeyStore | None:
        """The store; None where KMS shows none for longer than it may be late."""
        return believed(
            self._waiter,
            self._subject,
            lambda: self._kms.key_store(self.key_store_id),
            lambda store: store is None,
            self._timing.sooner(10),
            SETTING,
        )

    def connect(self) -> str | None:
        """Connects it, unless it is connected; one try.

        Returns:
            The ConnectionErrorCode if it fails; None if it is connected.

        Raises:
            StateError: it is gone, or falls back without an error.
            DeadlineError: it takes too long; a later `up` goes on.
        """
        state = self._state()
        if state in ("FAILED", "DISCONNECTING"):
            # From FAILED, only a disconnect leads on.
            self.disconnect()
        if state not in ("CONNECTED", "CONNECTING"):
            self._write("connecting it", ("CONNECTED", "CONNECTING"), self._kms.connect)
            self._writes.ended("DISCONNECTED")
        goal = Goal(self._subject, "CONNECTED", ("CONNECTED", "FAILED"), (), SETTING)

        def look() -> Observation[str]:
            seen = self._look()
            if seen.state == "DISCONNECTED":
                raise StateError(
                    f"{self.key_store_id} fell back to DISCONNECTED without an error of KMS: check "
                    "the cluster's HSMs and its security group, then run `pulumi up` again"
                )
            return seen

        seen = self._waiter.wait(goal, self._timing, look).observation
        return seen.value if seen.state == "FAILED" else None

    def disconnect(self) -> None:
        """Disconnects it, unless it is disconnected, and waits for that."""
        state = self._state()
        if state == "DISCONNECTED":
            return
        if state != "DISCONNECTING":
            done = ("DISCONNECTED", "DISCONNECTING")
            self._write("disconnecting it", done, self._kms.disconnect)
            self._writes.ended(state)
        goal = Goal(self._subject, "DISCONNECTED", ("DISCONNECTED",), (), SETTING)
        self._waiter.wait(goal, self._timing.sooner(10), self._look)

    def set_password(self, password: str) -> None:
        """Gives KMS the password of kmsuser; the store has to be disconnected."""
        self._write(
            "telling it kmsuser's password", (), lambda id_: self._kms.set_password(id_, password)
        )

    def set_cluster(self, cluster_id: str, password: str) -> None:
        """Points it at a related cluster with a password; the store has to be disconnected."""
        self._write(
            f"pointing it at {cluster_id}",
            (),
            lambda id_: self._kms.set_cluster(id_, cluster_id, password),
        )

    def rename(self, name: str) -> None:
        """Gives it another name, connected or not."""

        def rename(key_store_id: str) -> None:
            if self.existing().name != name:
                self._kms.rename(key_store_id, name)

        self._write(f"renaming it to {name!r}", (), rename)

    def delete(self) -> None:
        """Deletes it; it has to be disconnected and empty."""
        self._write("deleting it", (_ABSENT,), self._kms.delete)

    def existing(self) -> KeyStore:
        """The store.

        Raises:
            StateError: it is gone.
        """
        store = self.find()
        if store is None:
            raise self._gone()
        return store

    def _state(self) -> str:
        """Its state, once a look shows one that is not older than our last call."""

        def look() -> Observation[str]:
            seen = self._look()
            return Observation(_LATE if seen.state == _LATE else "known", seen.state)

        goal = Goal(self._subject, "known", ("known",), (), SETTING)
        return self._waiter.wait(goal, self._timing.sooner(10), look).observation.value

    def _look(self) -> Observation[str]:
        """Its state, and its error code; what may be older than our last call is no state yet."""
        store = self._kms.key_store(self.key_store_id)
        state = store.state if store else _ABSENT
        if self._writes.may_be_stale(state):
            return Observation(_LATE, "")
        if store is None:
            raise self._gone()
        return Observation(state, store.error_code or "no code")

    def _gone(self) -> StateError:
        return StateError(f"{self.key_store_id} is gone: run `pulumi up --refresh`")

    def _write(self, doing: str, done: Collection[str], call: Callable[[str], None]) -> None:
        """Makes a call until KMS takes it; a look that shows that KMS has, ends it, too."""
        tries = itertools.count()

        def attempt() -> Observation[None]:
            if next(tries) > 0:  # look first: the answer may have been lost
                store = self._kms.key_store(self.key_store_id)
                if (store.state if store else _ABSENT) in done:
                    return Observation("accepted", None)
            try:
                call(self.key_store_id)
            except AwsError as error:
                if self._writes.may_be_stale(error.code):
                    return Observation(f"refused for the moment ({error.code})", None)
                raise
            return Observation("accepted", None)

        goal = Goal(f"{self._subject}: {doing}", "accepted", ("accepted",), (), SETTING)
        self._waiter.wait(goal, self._timing.sooner(100), attempt)
        self._writes.ended(*_NOT_YET)
