"""A cluster whose HSMs have IPv6 addresses, too: pulumi-aws has no network type.

It is otherwise what `aws.cloudhsmv2.Cluster` is. A failed create records nothing, so it is found
again by the tag that names whose cluster it is.
"""

from __future__ import annotations

from typing import Any, cast

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from ..aws.cloudhsmv2 import GOING_OR_GONE, CloudHsm, Cluster, NewCluster
from ..aws.ownership import one_of
from ..errors import StateError, TransientError
from ..waiter import Goal, Observation
from .base import CloudHsmProvider, Props, differs, one_line, pace, say

NETWORK_TYPE = "DUALSTACK"
_SETTING = "hsm_deadline_seconds (cloudhsm:hsmDeadlineSeconds)"
_GONE = "gone"


class DualStackClusterProvider(CloudHsmProvider):
    """Makes the cluster, or adopts the one that an interrupted run left."""

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Creates the cluster unless it is there, and waits until it can be used.

        Raises:
            StateError: AWS failed at it, or the owner's cluster is of another kind.
            DeadlineError: it takes too long; a later `up` goes on.
            AwsError: AWS refused it.
        """
        api = self.cloudhsm(props)
        found = one_of(api, props["owner"])
        cluster_id = _create(api, props) if found is None else _adopted(found)
        ready = "ACTIVE" if props.get("source_backup_id") else "UNINITIALIZED"
        goal = Goal(
            f"cluster {cluster_id}",
            ready,
            # Adopted, it may be further already.
            (ready, "INITIALIZED", "ACTIVE"),
            ("DEGRADED", *GOING_OR_GONE),
            _SETTING,
        )

        def look() -> Observation[Cluster | None]:
            cluster = api.cluster(cluster_id)
            # A new cluster may take a moment to be listed.
            return Observation(cluster.state, cluster, cluster.message) if cluster else _UNLISTED

        cluster = self.waiter().wait(goal, pace(props), look).observation.value
        return CreateResult(id_=cluster_id, outs=_outs(props, cluster))

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """As with pulumi-aws, everything but the tags is another cluster."""
        replaces = differs(olds, news, "region", "mode")
        if differs(_source(olds), _source(news), "source_backup_id"):
            replaces.append("source_backup_id")
        if not _same_subnets(olds, news):
            replaces.append("subnet_ids")
        changed = differs(olds, news, "tags", "owner")
        return DiffResult(
            changes=bool(replaces or changed), replaces=replaces, delete_before_replace=True
        )

    @one_line
    def update(self, id_: str, olds: Props, news: Props) -> UpdateResult:
        """Changes the tags."""
        wanted, had = dict(news["tags"]), dict(olds["tags"])
        added = {key: value for key, value in wanted.items() if had.get(key) != value}
        self.cloudhsm(news).set_tags(id_, added, sorted(had.keys() - wanted.keys()))
        made = {key: olds[key] for key in ("cluster_id", "security_group_id", "vpc_id")}
        return UpdateResult(outs={**_inputs(news), **made})

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports what AWS shows."""
        cluster = self.cloudhsm(props).cluster(id_)
        if cluster is None or cluster.state in GOING_OR_GONE:
            return ReadResult("", {})
        tags = {key: value for key, value in cluster.tags.items() if not key.startswith("aws:")}
        return ReadResult(id_, {**_outs(props, cluster), "tags": tags})

    @one_line
    def delete(self, id_: str, props: Props) -> None:
        """Waits for lingering HSMs, deletes the cluster, and waits until it is gone.

        Raises:
            StateError: it has HSMs that nobody deletes.
            AwsError: AWS refused it.
        """
        api, tempo = self.cloudhsm(props), pace(props)

        def hsms() -> Observation[Cluster | None]:
            cluster = api.cluster(id_)
            if cluster is None or cluster.state in GOING_OR_GONE:
                return Observation(_GONE, cluster)
            if cluster.live_hsms:
                names = ", ".join(hsm.hsm_id for hsm in cluster.live_hsms)
                raise StateError(
                    f"{id_} has HSMs that this stack does not know: {names}; delete them (aws "
                    "cloudhsmv2 delete-hsm), then run `pulumi destroy` again"
                )
            lingering = any(hsm.state != "DELETED" for hsm in cluster.hsms)
            return Observation("HSMs being deleted" if lingering else "no HSM", cluster)

        goal = Goal(f"cluster {id_}", "no HSM", ("no HSM", _GONE), (), _SETTING)
        if self.waiter().wait(goal, tempo, hsms).observation.state != _GONE:
            api.delete(id_)

        def gone() -> Observation[None]:
            cluster = api.cluster(id_)
            over = cluster is None or cluster.state == "DELETED"
            return Observation(_GONE if over else cluster.state if cluster else "", None)

        end = Goal(f"cluster {id_}", _GONE, (_GONE,), ("DEGRADED",), _SETTING)
        self.waiter().wait(end, tempo, gone)


