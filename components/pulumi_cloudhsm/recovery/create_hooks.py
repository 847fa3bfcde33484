"""What goes along while the aws provider creates something and waits for it.

The provider shows neither state nor duration, and its refusals are AWS's bare text. Hooks of the
engine add what is missing: a last look before money is spent, progress, and advice on a refusal.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi

from ..aws.advice import advice
from ..aws.cloudhsmv2 import CloudHsm
from ..aws.found import is_owned
from ..errors import CloudHsmError
from ..waiting.waiter import Clock, Goal, Observation, Timing, Waiter
from .deployment_identity import deployment_of
from .part import Part


class _StoppedError(CloudHsmError):
    """The provider is done; there is nothing to report any more."""


class Progress:
    """Reports the state of something that somebody else creates and waits for."""

    def __init__(
        self,
        goal: Goal,
        timing: Timing,
        look: Callable[[], Observation[object]],
        report: Callable[[str], None],
    ) -> None:
        """Prepares; nothing runs before `start`.

        Args:
            goal: what is created, and its good and bad ends.
            timing: usual duration and deadline.
            look: asks AWS for the state.
            report: takes a line, in any thread.
        """
        self._goal, self._timing, self._look = goal, timing, look
        self._report = report
        self._over = threading.Event()

    def start(self) -> None:
        """Starts reporting in the background; the thread never keeps a process alive."""
        self._over.clear()
        threading.Thread(target=self._run, name=self._goal.subject, daemon=True).start()

    def stop(self) -> None:
        """Ends the reporting."""
        self._over.set()

    def _run(self) -> None:
        def sleep(seconds: float) -> None:
            self._over.wait(seconds)

        def look() -> Observation[object]:
            if self._over.is_set():
                raise _StoppedError
            return self._look()

        waiter = Waiter(clock=Clock(sleep=sleep), report=self._report)
        try:
            waiter.wait(self._goal, self._timing, look)
        except CloudHsmError:
            # Whatever is wrong, the provider meets it too and fails with it; this only reports.
            return


_ASKED_FOR = "asked for"
ProgressMaker = Callable[[Callable[[str], None], str, Mapping[str, Any]], Progress]
"""Makes a reporter from where its lines go, and the resource's logical name and inputs (in camel
case)."""


def progress_of_cluster(api: CloudHsm, wanted: str, timing: Timing) -> ProgressMaker:
    """Reports how far AWS is with a cluster; its inputs hold the tags that it will have.

    Args:
        api: CloudHSM v2.
        wanted: the state that ends it.
        timing: usual duration and deadline.
    """

    def make(report: Callable[[str], None], _: str, inputs: Mapping[str, Any]) -> Progress:
        def look() -> Observation[object]:
            found = (one for one in api.clusters() if is_owned(one.tags, inputs["tags"]))
            return Observation(next((one.state for one in found), _ASKED_FOR), None)

        goal = Goal("cluster", wanted, (wanted,), ("DEGRADED",), "")
        return Progress(goal, timing, look, report)

    return make


def progress_of_hsm(api: CloudHsm, timing: Timing, called: str | None = None) -> ProgressMaker:
    """Reports how far AWS is with an HSM of the cluster that its inputs name.

    Args:
        api: CloudHSM v2.
        timing: usual duration and deadline.
        called: what the lines call it; None: its logical name.
    """

    def make(report: Callable[[str], None], name: str, inputs: Mapping[str, Any]) -> Progress:
        goal = Goal(called or name, "ACTIVE", ("ACTIVE",), ("DEGRADED",), "")

        def look() -> Observation[object]:
            cluster = api.cluster(inputs["clusterId"]) if "clusterId" in inputs else None
            hsms = cluster.live_hsms if cluster else ()
            wanted = inputs.get("ipAddress")
            found = (hsm.state for hsm in hsms if wanted in (None, hsm.ip))
            return Observation(next(found, _ASKED_FOR), None)

        return Progress(goal, timing, look, report)

    return make


def creation_hooks(
    component: Part,
    name: str,
    progress: ProgressMaker | None = None,
    before: Sequence[Callable[[Mapping[str, Any]], None]] = (),
    why: Callable[[Mapping[str, Any]], str | None] = lambda _: None,
) -> pulumi.ResourceHookBinding:
    """Hooks for a resource of the aws provider, or for several of one kind.

    The SDK starts a server for each hook, so many resources share their hooks.

    Args:
        component: on whose line the progress is shown.
        name: hooks are named after it and what the component is in: the resource's logical name, or
            the component's.
        progress: makes the reporter, if the creation takes long enough for one.
        before: last looks before the creation, at the inputs (in camel case) and at AWS; a
            CloudHsmError of theirs stops it.
        why: asks AWS why a creation has failed, in one line; takes the inputs, too.
    """
    running: dict[str, Progress] = {}
    name = deployment_of(component).path(name)

    def start(about: pulumi.ResourceHookArgs) -> None:
        for look in before:
            look(about.new_inputs or {})
        if progress is None:
            return
        # Pulumi's log belongs to the loop's thread, the reporter has one of its own.
        loop = asyncio.get_running_loop()

        def report(line: str) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(pulumi.log.info, line, component)

        running[about.urn] = progress(report, about.name, about.new_inputs or {})
        running[about.urn].start()

    def stop(about: pulumi.ResourceHookArgs | pulumi.ErrorHookArgs) -> None:
        if about.urn in running:
            running.pop(about.urn).stop()

    def explain(failure: pulumi.ErrorHookArgs) -> bool:
        stop(failure)
        meaning = advice(failure.errors[0]) if failure.errors else None
        for line in (_without_trouble(why, failure.new_inputs or {}), meaning):
            if line:
                pulumi.log.error(f"{failure.name}: {line}", component)
        return False

    return pulumi.ResourceHookBinding(
        before_create=[pulumi.ResourceHook(f"{name}-start", start)],
        after_create=[pulumi.ResourceHook(f"{name}-done", stop)],
        on_error=[pulumi.ErrorHook(f"{name}-refused", explain)],
    )


def _without_trouble(
    why: Callable[[Mapping[str, Any]], str | None], inputs: Mapping[str, Any]
) -> str | None:
    try:
        return why(inputs)
    except CloudHsmError:
        return None  # the refusal itself is shown anyway
