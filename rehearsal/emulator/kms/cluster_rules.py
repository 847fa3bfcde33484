"""What KMS demands of the cluster behind a key store. Source: KMS developer guide."""

from __future__ import annotations

from typing import Any

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


def material(cluster: Cluster, key: Any) -> bytes:  # noqa: ANN401 - moto's
    """The material of a KMS key, as the cluster's HSMs hold it.

    Raises:
        ServiceError: they lack it, in a cluster from a backup that is older than the key.
    """
    held = cluster.keys.get(key.id)
    if held is None:
        # KMS developer guide, fix a custom key store: keys whose material is missing. Assumed text.
        raise ServiceError("KMSInvalidStateException", f"{key.arn} has no key material.")
    return held
