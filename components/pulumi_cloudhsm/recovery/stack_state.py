"""What the stack's own state held when this run began: only what it lacks may be imported.

Giving the engine an id to import is no request that is safe to repeat. It keeps the id with the
resource. Another id may be given later, since AWS puts a new HSM in a broken one's place. The
engine then imports that one as a replacement and deletes the original. After a refresh the original
is the same live HSM.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, cast
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime import get_root_resource
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from ..state_names import dynamic_type

_READ_OWN_STATE = "pulumi:pulumi:readStackResourceOutputs"
_HALF_WRITTEN = "failed to load checkpoint"
_TRIES, _PAUSE_SECONDS = 20, 0.1
_LOCAL_ORGANIZATION = "organization"
STASH = "pulumi:index:Stash"


def looks_allowed() -> bool:
    """Whether this run may ask AWS and the stack's state: not in a unit test with Pulumi's mocks.

    A subclass of Pulumi's mock monitor answers such questions itself.
    """
    return type(get_monitor()) is not MockMonitor


def stack_path() -> str:
    """Organization, project and stack, as in `organization/cloudhsm/dev`."""
    # None in a unit test that names none, whatever the SDK's type says.
    organization = pulumi.get_organization() or _LOCAL_ORGANIZATION
    return "/".join((organization, pulumi.get_project(), pulumi.get_stack()))


class StackState:
    """The state as it was when this run began.

    Attributes:
        told: False where the engine did not tell; then nothing is known to be missing.
    """

    def __init__(self, resources: Mapping[str, Mapping[str, Any]] | None) -> None:
        """Wraps what the engine told.

        Args:
            resources: URN to type and outputs; None where the engine did not tell.
        """
        self.told = resources is not None
        # One resource of this package has two types: see `state_names`.
        self._resources = {_as_in_python(urn): one for urn, one in (resources or {}).items()}
        self._served = set(self._resources) - set(resources or {})

    def lacks(self, types: Sequence[str], name: str) -> bool:
        """Whether it is known to hold no such resource.

        Args:
            types: its parents' type tokens, the outermost first, and its own.
            name: its logical name.
        """
        return self.told and not self._urns(types, name)

    def outputs(self, types: Sequence[str], name: str) -> Mapping[str, Any] | None:
        """A resource's outputs; None where it holds no such resource.

        Raises:
            RunError: several could be meant.
        """
        urns = self._urns(types, name)
        if len(urns) > 1:
            raise pulumi.RunError(
                f"{name} is in the state {len(urns)} times, under parents of one type: give the "
                "components different names"
            )
        return self._resources[urns[0]].get("outputs", {}) if urns else None

    def held(self, types: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """The outputs of all resources of a type, by logical name.

        Args:
            types: its parents' type tokens, the outermost first, and its own.
        """
        found = self._urns(types)
        return {urn.split("::", 3)[3]: self._resources[urn].get("outputs", {}) for urn in found}

    def within(self, types: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """The outputs of all that is in a component of a type, by logical name.

        Args:
            types: as for `held`.
        """
        wanted = f"${'$'.join(types)}$"
        return {
            urn.split("::", 3)[3]: one.get("outputs", {})
            for urn, one in self._resources.items()
            if wanted in f"${urn.split('::', 3)[2]}"
        }

    def is_served(self, types: Sequence[str], name: str) -> bool:
        """Whether the plugin serves what is in a component, for a program in another language.

        Args:
            types: types of what the component is in, the outermost first, and its own.
            name: its logical name, with which the names of all that is in it begin.
        """
        wanted = f"${'$'.join(types)}$"
        return any(
            wanted in f"${chain}" and its_name.startswith(f"{name}-")
            for *_, chain, its_name in (urn.split("::", 3) for urn in self._served)
        )

    @property
    def deployment_ids(self) -> set[str]:
        """Every id that a deployment of this stack has."""
        held = [
            one.get("outputs", {}).get("input")
            for one in self._resources.values()
            if one.get("type") == STASH
        ]
        # The program may have a Stash of its own, with anything in it.
        kept = [cast("dict[str, Any]", one) for one in held if isinstance(one, dict)]
        return {one["id"] for one in kept if isinstance(one.get("id"), str)}

    def _urns(self, types: Sequence[str], name: str | None = None) -> list[str]:
        """The first type's own parents may not be known, so the end of the URN has to agree."""
        wanted = "$".join(types)
        found: list[str] = []
        for urn in self._resources:
            *_, chain, its_name = urn.split("::", 3)
            if name in (None, its_name) and f"${chain}".endswith(f"${wanted}"):
                found.append(urn)
        return found


def _as_in_python(urn: str) -> str:
    *before, chain, name = urn.split("::", 3)
    *parents, token = chain.split("$")
    return "::".join((*before, "$".join((*parents, dynamic_type(token))), name))


_STATES: WeakKeyDictionary[pulumi.Resource, StackState] = WeakKeyDictionary()


def state_of_this_run() -> StackState:
    """The one read of the state that a run needs.

    Raises:
        RunError: the engine does not tell, in an update: a second one could be made of everything.
    """
    root = get_root_resource()
    if root is None or not looks_allowed():
        return StackState(None)
    if root not in _STATES:
        _STATES[root] = _read(root)
    return _STATES[root]


def _read(root: pulumi.Resource) -> StackState:
    said = ""
    for _ in range(_TRIES):
        try:
            answer = pulumi.runtime.invoke(_READ_OWN_STATE, {"stackName": stack_path()})
        except Exception as error:  # the SDK raises nothing more exact
            said = " ".join(str(error).split())
            if _HALF_WRITTEN not in said:
                break
            # The engine writes the file of a local backend at this moment.
            time.sleep(_PAUSE_SECONDS)
        else:
            held = cast("dict[str, Any]", answer.value or {}).get("outputs")
            return StackState(cast("dict[str, dict[str, Any]] | None", held))
    line = f"Pulumi does not tell what the state of this stack holds ({said})"
    if not pulumi.runtime.is_dry_run():
        raise pulumi.RunError(
            f"{line}, so what an interrupted run may have left cannot be told from what is "
            "missing; run `pulumi up` again, with Pulumi 3.216.0 or later"
        )
    pulumi.log.warn(f"{line}: nothing is looked for that an interrupted run may have left", root)
    return StackState(None)
