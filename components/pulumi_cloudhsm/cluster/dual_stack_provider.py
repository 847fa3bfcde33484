"""A cluster whose HSMs have IPv6 addresses, too: pulumi-aws has no network type.

It is otherwise what `aws.cloudhsmv2.Cluster` is. A failed create records nothing, so it is found
again by the tag that names whose cluster it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, UpdateResult

from ..aws.cloudhsmv2 import DELETING_OR_DELETED, CloudHsm, Cluster, NewCluster
from ..aws.found import ID_TAG, is_owned
from ..dynamic_provider import (
    AwsInputs,
    CloudHsmProvider,
    DynamicResource,
    Props,
    ResourceOutputs,
    differs,
    log_line,
    state,
)
from ..errors import StateError, TransientError, one_line
from ..waiting.waiter import Goal, Observation
from .source_backup import check_backup_at_last

NETWORK_TYPE = "DUALSTACK"
_SETTING = "waits.hsm.deadline_seconds"
_GONE = "gone"


@dataclass(frozen=True, kw_only=True)
class DualStackClusterInputs(AwsInputs):
    """What CreateCluster is asked for. Everything but the tags is another cluster when changed."""

    hsm_type: str
    """At creation; a later change has no effect."""
    mode: str
    """FIPS or NON_FIPS."""
    subnet_ids: Sequence[str]
    """In any order."""
    source_backup_id: str | None
    """The backup that it is made from; None for a new one."""
    tags: Mapping[str, str]
    """Those that show whose it is included."""


@dataclass(frozen=True, kw_only=True)
class DualStackClusterOutputs(ResourceOutputs):
    """What AWS made."""

    cluster_id: str
    security_group_id: str
    vpc_id: str


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
        inputs = DualStackClusterInputs.read(props)
        api = self.cloudhsm(inputs.access)
        found = _find_owned(api, inputs.tags)
        if found is None:
            backup_id = inputs.source_backup_id or ""
            check_backup_at_last(api, backup_id, inputs.mode, inputs.access.region)
        cluster_id = _create(api, inputs) if found is None else _adopted(found)
        ready = "ACTIVE" if inputs.source_backup_id else "UNINITIALIZED"
        goal = Goal(
            f"cluster {cluster_id}",
            ready,
            # Adopted, it may be further already.
            (ready, "INITIALIZED", "ACTIVE"),
            ("DEGRADED", *DELETING_OR_DELETED),
            _SETTING,
        )

        def look() -> Observation[Cluster | None]:
            cluster = api.cluster(cluster_id)
            # A new cluster may take a moment to be listed.
            return Observation(cluster.state, cluster, cluster.message) if cluster else _UNLISTED

        cluster = self.waiter().wait(goal, inputs.timing, look).observation.value
        return CreateResult(id_=cluster_id, outs=state(inputs, _outputs(cluster)))

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """As with pulumi-aws, everything but the tags is another cluster."""
        replaces = differs(olds, news, "mode")
        if differs(olds["access"], news["access"], "region"):
            replaces.append("access")
        if differs(_source(olds), _source(news), "source_backup_id"):
            replaces.append("source_backup_id")
        if not _same_subnets(olds, news):
            replaces.append("subnet_ids")
        changed = differs(olds, news, "tags")
        return DiffResult(
            changes=bool(replaces or changed), replaces=replaces, delete_before_replace=True
        )

    @one_line
    def update(self, id_: str, olds: Props, news: Props) -> UpdateResult:
        """Changes the tags."""
        inputs, had = DualStackClusterInputs.read(news), dict(olds["tags"])
        added = {key: value for key, value in inputs.tags.items() if had.get(key) != value}
        removed = sorted(had.keys() - inputs.tags.keys())
        self.cloudhsm(inputs.access).set_tags(id_, added, removed)
        return UpdateResult(outs=state(inputs, DualStackClusterOutputs.read(olds)))

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports what AWS shows."""
        inputs = DualStackClusterInputs.read(props)
        cluster = self.cloudhsm(inputs.access).cluster(id_)
        if cluster is None or cluster.state in DELETING_OR_DELETED:
            return ReadResult("", {})
        tags = {key: value for key, value in cluster.tags.items() if not key.startswith("aws:")}
        return ReadResult(id_, {**props, **_outputs(cluster).props(), "tags": tags})

    @one_line
    def delete(self, id_: str, props: Props) -> None:
        """Waits for lingering HSMs, deletes the cluster, and waits until it is gone.

        Raises:
            StateError: it has HSMs that this program does not delete.
            AwsError: AWS refused it.
        """
        inputs = DualStackClusterInputs.read(props)
        api, timing = self.cloudhsm(inputs.access), inputs.timing

        def hsms() -> Observation[Cluster | None]:
            cluster = api.cluster(id_)
            if cluster is None or cluster.state in DELETING_OR_DELETED:
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
        if self.waiter().wait(goal, timing, hsms).observation.state != _GONE:
            api.delete(id_)

        def gone() -> Observation[None]:
            cluster = api.cluster(id_)
            over = cluster is None or cluster.state == "DELETED"
            return Observation(_GONE if over else cluster.state if cluster else "", None)

        end = Goal(f"cluster {id_}", _GONE, (_GONE,), ("DEGRADED",), _SETTING)
        self.waiter().wait(end, timing, gone)


