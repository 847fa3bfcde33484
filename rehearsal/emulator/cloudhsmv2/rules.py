"""What AWS accepts of a request whatever the state of the cluster, and its quotas.

Where AWS's wording is not public, the text is ours and a comment says *assumed*.
"""

from __future__ import annotations

from dataclasses import dataclass

from rehearsal.emulator.cloudhsmv2.records import Cluster
from rehearsal.emulator.core import network
from rehearsal.emulator.core.errors import ServiceError, invalid_request
from rehearsal.emulator.core.place import Place

HSM_TYPE = "hsm2m.medium"
"""The only type that can still be created; hsm1.medium ended on 2026-03-31."""

HSMS_PER_CLUSTER = 28
TAGS_PER_RESOURCE = 50
RETENTION_DAYS = (7, 379)

MISSING_ROLE = (
    "This operation requires that the caller have permission to call "
    "iam:CreateServiceLinkedRole to create the CloudHSM Service Linked Role."
)
"""Verbatim (user guide, "Resolving cluster creation failures"); the code is assumed."""


@dataclass
class Quotas:
    """What an account may have in a region; AWS raises both on request."""

    clusters_per_region: int = 4
    hsms_per_region: int = 6


def check_type(hsm_type: str) -> None:
    """Refuse every type but the one that can still be created."""
    if hsm_type != HSM_TYPE:
        # Verbatim for hsm1.medium (measured 2026-09-20, us-east-1); assumed for other types.
        raise invalid_request("Provided HsmType is not supported.")


def retention_days(policy: dict[str, str] | None) -> int | None:
    """The days of a BackupRetentionPolicy, checked; None when there is none."""
    if policy is None:
        return None
    days = int(policy.get("Value", "0"))
    if not RETENTION_DAYS[0] <= days <= RETENTION_DAYS[1]:
        low, high = RETENTION_DAYS
        raise invalid_request(f"Backup retention must be between {low} and {high} days.")
    return days


def tags(tag_list: list[dict[str, str]]) -> dict[str, str]:
    """A TagList as a mapping, checked."""
    tags = {tag["Key"]: tag["Value"] for tag in tag_list}
    if len(tags) < len(tag_list):
        raise ServiceError("CloudHsmTagException", "Duplicate tag keys.")
    if any(key.lower().startswith("aws:") for key in tags):
        raise ServiceError("CloudHsmTagException", "Tag keys must not begin with aws:.")
    return tags


def subnet_mapping(
    place: Place, subnet_ids: list[str], network_type: str
) -> tuple[dict[str, str], str]:
    """Zone to subnet of a new cluster, and its VPC, checked."""
    # The rules are documented (API reference, SubnetIds); the wording is assumed.
    found = network.subnets(place, subnet_ids)
    if len({subnet.vpc_id for subnet in found}) > 1:
        raise invalid_request("All subnets must be in the same VPC.")
    mapping = {subnet.availability_zone: subnet.subnet_id for subnet in found}
    if len(mapping) < len(found):
        raise invalid_request("Only one subnet can be specified per availability zone.")
    lacking = [subnet.subnet_id for subnet in found if not subnet.has_ipv6]
    if network_type == "DUALSTACK" and lacking:
        raise invalid_request(
            "NetworkType DUALSTACK needs subnets with an IPv6 CIDR block; these have none: "
            f"{', '.join(lacking)}."
        )
    return mapping, found[0].vpc_id


def wrong_state(cluster: Cluster, needed: str) -> ServiceError:
    """The refusal of what the cluster's state does not allow; wording assumed."""
    return invalid_request(
        f"Cluster '{cluster.cluster_id}' is in state {cluster.state}; it must be {needed}."
    )


def quota(what: str) -> ServiceError:
    """The refusal of more than the account may have."""
    # Neither code nor text is public; the operations declare no limit exception.
    return invalid_request(f"The limit of {what} has been reached for this account.")
