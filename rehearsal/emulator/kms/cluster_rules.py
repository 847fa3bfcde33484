"""What KMS demands of the cluster behind a key store. Source: KMS developer guide."""

from __future__ import annotations

from rehearsal.emulator.cloudhsmv2.records import Cluster
from rehearsal.emulator.core.errors import ServiceError


def active_zones(cluster: Cluster) -> set[str]:
    """The zones in which the cluster has an ACTIVE HSM."""
    return {hsm.availability_zone for hsm in cluster.hsms if hsm.state == "ACTIVE"}


def check_hsms(cluster: Cluster) -> None:
    """Refuses a cluster for what needs two ACTIVE HSMs.

    Raises:
        ServiceError: as KMS refuses it.
    """
    if len(active_zones(cluster)) < 2:
        raise ServiceError(
            "CloudHsmClusterInvalidConfigurationException",
            "The cluster must have at least two active HSMs in different Availability Zones.",
        )


def is_trust_anchor(cluster: Cluster, pem: str) -> bool:
    """Whether the cluster was initialized with this certificate."""
    return cluster.trust_anchor is None or cluster.trust_anchor.split() == pem.split()
