"""What the stack's own state holds: only what it misses may be imported.

Giving the engine an id to import is no request that is safe to repeat. It keeps the id with the
resource, and where another one is given later (AWS puts a new HSM in a broken one's place), it
imports that one as a replacement and then deletes the original, which after a refresh is the same
live HSM.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pulumi

from .aws.ownership import TAG
from .errors import CloudHsmError

_READ_OWN_STATE = "pulumi:pulumi:readStackResourceOutputs"


def owner_of(name: str) -> str:
    """The value of the tag that names whose something is: stack and component.

    Args:
        name: the component's logical name.
    """
    return "/".join((*_place(), name))


def _place() -> tuple[str, str, str]:
    return pulumi.get_organization(), pulumi.get_project(), pulumi.get_stack()


class StackState:
    """The names in the state as it was before this run; read when first asked for."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        """Prepares.

        Args:
            warn: takes a line where the engine does not tell.
        """
        self._warn = warn
        self._names: frozenset[str] | None = None

    def missed(self, kind: str, name: str, found: str | None) -> str | None:
        """What is to be imported: what was found at AWS, where the state holds no such resource.

        Args:
            kind: type token, for example `aws:cloudhsmv2/hsm:Hsm`.
            name: logical name.
            found: the id at AWS; None where there is nothing.

        Returns:
            The id; None, too, where it cannot be known what the state holds.
        """
        return found if found and self.misses(kind, name) else None

    def misses(self, kind: str, name: str) -> bool:
        """Whether the state holds no such resource; False where that cannot be known."""
        names = self._held()
        return _EVERYTHING not in names and f"{kind}::{name}" not in names

    def lost(self, kind: str, name: str, component: str, component_name: str) -> bool:
        """Whether an earlier run has begun a component and left no such resource in the state.

        That is what a look at AWS is worth that a first run need not take.
        """
        begun = f"{component}::{component_name}" in self._held()
        return begun and self.misses(kind, name)

    def _held(self) -> frozenset[str]:
        if self._names is None:
            self._names = self._read()
        return self._names

    def _read(self) -> frozenset[str]:
        try:
            answer = pulumi.runtime.invoke(_READ_OWN_STATE, {"stackName": "/".join(_place())})
        except Exception as error:  # the SDK raises nothing more exact
            said = " ".join(str(error).split())
            self._warn(
                f"this Pulumi does not tell what the state holds ({said}), so nothing that an "
                "interrupted run may have left is adopted: look for it at AWS"
            )
            return frozenset({_EVERYTHING})
        held = cast("dict[str, dict[str, Any]]", answer.value or {}).get("outputs", {})
        return frozenset(map(_type_and_name, held))


_EVERYTHING = "*"


def _type_and_name(urn: str) -> str:
    """`urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME` as `TYPE::NAME`."""
    _, _, types, name = urn.split("::", 3)
    return f"{types.rpartition('$')[2]}::{name}"


def left_behind(
    component: pulumi.ComponentResource,
    kind: str,
    name: str,
    what: str,
    find: Callable[[str], list[str]],
) -> str | None:
    """The id of a component's resource that an earlier run made and the state misses.

    Args:
        component: whose child it is.
        kind: its type token.
        name: its logical name.
        what: how to call several of it, for example `KMS keys`.
        find: the ids at AWS of those that carry a tag of this value; may raise CloudHsmError.

    Raises:
        RunError: several could be meant.
    """

    def warn(line: str) -> None:
        pulumi.log.warn(line, component)

    of, component_name = component.pulumi_resource_type, component.pulumi_resource_name
    if not StackState(warn).lost(kind, name, of, component_name):
        return None
    owner = owner_of(component_name)
    try:
        found = find(owner)
    except CloudHsmError as error:
        warn(f"could not look for {what} that an interrupted run may have left: {error}")
        return None
    if len(found) > 1:
        raise pulumi.RunError(
            f"{len(found)} {what} carry the tag {TAG}={owner}: {', '.join(found)}; keep the one "
            "that is in use, and take the tag off the others"
        )
    return found[0] if found else None
