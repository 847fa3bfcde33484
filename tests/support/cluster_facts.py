"""A cluster as another stack may have made it, for components that are declared by themselves."""

from __future__ import annotations

from typing import Any

from pulumi_cloudhsm.common import CommonArgs
from pulumi_cloudhsm.facts import ClusterFacts
from tests.support.fake_cloud import CLUSTER_ID, HSM_ID, HSM_IP, SECURITY_GROUP, self_signed


def known_cluster(*, protect: bool = True, **changes: Any) -> ClusterFacts:
    """An initialized cluster with one HSM, in a VPC that was made with it.

    Args:
        protect: whether its parts are.
        changes: facts that are others.
    """
    facts: dict[str, Any] = {
        "name": "vault",
        "cluster_id": CLUSTER_ID,
        "security_group_id": SECURITY_GROUP,
        "ca_certificate": self_signed(),
        "ca_file": "certificates/dev/customerCA.crt",
        "vpc_id": "vpc-0123456789abcdef0",
        "vpc_cidr": "10.42.0.0/16",
        "subnet_ids": ["subnet-0123456789abcdef0"],
        "zones": ["eu-central-1a"],
        "subnet_cidrs": ["10.42.0.0/20"],
        "hsms": [{"id": HSM_ID, "zone": "eu-central-1a", "ip": HSM_IP}],
        "state": "INITIALIZED",
        "common": CommonArgs(region="eu-central-1", protect=protect, tags={"team": "keys"}),
    }
    return ClusterFacts(**{**facts, **changes})
