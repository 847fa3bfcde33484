"""What AWS was asked and what became of it: the log that demos and tests read."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rehearsal.emulator.core.place import Place

TRANSITION = "transition"
"""The operation of entries that record a change of state instead of a call."""

_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?(?:-----END \1-----|\Z)", re.DOTALL)
_SECRET_NAME = re.compile(
    r"password|passphrase|secret|plaintext|privatekey|credential|sessiontoken|securitytoken",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Entry:
    """One call or one transition.

    Attributes:
        time: when it arrived or happened, in seconds since the epoch.
        operation: such as "CreateHsm", or :data:`TRANSITION`.
        service: such as "cloudhsmv2" or "ec2".
        region: such as "us-east-1".
        account: of the caller.
        parameters: what the caller gave, without secrets, each PEM as a fingerprint.
        outcome: "ok" or the error code.
        request_id: as answered; None for a transition.
        seconds: how long the answer took; 0 for a transition.
        fault: the kind of the fault that struck this call, or None.
    """

    time: float
    operation: str
    service: str
    region: str
    account: str
    parameters: Mapping[str, Any]
    outcome: str
    request_id: str | None
    seconds: float = 0.0
    fault: str | None = None


class CallLog:
    """All entries so far; safe to use from several threads."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        """Add an entry, its parameters already :func:`presentable`."""
        with self._lock:
            self._entries.append(entry)

    def add_transition(
        self, service: str, place: Place, parameters: Mapping[str, Any], at: float
    ) -> None:
        """Add a change of state, with the exact moment."""
        self.add(
            Entry(at, TRANSITION, service, place.region, place.account, parameters, "ok", None)
        )

    def as_json(self) -> list[dict[str, Any]]:
        """All entries in order of time."""
        with self._lock:
            entries = list(self._entries)
        return [asdict(entry) for entry in sorted(entries, key=lambda entry: entry.time)]

    def clear(self) -> None:
        """Forget all entries."""
        with self._lock:
            self._entries.clear()


def presentable(value: object, name: str = "") -> Any:  # noqa: ANN401 - JSON in, JSON out
    """``value`` as the log may show it: no secrets, PEMs as fingerprints."""
    if _SECRET_NAME.search(name):
        return "[secret]"
    if isinstance(value, Mapping):
        return {str(key): presentable(item, str(key)) for key, item in value.items()}
    if isinstance(value, list):
        return [presentable(item) for item in value]
    if isinstance(value, str):
        return _PEM.sub(_fingerprint, value)
    return value


def _fingerprint(found: re.Match[str]) -> str:
    if "PRIVATE" in found[1]:
        return "[secret]"
    body = "".join(found[0].replace(f"-----END {found[1]}-----", "").split("-----")[-1].split())
    try:
        content = base64.b64decode(body, validate=True)
    except binascii.Error:
        content = found[0].encode()
    return f"[{found[1]} sha256:{hashlib.sha256(content).hexdigest()}]"
