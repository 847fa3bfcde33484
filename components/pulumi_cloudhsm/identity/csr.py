"""The wait for a first HSM's CSR: AWS shows it only between ACTIVE and InitializeCluster. Pure."""

from __future__ import annotations

from ..aws.cloudhsmv2 import DELETING_OR_DELETED, CloudHsm, Cluster
from ..errors import StateError
from ..waiting.waiter import Goal, Observation, Timing, Waiter

_WITH_CSR, _WITHOUT_CSR = "ACTIVE with CSR", "ACTIVE without CSR"


def wait_for_csr(waiter: Waiter, api: CloudHsm, cluster_id: str, timing: Timing) -> Cluster:
    """Waits until the cluster's one HSM is ACTIVE and AWS shows CSR and certificates.

    Args:
        waiter: waits and reports.
        api: CloudHSM v2.
        cluster_id: the cluster.
        timing: expected duration and deadline of the HSM.

    Raises:
        StateError: what was seen can never lead to a CSR; says what to do.
        DeadlineError: it takes too long.
    """

    def look() -> Observation[Cluster]:
        cluster = api.cluster(cluster_id)
        if cluster is None:
            raise StateError(
                f"{cluster_id} does not exist in this account and region: check Region and "
                "credentials, or run `pulumi refresh` if it was deleted by hand"
            )
        return Observation(_phase(cluster), cluster, _message(cluster))

    goal = Goal(
        subject=f"first HSM of {cluster_id}",
        wanted=_WITH_CSR,
        reached=(_WITH_CSR,),
        failed=("DEGRADED", *DELETING_OR_DELETED),
        setting="waits.hsm.deadline_seconds",
    )
    return waiter.wait(goal, timing, look).observation.value


def _phase(cluster: Cluster) -> str:
    """The one word that says how far cluster and first HSM are."""
    if cluster.is_past_its_csr:
        raise StateError(
            f"{cluster.cluster_id} is {cluster.state}: its CSR no longer exists, so "
            "its first HSM's identity cannot be captured: restore the stack's state, or take a new "
            "cluster"
        )
    if cluster.state in DELETING_OR_DELETED or cluster.state == "DEGRADED":
        return cluster.state
    hsms = cluster.live_hsms
    if len(hsms) > 1:
        # Two concurrent CreateHsm can both be accepted, and then no CSR ever appears.
        # https://github.com/hashicorp/terraform-provider-aws/issues/7437
        names = ", ".join(hsm.hsm_id for hsm in hsms)
        raise StateError(
            f"{cluster.cluster_id} has {len(hsms)} HSMs ({names}) before its activation, and AWS "
            "makes no CSR then: delete them all (aws cloudhsmv2 delete-hsm), wait until they are "
            "gone, run `pulumi up --refresh`"
        )
    if not hsms:
        return "no HSM"
    if hsms[0].state != "ACTIVE":
        return hsms[0].state
    whole = all(
        (
            cluster.csr,
            cluster.hsm_certificate,
            cluster.aws_hardware_certificate,
            cluster.manufacturer_hardware_certificate,
        )
    )
    return _WITH_CSR if whole else _WITHOUT_CSR


def _message(cluster: Cluster) -> str:
    return next((hsm.message for hsm in cluster.live_hsms if hsm.message), cluster.message)
