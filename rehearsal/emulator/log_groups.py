"""The CloudWatch log group that a cluster's audit logs go to; it lives in moto's CloudWatch Logs.

User guide, "Viewing audit logs in CloudWatch Logs": one group for each cluster, made by the service
under this name. It outlives the cluster (stormreply/cloudhsm-demo deletes it by hand). That it is
there as soon as the cluster is ACTIVE is assumed; the streams of the HSMs are left out.
"""

from __future__ import annotations

from typing import Any

from rehearsal.emulator.network import ACCOUNT

_PREFIX = "/aws/cloudhsm/"


def _logs(region: str) -> Any:  # noqa: ANN401 - moto's backends have no useful types
    from moto.logs.models import logs_backends

    return logs_backends[ACCOUNT][region]


def warm_up(region: str) -> None:
    """Import moto's CloudWatch Logs, so that the first cluster need not wait."""
    _logs(region)


def create(region: str, cluster_id: str) -> None:
    """Make a cluster's log group, if it is not there."""
    name, backend = _PREFIX + cluster_id, _logs(region)
    if name not in backend.groups:
        backend.create_log_group(name, {})


def remaining(region: str) -> list[str]:
    """The names of the log groups of clusters."""
    return sorted(name for name in _logs(region).groups if name.startswith(_PREFIX))
