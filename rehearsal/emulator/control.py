"""The control interface: what tests and demos ask of the emulator itself, not of AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from rehearsal.emulator import network, users
from rehearsal.emulator.answers import Answer, control_answer
from rehearsal.emulator.call_log import CallLog
from rehearsal.emulator.cloudhsmv2 import CloudHsm
from rehearsal.emulator.errors import ControlError, ServiceError
from rehearsal.emulator.faults import Fault
from rehearsal.emulator.file_systems import FileSystems
from rehearsal.emulator.hosts import Hosts
from rehearsal.emulator.key_stores import KeyStores
from rehearsal.emulator.lifecycle import Cluster, degraded_message
from rehearsal.emulator.private_ca import PrivateCas
from rehearsal.emulator.users import DataPlaneError, User

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
        regions: gives the regions that any client has asked for so far.
        reset_others: forgets everything that the other services hold.
    """

    def __init__(
        self,
        service: CloudHsm,
        log: CallLog,
        regions: Callable[[], set[str]],
        key_stores: KeyStores,
        file_systems: FileSystems,
        private_cas: PrivateCas,
        hosts: Hosts,
        reset_others: Callable[[], None],
    ) -> None:
        self._service = service
        self._log = log
        self._regions = regions
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
            self._strike_now(fault)
        except (ControlError, ServiceError):
            service.faults.clear(fault.fault_id)
            raise
        return fault.as_json()

    def _strike_now(self, fault: Fault) -> None:
        """Let a fault happen that waits for no call and no state."""
        service, now = self._service, self._service.timeline.now()
        if fault.kind == "degraded" and "state" not in fault.parameters:
            cluster = self._named_cluster(fault.parameters)
            hsm = None
            if fault.parameters["target"] == "hsm":
                if not cluster.hsms:
                    raise ControlError(f"cluster {cluster.cluster_id} has no HSM to degrade")
                hsm = cluster.hsms[0]
            service.lifecycle.degrade(cluster, hsm, degraded_message(fault.parameters), now)
            fault.strike()
        elif fault.kind == "first_hsm_replaced" and fault.parameters["trigger"] == "now":
            cluster = self._named_cluster(fault.parameters)
            if cluster.state != "UNINITIALIZED" or len(cluster.hsms) != 1:
                raise ControlError(
                    f"cluster {cluster.cluster_id} must be UNINITIALIZED with one HSM; it is "
                    f"{cluster.state} with {len(cluster.hsms)}"
                )
            service.replace_first_hsm(cluster)
        elif fault.kind == "file_system_fails" and fault.parameters["when"] == "now":
            if not self._file_systems.strike(fault):
                raise ControlError(f"there is no {fault.parameters['target']} that could fail")
            fault.strike()

    def _named_cluster(self, parameters: dict[str, Any]) -> Cluster:
        wanted = parameters.get("cluster_id")
        if wanted:
            return self._service.cluster(wanted)
        clusters = self._service.clusters()
        if len(clusters) != 1:
            raise ControlError(f"name cluster_id: there are {len(clusters)} clusters, not one")
        return clusters[0]

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
        unknown = set(given) - {"cluster_certificate_from", "speed"}
        if unknown:
            raise ControlError(f"unknown setting {', '.join(sorted(unknown))}")
        state = given.get("cluster_certificate_from", service.certificate_from)
        if state not in ("INITIALIZED", "ACTIVE"):
            raise ControlError(f"cluster_certificate_from {state!r} must be INITIALIZED or ACTIVE")
        speed = given.get("speed", service.timeline.speed)
        if not isinstance(speed, int | float) or speed <= 0:
            raise ControlError(f"speed {speed!r} must be a number above 0")
        service.certificate_from = state
        # Steps that are under way keep the moment they were given.
        service.timeline.speed = speed
        return {"cluster_certificate_from": state, "speed": speed}

    def _resources(self) -> Json:
        described = [c for c in self._service.clusters() if c.state != "DELETED"]
        found: dict[str, list[str]] = {
            "clusters": [cluster.cluster_id for cluster in described],
            "hsms": [hsm.hsm_id for cluster in described for hsm in cluster.hsms],
            "key_stores": self._key_stores.remaining(),
            "private_cas": self._private_cas.remaining(),
            **self._file_systems.remaining(),
        }
        for region in sorted(self._regions() | self._service.regions()):
            for kind, ids in network.remaining(region).items():
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
