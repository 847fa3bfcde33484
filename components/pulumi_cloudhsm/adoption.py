"""Finding what an interrupted run left at AWS, so that no second cluster is made and billed.

When the CLI is killed while AWS makes a cluster or an HSM, the stack's state knows nothing of it.
The cluster carries a tag that names stack and component; the next run finds it by that and lets
Pulumi import it. What the state holds is never imported again, see `stack_state`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from .aws.cloudhsmv2 import ACTIVE_OR_LATER, GOING_OR_GONE, CloudHsm, Cluster
from .aws.ownership import TAG, one_of, the_one
from .errors import CloudHsmError, StateError
from .waiter import Goal, Observation, Pace, Waiter

_UNFINISHED = ("CREATE_IN_PROGRESS", "UNINITIALIZED")


@dataclass(frozen=True)
class LeftBehind:
    """What is there already; None where there is nothing to import.

    Attributes:
        cluster_id: an unfinished cluster.
        hsm_id: its HSM.
        state: the owner's cluster's state, finished or not; None when there is none.
        active_hsms: address to id of the HSMs of a cluster that has been activated.
        network_type: the owner's cluster's, IPV4 or DUALSTACK.
        hsms: how many HSMs it has.
        hsms_elsewhere: how many the region's other clusters have.
        looked: False when AWS could not be asked.
    """

    cluster_id: str | None = None
    hsm_id: str | None = None
    state: str | None = None
    active_hsms: Mapping[str, str] = field(default_factory=dict[str, str])
    network_type: str = ""
    hsms: int = 0
    hsms_elsewhere: int = 0
    looked: bool = True

    def first_hsm(self, others: Collection[str]) -> str | None:
        """The id of the first HSM, as far as it can be told.

        Args:
            others: addresses that only other HSMs have.
        """
        if self.hsm_id is not None:
            return self.hsm_id
        rest = [hsm_id for ip, hsm_id in self.active_hsms.items() if ip not in others]
        # Of several, none is picked by chance: importing one makes the engine give up another.
        return rest[0] if len(rest) == 1 else None


def left_behind(
    api: CloudHsm, owner: str, waiter: Waiter | None, tempo: Pace, source_backup_id: str = ""
) -> LeftBehind:
    """Looks for a cluster of this owner that the state may have missed, and for its HSMs.

    A new cluster can be missed only before its initialization: every later step needs the state to
    hold it already. One from a backup is ACTIVE at once, so it is always given to be imported.

    Args:
        api: CloudHSM v2.
        owner: value of the tag.
        waiter: waits until a cluster that AWS is still making can be used; None looks only.
        tempo: usual duration and deadline of that wait.
        source_backup_id: the backup that the cluster is to be made from; empty for a new one.

    Raises:
        StateError: several clusters could be meant, it was made from something else, or AWS failed
            at making it.
        CloudHsmError: AWS cannot be asked.
    """
    clusters = api.clusters()
    cluster = the_one(clusters, owner)
    elsewhere = sum(len(one.live_hsms) for one in clusters if one is not cluster)
    if cluster is None:
        return LeftBehind(hsms_elsewhere=elsewhere)
    _check_source(cluster, source_backup_id)
    wanted = "ACTIVE" if source_backup_id else "UNINITIALIZED"
    if cluster.state == "CREATE_IN_PROGRESS" and waiter is not None:
        cluster = _settled(api, cluster.cluster_id, waiter, tempo, wanted)
    hsms = cluster.live_hsms
    if source_backup_id or cluster.state not in _UNFINISHED:
        active = hsms if cluster.state in ACTIVE_OR_LATER else ()
        return LeftBehind(
            cluster_id=cluster.cluster_id if source_backup_id else None,
            state=cluster.state,
            active_hsms={hsm.ip: hsm.hsm_id for hsm in active if hsm.ip},
            network_type=cluster.network_type,
            hsms=len(hsms),
            hsms_elsewhere=elsewhere,
        )
    only = hsms[0].hsm_id if len(hsms) == 1 else None
    return LeftBehind(
        cluster.cluster_id,
        only,
        cluster.state,
        network_type=cluster.network_type,
        hsms=len(hsms),
        hsms_elsewhere=elsewhere,
    )


def _check_source(cluster: Cluster, source_backup_id: str) -> None:
    made_from = cluster.source_backup_id.rpartition("/")[2]
    if made_from == source_backup_id.rpartition("/")[2]:
        return
    was = f"was restored from {made_from}" if made_from else "was made without a backup"
    back = f"set it to {made_from}" if made_from else "take it away"
    raise StateError(
        f"{cluster.cluster_id} {was}, and source_backup_id (cloudhsm:sourceBackupId) is "
        f"{source_backup_id!r}: a cluster's source can never be changed; {back}, or restore in "
        "another stack"
    )


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


def _settled(api: CloudHsm, cluster_id: str, waiter: Waiter, tempo: Pace, wanted: str) -> Cluster:
    def look() -> Observation[Cluster]:
        cluster = api.cluster(cluster_id)
        if cluster is None:
            raise StateError(f"{cluster_id} is gone again: run `pulumi up` once more")
        return Observation(cluster.state, cluster, cluster.message)

    goal = Goal(
        subject=f"cluster {cluster_id}, left by an interrupted run,",
        wanted=wanted,
        reached=(wanted,),
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
        return LeftBehind(looked=False)
