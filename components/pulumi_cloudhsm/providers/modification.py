"""What the resources that change a cluster share: AWS takes one change of a cluster at a time."""

from __future__ import annotations

from ..aws.cloudhsmv2 import GOING_OR_GONE, UNDER_WAY, CloudHsm, Cluster
from ..errors import StateError
from ..waiter import Goal, Observation, Pace, Waiter


def at_rest(api: CloudHsm, waiter: Waiter, cluster_id: str, tempo: Pace, setting: str) -> Cluster:
    """Waits until AWS is not at work on a cluster; says nothing where it is not.

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
