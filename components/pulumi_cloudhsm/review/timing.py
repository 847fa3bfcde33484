"""About how long AWS takes for a plan: the chain is strictly sequential, so its steps add up.

The expected durations are those of `docs/reference/timings.md`, which names their sources.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ..waiting import durations
from .consequences import COMING, GOING
from .plan import Action, Change, Plan


@dataclass(frozen=True)
class Stage:
    """One step of the chain, however many resources it has: they are made side by side.

    Attributes:
        what: what a person calls it.
        class_names: the types of its resources, by the last part of the type token.
        making: seconds until AWS has made them.
        deleting: seconds until they are gone.
    """

    what: str
    class_names: tuple[str, ...]
    making: float
    deleting: float = 0.0


STAGES = (
    Stage("cluster", ("Cluster", "DualStackCluster"), 180, 60),
    Stage("HSMs", ("Hsm",), durations.FURTHER_HSM, 120),
    Stage("private CA", ("CertificateAuthority",), 30),
    Stage("initialization", ("ClusterInitialization",), durations.INITIALIZATION),
    Stage("client host", ("Instance",), 60, 60),
    Stage("NAT gateway", ("NatGateway",), 120, 60),
    Stage("activation", ("ClusterActivation",), 90),
    Stage("restoration", ("ClusterRestoration",), durations.FIRST_HSM),
    Stage("key store", ("CustomKeyStore",), durations.KEY_STORE, 120),
    Stage("file system", ("OntapFileSystem",), durations.FILE_SYSTEM, 600),
)
"""The chain in its order; what is not here takes seconds."""
_BESIDE = {"client host", "NAT gateway"}
"""What is made while AWS makes cluster and HSM, so that it adds nothing where these are made."""


def stages(plan: Plan) -> list[tuple[str, float]]:
    """The steps of a plan that take AWS more than seconds, with their seconds.

    Deletions come last, as in the engine, but for a replacement that has to delete first.
    """
    making = [(stage.what, _making(stage, plan)) for stage in STAGES]
    found = [(what, seconds) for what, seconds in making if seconds]
    if any(what == "cluster" for what, _ in found):
        found = [one for one in found if one[0] not in _BESIDE]
    going = [
        (f"{stage.what}, deletion", stage.deleting)
        for stage in reversed(STAGES)
        if stage.deleting and _any(plan, stage.class_names, GOING)
    ]
    return [*found, *going]


def seconds(plan: Plan) -> float:
    """About how long AWS takes for all of it; without the time of a person."""
    return sum(one for _, one in stages(plan))


def _making(stage: Stage, plan: Plan) -> float:
    coming = [one for one in plan.of(*stage.class_names) if one.action in COMING]
    if not coming:
        return 0.0
    if stage.what != "HSMs":
        return stage.making
    first = any(one.action in COMING for one in plan.of("ClusterInitialization", "ClusterIdentity"))
    more = len(coming) > 1 or not first
    return (durations.FIRST_HSM if first else 0.0) + (stage.making if more else 0.0)


def _any(plan: Plan, class_names: Collection[str], actions: Collection[Action]) -> bool:
    found: list[Change] = plan.of(*class_names)
    return any(one.action in actions for one in found)
