"""That all wanted HSMs are ACTIVE: before everything that has to reach each of them.

Users and keys are made on the HSMs that answer, and a user never reaches one that joins later; so
what comes next waits here. The provider plugin waits for the HSMs that it makes. It does not wait
for one that was imported while AWS was still making it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, UpdateResult

from ..aws.cloudhsmv2 import DELETING_OR_DELETED, CloudHsm
from ..dynamic_provider import (
    AwsInputs,
    CloudHsmProvider,
    DynamicResource,
    Props,
    ResourceOutputs,
    differs,
    state,
)
from ..errors import StateError, one_line
from ..waiting.waiter import Goal, Observation

_SETTING = "waits.hsm.deadline_seconds"
_ALL = "all ACTIVE"


@dataclass(frozen=True, kw_only=True)
class ActiveHsmsInputs(AwsInputs):
    """Which HSMs."""

    cluster_id: str
    """`cluster-…`; another one replaces the resource."""
    hsm_ids: Sequence[str]
    """The HSMs to wait for; none: nothing is waited for."""


@dataclass(frozen=True, kw_only=True)
class ActiveHsmsOutputs(ResourceOutputs):
    """What was found."""

    missing: Sequence[str] = field(default_factory=list[str])
    """Wanted HSMs that are not ACTIVE, each with its state."""


class ActiveHsmsProvider(CloudHsmProvider):
    """Waits for HSMs; changes nothing at AWS."""

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Waits until every wanted HSM is ACTIVE.

        Raises:
            StateError: one of them is gone or broken.
            DeadlineError: it takes too long; a later `up` goes on waiting.
        """
        inputs = ActiveHsmsInputs.read(props)
        self._wait(inputs)
        outs = state(inputs, ActiveHsmsOutputs())
        return CreateResult(id_=f"{inputs.cluster_id}/hsms", outs=outs)

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Another set of HSMs is waited for again; what a refresh found missing, too."""
        replaces = differs(olds, news, "cluster_id")
        changed = differs(olds, news, "hsm_ids") or olds.get("missing")
        return DiffResult(changes=bool(replaces or changed), replaces=replaces)

    @one_line
    def update(self, _id: str, _olds: Props, news: Props) -> UpdateResult:
        """Waits again."""
        inputs = ActiveHsmsInputs.read(news)
        self._wait(inputs)
        return UpdateResult(outs=state(inputs, ActiveHsmsOutputs()))

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports wanted HSMs that are not ACTIVE any more."""
        inputs = ActiveHsmsInputs.read(props)
        cluster = self.cloudhsm(inputs.access).cluster(inputs.cluster_id)
        if cluster is None or cluster.state in DELETING_OR_DELETED:
            return ReadResult("", {})
        states = {hsm.hsm_id: hsm.state for hsm in cluster.hsms}
        missing = [
            f"{hsm_id}: {states.get(hsm_id, 'gone')}"
            for hsm_id in inputs.hsm_ids
            if states.get(hsm_id) != "ACTIVE"
        ]
        return ReadResult(id_, {**props, "missing": missing})

    def delete(self, _id: str, _props: Props) -> None:
        """There is nothing at AWS to delete."""

    def _wait(self, inputs: ActiveHsmsInputs) -> None:
        if not inputs.hsm_ids:
            return
        api, cluster_id = self.cloudhsm(inputs.access), inputs.cluster_id
        goal = Goal(f"HSMs of {cluster_id}", _ALL, (_ALL,), ("DEGRADED",), _SETTING)
        self.waiter().wait(goal, inputs.timing, lambda: _look(api, cluster_id, inputs.hsm_ids))


def _look(api: CloudHsm, cluster_id: str, wanted: Sequence[str]) -> Observation[None]:
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
    return Observation(_ALL if active == len(wanted) else f"{active} of {len(wanted)} ACTIVE", None)


class ActiveHsms(DynamicResource, module="cloudhsm", name="ActiveHsms"):
    """All wanted HSMs of a cluster, ACTIVE."""

    hsm_ids: pulumi.Output[list[str]]
    """The HSMs that were waited for."""
    missing: pulumi.Output[list[str]]
    """What the last refresh found to be something else than ACTIVE."""

    def __init__(
        self, name: str, inputs: ActiveHsmsInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the wait.

        Args:
            name: logical name.
            inputs: which HSMs.
            opts: Pulumi's options.
        """
        super().__init__(ActiveHsmsProvider(), name, inputs, ActiveHsmsOutputs, opts)
