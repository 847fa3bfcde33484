"""What AWS shows of a cluster and its HSMs before a run does anything."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from ..aws.cloudhsmv2 import DELETING_OR_DELETED, Cluster
from ..aws.found import ID_TAG, resource_name
from ..recovery.kinds import CLUSTER
from ..recovery.orphans import Recovery
from ..recovery.part import Part
from ..recovery.stack_state import StackState, looks_allowed
from ..state_names import DYNAMIC


@dataclass(frozen=True)
class ClusterAtAws:
    """What is there of a deployment's cluster, in the state or not."""

    looked: bool = True
    """False when AWS could not be asked."""
    cluster_id: str = ""
    """Its id; empty where there is none."""
    state: str | None = None
    """Its state; None where there is none."""
    network_type: str = ""
    """IPV4 or DUALSTACK."""
    is_initialized: bool = False
    """Whether its trust anchor is known to be set, whatever AWS is doing with it now."""
    is_activated: bool = False
    """Whether it is known to have an administrator, whatever AWS is doing with it now."""
    source_backup_id: str = ""
    """The backup that it was made from."""
    hsms: Mapping[str, str] = field(default_factory=dict[str, str])
    """Id to address of its HSMs; AWS may leave an address out."""
    hsms_elsewhere: int = 0
    """How many HSMs the Region's other clusters have."""
    clusters_elsewhere: int = 0
    """How many other clusters the Region has."""
    subnet_ids: Sequence[str] = ()
    """Its subnets."""
    restore_from: str = ""
    """The backup that it is or was restored from, where the request does not name it."""
    addresses_in_use: Mapping[str, str] = field(default_factory=dict[str, str])
    """Addresses in its subnets that something else has, each with what that is."""

    @property
    def active_hsms(self) -> Mapping[str, str]:
        """Address to id of the HSMs of a cluster that has been activated."""
        return {ip: hsm_id for hsm_id, ip in self.hsms.items() if ip and self.is_activated}

    def first_hsm(self, others: Collection[str]) -> str | None:
        """The id of the first HSM, as far as it can be told.

        Args:
            others: addresses that only other HSMs have.
        """
        rest = [hsm_id for hsm_id, ip in self.hsms.items() if ip not in others]
        # Of several, none is picked by chance: importing one makes the engine give up another.
        return rest[0] if len(rest) == 1 else None


COMPONENT = "cloudhsm:index:CloudHsmCluster"
"""Type token of the component that a cluster is in."""


def of_cluster(component: Part) -> list[str]:
    """The types of the cluster's component and what it is in, the outermost first.

    Args:
        component: the cluster's, or the one that it is in.
    """
    types = [one.pulumi_resource_type for one in component.lineage]
    return types if types[-1] == COMPONENT else [*types, COMPONENT]


def look_at_cluster(recovery: Recovery, component: Part, name: str) -> ClusterAtAws:
    """Looks for a deployment's cluster.

    Args:
        recovery: whose it is.
        component: the cluster's component, or what that one is going to be in.
        name: its logical name.

    Raises:
        RunError: AWS cannot be asked in an update, several could be meant, or one that another
            deployment made has the same names.
    """
    if not looks_allowed():
        return ClusterAtAws(looked=False)
    clusters = recovery.look("clusters", lambda: recovery.survey().clusters())
    if clusters is None:
        return ClusterAtAws(looked=False)
    if recovery.deployment.state.lacks([*of_cluster(component), CLUSTER], name):
        recovery.refuse_foreign_cluster(name)
    cluster = _select(clusters, recovery, name)
    others = [
        one for one in clusters if one is not cluster and one.state not in DELETING_OR_DELETED
    ]
    elsewhere = sum(len(one.live_hsms) for one in others)
    if cluster is None:
        return ClusterAtAws(hsms_elsewhere=elsewhere, clusters_elsewhere=len(others))
    state = recovery.deployment.state
    activated = cluster.was_activated or _is_held(state, "ClusterActivation", cluster)
    return ClusterAtAws(
        cluster_id=cluster.cluster_id,
        state=cluster.state,
        is_initialized=cluster.was_initialized
        or _is_held(state, "ClusterInitialization", cluster)
        or activated,
        is_activated=activated,
        network_type=cluster.network_type,
        source_backup_id=cluster.source_backup_id.rpartition("/")[2],
        hsms={hsm.hsm_id: hsm.ip for hsm in cluster.live_hsms},
        hsms_elsewhere=elsewhere,
        clusters_elsewhere=len(others),
        subnet_ids=cluster.subnet_ids,
    )


def _is_held(state: StackState, resource: str, cluster: Cluster) -> bool:
    """Whether the state holds that a step was done on this very cluster."""
    held = state.held([f"{DYNAMIC}{resource}"]).values()
    return any(one.get("cluster_id") == cluster.cluster_id for one in held)


def _select(clusters: Sequence[Cluster], recovery: Recovery, name: str) -> Cluster | None:
    deployment = recovery.deployment
    ours = [
        one
        for one in clusters
        if deployment.known_id is not None
        and one.tags.get(ID_TAG) == deployment.known_id
        and resource_name(one.tags) == deployment.path(name)
        and one.state not in DELETING_OR_DELETED
    ]
    if len(ours) > 1:
        names = ", ".join(cluster.cluster_id for cluster in ours)
        raise pulumi.RunError(
            f"{len(ours)} clusters carry the id of this deployment: {names}; keep the one in "
            "`pulumi stack output clusterId`, and delete the other or take the tag "
            f"{ID_TAG} off it (aws cloudhsmv2 untag-resource)"
        )
    return ours[0] if ours else None