_UNLISTED: Observation[Cluster | None] = Observation("not listed yet", None)


def _create(api: CloudHsm, inputs: DualStackClusterInputs) -> str:
    wanted = NewCluster(
        hsm_type=inputs.hsm_type,
        mode=inputs.mode,
        network_type=NETWORK_TYPE,
        subnet_ids=tuple(inputs.subnet_ids),
        tags=dict(inputs.tags),
        source_backup_id=inputs.source_backup_id or "",
    )
    try:
        cluster_id = api.create(wanted)
    except TransientError:
        # The answer was lost, or a twin of an interrupted run was faster.
        found = _find_owned(api, inputs.tags)
        if found is None:
            raise
        return _adopted(found)
    # The twin of an interrupted run may have made one at the same moment: that names both.
    _find_owned(api, inputs.tags)
    return cluster_id


def _find_owned(api: CloudHsm, tags: Mapping[str, str]) -> Cluster | None:
    """The cluster that carries these tags, if there is one.

    Raises:
        StateError: there are several.
    """
    ours = [
        one
        for one in api.clusters()
        if is_owned(one.tags, tags) and one.state not in DELETING_OR_DELETED
    ]
    if len(ours) > 1:
        names = ", ".join(one.cluster_id for one in ours)
        raise StateError(
            f"{len(ours)} clusters carry the id of this deployment: {names}; keep the one that is "
            f"in use, and delete the other or take the tag {ID_TAG} off it (aws cloudhsmv2 "
            "untag-resource)"
        )
    return ours[0] if ours else None


def _adopted(cluster: Cluster) -> str:
    if cluster.network_type != NETWORK_TYPE:
        raise StateError(
            f"{cluster.cluster_id} is of network type {cluster.network_type}, which can never be "
            "changed: set network.network_type back, or take another stack"
        )
    log_line(f"{cluster.cluster_id} is there already ({cluster.state}): adopted")
    return cluster.cluster_id


def _source(props: Props) -> dict[str, str]:
    """The backup by its id alone, whether or not it was given by its ARN."""
    return {"source_backup_id": str(props.get("source_backup_id") or "").rpartition("/")[2]}


def _same_subnets(olds: Props, news: Props) -> bool:
    """AWS gives them back in an order of its own."""
    had, wanted = cast("list[str]", olds["subnet_ids"]), news["subnet_ids"]
    return isinstance(wanted, list) and sorted(had) == sorted(map(str, cast("list[Any]", wanted)))


def _outputs(cluster: Cluster | None) -> DualStackClusterOutputs:
    if cluster is None:  # excluded by the wait; said for the types
        raise StateError("AWS shows no cluster")
    return DualStackClusterOutputs(
        cluster_id=cluster.cluster_id,
        security_group_id=cluster.security_group,
        vpc_id=cluster.vpc_id,
    )


class DualStackCluster(DynamicResource, module="cloudhsm", name="DualStackCluster"):
    """A CloudHSM cluster of network type DUALSTACK."""

    cluster_id: pulumi.Output[str]
    """`cluster-…`."""
    security_group_id: pulumi.Output[str]
    """The security group that AWS made with it."""
    vpc_id: pulumi.Output[str]
    """The VPC of its subnets."""

    def __init__(
        self, name: str, inputs: DualStackClusterInputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the cluster.

        Args:
            name: logical name.
            inputs: what CreateCluster is asked for.
            opts: Pulumi's options.
        """
        super().__init__(DualStackClusterProvider(), name, inputs, DualStackClusterOutputs, opts)
