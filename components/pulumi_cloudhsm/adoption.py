"""Finding what an interrupted run left at AWS, so that no second cluster is made and billed.

When the CLI is killed while AWS makes a cluster or an HSM, the stack's state knows nothing of it.
The cluster carries a tag that names stack and component; the next run finds it by that and lets
Pulumi import it. For what the state does know, importing the same id changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .aws.cloudhsmv2 import GOING_OR_GONE, CloudHsm, Cluster
from .errors import CloudHsmError, StateError
from .waiter import Goal, Observation, Pace, Waiter

TAG = "pulumi-cloudhsm"
"""Key of the tag that names whose cluster it is."""

_UNFINISHED = ("CREATE_IN_PROGRESS", "UNINITIALIZED")


@dataclass(frozen=True)
class LeftBehind:
    """What is there already; None where there is nothing to import."""

    cluster_id: str | None = None
    hsm_id: str | None = None


def left_behind(api: CloudHsm, owner: str, waiter: Waiter | None, tempo: Pace) -> LeftBehind:
    """Looks for an unfinished cluster of this owner, and for its HSM.

    Only a cluster before its initialization can be one that the state missed: every later step
    needs the state to hold it already.

    Args:
        api: CloudHSM v2.
        owner: value of the tag.
        waiter: waits until a cluster that AWS is still making can be used; None looks only.
        tempo: usual duration and deadline of that wait.

    Raises:
        StateError: several clusters could be meant, or AWS failed at making it.
        CloudHsmError: AWS cannot be asked.
    """
    cluster = one_of(api, owner)
    if cluster is None or cluster.state not in _UNFINISHED:
        return LeftBehind()
    if cluster.state == "CREATE_IN_PROGRESS" and waiter is not None:
        cluster = _settled(api, cluster.cluster_id, waiter, tempo)
    hsms = cluster.live_hsms
    return LeftBehind(cluster.cluster_id, hsms[0].hsm_id if len(hsms) == 1 else None)


def one_of(api: CloudHsm, owner: str) -> Cluster | None:
    """The owner's cluster, if there is one.

    Raises:
        StateError: there are several.
    """
    ours = [
        cluster
        for cluster in api.clusters()
        if cluster.tags.get(TAG) == owner and cluster.state not in GOING_OR_GONE
    ]
    if len(ours) > 1:
        names = ", ".join(cluster.cluster_id for cluster in ours)
        raise StateError(
            f"{len(ours)} clusters carry the tag {TAG}={owner}: {names}; keep the one in `pulumi "
            "stack output clusterId`, and delete the other or take the tag off it (aws cloudhsmv2 "
            "untag-resource)"
        )
    return ours[0] if ours else None


def refuse_a_second(api: CloudHsm, owner: str) -> None:
    """Called at the last moment before a cluster is created.

    Raises:
        StateError: the owner has one that the state does not hold.
    """
    cluster = one_of(api, owner)
    if cluster is not None:
        raise StateError(
            f"{cluster.cluster_id} ({cluster.state}) already belongs to {owner}, but the stack's "
            "state does not hold it: restore the state (`pulumi stack import` of a backup); if it "
            f"is to be given up, take its tag {TAG} off (aws cloudhsmv2 untag-resource)"
        )


def _settled(api: CloudHsm, cluster_id: str, waiter: Waiter, tempo: Pace) -> Cluster:
    def look() -> Observation[Cluster]:
        cluster = api.cluster(cluster_id)
        if cluster is None:
            raise StateError(f"{cluster_id} is gone again: run `pulumi up` once more")
        return Observation(cluster.state, cluster, cluster.message)

    goal = Goal(
        subject=f"cluster {cluster_id}, left by an interrupted run,",
        wanted="UNINITIALIZED",
        reached=("UNINITIALIZED",),
        failed=("DEGRADED", *GOING_OR_GONE),
        setting="hsm_deadline_seconds (cloudhsm:hsmDeadlineSeconds)",
    )
    return waiter.wait(goal, tempo, look).observation.value


def or_nothing(
    look: Callable[[], LeftBehind], only_planning: bool, warn: Callable[[str], None]
) -> LeftBehind:
    """A preview goes on when AWS cannot be asked, saying so; an update must not."""
    try:
        return look()
    except StateError:
        raise
    except CloudHsmError as error:
        if not only_planning:
            raise
        warn(f"could not look for what an interrupted run may have left: {error}")
        return LeftBehind()
