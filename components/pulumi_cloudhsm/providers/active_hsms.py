"""That all wanted HSMs are ACTIVE: the gate before everything that has to reach each of them.

Users and keys are made on the HSMs that answer, and a user never reaches one that joins later; so
what comes next waits here. The provider plugin waits for the HSMs that it makes, but not for one
that an interrupted run left in the making and that was imported.
"""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from ..aws.cloudhsmv2 import GOING_OR_GONE, CloudHsm
from ..errors import StateError
from ..waiter import Goal, Observation
from .base import CloudHsmProvider, Props, differs, one_line, pace

_SETTING = "hsm_deadline_seconds (cloudhsm:hsmDeadlineSeconds)"
_ALL = "all ACTIVE"


class ActiveHsmsProvider(CloudHsmProvider):
    """Waits for HSMs; changes nothing at AWS."""

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Waits until every wanted HSM is ACTIVE.

        Raises:
            StateError: one of them is gone or broken.
            DeadlineError: it takes too long; a later `up` goes on waiting.
        """
        return CreateResult(id_=f"{props['cluster_id']}/hsms", outs=self._awaited(props))

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Another set of HSMs is waited for again; what a refresh found missing, too."""
        replaces = differs(olds, news, "cluster_id")
        changed = differs(olds, news, "hsm_ids") or olds.get("missing")
        return DiffResult(changes=bool(replaces or changed), replaces=replaces)

    @one_line
    def update(self, _id: str, _olds: Props, news: Props) -> UpdateResult:
        """Waits again."""
        return UpdateResult(outs=self._awaited(news))

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports wanted HSMs that are not ACTIVE any more."""
        cluster = self.cloudhsm(props).cluster(props["cluster_id"])
        if cluster is None or cluster.state in GOING_OR_GONE:
            return ReadResult("", {})
        states = {hsm.hsm_id: hsm.state for hsm in cluster.hsms}
        missing = [
            f"{hsm_id}: {states.get(hsm_id, 'gone')}"
            for hsm_id in props["hsm_ids"]
            if states.get(hsm_id) != "ACTIVE"
        ]
        return ReadResult(id_, {**props, "missing": missing})

    def delete(self, _id: str, _props: Props) -> None:
        """There is nothing at AWS to delete."""

    def _awaited(self, props: Props) -> dict[str, Any]:
        wanted: list[str] = list(props["hsm_ids"])
        if wanted:
            goal = Goal(f"HSMs of {props['cluster_id']}", _ALL, (_ALL,), ("DEGRADED",), _SETTING)
            api = self.cloudhsm(props)
            self.waiter().wait(goal, pace(props), lambda: _look(api, props["cluster_id"], wanted))
        kept = {key: value for key, value in props.items() if key != "__provider"}
        return {**kept, "missing": []}


def _look(api: CloudHsm, cluster_id: str, wanted: list[str]) -> Observation[None]:
    cluster = api.cluster(cluster_id)
    hsms = {hsm.hsm_id: hsm for hsm in (cluster.live_hsms if cluster else ())}
    for hsm_id in wanted:
        if hsm_id not in hsms:
            raise StateError(
                f"{hsm_id} of {cluster_id} is gone (AWS replaces a broken HSM by one with another "
                "id): run `pulumi up --refresh`"
            )
        if hsms[hsm_id].state == "DEGRADED":
            return Observation("DEGRADED", None, f"{hsm_id}: {hsms[hsm_id].message}")
    active = sum(hsms[hsm_id].state == "ACTIVE" for hsm_id in wanted)
    state = _ALL if active == len(wanted) else f"{active} of {len(wanted)} ACTIVE"
    return Observation(state, None)


class ActiveHsms(Resource, module="cloudhsm", name="ActiveHsms"):
    """All wanted HSMs of a cluster, ACTIVE."""

    hsm_ids: pulumi.Output[list[str]]
    """The HSMs that were waited for."""
    missing: pulumi.Output[list[str]]
    """What the last refresh found to be something else than ACTIVE."""

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the gate.

        Args:
            name: logical name.
            props: `cluster_id`, `region`, `hsm_ids`, `usual_seconds`, `deadline_seconds`.
            opts: Pulumi's options.
        """
        super().__init__(ActiveHsmsProvider(), name, {"missing": None, **props}, opts)
