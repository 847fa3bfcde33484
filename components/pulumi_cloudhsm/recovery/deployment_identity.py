"""A deployment's own identity: a random id, in the state before anything of it is at AWS.

The outermost component of this package keeps it in a `pulumi.Stash`, and every tag contains its
Output: the engine stores a step before it begins what depends on it, so no tag carries an id that
the state lacks. Names can agree by chance, and `pulumi stack rename` changes them; ids do neither.
The names of the stack that made it are kept beside the id. So a stack that is renamed, or that
moves into another project, changes no tag at AWS.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence

import pulumi

from ..aws.found import ID_TAG, NAME_TAG
from .part import Part
from .stack_state import STASH, StackState, stack_path, state_of_this_run

_NAME_LENGTH = 8


class Deployment:
    """The outermost of this package's components, and what is in it.

    Attributes:
        id: a random UUID; in the preview of a first run it is not known yet.
        known_id: the same, where an earlier run has made it; None: AWS has nothing of it.
        state: the stack's state as it was when this run began.
    """

    id: pulumi.Output[str]
    known_id: str | None
    state: StackState

    def __init__(self, outermost: Part) -> None:
        """Finds the id in the state, or makes one.

        Raises:
            RunError: the state cannot be read, in an update; or it holds parts of the deployment
                without its id.
        """
        self.state = state_of_this_run()
        above = [one for one in outermost.lineage if not isinstance(one, Part)]
        self._prefix = "/".join(
            f"{one.pulumi_resource_type}/{one.pulumi_resource_name}" for one in above
        )
        name = f"{outermost.pulumi_resource_name}-id"
        types = [one.pulumi_resource_type for one in outermost.lineage]
        held = self.state.outputs([*types, STASH], name)
        if held is None:
            self._refuse_lost_id(types, outermost.pulumi_resource_name)
        kept: dict[str, str] = held["input"] if held else {}
        self.known_id = kept.get("id")
        self._made_as = kept.get("stack", stack_path())
        new = _not_known_yet() if pulumi.runtime.is_dry_run() else str(uuid.uuid4())
        # An alias of the component may lead the engine to an id that this run has not found.
        keep = pulumi.ResourceOptions(parent=outermost, ignore_changes=["input"])
        value = {"id": self.known_id or new, "stack": self._made_as}
        self.id = pulumi.Stash(name, input=value, opts=keep).input.apply(lambda kept: kept["id"])

    def _refuse_lost_id(self, types: Sequence[str], name: str) -> None:
        """Another id would give another name to all that is named by it, and replace it."""
        known = self.state.deployment_ids
        for one, outputs in sorted(self.state.within(types).items()):
            tags: dict[str, str] = outputs.get("tags") or {}
            given = tags.get(ID_TAG)
            if given is not None and given not in known and one.startswith(f"{name}-"):
                raise pulumi.RunError(
                    f"the state holds {one}, but not {name}-id, the id {given} of its deployment: "
                    "a deployment moves as a whole; bring the rest into this stack (`pulumi state "
                    "move`), or restore the state (`pulumi stack import` of a backup)"
                )

    def path(self, name: str) -> str:
        """A resource's name, preceded by what its outermost component is in."""
        return f"{self._prefix}/{name}" if self._prefix else name

    def readable(self, name: str) -> str:
        """The value of the readable tag: organization, project and stack, then the resource.

        They are those of the stack that made the deployment.
        """
        return f"{self._made_as}/{self.path(name)}"[:256]

    def tags(
        self, name: str, tags: Mapping[str, pulumi.Input[str]]
    ) -> dict[str, pulumi.Input[str]]:
        """Tags of a resource: the given ones, and the two that show whose it is.

        Args:
            name: its logical name.
            tags: further tags.
        """
        return {**tags, NAME_TAG: self.readable(name), ID_TAG: self.id}

    def unique(self, name: str) -> pulumi.Output[str]:
        """A name at AWS that no other deployment has: with the first digits of the id."""
        return self.id.apply(lambda known: _unique(name, known))

    def known_unique(self, name: str) -> str:
        """As `unique`, where the id is known; otherwise a name that AWS cannot have."""
        return _unique(name, self.known_id or "")


def _unique(name: str, deployment_id: str) -> str:
    return f"{name}-{deployment_id[:_NAME_LENGTH]}"


def deployment_of(component: Part) -> Deployment:
    """The deployment that a component belongs to.

    Raises:
        RunError: the state cannot be read, in an update.
    """
    outermost = next(one for one in component.lineage if isinstance(one, Part))
    found = outermost.identity_of_deployment
    if not isinstance(found, Deployment):
        found = outermost.identity_of_deployment = Deployment(outermost)
    return found


def _not_known_yet() -> pulumi.Output[str]:
    loop = asyncio.get_running_loop()
    value: asyncio.Future[str] = loop.create_future()
    known: asyncio.Future[bool] = loop.create_future()
    value.set_result("")
    known.set_result(False)
    return pulumi.Output(set(), value, known)
