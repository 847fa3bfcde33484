"""What KMS demands of a cluster. Source: KMS developer guide, create a CloudHSM key store."""

from __future__ import annotations

from typing import Protocol

from ..aws import ec2
from ..aws.cloudhsmv2 import CHANGING, CloudHsm, Cluster
from ..aws.session import AwsAccess
from ..dynamic_provider import existing
from ..errors import StateError
from ..passwords.rules import KMSUSER
from ..trust.anchor import check_original
from ..waiting.waiter import Goal, Observation, Timing, Waiter
from .connection import SETTING

_HSM_PORTS = (2223, 2225)


class Target(Protocol):
    """The cluster that a store is to be on."""

    @property
    def access(self) -> AwsAccess:
        """Account and Region."""
        ...

    @property
    def cluster_id(self) -> str:
        """`cluster-…`."""
        ...

    @property
    def ca_certificate(self) -> str:
        """Its trust anchor, PEM."""
        ...

    @property
    def timing(self) -> Timing:
        """Of the key store."""
        ...


def check_cluster(api: CloudHsm, target: Target, waiter: Waiter) -> None:
    """Checks that KMS can use a cluster, before a store is created; waits while it is changed.

    Args:
        api: CloudHSM v2.
        target: the cluster, and what KMS is to take for its trust anchor.
        waiter: waits and reports.

    Raises:
        StateError: KMS would refuse it, or could not connect; says what to do.
        DeadlineError: AWS changes or repairs the cluster for too long.
        CertificateError: it is not the cluster's trust anchor.
    """
    access, cluster_id = target.access, target.cluster_id
    cluster = _active(api, cluster_id, waiter, target.timing)
    if cluster.network_type == "DUALSTACK":
        raise StateError(
            f"{cluster_id} is of network type DUALSTACK: KMS cannot use IPv6 to reach HSMs, so "
            "a key store needs a cluster of type IPV4 (network.network_type)"
        )
    if cluster.cluster_certificate:
        check_original(cluster.cluster_certificate, target.ca_certificate)
    zones = {hsm.zone for hsm in cluster.hsms if hsm.state == "ACTIVE"}
    if len(zones) < 2:
        where = ", ".join(sorted(zones)) or "no zone"
        raise StateError(
            f"{cluster_id} has ACTIVE HSMs in {where} only: KMS needs two in two zones; raise "
            "hsms.count"
        )
    if not cluster.security_group or not cluster.subnet_ids:
        raise StateError(f"AWS shows no security group or subnets of {cluster_id}")
    for subnet in ec2.subnets(access, cluster.subnet_ids):
        if subnet.free_addresses < 1:
            raise StateError(
                f"{subnet.subnet_id} of {cluster_id} has no free address: KMS needs one in "
                "each of the cluster's subnets"
            )
    if not ec2.reaches_itself(access, cluster.security_group, *_HSM_PORTS):
        raise StateError(
            f"{cluster.security_group} of {cluster_id} has lost its rule for TCP 2223-2225 "
            "from itself: add it again, KMS cannot connect without"
        )


def _active(api: CloudHsm, cluster_id: str, waiter: Waiter, timing: Timing) -> Cluster:
    """The cluster, once it is ACTIVE: KMS takes no other, and AWS may be changing it now."""

    def look() -> Observation[Cluster]:
        cluster = existing(api, cluster_id)
        if not (cluster.was_activated or cluster.state in CHANGING | {"DEGRADED"}):
            raise StateError(
                f"{cluster_id} is {cluster.state}: a key store needs an ACTIVE cluster"
            )
        return Observation(cluster.state, cluster, cluster.message)

    goal = Goal(f"cluster {cluster_id}", "ACTIVE", ("ACTIVE",), (), SETTING)
    return waiter.wait(goal, timing.sooner(10), look).observation.value


def check_password(secret_id: str, password: str) -> None:
    """Refuses a password that KMS does not take.

    Args:
        secret_id: the secret that holds it.
        password: never shown.

    Raises:
        StateError: names the secret.
    """
    problem = KMSUSER.problem(password)
    if problem is not None:
        raise StateError(f"the secret {secret_id} is no password for kmsuser: {problem}")
