"""KMS that answers late: right after a write, some looks still show what was before it.

The fault `kms_late` switches it on. AWS says only that KMS is eventually consistent (API reference,
CreateKey, CreateAlias, CreateCustomKeyStore and ConnectCustomKeyStore). Here each operation counts
its own looks at a changed thing. The first and the third look are late, the others are not. So an
old answer may follow a new one, and no outcome depends on how fast a machine is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rehearsal.emulator.core.answers import Answer
from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.core.faults import Faults
from rehearsal.emulator.core.request import AwsRequest
from rehearsal.emulator.kms.records import not_found

_OF_KEYS = frozenset(
    {
        "CreateAlias",
        "DescribeKey",
        "GetKeyPolicy",
        "GetKeyRotationStatus",
        "GetPublicKey",
        "ListResourceTags",
        "Sign",
    }
)
"""Operations that do not know a new key at first."""
_OF_STORES = frozenset(
    {
        "ConnectCustomKeyStore",
        "DeleteCustomKeyStore",
        "DisconnectCustomKeyStore",
        "UpdateCustomKeyStore",
    }
)
"""Operations that change a key store, and do not know a new one at first."""
_LISTS = {
    "DescribeCustomKeyStores": ("CustomKeyStores", "CustomKeyStoreId"),
    "ListAliases": ("Aliases", "AliasName"),
    "ListKeys": ("Keys", "KeyId"),
}
"""The member of an answer that lists things, and what names one of them."""
_LATE_LOOKS = (1, 3)


@dataclass
class _Write:
    """A change of one thing: how it was shown before, and the looks that were taken since."""

    before: Mapping[str, Any] | None
    looks: dict[str, int] = field(default_factory=dict)

    def is_late(self, operation: str) -> bool:
        """Whether this look is late; counts it."""
        self.looks[operation] = self.looks.get(operation, 0) + 1
        return self.looks[operation] in _LATE_LOOKS


class Lateness:
    """What looks at KMS do not show yet.

    Args:
        faults: whether it is switched on.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._writes: dict[str, _Write] = {}

    def clear(self) -> None:
        """Forget all writes."""
        self._writes.clear()

    def refuse(self, asked: AwsRequest) -> None:
        """Refuse a call about what its part of KMS does not know yet; it is not carried out.

        Raises:
            ServiceError: as if there were no such key or key store.
        """
        given = asked.parameters
        if asked.operation in _OF_KEYS:
            name = str(given.get("KeyId") or given.get("TargetKeyId"))
            if self._is_unknown(name.rpartition("/")[2], asked.operation):
                raise ServiceError("NotFoundException", f"Key '{name}' does not exist")
        if asked.operation in _OF_STORES:
            name = str(given.get("CustomKeyStoreId"))
            if self._is_unknown(name, asked.operation):
                raise not_found(name)

    def stores(
        self, asked: AwsRequest, answer: Callable[[AwsRequest], dict[str, Any] | None]
    ) -> dict[str, Mapping[str, Any]]:
        """The key stores at the place of a call as they are shown now, by id.

        Args:
            asked: the call.
            answer: what answers for key stores.
        """
        told = answer(replace(asked, operation="DescribeCustomKeyStores", parameters={})) or {}
        return {one["CustomKeyStoreId"]: one for one in told["CustomKeyStores"]}

    def shown(
        self, asked: AwsRequest, answer: Answer, stores: Mapping[str, Mapping[str, Any]]
    ) -> Answer:
        """An answer as this look shows it; notes what a write has changed.

        Args:
            asked: the call.
            answer: the answer of a KMS that is up to date.
            stores: as `stores` gave them before the call.
        """
        if not self._is_on or answer.error_code() != "ok":
            return answer
        told = json.loads(answer.body or b"{}")
        self._note(asked, told, stores)
        if asked.operation not in _LISTS:
            return answer
        member, name = _LISTS[asked.operation]
        fresh = {str(one[name]): one for one in told[member]}
        late = [
            thing
            for thing, write in self._writes.items()
            if (thing in fresh or write.before is not None) and write.is_late(asked.operation)
        ]
        for thing in late:
            before = self._writes[thing].before
            fresh = {key: one for key, one in fresh.items() if key != thing}
            fresh |= {thing: before} if before is not None and name in before else {}
        body = json.dumps({**told, member: list(fresh.values())}).encode()
        headers = [(key, text) for key, text in answer.headers if key != "Content-Length"]
        return replace(answer, headers=[*headers, ("Content-Length", str(len(body)))], body=body)

    @property
    def _is_on(self) -> bool:
        return self._faults.find("kms_late") is not None

    def _is_unknown(self, thing: str, operation: str) -> bool:
        write = self._writes.get(thing) if self._is_on else None
        return write is not None and write.before is None and write.is_late(operation)

    def _note(
        self,
        asked: AwsRequest,
        told: Mapping[str, Any],
        stores: Mapping[str, Mapping[str, Any]],
    ) -> None:
        given = asked.parameters
        if asked.operation == "CreateKey":
            self._writes[told["KeyMetadata"]["KeyId"]] = _Write(None)
        elif asked.operation == "CreateAlias":
            self._writes[given["AliasName"]] = _Write(None)
        elif asked.operation == "CreateCustomKeyStore":
            self._writes[told["CustomKeyStoreId"]] = _Write(None)
        elif asked.operation in _OF_STORES:
            name = given["CustomKeyStoreId"]
            self._writes[name] = _Write(stores.get(name))
