"""What AWS demands of CreateHsm and DeleteHsm.

Where AWS's wording is not public, the text is ours and a comment says *assumed*.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rehearsal.emulator.cloudhsmv2 import rules
from rehearsal.emulator.cloudhsmv2.records import Cluster, Hsm
from rehearsal.emulator.core.errors import ServiceError, invalid_request, not_found
from rehearsal.emulator.core.faults import Faults


def check_room(
    cluster: Cluster,
    zone: str,
    in_region: Iterable[Cluster],
    faults: Faults,
    quotas: rules.Quotas,
    *,
    overlaps: bool,
) -> None:
    """Refuse an HSM that the cluster can't have now.

    Args:
        cluster: the cluster it is wanted in.
        zone: the zone it is wanted in.
        in_region: all clusters of the account there.
        faults: the faults that are set.
        quotas: what the account may have.
        overlaps: the call came before an earlier one was answered, and AWS does not see the
            other's HSM yet (terraform-provider-aws issue 7437).

    Raises:
        ServiceError: AWS would refuse it.
    """
    name = cluster.cluster_id
    if not cluster.activated and cluster.hsms and not overlaps:
        # Verbatim (terraform-provider-aws issue 7437).
        raise invalid_request(
            f"Cluster '{name}' already contains an HSM but has not yet been fully activated"
        )
    if cluster.state not in ("ACTIVE" if cluster.activated else "UNINITIALIZED", "DEGRADED"):
        raise rules.wrong_state(cluster, "UNINITIALIZED, ACTIVE or DEGRADED")
    if zone not in cluster.subnet_mapping:
        # Assumed.
        raise invalid_request(f"Cluster '{name}' has no subnet in availability zone '{zone}'.")
    if faults.take("no_capacity", zone=zone):
        # Code and text are assumed.
        raise ServiceError(
            "CloudHsmServiceException",
            f"There is insufficient capacity in availability zone '{zone}'. Try again later, or "
            "in another availability zone.",
        )
    if faults.take("zone_without_cloudhsm", zone=zone):
        # Assumed; that only CreateHsm notices: cloudformation-template issue 33.
        raise invalid_request(f"CloudHSM is not available in availability zone '{zone}'.")
    if len(cluster.hsms) >= rules.HSMS_PER_CLUSTER:
        raise rules.quota(f"HSMs per cluster ({rules.HSMS_PER_CLUSTER})")
    count = sum(len(each.hsms) for each in in_region)
    if count >= quotas.hsms_per_region or faults.take("quota_reached", resource="hsms"):
        raise rules.quota(f"HSMs per region ({quotas.hsms_per_region})")


def to_delete(cluster: Cluster, given: dict[str, Any]) -> Hsm:
    """The HSM that DeleteHsm names.

    Raises:
        ServiceError: none or several are named, there is none, or it can't be deleted now.
    """
    named = {name: given[name] for name in ("HsmId", "EniId", "EniIp") if name in given}
    if len(named) != 1:
        # "Specify only one of these values" (API reference); wording assumed.
        raise invalid_request("Exactly one of HsmId, EniId and EniIp must be specified.")
    [(name, value)] = named.items()
    for hsm in cluster.hsms:
        if value in (hsm.hsm_id, hsm.eni_id, hsm.eni_ip):
            break
    else:
        raise not_found(f"No HSM with {name} '{value}' in cluster '{cluster.cluster_id}'.")
    if hsm.state not in ("ACTIVE", "DEGRADED"):
        # AWS's own automation deletes in these two states only; wording assumed.
        raise invalid_request(f"HSM '{hsm.hsm_id}' is in state {hsm.state}.")
    return hsm
