"""What cloudhsm-cli reaches over the network: the HSMs of a cluster, by address.

The emulated CLI (client_host/programs) asks here for each of its commands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.emulator.client_host import instances
from rehearsal.emulator.cloudhsmv2 import users
from rehearsal.emulator.cloudhsmv2.records import Cluster
from rehearsal.emulator.cloudhsmv2.service import CloudHsm
from rehearsal.emulator.cloudhsmv2.users import DataPlaneError, Login
from rehearsal.emulator.core.durations import Durations

_UNREACHABLE = "Failed to initialize hsm1 context"
"""Verbatim; also what a missing security group looks like (RadiumGu/pix-proxy-samples)."""


class DataPlane:
    """Carries out one command of a CLI on the HSMs that it is configured for."""

    def __init__(self, hsms: CloudHsm, durations: Durations) -> None:
        self._hsms, self._durations = hsms, durations

    def answer(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The CLI's answer; the caller holds the service's lock.

        Args:
            given: `instance` (id, "" for a host that is no instance of ours), `ips`, `trust_anchor`
                (PEM), `command` (words), and, where they are typed in, `login` and `password`.
        """
        try:
            cluster = self._reached(given)
            login = Login(**given["login"]) if given.get("login") else None
            data = self._run(cluster, list(given["command"]), login, str(given.get("password")))
        except DataPlaneError as refused:
            return {"error_code": 1, "data": str(refused)}
        return {"error_code": 0, "data": data}

    def _reached(self, given: Mapping[str, Any]) -> Cluster:
        wanted, instance = set(given["ips"]), given["instance"]
        # Several networks may have the same addresses.
        reached = [
            cluster
            for cluster in self._hsms.clusters()
            if wanted
            and wanted <= {hsm.eni_ip for hsm in cluster.hsms if hsm.state == "ACTIVE"}
            and (not instance or instances.reaches(cluster, instance))
        ]
        for cluster in reached:
            anchor = cluster.trust_anchor
            if anchor is not None and anchor.split() == str(given["trust_anchor"]).split():
                return cluster
        if reached:
            raise DataPlaneError("The server's certificate is not issued by customerCA.crt.")
        raise DataPlaneError(_UNREACHABLE)

    def _run(self, cluster: Cluster, command: list[str], login: Login | None, password: str) -> Any:  # noqa: ANN401
        match command:
            case ["cluster", "activate"]:
                return self._activate(cluster, password)
            case ["cluster", "hsm-info"]:
                return users.hsm_info(cluster)
            case ["user", "list"]:
                return users.listed(cluster)
            case ["login", "--username", name, "--role", role]:
                return users.login(cluster, name, role, password)
            case ["user", "create", "--username", name, "--role", role]:
                return users.create(cluster, login, name, role, password)
            case ["user", "change-password", "--username", name, "--role", role]:
                return users.change_password(cluster, login, name, role, password)
            case ["user", "delete", "--username", name, "--role", _]:
                return users.delete(cluster, login, name)
            case _:
                raise DataPlaneError(f"{' '.join(command)}: no such command is emulated")

    def _activate(self, cluster: Cluster, password: str) -> str:
        refused = self._hsms.faults.take("activation_refused")
        if refused:
            raise DataPlaneError(str(refused.parameters["message"]))
        said = users.activate(cluster, password)
        now = self._hsms.timeline.now()
        self._hsms.lifecycle.activate(cluster, self._durations.activation_visible, now)
        return said
