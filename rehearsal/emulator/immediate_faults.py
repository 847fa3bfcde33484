"""Faults that wait for no call and no state: what happens as soon as they are set."""

from __future__ import annotations

from typing import Any

from rehearsal.emulator.cloudhsmv2.lifecycle import degraded_message
from rehearsal.emulator.cloudhsmv2.records import Cluster, Hsm
from rehearsal.emulator.cloudhsmv2.service import CloudHsm
from rehearsal.emulator.cloudhsmv2.users import KMSUSER, users
from rehearsal.emulator.core.errors import ControlError
from rehearsal.emulator.core.faults import Fault
from rehearsal.emulator.fsx.service import FileSystems


def strike_immediately(fault: Fault, service: CloudHsm, file_systems: FileSystems) -> None:
    """Let a fault happen, if it is one of these.

    Raises:
        ControlError: there is nothing that it could strike.
    """
    kind, parameters, now = fault.kind, fault.parameters, service.timeline.now()
    if kind == "degraded" and "state" not in parameters:
        cluster = _cluster(service, parameters)
        hsm = _hsm(cluster, parameters) if parameters["target"] == "hsm" else None
        service.lifecycle.degrade(cluster, hsm, degraded_message(parameters), now)
        fault.strike()
    elif kind == "first_hsm_replaced" and parameters["trigger"] == "now":
        cluster = _cluster(service, parameters)
        if cluster.state != "UNINITIALIZED" or len(cluster.hsms) != 1:
            raise ControlError(
                f"cluster {cluster.cluster_id} must be UNINITIALIZED with one HSM; it is "
                f"{cluster.state} with {len(cluster.hsms)}"
            )
        service.replace_first_hsm(cluster)
    elif kind == "hsm_replaced":
        cluster = _cluster(service, parameters)
        if cluster.state != "ACTIVE":
            raise ControlError(f"cluster {cluster.cluster_id} must be ACTIVE, not {cluster.state}")
        hsm = _hsm(cluster, parameters, last=True)
        service.lifecycle.replace_hsm(cluster, hsm, parameters["seconds"], now)
        fault.strike()
    elif kind == "kmsuser_missing":
        cluster = _cluster(service, parameters)
        user = cluster.users.get(KMSUSER)
        if user is None:
            raise ControlError(f"cluster {cluster.cluster_id} has no {KMSUSER}")
        user.missing_on.add(_hsm(cluster, parameters, last=True).hsm_id)
        fault.strike()
    elif kind == "user_property":
        cluster, name = _cluster(service, parameters), str(parameters["username"])
        user = users(cluster).get(name)
        if user is None:
            raise ControlError(f"cluster {cluster.cluster_id} has no {name}")
        user.shown[str(parameters["property"])] = parameters["value"]
        fault.strike()
    elif kind == "file_system_fails" and parameters["when"] == "now":
        if not file_systems.strike(fault):
            raise ControlError(f"there is no {parameters['target']} that could fail")
        fault.strike()


def _cluster(service: CloudHsm, parameters: dict[str, Any]) -> Cluster:
    wanted = parameters.get("cluster_id")
    if wanted:
        return service.cluster(wanted)
    clusters = service.clusters()
    if len(clusters) != 1:
        raise ControlError(f"name cluster_id: there are {len(clusters)} clusters, not one")
    return clusters[0]


def _hsm(cluster: Cluster, parameters: dict[str, Any], *, last: bool = False) -> Hsm:
    wanted = parameters.get("ip")
    found = [hsm for hsm in cluster.hsms if wanted in (None, hsm.eni_ip)]
    if not found:
        which = f"with the address {wanted}" if wanted else "that this could happen to"
        raise ControlError(f"cluster {cluster.cluster_id} has no HSM {which}")
    return found[-1 if last else 0]
