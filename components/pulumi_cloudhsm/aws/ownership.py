"""Whose cluster it is: a tag tells it, so that nobody makes, or bills, a second one."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import StateError
from .cloudhsmv2 import GOING_OR_GONE, CloudHsm, Cluster

TAG = "pulumi-cloudhsm"
"""Key of the tag that names organization, project, stack and component."""


def one_of(api: CloudHsm, owner: str) -> Cluster | None:
    """The owner's cluster, if there is one.

    Raises:
        StateError: there are several.
    """
    return the_one(api.clusters(), owner)


def the_one(clusters: Sequence[Cluster], owner: str) -> Cluster | None:
    """As `one_of`, from a list of clusters that is there already."""
    ours = [
        cluster
        for cluster in clusters
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
