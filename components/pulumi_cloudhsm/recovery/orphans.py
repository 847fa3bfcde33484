"""Orphans: what an interrupted run left at AWS and the state misses; found, adopted once.

One policy for all types of the table, see `kinds`. Only looks happen while the program runs; what
AWS is still making is waited for in the graph, before the import. The engine imports what is there
and then updates it to what is wanted, in the same run.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import pulumi

from ..aws.cloudhsmv2 import DELETING_OR_DELETED
from ..aws.found import HALF_MADE, ID_TAG, NAME_TAG, Found, resource_name
from ..aws.session import AwsAccess
from ..errors import CloudHsmError, StateError
from ..waiting.waiter import Goal, Observation, Timing, Waiter
from .deployment_identity import Deployment, deployment_of
from .kinds import GONE, KINDS, Kind, Survey
from .part import Part

T = TypeVar("T")
_SURVEYS: WeakKeyDictionary[Deployment, dict[AwsAccess, Survey]] = WeakKeyDictionary()
_TIMING = Timing(expected_seconds=120, deadline_seconds=900)
"""Of what has no setting of its own, a NAT gateway for example. Assumed."""


class Recovery:
    """Tags and adoption for the resources of one component.

    Attributes:
        deployment: whose they are.
        region: theirs, where it is not that of the component's aws provider.
    """

    deployment: Deployment
    region: str | None

    def __init__(
        self, component: Part, access: Callable[[], AwsAccess], region: str | None = None
    ) -> None:
        """Reads the stack's state, once in a run.

        Args:
            component: the component.
            access: account and Region of its resources; called when AWS has to be asked.
            region: another Region than that of the component's aws provider.

        Raises:
            RunError: the state cannot be read, in an update.
        """
        self._component, self._access, self.region = component, access, region
        self.deployment = deployment_of(component)
        self.tags, self.unique = self.deployment.tags, self.deployment.unique

    def adopt(
        self,
        kind: str,
        name: str,
        opts: pulumi.ResourceOptions,
        *,
        key: str | None = None,
        usable: tuple[str, ...] = (),
        timing: Timing = _TIMING,
    ) -> pulumi.ResourceOptions:
        """The options of a resource: it is imported where the state lacks it and AWS has it.

        Args:
            kind: type token, a key of the table.
            name: its logical name.
            opts: its other options.
            key: what finds it at AWS where that is not the name in its tag, see the table.
            usable: the states in which it can be used, where they are not the table's.
            timing: how long AWS takes to make it.

        Raises:
            RunError: several could be meant, it cannot be gone on with, or AWS cannot be asked in
                an update.
        """
        if not self.lacks(kind, name):
            return opts
        row, wanted = KINDS[kind].usable_in(usable), key or self.deployment.path(name)
        listed = self.look(row.what, lambda: row.find(self.survey(), wanted))
        found = _select(row, name, listed or [])
        if found is None:
            return opts
        if row.discard is not None and found.state == HALF_MADE:
            return pulumi.ResourceOptions.merge(opts, self._discarded(row.discard, name, found))
        # The aws provider takes the Region of what it imports so: its guide "Enhanced Region
        # Support", Import.
        away = f"@{self.region}" if self.region else ""
        adopted = pulumi.ResourceOptions(import_=f"{found.identifier}{away}")
        if found.state in row.making:
            if pulumi.runtime.is_dry_run():
                # Its provider could not read all of it yet, and the preview would fail.
                line = f"{found.identifier} is {found.state}: the update waits for it and adopts it"
                pulumi.log.info(line, self._component)
                return opts
            adopted.depends_on = self._settled(row, found, wanted, timing)
        return pulumi.ResourceOptions.merge(opts, adopted)

    def lacks(self, kind: str, name: str) -> bool:
        """Whether an earlier run has begun this deployment, and the state lacks this resource."""
        types = [one.pulumi_resource_type for one in self._component.lineage]
        begun = self.deployment.known_id is not None
        return begun and self.deployment.state.lacks([*types, kind], name)

    def survey(self) -> Survey:
        """What AWS is asked about this deployment in this run."""
        surveys = _SURVEYS.setdefault(self.deployment, {})
        access = self._access()
        if access not in surveys:
            surveys[access] = Survey(access, self.deployment.known_id or "")
        return surveys[access]

    def look(self, what: str, ask: Callable[[], T]) -> T | None:
        """Asks AWS: a preview that cannot warns and goes on, an update stops.

        Args:
            what: what is looked for, in the plural.
            ask: asks.

        Returns:
            The answer; None in a preview that cannot ask.

        Raises:
            RunError: AWS cannot be asked, in an update.
        """
        try:
            return ask()
        except CloudHsmError as error:
            line = f"could not look for {what} that an interrupted run may have left: {error}"
            if not pulumi.runtime.is_dry_run():
                raise pulumi.RunError(line) from None
            pulumi.log.warn(line, self._component)
            return None

    def refuse_second(self, kind: str) -> Callable[[Mapping[str, Any]], None]:
        """A hook for the last moment before a creation; its inputs hold the tags.

        The interrupted run's own provider may still be at work while the next run starts.

        Args:
            kind: type token, a key of the table whose rows are found by their tags.
        """

        def refuse(inputs: Mapping[str, Any]) -> None:
            tags, row = inputs["tags"], KINDS[kind]
            survey = Survey(self._access(), tags[ID_TAG])
            for one in row.find(survey, resource_name(tags)):
                if one.state not in (GONE, *row.gone):
                    raise StateError(
                        f"{one.identifier} ({one.state}) already belongs to {tags[NAME_TAG]}, made "
                        "by an interrupted run in this moment: run `pulumi up` again, which "
                        f"adopts it; to give it up, take its tag {ID_TAG} off"
                    )

        return refuse

    def refuse_foreign_cluster(self, name: str) -> None:
        """Stops where a cluster has the names of one that the state lacks, and a foreign id.

        Args:
            name: logical name of a cluster that the state lacks.

        Raises:
            RunError: names it, and says what to do.
        """
        readable, ids = self.deployment.readable(name), self.deployment.state.deployment_ids
        foreign = [
            f"{one.cluster_id} ({one.state})"
            for one in self.survey().clusters()
            if one.tags.get(NAME_TAG) == readable
            and one.tags.get(ID_TAG) not in ids
            and one.state not in DELETING_OR_DELETED
        ]
        if foreign:
            raise pulumi.RunError(
                f"{', '.join(foreign)} has the names of this stack ({readable}), but an id that "
                "its state does not hold: if the state was lost, restore the state (`pulumi stack "
                "import` of a backup); if it is of a stack that was renamed or moved, or of one of "
                "the same names in another backend, rename this one (`pulumi stack rename`), or "
                f"take the cluster's tag {NAME_TAG} off (aws cloudhsmv2 untag-resource)"
            )

    def _discarded(
        self, discard: Callable[[AwsAccess, str], None], name: str, found: Found
    ) -> pulumi.ResourceOptions:
        def before(_: pulumi.ResourceHookArgs) -> None:
            discard(self._access(), found.identifier)
            line = f"{found.identifier}, half made by an interrupted run, is deleted"
            pulumi.log.info(line, self._component)

        hook = pulumi.ResourceHook(f"{self.deployment.path(name)}-half-made", before)
        return pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(before_create=[hook]))

    def _settled(
        self, row: Kind, orphan: Found, key: str, timing: Timing
    ) -> pulumi.Output[list[pulumi.Resource]]:
        """Resolves once AWS has made it. A thread waits, so the program's loop goes on."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[list[pulumi.Resource]] = loop.create_future()
        access, deployment_id = self._access(), self.deployment.known_id or ""

        def look() -> Observation[None]:
            found = row.find(Survey(access, deployment_id), key)
            one = next((one for one in found if one.identifier == orphan.identifier), None)
            if one is None:
                raise StateError(f"{orphan.identifier} is gone again: run `pulumi up` once more")
            return Observation(one.state, None, one.reason)

        def in_loop(call: Callable[..., None], *arguments: object) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(call, *arguments)

        def wait() -> None:
            goal = Goal(
                f"{orphan.identifier}, left by an interrupted run,",
                row.usable[0],
                row.usable,
                ("FAILED", "DEGRADED", *row.gone),
                row.setting,
            )
            waiter = Waiter(report=lambda line: in_loop(pulumi.log.info, line, self._component))
            try:
                waiter.wait(goal, timing, look)
            except CloudHsmError as error:
                in_loop(done.set_exception, pulumi.RunError(str(error)))
            else:
                in_loop(done.set_result, [])

        threading.Thread(target=wait, name=orphan.identifier, daemon=True).start()
        return pulumi.Output.from_input(done)


def _select(row: Kind, name: str, listed: list[Found]) -> Found | None:
    found = [one for one in listed if one.state not in (GONE, *row.gone)]
    if len(found) > 1:
        names = ", ".join(one.identifier for one in found)
        raise pulumi.RunError(
            f"{len(found)} {row.what} belong to {name} of this deployment: {names}; keep the one "
            f"that is in use, and delete the others or take the tag {ID_TAG} off them"
        )
    for one in found:
        if row.usable and one.state not in (*row.usable, *row.making):
            reason = f", AWS said: {one.reason}" if one.reason else ""
            raise pulumi.RunError(
                f"{one.identifier} ({one.state}{reason}) belongs to {name} of this deployment, but "
                f"the stack's state does not hold it: {row.fix}"
            )
    return found[0] if found else None