_UNLISTED: Observation[Cluster | None] = Observation("not listed yet", None)


def _create(api: CloudHsm, props: Props) -> str:
    wanted = NewCluster(
        hsm_type=props["hsm_type"],
        mode=props["mode"],
        network_type=NETWORK_TYPE,
        subnet_ids=tuple(props["subnet_ids"]),
        tags=dict(props["tags"]),
        source_backup_id=props.get("source_backup_id") or "",
    )
    try:
        cluster_id = api.create(wanted)
    except TransientError:
        # The answer was lost, or a twin of an interrupted run was faster.
        found = one_of(api, props["owner"])
        if found is None:
            raise
        return _adopted(found)
    # The twin of an interrupted run may have made one at the same moment: that names both.
    one_of(api, props["owner"])
    return cluster_id


def _adopted(cluster: Cluster) -> str:
    if cluster.network_type != NETWORK_TYPE:
        raise StateError(
            f"{cluster.cluster_id} is of network type {cluster.network_type}, which can never be "
            "changed: set cloudhsm:networkType back, or take another stack"
        )
    say(f"{cluster.cluster_id} is there already ({cluster.state}): adopted")
    return cluster.cluster_id


def _source(props: Props) -> dict[str, str]:
    """The backup by its id alone, whether or not it was given by its ARN."""
    return {"source_backup_id": str(props.get("source_backup_id") or "").rpartition("/")[2]}


def _same_subnets(olds: Props, news: Props) -> bool:
    """AWS gives them back in an order of its own."""
    had, wanted = cast("list[str]", olds["subnet_ids"]), news["subnet_ids"]
    return isinstance(wanted, list) and sorted(had) == sorted(map(str, cast("list[Any]", wanted)))


def _inputs(props: Props) -> dict[str, Any]:
    return {key: value for key, value in props.items() if key != "__provider"}


def _outs(props: Props, cluster: Cluster | None) -> dict[str, Any]:
    if cluster is None:  # excluded by the wait; said for the types
        raise StateError("AWS shows no cluster")
    return {
        **_inputs(props),
        "cluster_id": cluster.cluster_id,
        "security_group_id": cluster.security_group,
        "vpc_id": cluster.vpc_id,
    }


class DualStackCluster(Resource, module="cloudhsm", name="DualStackCluster"):
    """A CloudHSM cluster of network type DUALSTACK."""

    cluster_id: pulumi.Output[str]
    """`cluster-…`."""
    security_group_id: pulumi.Output[str]
    """The security group that AWS made with it."""
    vpc_id: pulumi.Output[str]
    """The VPC of its subnets."""

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the cluster.

        Args:
            name: logical name.
            props: `region`, `hsm_type` (at creation; HsmType migrates later), `mode`,
                `subnet_ids`, `source_backup_id` (or empty), `owner` (value of the tag that names
                whose it is), `tags` (that one included), `usual_seconds`, `deadline_seconds`.
            opts: Pulumi's options.
        """
        kept = dict.fromkeys(("cluster_id", "security_group_id", "vpc_id"))
        super().__init__(DualStackClusterProvider(), name, {**kept, **props}, opts)
