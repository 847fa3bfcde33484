"""Faults that tests and demos set: what AWS does on a bad day.

A fault is a JSON object with a ``kind`` and the parameters of that kind. A ``count`` says how often
it may strike; without it, until cleared.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.emulator.core.errors import ControlError
from rehearsal.emulator.core.validation import service_model

CALL_KINDS = ("access_denied", "throttle", "server_error", "drop_after_write", "answer_held")
"""Faults that strike a call to any service; parameters ``service``, ``operation``,
``region`` and ``account``."""

HSM_STATES = ("CREATE_IN_PROGRESS", "ACTIVE", "DELETE_IN_PROGRESS")
CLUSTER_STATES = (
    "CREATE_IN_PROGRESS",
    "UNINITIALIZED",
    "INITIALIZE_IN_PROGRESS",
    "INITIALIZED",
    "ACTIVE",
    "DELETE_IN_PROGRESS",
)
CSR_PENDING = "CSR_PENDING"
"""Not a state of AWS: the first HSM is ACTIVE, but its CSR is not shown yet."""

CONNECTION_ERRORS = (
    "CLUSTER_NOT_FOUND",
    "INSUFFICIENT_CLOUDHSM_HSMS",
    "INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET",
    "INTERNAL_ERROR",
    "INVALID_CREDENTIALS",
    "NETWORK_ERRORS",
    "SUBNET_NOT_FOUND",
    "USER_LOCKED_OUT",
    "USER_LOGGED_IN",
    "USER_NOT_FOUND",
)
"""The ConnectionErrorCodes of KMS that are about CloudHSM."""

FORGERIES: dict[str, str] = {
    "self_signed_hardware": "the hardware certificate is self-signed and issued the HSM "
    "certificate; the documented openssl recipe accepts it",
    "other_root": "the hardware certificate comes from another root of the same name",
    "other_hardware": "the hardware certificate certifies a key that did not issue the HSM "
    "certificate",
    "csr_other_key": "the CSR holds another key than the HSM certificate",
    "csr_bad_signature": "the CSR's own signature is wrong",
    "weak_key": "the HSM's key is RSA-1024",
}
"""Kinds of forged identity and what each is."""

FILE_SYSTEM_PARTS = ("file_system", "svm", "volume")
"""What the fault `file_system_fails` can strike."""

_TARGETS = ("cluster", "hsm")
_CALL = {"service", "operation", "region", "account", "skip"}
_PARAMETERS: dict[str, set[str]] = {
    "access_denied": _CALL,
    "only_allowed": {"actions"},
    "throttle": _CALL,
    "server_error": _CALL | {"status"},
    "drop_after_write": _CALL,
    "answer_held": _CALL | {"seconds"},
    "missing_service_linked_role": {"service"},
    "quota_reached": {"resource"},
    "zone_without_cloudhsm": {"zone"},
    "degraded": {"target", "state", "message", "cluster_id"},
    "never_ends": {"target", "state", "cluster_id"},
    "first_hsm_replaced": {"trigger", "seconds", "cluster_id"},
    "hsm_replaced": {"ip", "seconds", "cluster_id"},
    "backup_copy_fails": set(),
    "kmsuser_missing": {"cluster_id"},
    "user_property": {"username", "property", "value", "cluster_id"},
    "no_capacity": {"zone"},
    "forged_identity": {"forgery", "chain", "cluster_id"},
    "key_store_connection": {"code"},
    "key_store_drops": set(),
    "kms_late": set(),
    "file_system_fails": {"target", "state", "message", "when"},
    "activation_refused": {"message"},
    "ssm_agent_lost": set(),
    "ssm_command_times_out": set(),
}
_COUNT_DEFAULTS = {
    "degraded": 1,
    "first_hsm_replaced": 1,
    "hsm_replaced": 1,
    "backup_copy_fails": 1,
    "kmsuser_missing": 1,
    "user_property": 1,
    "drop_after_write": 1,
    "answer_held": 1,
    "key_store_connection": 1,
    "key_store_drops": 1,
    "file_system_fails": 1,
    "activation_refused": 1,
    "ssm_agent_lost": 1,
    "ssm_command_times_out": 1,
}


@dataclass
class Fault:
    """A fault that is set.

    ``remaining`` is how often it may still strike, None for no limit; ``struck`` how often it did.
    """

    fault_id: str
    kind: str
    parameters: dict[str, Any]
    remaining: int | None
    struck: int = 0

    def as_json(self) -> dict[str, Any]:
        """The fault as the control interface shows it."""
        return {
            "id": self.fault_id,
            "kind": self.kind,
            **self.parameters,
            "remaining": self.remaining,
            "struck": self.struck,
        }

    def strike(self) -> None:
        """Count one time that this fault happened."""
        self.struck += 1
        if self.remaining is not None:
            self.remaining -= 1

    def skips(self) -> bool:
        """Whether this call is one of the first ones, which it leaves alone; counts it."""
        left = self.parameters.get("skip", 0)
        if left:
            self.parameters["skip"] = left - 1
        return bool(left)

    def matches(self, facts: Mapping[str, str]) -> bool:
        """Whether no parameter of this fault contradicts ``facts``."""
        return all(
            self.parameters[name] == value
            for name, value in facts.items()
            if self.parameters.get(name) is not None
        )


@dataclass
class Faults:
    """All faults that are set. Not locked: its owner is."""

    _set: dict[str, Fault] = field(default_factory=dict)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def add(self, request: Mapping[str, Any]) -> Fault:
        """Set a fault from the control interface's JSON.

        Raises:
            ControlError: unknown kind, parameter or value; the text says what there is.
        """
        given = dict(request)
        kind = given.pop("kind", None)
        if kind not in _PARAMETERS:
            raise ControlError(f"unknown fault kind {kind!r}; there are: {_list(_PARAMETERS)}")
        count = given.pop("count", _COUNT_DEFAULTS.get(kind))
        if count is not None and (not isinstance(count, int) or count < 1):
            raise ControlError(f"count {count!r} of fault {kind} must be an integer of at least 1")
        unknown = set(given) - _PARAMETERS[kind]
        if unknown:
            raise ControlError(
                f"fault {kind} has no parameter {_list(unknown)}; "
                f"it has: {_list(_PARAMETERS[kind] | {'count'})}"
            )
        _complete(kind, given)
        fault = Fault(f"fault-{next(self._ids)}", kind, given, count)
        self._set[fault.fault_id] = fault
        return fault

    def take(self, kind: str, **facts: str) -> Fault | None:
        """The first fault of ``kind`` that fits ``facts`` and may still strike; it strikes now."""
        fault = self.find(kind, **facts)
        if fault is None or fault.skips():
            return None
        fault.strike()
        return fault

    def find(self, kind: str, **facts: str) -> Fault | None:
        """As :meth:`take`, without striking."""
        for fault in self._set.values():
            if fault.kind == kind and fault.remaining != 0 and fault.matches(facts):
                return fault
        return None

    def hold(self, fault: Fault) -> None:
        """Wait for the real seconds of a fault, or until it is cleared; needs no lock."""
        until = time.monotonic() + fault.parameters["seconds"]
        while time.monotonic() < until and fault.fault_id in self._set:
            time.sleep(0.02)

    def clear(self, fault_id: str) -> list[str]:
        """Clear the fault with this id, or "all"; returns the ids cleared.

        Raises:
            ControlError: there is no such fault.
        """
        if fault_id == "all":
            cleared = list(self._set)
            self._set.clear()
            return cleared
        if fault_id not in self._set:
            raise ControlError(f"no fault {fault_id!r} is set; there are: {_list(self._set)}")
        del self._set[fault_id]
        return [fault_id]

    def as_json(self) -> list[dict[str, Any]]:
        """All faults that are set, in the order they were set."""
        return [fault.as_json() for fault in self._set.values()]


def _complete(kind: str, given: dict[str, Any]) -> None:
    if kind in CALL_KINDS:
        _complete_call(kind, given)
    elif kind == "only_allowed":
        if not isinstance(given.get("actions"), list):
            raise ControlError("fault only_allowed needs actions, a list such as [kms:ListKeys]")
    elif kind == "missing_service_linked_role":
        given.setdefault("service", "cloudhsmv2")
        _choice(kind, given, "service", ("cloudhsmv2", "fsx", "kms"))
    elif kind == "quota_reached":
        _choice(kind, given, "resource", ("clusters", "hsms"))
    elif kind == "zone_without_cloudhsm":
        if not isinstance(given.get("zone"), str):
            raise ControlError("fault zone_without_cloudhsm needs zone, such as us-east-1c")
    elif kind in ("degraded", "never_ends"):
        _choice(kind, given, "target", _TARGETS)
        if given["target"] == "hsm":
            states = HSM_STATES
        else:
            states = (*CLUSTER_STATES, CSR_PENDING) if kind == "never_ends" else CLUSTER_STATES
        if kind == "never_ends" or "state" in given:
            _choice(kind, given, "state", states)
    elif kind == "first_hsm_replaced":
        given.setdefault("trigger", "csr_read")
        _choice(kind, given, "trigger", ("csr_read", "now"))
        _seconds(kind, given)
    elif kind == "hsm_replaced":
        _seconds(kind, given)
    elif kind == "key_store_connection":
        _choice(kind, given, "code", CONNECTION_ERRORS)
    elif kind == "file_system_fails":
        given.setdefault("target", FILE_SYSTEM_PARTS[0])
        _choice(kind, given, "target", FILE_SYSTEM_PARTS)
        given.setdefault("state", "FAILED")
        _choice(kind, given, "state", ("FAILED", "MISCONFIGURED"))
        given.setdefault("when", "created")
        _choice(kind, given, "when", ("created", "now"))
    elif kind == "activation_refused":
        given.setdefault("message", "Internal error: the activation was refused.")
    elif kind == "forged_identity":
        _choice(kind, given, "forgery", tuple(FORGERIES))
        given.setdefault("chain", "both")
        _choice(kind, given, "chain", ("aws", "manufacturer", "both"))


def _seconds(kind: str, given: dict[str, Any], usual: float = 0) -> None:
    seconds = given.setdefault("seconds", usual)
    if not isinstance(seconds, int | float) or seconds < 0:
        raise ControlError(f"seconds {seconds!r} of fault {kind} must be a number, 0 or more")


def _complete_call(kind: str, given: dict[str, Any]) -> None:
    service = given.setdefault("service", "cloudhsmv2")
    if service == "cloudhsmv2" and "operation" in given:
        # A misspelt operation would be a fault that never strikes.
        _choice(kind, given, "operation", tuple(service_model().operation_names))
    skip = given.setdefault("skip", 0)
    if not isinstance(skip, int) or skip < 0:
        raise ControlError(f"skip {skip!r} of fault {kind} must be a whole number, 0 or more")
    if kind == "answer_held":
        _seconds(kind, given, usual=30)
    if kind == "server_error" and given.setdefault("status", 500) not in (500, 502, 503, 504):
        raise ControlError(f"status {given['status']!r} of fault {kind} must be 500, 502, 503, 504")


def _choice(kind: str, given: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> None:
    if given.get(name) not in allowed:
        raise ControlError(
            f"fault {kind} needs {name}, one of {_list(allowed)}; got {given.get(name)!r}"
        )


def _list(names: object) -> str:
    return ", ".join(sorted(names)) or "none"  # type: ignore[call-overload,arg-type]
