"""Where a file system's inputs come from: its Args, else the cluster and the key store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pulumi

from ..common import CommonArgs
from ..dynamic_provider import resolved
from ..facts import ClusterFacts, HasClusterFacts
from ..validation import InputError
from .args import FileSystemArgs
from .ontap import Deployment

if TYPE_CHECKING:
    from ..key_store.component import KeyStore

_NAME = "files"


@dataclass(frozen=True)
class FileSystemSources:
    """The inputs of a file system that another part may provide."""

    name: pulumi.Input[str]
    """Name of the storage virtual machine."""
    key_arn: pulumi.Input[str]
    """The key."""
    subnet_id: pulumi.Input[str]
    """Subnet of the active file server."""
    vpc_id: pulumi.Input[str] | None
    """Its VPC; None where another part does not tell, so AWS has to."""
    standby_subnet_id: pulumi.Input[str] | None
    """Subnet of the standby file server."""
    clients: Sequence[pulumi.Input[str]]
    """Who may reach it; a group made for them where it is empty."""
    after: Sequence[pulumi.Resource]
    """What has to be done first: the connected key store."""
    facts: ClusterFacts | None
    """The cluster, if there is one."""

    @classmethod
    def of(
        cls, args: FileSystemArgs, cluster: HasClusterFacts | None, key_store: KeyStore | None
    ) -> FileSystemSources:
        """The Args' own values first, then what the other parts provide.

        Raises:
            InputError: no part provides an input, or the cluster has too few subnets.
        """
        facts = cluster.facts if cluster else None
        args.check_sources(
            key_store=key_store is not None,
            cluster=facts is not None,
            cluster_subnets=_count(facts),
        )
        key, subnet, after = args.key_arn, args.subnet_id, list[pulumi.Resource]()
        if key is None and key_store is not None:
            key, after = key_store.key_arn, [key_store.resource]
        standby, clients, vpc = args.standby_subnet_id, args.clients, None
        if facts is not None:
            vpc = facts.vpc_id if subnet is None else None
            in_two_zones = Deployment(args.deployment).in_two_zones
            subnet = _subnet(facts) if subnet is None else subnet
            standby = _subnet(facts, subnet) if in_two_zones and standby is None else standby
        name = args.name
        if name is None:
            name = facts.name if facts else _NAME
        # `check_sources` has made sure of key and subnet.
        return cls(name, resolved(key), resolved(subnet), vpc, standby, clients, after, facts)

    def common(self, given: CommonArgs | None) -> CommonArgs:
        """What is given, else the cluster's."""
        return given or (self.facts.common if self.facts else CommonArgs())


def _count(facts: ClusterFacts | None) -> int | None:
    """How many subnets the cluster has; None where only the engine knows."""
    known = isinstance(facts.subnet_ids, Sequence) if facts else False
    return len(cast("Sequence[object]", facts.subnet_ids)) if facts and known else None


def _subnet(facts: ClusterFacts, other: pulumi.Input[str] | None = None) -> pulumi.Output[str]:
    """The cluster's first subnet that is not `other`.

    Raises:
        InputError: there is none; where only the engine knows the subnets, the run fails with it.
    """

    def first(known: Sequence[object]) -> str:
        subnets, taken = cast("tuple[Sequence[str], str | None]", tuple(known))
        found = next((one for one in subnets if one != taken), None)
        if found is None:
            raise InputError("standby_subnet_id", None, "give a subnet in another zone")
        return found

    return pulumi.Output.all(facts.subnet_ids, other).apply(first)
