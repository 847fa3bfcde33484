"""The CloudWatch log group that a cluster's audit logs go to; it lives in moto's CloudWatch Logs.

User guide, "Viewing audit logs in CloudWatch Logs": one group for each cluster, made by the service
under this name. It outlives the cluster (stormreply/cloudhsm-demo deletes it by hand). That it is
there as soon as the cluster is ACTIVE is assumed; the streams of the HSMs are left out.
"""

from __future__ import annotations

from rehearsal.emulator.core import moto_backends
from rehearsal.emulator.core.place import Place

_PREFIX = "/aws/cloudhsm/"


def create(place: Place, cluster_id: str) -> None:
    """Make a cluster's log group, if it is not there."""
    name, backend = _PREFIX + cluster_id, moto_backends.logs(place)
    if name not in backend.groups:
        backend.create_log_group(name, {})


def remaining(place: Place) -> list[str]:
    """The names of the log groups of clusters."""
    return sorted(name for name in moto_backends.logs(place).groups if name.startswith(_PREFIX))
