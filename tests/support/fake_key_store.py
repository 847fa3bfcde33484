"""KMS with one custom key store, over a fake time: the store's states, kmsuser, late answers."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

from pulumi_cloudhsm.aws.kms import HeldKey, KeyStore
from pulumi_cloudhsm.errors import AwsError, TransientError
from tests.support.fake_aws import CLUSTER
from tests.support.fake_clock import FakeTime

STORE, NAME, PASSWORD = "cks-1234567890abcdef0", "vault", "Pa55word"
CONNECTING_TAKES, DISCONNECTING_TAKES = 900.0, 60.0
ROTATED = "known to KMS only"


class FakeKms:
    """One key store over a fake time; keeps the calls that change something."""

    def __init__(self, time: FakeTime) -> None:
        self.time = time
        self.store: KeyStore | None = None
        self.calls: list[str] = []
        self.passwords: list[str] = []
        self.keys: list[HeldKey] = []
        self.others: list[KeyStore] = []
        """Stores of other clusters."""
        self.ends: list[str] = []
        """ConnectionErrorCodes with which the next connections fail; "" drops without one."""
        self.kmsuser: str | None = None
        """Its password on the HSMs; None where any fits."""
        self.logins_refused = 0
        self.refuse_create: Exception | None = None
        self.loses_the_answer = False
        self.refusals: dict[str, list[Exception]] = {}
        """What the next calls of an operation raise; a lost answer raises after the call."""
        self.late = 0.0
        """Seconds after a change for which every second look shows what was before."""
        self._due: tuple[float, str, str] | None = None
        self._before: tuple[float, KeyStore | None] = (0.0, None)
        self._looks = itertools.count()

    def there(self, state: str = "DISCONNECTED", code: str = "", **changes: Any) -> None:
        name = self.store.name if self.store else NAME
        self._change(replace(KeyStore(STORE, name, CLUSTER, state, code, "PEM"), **changes))
        if state == "DISCONNECTING":
            self._due = (self.time.now() + DISCONNECTING_TAKES, "DISCONNECTED", "")

    def _change(self, store: KeyStore | None) -> None:
        # What changes again soon is as old for a look that is late.
        if self.time.now() >= self._before[0] + self.late:
            self._before = (self.time.now(), self.store)
        self.store = store

    def key_stores(self) -> list[KeyStore]:
        if self._due and self.store and self.time.now() >= self._due[0]:
            self._change(replace(self.store, state=self._due[1], error_code=self._due[2]))
            self._due = None
        changed, before = self._before
        is_late = self.time.now() < changed + self.late and next(self._looks) % 2 == 0
        seen = before if is_late else self.store
        return [*([seen] if seen else []), *self.others]

    def key_store(self, key_store_id: str) -> KeyStore | None:
        return next(iter(self.key_stores()), None)

    def create(self, name: str, cluster_id: str, trust_anchor: str, password: str) -> str:
        self.calls.append("create")
        self.passwords.append(password)
        if self.refuse_create:
            raise self.refuse_create
        self.there(name=name)
        if self.loses_the_answer:
            raise TransientError("the connection broke")
        return STORE

    def connect(self, key_store_id: str) -> None:
        self._called("connect", "DISCONNECTED")
        self.there("CONNECTING")
        if self.ends:
            code = self.ends.pop(0)
            end = ("FAILED", code) if code else ("DISCONNECTED", "")
        elif self.kmsuser is not None and self.passwords[-1:] != [self.kmsuser]:
            self.logins_refused += 1
            end = ("FAILED", "INVALID_CREDENTIALS")
        else:
            end = ("CONNECTED", "")
            if self.kmsuser is not None:
                self.kmsuser = ROTATED
                self.passwords.append(ROTATED)
        self._due = (self.time.now() + CONNECTING_TAKES, *end)
        self._lose("connect")

    def disconnect(self, key_store_id: str) -> None:
        self._called("disconnect", "CONNECTED", "CONNECTING", "FAILED")
        self.there("DISCONNECTING")
        self._lose("disconnect")

    def set_password(self, key_store_id: str, password: str) -> None:
        self._called("set password", "DISCONNECTED")
        self.passwords.append(password)
        self._lose("set password")

    def set_cluster(self, key_store_id: str, cluster_id: str, password: str) -> None:
        self._called(f"set cluster to {cluster_id}", "DISCONNECTED")
        assert self.store is not None
        self._change(replace(self.store, cluster_id=cluster_id))
        self.passwords.append(password)
        self._lose("set cluster")

    def rename(self, key_store_id: str, name: str) -> None:
        self._called(f"rename to {name}")
        assert self.store is not None
        self._change(replace(self.store, name=name))
        self._lose("rename")

    def delete(self, key_store_id: str) -> None:
        self._called("delete", "DISCONNECTED")
        self._change(None)

    def keys_in(self, key_store_id: str) -> list[HeldKey]:
        return self.keys

    def _called(self, operation: str, *states: str) -> None:
        waiting = self.refusals.get(operation.split(" to ")[0], [])
        if waiting and not isinstance(waiting[0], LostAnswerError):
            raise waiting.pop(0)
        self.calls.append(operation)
        assert self.store is not None
        if states and self.store.state not in states:
            code = "CustomKeyStoreInvalidStateException"
            raise AwsError(f"{operation}: the store is {self.store.state} ({code})", code)

    def _lose(self, operation: str) -> None:
        waiting = self.refusals.get(operation, [])
        if waiting and isinstance(waiting[0], LostAnswerError):
            raise waiting.pop(0)


class LostAnswerError(TransientError):
    """The call was carried out, and its answer did not come."""
