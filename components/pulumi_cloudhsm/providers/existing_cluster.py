"""What resources share that are about a cluster which is there already."""

from __future__ import annotations

from pulumi.dynamic import ReadResult

from ..aws.cloudhsmv2 import ACTIVE_OR_LATER, GOING_OR_GONE, UNDER_WAY, CloudHsm, Cluster
from ..errors import StateError
from ..waiter import Goal, Observation, Pace, Waiter
from .base import Props


def at_rest(api: CloudHsm, waiter: Waiter, cluster_id: str, tempo: Pace, setting: str) -> Cluster:
    """Waits until AWS is not at work on a cluster: it takes one change of it at a time.

    Args:
        api: CloudHSM v2.
        waiter: waits and reports.
        cluster_id: the cluster.
        tempo: usual duration and deadline.
        setting: the input that prolongs the deadline.

    Raises:
        StateError: the cluster is gone.
        DeadlineError: AWS stays at work for too long.
    """

    def look() -> Observation[Cluster]:
        cluster = existing(api, cluster_id)
        return Observation("under way" if cluster.state in UNDER_WAY else "at rest", cluster)

    goal = Goal(f"AWS's work on {cluster_id}", "at rest", ("at rest",), (), setting)
    return waiter.wait(goal, tempo, look).observation.value


def existing(api: CloudHsm, cluster_id: str) -> Cluster:
    """The cluster as it is now.

    Raises:
        StateError: it is gone.
    """
    cluster = api.cluster(cluster_id)
    if cluster is None or cluster.state in GOING_OR_GONE:
        raise StateError(
            f"{cluster_id} does not exist (any more) in this account and region: run `pulumi "
            "refresh`, then `pulumi up`"
        )
    return cluster


def read_active(api: CloudHsm, id_: str, props: Props) -> ReadResult:
    """Reports an active cluster that fell; what is done with an active one is no drift."""
    cluster = api.cluster(props["cluster_id"])
    if cluster is None or cluster.state in GOING_OR_GONE:
        return ReadResult("", {})
    state = "ACTIVE" if cluster.state in ACTIVE_OR_LATER else cluster.state
    return ReadResult(id_, {**props, "state": state})
