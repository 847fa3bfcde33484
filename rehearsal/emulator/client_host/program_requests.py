"""What the emulated programs of client hosts ask: the data plane, packages, secrets."""

from __future__ import annotations

from typing import Any

from rehearsal.emulator.client_host import instances
from rehearsal.emulator.client_host.data_plane import DataPlane
from rehearsal.emulator.core import moto_backends
from rehearsal.emulator.core.errors import ControlError
from rehearsal.emulator.core.place import Place


class Hosts:
    """Answers the control requests below `/host`; the caller holds the service's lock."""

    def __init__(self, data_plane: DataPlane) -> None:
        self._data_plane = data_plane
        self.processes: list[dict[str, Any]] = []

    def clear(self) -> None:
        """Forget what was seen."""
        self.processes.clear()

    def data_plane(self, given: dict[str, Any]) -> dict[str, Any]:
        """One command of cloudhsm-cli."""
        self._see(given)
        return self._data_plane.answer(given)

    def package(self, given: dict[str, Any]) -> dict[str, Any]:
        """An installation; only noted."""
        self._see(given)
        return {}

    def secret(self, given: dict[str, Any]) -> dict[str, Any]:
        """A secret's text, None for one that holds bytes, if the host's role may read it.

        Raises:
            ControlError: it may not, or there is no such secret.
        """
        self._see(given)
        place = Place(str(given["region"]), str(given["account"]))
        secret_id = str(given["secret_id"])
        backend = moto_backends.secrets_manager(place)
        try:
            secret = backend.describe_secret(secret_id)
        except Exception as error:
            raise ControlError(f"ResourceNotFoundException: {secret_id} ({error})") from error
        if given["instance"]:
            instance = instances.running(place, given["instance"])
            if instance is None or not instances.may(
                place, instance, "secretsmanager:GetSecretValue", secret.arn
            ):
                raise ControlError(
                    "An error occurred (AccessDeniedException) when calling the GetSecretValue "
                    f"operation: the role of {given['instance']} may not read {secret.arn}"
                )
        value = backend.get_secret_value(secret_id, "", "AWSCURRENT")
        return {"text": value.get("SecretString")}

    def _see(self, given: dict[str, Any]) -> None:
        self.processes.append({"instance": given["instance"], **given["process"]})
