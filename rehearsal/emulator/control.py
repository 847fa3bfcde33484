"""The control interface: what tests and demos ask of the emulator itself, not of AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from rehearsal.emulator.acm_pca.service import PrivateCas
from rehearsal.emulator.client_host.program_requests import Hosts
from rehearsal.emulator.cloudhsmv2 import log_groups, users
from rehearsal.emulator.cloudhsmv2.records import User
from rehearsal.emulator.cloudhsmv2.rules import Quotas
from rehearsal.emulator.cloudhsmv2.service import CloudHsm
from rehearsal.emulator.cloudhsmv2.users import DataPlaneError
from rehearsal.emulator.core import network_use
from rehearsal.emulator.core.answers import Answer, control_answer
from rehearsal.emulator.core.call_log import CallLog
from rehearsal.emulator.core.errors import ControlError, ServiceError
from rehearsal.emulator.core.place import Place
from rehearsal.emulator.fsx.service import FileSystems
from rehearsal.emulator.immediate_faults import strike_immediately
from rehearsal.emulator.kms.key_stores import KeyStores
from rehearsal.emulator.sts import roles

Json = Any


class Control:
    """Answers the requests described in the README of this folder.

    Args:
        service: the emulated CloudHSM.
        log: the call log.
        key_stores: the custom key stores of the emulated KMS.
        file_systems: the emulated FSx.
        private_cas: the emulated AWS Private CA.
        hosts: what the emulated programs of client hosts ask.
        places: gives the places that any client has asked for so far.
        reset_others: forgets everything that the other services hold.
    """

    def __init__(
        self,
        service: CloudHsm,
        log: CallLog,
        places: Callable[[], set[Place]],
        key_stores: KeyStores,
        file_systems: FileSystems,
        private_cas: PrivateCas,
        hosts: Hosts,
        reset_others: Callable[[], None],
    ) -> None:
        self._service = service
        self._log = log
        self._places = places
        self._key_stores = key_stores
        self._file_systems = file_systems
        self._private_cas = private_cas
        self._hosts = hosts
        self._reset_others = reset_others

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        """Answer one request; ``path`` is what follows the control address."""
        handlers: dict[tuple[str, str], Callable[[dict[str, Any]], Json]] = {
            ("GET", "/log"): lambda _: self._log.as_json(),
            ("GET", "/faults"): lambda _: self._service.faults.as_json(),
            ("POST", "/faults"): self._change_faults,
            ("GET", "/resources"): lambda _: self._resources(),
            ("POST", "/activate"): self._activate,
            ("POST", "/kmsuser"): self._make_kmsuser,
            ("POST", "/host/data-plane"): self._hosts.data_plane,
            ("POST", "/host/package"): self._hosts.package,
            ("POST", "/host/secret"): self._hosts.secret,
            ("GET", "/host/processes"): lambda _: self._hosts.processes,
            ("GET", "/settings"): self._settings,
            ("POST", "/settings"): self._settings,
            ("POST", "/roles"): roles.make_role,
            ("POST", "/reset"): self._reset,
        }
        handler = handlers.get((method, path))
        if handler is None:
            known = ", ".join(" ".join(key) for key in handlers)
            return control_answer(f"no {method} {path}; there is: {known}", 404)
        try:
            given = _json_object(body)
            with self._service.lock:
                self._service.timeline.advance()
                return control_answer(handler(given))
        except (ControlError, DataPlaneError) as refused:
            return control_answer(str(refused), 400)
        except ServiceError as refused:
            return control_answer(refused.message, 400)

    def _change_faults(self, given: dict[str, Any]) -> Json:
        service = self._service
        now = service.timeline.now()
        if "clear" in given:
            cleared = service.faults.clear(str(given["clear"]))
            service.lifecycle.release(cleared, now)
            return {"cleared": cleared}
        fault = service.faults.add(given)
        try:
            strike_immediately(fault, service, self._file_systems)
        except (ControlError, ServiceError):
            service.faults.clear(fault.fault_id)
            raise
        return fault.as_json()

    def _activate(self, given: dict[str, Any]) -> Json:
        cluster = self._service.cluster(str(given.get("cluster_id")))
        lag = given.get("lag_seconds", 0)
        if not isinstance(lag, int | float) or lag < 0:
            raise ControlError(f"lag_seconds {lag!r} must be a number, 0 or more")
        if cluster.state != "INITIALIZED":
            raise ControlError(
                f"cluster {cluster.cluster_id} is {cluster.state}; only INITIALIZED can be "
                "activated"
            )
        users.activate(cluster, str(given.get("password") or "unknown to all"))
        self._service.lifecycle.activate(cluster, lag, self._service.timeline.now())
        return {"cluster_id": cluster.cluster_id, "state": cluster.state}

    def _make_kmsuser(self, given: dict[str, Any]) -> Json:
        cluster = self._service.cluster(str(given.get("cluster_id")))
        password = given.get("password")
        if not isinstance(password, str) or not 7 <= len(password) <= 32 or not password.isalnum():
            raise ControlError("password must have 7 to 32 letters and digits")
        if not cluster.activated:
            raise ControlError(f"cluster {cluster.cluster_id} is not activated")
        joining = users.joining(cluster)
        cluster.users[users.KMSUSER] = User(users.CRYPTO_USER, password, joining)
        return {"cluster_id": cluster.cluster_id, "missing_on": sorted(joining)}

    def _settings(self, given: dict[str, Any]) -> Json:
        service = self._service
        raised = {name: given.get(name, now) for name, now in asdict(service.quotas).items()}
        unknown = set(given) - {"cluster_certificate_from", "speed", *raised}
        if unknown:
            raise ControlError(f"unknown setting {', '.join(sorted(unknown))}")
        state = given.get("cluster_certificate_from", service.certificate_from)
        if state not in ("INITIALIZED", "ACTIVE"):
            raise ControlError(f"cluster_certificate_from {state!r} must be INITIALIZED or ACTIVE")
        speed = given.get("speed", service.timeline.speed)
        if not isinstance(speed, int | float) or speed <= 0:
            raise ControlError(f"speed {speed!r} must be a number above 0")
        for name, most in raised.items():
            if not isinstance(most, int) or most < 1:
                raise ControlError(f"{name} {most!r} must be a whole number above 0")
        service.quotas = Quotas(**raised)
        service.certificate_from = state
        # Steps that are under way keep the moment they were given.
        service.timeline.speed = speed
        return {"cluster_certificate_from": state, "speed": speed, **raised}

    def _resources(self) -> Json:
        described = [c for c in self._service.clusters() if c.state != "DELETED"]
        found: dict[str, list[str]] = {
            "clusters": [cluster.cluster_id for cluster in described],
            "hsms": [hsm.hsm_id for cluster in described for hsm in cluster.hsms],
            "key_stores": self._key_stores.remaining(),
            "private_cas": self._private_cas.remaining(),
            **self._file_systems.remaining(),
            # Two kinds that AWS keeps by design, whatever else is deleted.
            "backups": sorted(backup.backup_id for backup in self._service.backups.listed()),
            "log_groups": [],
        }
        places = sorted(self._places() | self._service.places())
        for place in places:
            found["log_groups"].extend(log_groups.remaining(place))
            for kind, ids in network_use.remaining(place).items():
                found.setdefault(kind, []).extend(ids)
        for account in sorted({place.account for place in places}):
            for kind, ids in roles.remaining(account).items():
                found.setdefault(kind, []).extend(ids)
        return found

    def _reset(self, _: dict[str, Any]) -> Json:
        self._service.clear()
        self._service.faults.clear("all")
        self._key_stores.clear()
        self._file_systems.clear()
        self._private_cas.clear()
        self._hosts.clear()
        self._service.certificate_from = "INITIALIZED"
        self._service.quotas = Quotas()
        self._reset_others()
        self._log.clear()
        return {}


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body or b"{}")
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise ControlError("the body must be a JSON object")
    return given
