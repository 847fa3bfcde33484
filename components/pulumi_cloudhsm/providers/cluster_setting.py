"""What a cluster's settings share that pulumi-aws lacks: a wanted value, and the one AWS has."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from pulumi.dynamic import CreateResult, DiffResult, ReadResult, UpdateResult

from ..aws.cloudhsmv2 import GOING_OR_GONE, Cluster
from .base import CloudHsmProvider, Props, differs, one_line


class ClusterSettingProvider(CloudHsmProvider):
    """Reads a cluster's setting, and writes it where it is another one."""

    part: ClassVar[str]
    """What of the cluster it is, for the resource's id."""
    wanted: ClassVar[str]
    """Name of the input with the wanted value."""
    found: ClassVar[str]
    """Name of the output with the value that AWS has."""

    @abstractmethod
    def settle(self, props: Props) -> None:
        """Brings AWS to the wanted value, unless it has it."""

    @abstractmethod
    def value_of(self, cluster: Cluster) -> object:
        """The value that AWS has."""

    @one_line
    def create(self, props: Props) -> CreateResult:
        """Sets it unless it is set, see `settle`."""
        return CreateResult(id_=f"{props['cluster_id']}/{self.part}", outs=self._settled(props))

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """Another cluster has its own; another value, wanted or found, is set again."""
        replaces = differs(olds, news, "cluster_id")
        drifted = olds.get(self.found) != olds.get(self.wanted)
        changed = differs(olds, news, self.wanted) or drifted
        return DiffResult(changes=bool(replaces or changed), replaces=replaces)

    @one_line
    def update(self, _id: str, _olds: Props, news: Props) -> UpdateResult:
        """Sets it again."""
        return UpdateResult(outs=self._settled(news))

    @one_line
    def read(self, id_: str, props: Props) -> ReadResult:
        """Reports what AWS has."""
        cluster = self.cloudhsm(props).cluster(props["cluster_id"])
        if cluster is None or cluster.state in GOING_OR_GONE:
            return ReadResult("", {})
        return ReadResult(id_, {**props, self.found: self.value_of(cluster)})

    def _settled(self, props: Props) -> dict[str, Any]:
        self.settle(props)
        kept = {key: value for key, value in props.items() if key != "__provider"}
        return {**kept, self.found: props[self.wanted]}
