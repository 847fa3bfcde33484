"""The states of clusters and HSMs, as a function of a clock.

Pure: no network, no AWS calls, no threads. What has to happen elsewhere (interfaces made or
removed, transitions logged) is told to an :class:`Observer`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from rehearsal.emulator.cloudhsmv2.pki import HsmKeys, Pki
from rehearsal.emulator.cloudhsmv2.records import Cluster, Hsm, new_id
from rehearsal.emulator.core.durations import Durations
from rehearsal.emulator.core.faults import CSR_PENDING, Faults
from rehearsal.emulator.core.timeline import Timeline

INITIALIZING = "Cluster is initializing. State will change to INITIALIZED upon completion."
"""StateMessage during initialization, verbatim (user guide, "Initialize the cluster")."""

REPLACING = "An HSM of the cluster is being replaced."
"""StateMessage while AWS replaces an HSM. Assumed."""


class Observer(Protocol):
    """Is told what happens, with the exact moment."""

    def moved(self, cluster: Cluster, hsm_id: str | None, old: str, new: str, at: float) -> None:
        """A cluster or (with ``hsm_id``) one of its HSMs went from one state to another."""
        ...

    def became_active(self, cluster: Cluster, at: float) -> None:
        """A cluster is ACTIVE for the first time."""
        ...

    def hsm_gone(self, cluster: Cluster, hsm: Hsm) -> None:
        """A deleted HSM is no longer listed."""
        ...

    def cluster_deleted(self, cluster: Cluster) -> None:
        """A cluster has become DELETED."""
        ...

    def cluster_forgotten(self, cluster: Cluster) -> None:
        """A DELETED cluster is no longer described."""
        ...


class Lifecycle:
    """Moves clusters and HSMs through their states.

    The callers check what AWS would refuse; the methods here only carry out what was accepted.
    """

    def __init__(
        self, timeline: Timeline, durations: Durations, faults: Faults, pki: Pki, observer: Observer
    ) -> None:
        self._timeline = timeline
        self._durations = durations
        self._faults = faults
        self._pki = pki
        self._observer = observer
        # Steps that a never-ending state holds back, by the fault that does.
        self._held: list[tuple[str, Callable[[float], None]]] = []

    def start_cluster(self, cluster: Cluster, at: float) -> None:
        """CreateCluster was accepted; one restored from a backup becomes ACTIVE right away."""
        self._observer.moved(cluster, None, "", cluster.state, at)

        def done(t: float) -> None:
            if cluster.activated:
                self._first_active(cluster, t)
            else:
                self._move_cluster(cluster, "UNINITIALIZED", t)

        self._cluster_step(cluster, self._durations.create_cluster, at, done)

    def start_hsm(self, cluster: Cluster, hsm: Hsm, at: float) -> None:
        """CreateHsm was accepted."""
        cluster.hsms.append(hsm)
        self._observer.moved(cluster, hsm.hsm_id, "", hsm.state, at)
        # Without an HSM to copy, it takes as long as the first one; of a cluster restored from a
        # backup, and of one that had HSMs before, that is assumed.
        copied = cluster.activated and cluster.active_hsm
        wanted = self._durations.later_hsm if copied else self._durations.first_hsm
        self._hsm_step(cluster, hsm, wanted, at, lambda t: self._hsm_active(cluster, hsm, t))

    def initialize(self, cluster: Cluster, signed_certificate: str, at: float) -> None:
        """InitializeCluster was accepted."""
        self._move_cluster(cluster, "INITIALIZE_IN_PROGRESS", at, INITIALIZING)
        # The API reference has the CSR only in UNINITIALIZED; the user guide says the same of
        # the other three ("After the cluster is initialized, you cannot ... get the
        # certificates").
        cluster.identity = None

        def done(t: float) -> None:
            cluster.cluster_certificate = signed_certificate
            self._move_cluster(cluster, "INITIALIZED", t)

        self._cluster_step(cluster, self._durations.initialize, at, done)

    def activate(self, cluster: Cluster, lag_seconds: float, at: float) -> None:
        """The first password was set on the data plane."""

        def done(t: float) -> None:
            cluster.activated = True
            self._first_active(cluster, t)

        if lag_seconds:
            self._cluster_step(cluster, lag_seconds, at, done)
        else:
            done(at)

    def delete_hsm(self, cluster: Cluster, hsm: Hsm, at: float) -> None:
        """DeleteHsm was accepted."""
        self._move_hsm(cluster, hsm, "DELETE_IN_PROGRESS", at)
        if not cluster.activated:
            cluster.identity = None

        def done(t: float) -> None:
            self._move_hsm(cluster, hsm, "DELETED", t)
            cluster.hsms.remove(hsm)
            self._observer.hsm_gone(cluster, hsm)

        self._hsm_step(cluster, hsm, self._durations.delete_hsm, at, done)

    def delete_cluster(self, cluster: Cluster, at: float) -> None:
        """DeleteCluster was accepted."""
        self._move_cluster(cluster, "DELETE_IN_PROGRESS", at)

        def done(t: float) -> None:
            self._move_cluster(cluster, "DELETED", t)
            self._observer.cluster_deleted(cluster)
            self._timeline.after(
                self._durations.deleted_cluster_listed,
                lambda _: self._observer.cluster_forgotten(cluster),
                since=t,
            )

        self._cluster_step(cluster, self._durations.delete_cluster, at, done)

    def replace_hsm(self, cluster: Cluster, hsm: Hsm, seconds: float, at: float) -> None:
        """AWS replaces an HSM: another id, the same network interface, the same users.

        That the ENI stays: terraform-provider-aws. What is shown meanwhile is not public: it is
        CREATE_IN_PROGRESS for ``seconds`` of AWS time (0: at once). An active cluster is DEGRADED
        for that time: the API has that state, and no other fits. Before initialization, key
        and CSR change, too (aws-samples/aws-cloudhsm-cloudformation-template issue 15); until
        then it looks as it did before the first HSM was ACTIVE.
        """
        old_state, hsm.hsm_id = hsm.state, new_id("hsm")
        hsm.state, hsm.state_message = "CREATE_IN_PROGRESS", ""
        if not cluster.activated:
            hsm.keys = HsmKeys.generate()
            cluster.identity = None
        self._observer.moved(cluster, hsm.hsm_id, old_state, hsm.state, at)
        if seconds:
            if cluster.activated and cluster.state == "ACTIVE":
                cluster.replacing = True
                self._move_cluster(cluster, "DEGRADED", at, REPLACING)
            self._hsm_step(cluster, hsm, seconds, at, lambda t: self._hsm_active(cluster, hsm, t))
            return
        self._move_hsm(cluster, hsm, "ACTIVE", at)
        if not cluster.activated:
            self._show_identity(cluster, hsm)

    def degrade(self, cluster: Cluster, hsm: Hsm | None, message: str, at: float) -> None:
        """A cluster, or one of its HSMs, becomes DEGRADED."""
        if hsm is None:
            self._move_cluster(cluster, "DEGRADED", at, message)
        else:
            self._move_hsm(cluster, hsm, "DEGRADED", at, message)

    def release(self, fault_ids: list[str], at: float) -> None:
        """The faults with these ids were cleared: what they held back happens now."""
        released = [step for fault_id, step in self._held if fault_id in fault_ids]
        self._held = [held for held in self._held if held[0] not in fault_ids]
        for step in released:
            step(at)

    def clear(self) -> None:
        """Forget everything that is still to happen."""
        self._held.clear()
        self._timeline.clear()

    def _first_active(self, cluster: Cluster, at: float) -> None:
        self._move_cluster(cluster, "ACTIVE", at)
        self._observer.became_active(cluster, at)

    def _hsm_active(self, cluster: Cluster, hsm: Hsm, at: float) -> None:
        self._move_hsm(cluster, hsm, "ACTIVE", at)
        if cluster.activated:
            whole = all(one.state == "ACTIVE" for one in cluster.hsms)
            if cluster.replacing and cluster.state == "DEGRADED" and whole:
                cluster.replacing = False
                self._move_cluster(cluster, "ACTIVE", at)
            return

        def show(t: float) -> None:
            if cluster.state != "UNINITIALIZED" or cluster.csr_withheld or hsm.state != "ACTIVE":
                return
            self._unless_held(
                "cluster", CSR_PENDING, cluster, t, lambda _: self._show_identity(cluster, hsm)
            )

        self._timeline.after(self._durations.csr_after_first_hsm, show, since=at)

    def _show_identity(self, cluster: Cluster, hsm: Hsm) -> None:
        forged = self._faults.take("forged_identity", cluster_id=cluster.cluster_id)
        cluster.identity = (
            self._pki.identity(
                hsm.keys, hsm.hsm_id, forged.parameters["forgery"], forged.parameters["chain"]
            )
            if forged
            else self._pki.identity(hsm.keys, hsm.hsm_id)
        )

    def _cluster_step(
        self, cluster: Cluster, seconds: float, at: float, done: Callable[[float], None]
    ) -> None:
        """Let ``done`` happen after a time, unless the cluster has left its state by then."""
        state = cluster.state

        def step(t: float) -> None:
            if cluster.state != state:
                return  # deleted, degraded or forced on in the meantime
            facts = {"target": "cluster", "state": state, "cluster_id": cluster.cluster_id}
            degraded = self._faults.take("degraded", **facts)
            if degraded:
                self.degrade(cluster, None, degraded_message(degraded.parameters), t)
            else:
                self._unless_held("cluster", state, cluster, t, done)

        self._timeline.after(seconds, step, since=at)

    def _hsm_step(
        self, cluster: Cluster, hsm: Hsm, seconds: float, at: float, done: Callable[[float], None]
    ) -> None:
        state, hsm_id = hsm.state, hsm.hsm_id

        def step(t: float) -> None:
            if (hsm.state, hsm.hsm_id) != (state, hsm_id):
                return  # deleted, degraded or replaced in the meantime
            facts = {"target": "hsm", "state": state, "cluster_id": cluster.cluster_id}
            degraded = self._faults.take("degraded", **facts)
            if degraded:
                self.degrade(cluster, hsm, degraded_message(degraded.parameters), t)
            else:
                self._unless_held("hsm", state, cluster, t, done)

        self._timeline.after(seconds, step, since=at)

    def _unless_held(
        self, target: str, state: str, cluster: Cluster, at: float, done: Callable[[float], None]
    ) -> None:
        holder = self._faults.take(
            "never_ends", target=target, state=state, cluster_id=cluster.cluster_id
        )
        if holder:
            self._held.append((holder.fault_id, done))
        else:
            done(at)

    def _move_cluster(self, cluster: Cluster, state: str, at: float, message: str = "") -> None:
        """The cluster is in another state from now on."""
        old, cluster.state, cluster.state_message = cluster.state, state, message
        self._observer.moved(cluster, None, old, state, at)

    def _move_hsm(
        self, cluster: Cluster, hsm: Hsm, state: str, at: float, message: str = ""
    ) -> None:
        old, hsm.state, hsm.state_message = hsm.state, state, message
        self._observer.moved(cluster, hsm.hsm_id, old, state, at)


def degraded_message(parameters: dict[str, Any]) -> str:
    """The StateMessage a fault gives; what AWS writes there is not public."""
    return str(parameters.get("message") or "Rehearsed degradation.")
