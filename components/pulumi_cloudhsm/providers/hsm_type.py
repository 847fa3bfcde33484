"""The type of a cluster's HSMs, and the migration to another one: what pulumi-aws lacks.

ModifyCluster migrates hsm1.medium to hsm2m.medium, one HSM after the other, each in about half an
hour and under its old IP address; AWS goes back by itself where a check of its own fails. Source:
user guide, "Migrating from hsm1.medium to hsm2m.medium".
"""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import Resource

from ..aws.cloudhsmv2 import CloudHsm, Cluster
from ..errors import StateError
from ..waiter import Goal, Observation, Pace
from .base import Props, pace, say
from .cluster_setting import ClusterSettingProvider
from .existing_cluster import at_rest, existing

_MIGRATING = ("MODIFY_IN_PROGRESS", "ROLLBACK_IN_PROGRESS")
_SETTING = "migration_deadline_seconds (cloudhsm:migrationDeadlineSeconds)"


class HsmTypeProvider(ClusterSettingProvider):
    """Reads the cluster's type, and migrates it where it is another one."""

    part, wanted, found = "type", "hsm_type", "found_type"

    def settle(self, props: Props) -> None:
        """Migrates unless the type is the wanted one.

        Raises:
            StateError: the cluster cannot be migrated, or AWS went back to the old type.
            DeadlineError: it takes too long; a later `up` goes on waiting.
            AwsError: AWS refused it.
        """
        api, cluster_id, wanted = self.cloudhsm(props), props["cluster_id"], props["hsm_type"]
        cluster = existing(api, cluster_id)
        # AWS shows the wanted type from the beginning of a migration (user guide).
        if cluster.hsm_type != wanted or cluster.state in _MIGRATING:
            tempo = _of_all(pace(props), len(cluster.live_hsms))
            # Before as well as after: it may be under way already, begun by an interrupted run.
            cluster = at_rest(api, self.waiter(), cluster_id, tempo, _SETTING)
            if cluster.hsm_type != wanted:
                self._migrate(api, cluster_id, cluster.state, wanted, tempo)

    def value_of(self, cluster: Cluster) -> object:
        """The type that AWS shows."""
        return cluster.hsm_type

    def delete(self, _id: str, _props: Props) -> None:
        """There is nothing at AWS to delete."""

    def _migrate(
        self, api: CloudHsm, cluster_id: str, state: str, wanted: str, tempo: Pace
    ) -> None:
        if state != "ACTIVE":
            raise StateError(
                f"{cluster_id} is {state}, and only an ACTIVE cluster can be migrated to {wanted}: "
                "activate it first"
            )
        say(
            f"{cluster_id} is migrated to {wanted}, one HSM after the other; meanwhile keys and "
            "users can be used but not changed"
        )
        api.migrate(cluster_id, wanted)
        goal = Goal(f"migration of {cluster_id}", wanted, (wanted,), ("rolled back",), _SETTING)
        started = False

        def look() -> Observation[None]:
            nonlocal started
            cluster = existing(api, cluster_id)
            started = started or cluster.state != "ACTIVE"
            if cluster.state != "ACTIVE":
                return Observation(cluster.state, None)
            if cluster.hsm_type == wanted:
                return Observation(wanted, None)
            why = (
                f"{cluster.message or 'AWS gives no reason'}; it is back at {cluster.hsm_type}, as "
                "AWS does where a check of its own fails: run `pulumi up` to try again"
            )
            # AWS may show ACTIVE for a moment before it begins.
            return Observation("rolled back" if started else "asked for", None, why)

        self.waiter().wait(goal, tempo, look)
        say(f"{cluster_id}: every HSM has a new id under its old address: run `pulumi refresh`")


def _of_all(one: Pace, hsms: int) -> Pace:
    """AWS takes one HSM after the other."""
    usual = one.usual * max(1, hsms)
    return Pace(usual, max(one.deadline, usual))


class HsmType(Resource, module="cloudhsm", name="HsmType"):
    """The type that a cluster's HSMs have."""

    hsm_type: pulumi.Output[str]
    """The wanted type."""
    found_type: pulumi.Output[str]
    """The type that AWS shows, as of the last refresh."""

    def __init__(
        self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declares the type.

        Args:
            name: logical name.
            props: `cluster_id`, `region`, `hsm_type`, `usual_seconds` (of one HSM),
                `deadline_seconds` (of all).
            opts: Pulumi's options.
        """
        super().__init__(HsmTypeProvider(), name, {"found_type": None, **props}, opts)
