"""The operations of CloudHSM v2: what AWS accepts, refuses and answers.

Where AWS's wording is not public, the text is ours and a comment says *assumed*.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from rehearsal.emulator.cloudhsmv2 import (
    description,
    hsm_rules,
    initialization,
    log_groups,
    modification,
    rules,
    tagging,
    users,
)
from rehearsal.emulator.cloudhsmv2.backup_operations import BackupOperations, Handler
from rehearsal.emulator.cloudhsmv2.backups import Backup, Backups, restore_onto
from rehearsal.emulator.cloudhsmv2.first_answers import FirstAnswers
from rehearsal.emulator.cloudhsmv2.lifecycle import Lifecycle
from rehearsal.emulator.cloudhsmv2.pki import HsmKeys, Pki
from rehearsal.emulator.cloudhsmv2.records import Cluster, Hsm, new_id
from rehearsal.emulator.core import network, validation
from rehearsal.emulator.core.call_log import CallLog
from rehearsal.emulator.core.durations import Durations
from rehearsal.emulator.core.errors import ServiceError, invalid_request, not_found
from rehearsal.emulator.core.faults import Faults
from rehearsal.emulator.core.place import Place
from rehearsal.emulator.core.timeline import Timeline


class CloudHsm:
    """The service in all regions of all accounts. Safe to use from several threads."""

    def __init__(
        self,
        timeline: Timeline,
        faults: Faults,
        pki: Pki,
        log: CallLog,
        durations: Durations | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.lock = threading.RLock()
        self.timeline = timeline
        self.faults = faults
        durations = durations or Durations()
        self.lifecycle = Lifecycle(timeline, durations, faults, pki, self)
        self.backups = Backups(timeline, durations, self)
        self._on_backups = BackupOperations(self.backups, timeline, faults)
        self.certificate_from, self.quotas = "INITIALIZED", rules.Quotas()
        self._log, self._clusters = log, dict[str, Cluster]()
        self._first_answers = FirstAnswers(self.lock, sleep)

    def call(self, place: Place, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Carry out one call and return what goes into its answer.

        Raises:
            ServiceError: AWS would refuse it.
        """
        parameters = {name: value for name, value in parameters.items() if value is not None}
        validation.check_request(operation, parameters)
        if operation == "CreateHsm":
            return self._create_hsm(place, parameters)
        with self.lock:
            self.timeline.advance()
            return self._handlers()[operation](place, parameters)

    def clusters(self, place: Place | None = None) -> list[Cluster]:
        """The clusters that are described, in the order they were created."""
        found = self._clusters.values()
        return [c for c in found if place is None or c.place == place]

    def places(self) -> set[Place]:
        """Where there are clusters."""
        return {cluster.place for cluster in self._clusters.values()}

    def cluster(self, cluster_id: str, place: Place | None = None) -> Cluster:
        """The cluster with this id.

        Raises:
            ServiceError: there is none. Wording assumed.
        """
        cluster = self._clusters.get(cluster_id)
        if cluster is None or place not in (None, cluster.place):
            raise not_found(f"Cluster '{cluster_id}' was not found.")
        return cluster

    def clear(self) -> None:
        """Forget all clusters and everything that is still to happen."""
        self._clusters.clear()
        self._first_answers.clear()
        self.backups.clear()
        self.lifecycle.clear()

    # What the lifecycle and the backups tell (their Observers).

    def moved(self, cluster: Cluster, hsm_id: str | None, old: str, new: str, at: float) -> None:
        """Log a transition at its exact moment."""
        parameters = {"ClusterId": cluster.cluster_id, "From": old or None, "To": new}
        if hsm_id:
            parameters["HsmId"] = hsm_id
        self._log.add_transition("cloudhsmv2", cluster.place, parameters, at)

    def backup_moved(self, backup: Backup, old: str, new: str, at: float) -> None:
        """Log what becomes of a backup."""
        parameters = {"BackupId": backup.backup_id, "From": old or None, "To": new}
        self._log.add_transition("cloudhsmv2", backup.place, parameters, at)

    def became_active(self, cluster: Cluster, at: float) -> None:
        """Make the log group and, if there is anything to back up, the first backup."""
        log_groups.create(cluster.place, cluster.cluster_id)
        self._back_up(cluster, cluster.active_hsm, at)

    def hsm_gone(self, cluster: Cluster, hsm: Hsm) -> None:
        """Remove the network interface of an HSM that is no longer listed."""
        network.delete_interface(cluster.place, hsm.eni_id)

    def cluster_deleted(self, cluster: Cluster) -> None:
        """Remove the security group of a deleted cluster."""
        network.delete_security_group(cluster.place, cluster.security_group)

    def cluster_forgotten(self, cluster: Cluster) -> None:
        """Stop describing a deleted cluster."""
        self._clusters.pop(cluster.cluster_id, None)
        self._first_answers.forget(cluster.cluster_id)

    # The operations.

    def _handlers(self) -> dict[str, Handler]:
        return {
            **self._on_backups.handlers(),
            **tagging.handlers(self._tagged),
            "CreateCluster": self._create_cluster,
            "CreateHsm": self._create_hsm,
            "DeleteCluster": self._delete_cluster,
            "DeleteHsm": self._delete_hsm,
            "DescribeClusters": self._describe_clusters,
            "InitializeCluster": self._initialize_cluster,
            "ModifyCluster": self._modify_cluster,
        }

    def _create_cluster(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        if self.faults.take("missing_service_linked_role", service="cloudhsmv2"):
            raise ServiceError("CloudHsmAccessDeniedException", rules.MISSING_ROLE)
        rules.check_type(given["HsmType"])
        source = self._on_backups.source(place, given)
        mode = source.mode if source else given.get("Mode")
        if mode is None:
            # That hsm2m needs a mode is documented; the text is assumed.
            raise invalid_request(f"Mode is required for HsmType {rules.HSM_TYPE}.")
        retention = rules.retention_days(given.get("BackupRetentionPolicy"))
        tags = rules.tags(given.get("TagList", []))
        network_type = given.get("NetworkType", "IPV4")
        mapping, vpc_id = rules.subnet_mapping(place, given["SubnetIds"], network_type)
        living = [c for c in self.clusters(place) if c.state != "DELETED"]
        full = len(living) >= self.quotas.clusters_per_region
        if full or self.faults.take("quota_reached", resource="clusters"):
            raise rules.quota(f"clusters per region ({self.quotas.clusters_per_region})")
        now, cluster_id = self.timeline.now(), new_id("cluster")
        cluster = Cluster(
            cluster_id=cluster_id,
            place=place,
            hsm_type=given["HsmType"],
            mode=mode,
            network_type=network_type,
            subnet_mapping=mapping,
            vpc_id=vpc_id,
            security_group=network.create_security_group(place, cluster_id, vpc_id),
            created_at=now,
            retention_days=retention or 90,
            tags=tags,
        )
        if source:
            restore_onto(cluster, source)
        self._clusters[cluster_id] = cluster
        self.lifecycle.start_cluster(cluster, now)
        return {"Cluster": self._described(cluster)}

    def _create_hsm(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        # Making keys takes longer than any other answer; other calls do not wait for it.
        arrived = time.monotonic()
        keys = HsmKeys.generate()
        with self.lock:
            self.timeline.advance()
            cluster = self.cluster(given["ClusterId"], place)
            zone = given["AvailabilityZone"]
            overlaps = self._first_answers.overlaps(cluster.cluster_id, arrived)
            hsm_rules.check_room(
                cluster, zone, self.clusters(place), self.faults, self.quotas, overlaps=overlaps
            )
            subnet_id = cluster.subnet_mapping[zone]
            eni_id, eni_ip, eni_ipv6 = network.create_interface(
                place,
                subnet_id,
                cluster.security_group,
                given.get("IpAddress"),
                ipv6=cluster.network_type == "DUALSTACK",
            )
            hsm = Hsm(
                new_id("hsm"), zone, subnet_id, eni_id, eni_ip, keys, cluster.hsm_type, eni_ipv6
            )
            if cluster.hsms and not cluster.activated:
                # Not taken back when one of the two is deleted: what AWS does then is not public.
                cluster.csr_withheld, cluster.identity = True, None
            if cluster.activated and (existing := cluster.active_hsm):
                # User guide, "Adding an HSM": a backup of an existing one is restored onto it.
                self._back_up(cluster, existing, self.timeline.now())
                users.restored(cluster, hsm.hsm_id, existing.hsm_id)
            self.lifecycle.start_hsm(cluster, hsm, self.timeline.now())
            answer = {"Hsm": description.hsm(cluster, hsm)}
            if cluster.activated:
                return answer
            self._first_answers.begin(cluster.cluster_id)
        self._first_answers.settle(cluster.cluster_id, arrived)
        return answer

    def _initialize_cluster(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        cluster = self.cluster(given["ClusterId"], place)
        # What AWS answers to a second call or a bad certificate is not public: all assumed.
        if cluster.state != "UNINITIALIZED":
            raise rules.wrong_state(cluster, "UNINITIALIZED")
        if cluster.identity is None:
            raise invalid_request(
                f"Cluster '{cluster.cluster_id}' has no certificate signing request yet."
            )
        objection = initialization.objection(
            cluster.identity.cluster_csr, given["SignedCert"], given["TrustAnchor"]
        )
        if objection:
            raise invalid_request(objection)
        cluster.trust_anchor = given["TrustAnchor"]
        self.lifecycle.initialize(cluster, given["SignedCert"], self.timeline.now())
        return {"State": cluster.state, "StateMessage": cluster.state_message}

    def _describe_clusters(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        answer = description.page_of_clusters(self.clusters(place), given, self.certificate_from)
        for shown in answer["Clusters"]:
            if "ClusterCsr" not in shown.get("Certificates", {}):
                continue
            replaced = self.faults.find(
                "first_hsm_replaced", trigger="csr_read", cluster_id=shown["ClusterId"]
            )
            if replaced:
                # The client now holds a CSR that is already outdated.
                self.replace_first_hsm(self._clusters[shown["ClusterId"]])
        return answer

    def replace_first_hsm(self, cluster: Cluster) -> None:
        """Let the fault ``first_hsm_replaced`` strike this cluster, if it is set."""
        fault = self.faults.take("first_hsm_replaced", cluster_id=cluster.cluster_id)
        if fault:
            seconds = fault.parameters["seconds"]
            self.lifecycle.replace_hsm(cluster, cluster.hsms[0], seconds, self.timeline.now())

    def _delete_hsm(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        cluster = self.cluster(given["ClusterId"], place)
        hsm = hsm_rules.to_delete(cluster, given)
        if cluster.activated:
            # Of one that is DEGRADED there may be nothing to read: then of another (assumed).
            copied = hsm if hsm.state == "ACTIVE" else cluster.active_hsm
            self._back_up(cluster, copied, self.timeline.now())
        self.lifecycle.delete_hsm(cluster, hsm, self.timeline.now())
        return {"HsmId": hsm.hsm_id}

    def _delete_cluster(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        cluster = self.cluster(given["ClusterId"], place)
        if cluster.hsms:
            # The exception is known, the wording assumed.
            raise invalid_request(
                f"Cluster '{cluster.cluster_id}' still contains {len(cluster.hsms)} HSM(s)."
            )
        if cluster.state.endswith("_IN_PROGRESS") or cluster.state == "DELETED":
            raise rules.wrong_state(cluster, "UNINITIALIZED, INITIALIZED, ACTIVE or DEGRADED")
        self.lifecycle.delete_cluster(cluster, self.timeline.now())
        return {"Cluster": self._described(cluster)}

    def _modify_cluster(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        cluster = self.cluster(given["ClusterId"], place)
        modification.modify(cluster, given, self.backups, self.timeline.now())
        return {"Cluster": self._described(cluster)}

    def _tagged(self, place: Place, given: dict[str, Any]) -> tagging.Tagged:
        resource_id = given["ResourceId"]
        if resource_id.startswith("backup-"):
            return self._on_backups.backup(place, resource_id)
        return self.cluster(resource_id, place)

    def _back_up(self, cluster: Cluster, hsm: Hsm | None, at: float) -> None:
        if hsm is not None:
            self.backups.take(cluster, hsm, at)

    def _described(self, cluster: Cluster) -> dict[str, Any]:
        return description.cluster(cluster, self.certificate_from)
