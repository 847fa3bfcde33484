"""What one part of a deployment tells another: a component, or the same values as a plain record.

`KeyStore(…, cluster=cluster)` takes a `CloudHsmCluster`, or `ClusterFacts` of a cluster that
another stack made.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, Self

import pulumi

from .common import CommonArgs
from .recovery.part import Part


@dataclass(frozen=True, kw_only=True)
class ClusterFacts:
    """What the other parts need to know of a cluster."""

    cluster_id: pulumi.Input[str]
    """`cluster-…`."""
    security_group_id: pulumi.Input[str]
    """The cluster's security group: its members reach the HSMs."""
    ca_certificate: pulumi.Input[str]
    """The trust anchor (`customerCA.crt`), PEM."""
    vpc_id: pulumi.Input[str]
    """The cluster's VPC."""
    subnet_ids: pulumi.Input[Sequence[str]]
    """The cluster's subnets, one per zone."""
    zones: pulumi.Input[Sequence[str]]
    """Their Availability Zones, in the same order; plain where they are known beforehand."""
    subnet_cidrs: pulumi.Input[Sequence[str]]
    """Their IPv4 ranges, in the same order; plain where they are known beforehand."""
    hsms: pulumi.Input[Sequence[Mapping[str, str]]] = ()
    """`id`, `zone` and `ip` of each HSM that is known; of a new cluster, the first one."""
    state: pulumi.Input[str] = "ACTIVE"
    """The cluster's state."""
    common: CommonArgs = CommonArgs()
    """Where the cluster is, and how its parts are kept."""
    name: str = "cloudhsm"
    """The cluster component's logical name; the default name of what is made on the cluster."""
    hsm_type: str = "hsm2m.medium"
    """What its HSMs are: it decides how many keys one holds."""
    ca_expires: pulumi.Input[str] | None = None
    """End of the trust anchor's validity, ISO 8601; None where it is not known."""
    cluster_certificate_expires: pulumi.Input[str] | None = None
    """End of the cluster certificate's validity, ISO 8601; None where it is not known."""
    ca_file: pulumi.Input[str] = "customerCA.crt"
    """Path of the trust anchor's file, for instructions to a person."""
    vpc_cidr: str | None = None
    """IPv4 range of the VPC, if it was made with the cluster; None where the subnets existed."""
    signing_instructions: pulumi.Input[str] | None = None
    """What a person has to do before the cluster is initialized; None where nothing."""
    initialization: pulumi.Resource | None = None
    """What an activation waits for; None where the cluster is active already."""
    restoration: pulumi.Resource | None = None
    """That the cluster came active from a backup: what needs an active cluster waits for this."""
    hsms_at_aws: Mapping[str, str] = field(default_factory=dict[str, str])
    """Address to id of the HSMs that AWS showed before this run, of an active cluster."""
    addresses_in_use: Collection[str] = ()
    """Addresses in the cluster's subnets that something else had before this run."""
    first_hsm_ip: str | None = None
    """Address of the first HSM, as far as the state held it before this run."""

    @property
    def facts(self) -> ClusterFacts:
        """Itself, so that a record serves wherever a component does."""
        return self

    def within(self, component: Part) -> Self:
        """The same with account and Region as plain values; see `CommonArgs.within`."""
        return replace(self, common=self.common.within(component))


class HasClusterFacts(Protocol):
    """A CloudHsmCluster, or ClusterFacts."""

    @property
    def facts(self) -> ClusterFacts:
        """What the other parts need to know of the cluster."""
        ...
