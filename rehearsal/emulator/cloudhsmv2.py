"""The operations of CloudHSM v2: what AWS accepts, refuses and answers.

Where AWS's wording is not public, the text is ours and a comment says *assumed*.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Any

from rehearsal.emulator import description, initialization, network, rules, validation
from rehearsal.emulator.call_log import TRANSITION, CallLog, Entry
from rehearsal.emulator.durations import Durations
from rehearsal.emulator.errors import ServiceError, invalid_request, not_found
from rehearsal.emulator.faults import Faults
from rehearsal.emulator.lifecycle import Cluster, Hsm, Lifecycle, new_id
from rehearsal.emulator.pki import HsmKeys, Pki
from rehearsal.emulator.timeline import Timeline

SETTLING_SECONDS = 0.25
"""How long CreateHsm takes to answer before activation, in real seconds whatever the speed.

A call that arrives before the first one was answered is not refused, and then no CSR ever
appears: that is what users met at AWS (terraform-provider-aws issue 7437). The width of the
window there is not public. It is not divided by the speed because it is about two calls of
one client overlapping, and a client is not faster in a rehearsal.
"""


class CloudHsm:
    """The service in all regions of one account. Safe to use from several threads."""

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
        self.lifecycle = Lifecycle(timeline, durations or Durations(), faults, pki, self)
        self.certificate_from = "INITIALIZED"
        self._log = log
        self._sleep = sleep
        self._clusters: dict[str, Cluster] = {}
        # When the first CreateHsm of a cluster was answered (monotonic; infinite: not yet).
        self._first_answered: dict[str, float] = {}

    def call(self, region: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Carry out one call and return what goes into its answer.

        Raises:
            ServiceError: AWS would refuse it.
        """
        parameters = {name: value for name, value in parameters.items() if value is not None}
        validation.check_request(operation, parameters)
        handler = self._handlers().get(operation)
        if handler is None:
            raise rules.not_emulated(operation)
        if operation == "CreateHsm":
            return self._create_hsm(region, parameters)
        with self.lock:
            self.timeline.advance()
            return handler(region, parameters)

    def clusters(self, region: str | None = None) -> list[Cluster]:
        """The clusters that are described, in the order they were created."""
        found = self._clusters.values()
        return [c for c in found if region is None or c.region == region]

    def regions(self) -> set[str]:
        """The regions that hold clusters."""
        return {cluster.region for cluster in self._clusters.values()}

    def cluster(self, cluster_id: str, region: str | None = None) -> Cluster:
        """The cluster with this id.

        Raises:
            ServiceError: there is none. Wording assumed.
        """
        cluster = self._clusters.get(cluster_id)
        if cluster is None or region not in (None, cluster.region):
            raise not_found(f"Cluster '{cluster_id}' was not found.")
        return cluster

    def clear(self) -> None:
        """Forget all clusters and everything that is still to happen."""
        self._clusters.clear()
        self._first_answered.clear()
        self.lifecycle.clear()

    # What the lifecycle tells (its Observer).

    def moved(self, cluster: Cluster, hsm_id: str | None, old: str, new: str, at: float) -> None:
        """Log a transition at its exact moment."""
        parameters = {"ClusterId": cluster.cluster_id, "From": old or None, "To": new}
        if hsm_id:
            parameters["HsmId"] = hsm_id
        entry = Entry(at, TRANSITION, "cloudhsmv2", cluster.region, parameters, "ok", None)
        self._log.add(entry)

    def hsm_gone(self, cluster: Cluster, hsm: Hsm) -> None:
        """Remove the network interface of an HSM that is no longer listed."""
        network.delete_interface(cluster.region, hsm.eni_id)

    def cluster_deleted(self, cluster: Cluster) -> None:
        """Remove the security group of a deleted cluster."""
        network.delete_security_group(cluster.region, cluster.security_group)

    def cluster_forgotten(self, cluster: Cluster) -> None:
        """Stop describing a deleted cluster."""
        self._clusters.pop(cluster.cluster_id, None)
        self._first_answered.pop(cluster.cluster_id, None)

    # The operations.

    def _handlers(self) -> dict[str, Callable[[str, dict[str, Any]], dict[str, Any]]]:
        return {
            "CreateCluster": self._create_cluster,
            "CreateHsm": self._create_hsm,
            "DeleteCluster": self._delete_cluster,
            "DeleteHsm": self._delete_hsm,
            "DescribeClusters": self._describe_clusters,
            "InitializeCluster": self._initialize_cluster,
            "ListTags": self._list_tags,
            "ModifyCluster": self._modify_cluster,
            "TagResource": self._tag_resource,
            "UntagResource": self._untag_resource,
        }

    def _create_cluster(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        if given.get("SourceBackupId"):
            raise rules.not_emulated("CreateCluster with SourceBackupId")
        if self.faults.take("missing_service_linked_role"):
            raise ServiceError("CloudHsmAccessDeniedException", rules.MISSING_ROLE)
        rules.check_type(given["HsmType"])
        if "Mode" not in given:
            # That hsm2m needs a mode is documented; the text is assumed.
            raise invalid_request(f"Mode is required for HsmType {rules.HSM_TYPE}.")
        retention = rules.retention_days(given.get("BackupRetentionPolicy"))
        tags = rules.tags(given.get("TagList", []))
        mapping, vpc_id = rules.subnet_mapping(region, given["SubnetIds"])
        living = [c for c in self.clusters(region) if c.state != "DELETED"]
        full = len(living) >= rules.CLUSTERS_PER_REGION
        if full or self.faults.take("quota_reached", resource="clusters"):
            raise rules.quota(f"clusters per region ({rules.CLUSTERS_PER_REGION})")
        now = self.timeline.now()
        cluster_id = new_id("cluster")
        cluster = Cluster(
            cluster_id=cluster_id,
            region=region,
            hsm_type=given["HsmType"],
            mode=given["Mode"],
            network_type=given.get("NetworkType", "IPV4"),
            subnet_mapping=mapping,
            vpc_id=vpc_id,
            security_group=network.create_security_group(region, cluster_id, vpc_id),
            created_at=now,
            retention_days=retention or 90,
            tags=tags,
        )
        self._clusters[cluster_id] = cluster
        self.lifecycle.start_cluster(cluster, now)
        return {"Cluster": self._described(cluster)}

    def _create_hsm(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        # Making keys takes longer than any other answer; nobody else shall wait for it.
        arrived = time.monotonic()
        keys = HsmKeys.generate()
        with self.lock:
            self.timeline.advance()
            cluster = self.cluster(given["ClusterId"], region)
            self._check_room_for_hsm(cluster, given["AvailabilityZone"], arrived)
            subnet_id = cluster.subnet_mapping[given["AvailabilityZone"]]
            eni_id, eni_ip = network.create_interface(
                region, subnet_id, cluster.security_group, given.get("IpAddress")
            )
            hsm = Hsm(new_id("hsm"), given["AvailabilityZone"], subnet_id, eni_id, eni_ip, keys)
            if cluster.hsms and not cluster.activated:
                # Not taken back when one of the two is deleted: what AWS does then is not public.
                cluster.csr_withheld = True
                cluster.identity = None
            self.lifecycle.start_hsm(cluster, hsm, self.timeline.now())
            answer = {"Hsm": description.hsm(cluster, hsm)}
            if cluster.activated:
                return answer
            self._first_answered[cluster.cluster_id] = math.inf
        self._sleep(max(0.0, arrived + SETTLING_SECONDS - time.monotonic()))
        with self.lock:
            self._first_answered[cluster.cluster_id] = time.monotonic()
        return answer

    def _check_room_for_hsm(self, cluster: Cluster, zone: str, arrived: float) -> None:
        name = cluster.cluster_id
        if not cluster.activated:
            if cluster.hsms and arrived > self._first_answered.get(name, -math.inf):
                # Verbatim (terraform-provider-aws issue 7437).
                raise invalid_request(
                    f"Cluster '{name}' already contains an HSM but has not yet been fully activated"
                )
            if cluster.state not in ("UNINITIALIZED", "DEGRADED"):
                raise rules.wrong_state(cluster, "UNINITIALIZED, ACTIVE or DEGRADED")
        elif cluster.state not in ("ACTIVE", "DEGRADED"):
            raise rules.wrong_state(cluster, "UNINITIALIZED, ACTIVE or DEGRADED")
        if zone not in cluster.subnet_mapping:
            # Assumed.
            raise invalid_request(f"Cluster '{name}' has no subnet in availability zone '{zone}'.")
        if self.faults.take("zone_without_cloudhsm", zone=zone):
            # Assumed; that only CreateHsm notices: cloudformation-template issue 33.
            raise invalid_request(f"CloudHSM is not available in availability zone '{zone}'.")
        if len(cluster.hsms) >= rules.HSMS_PER_CLUSTER:
            raise rules.quota(f"HSMs per cluster ({rules.HSMS_PER_CLUSTER})")
        in_region = sum(len(c.hsms) for c in self.clusters(cluster.region))
        if in_region >= rules.HSMS_PER_REGION or self.faults.take("quota_reached", resource="hsms"):
            raise rules.quota(f"HSMs per region ({rules.HSMS_PER_REGION})")

    def _initialize_cluster(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        cluster = self.cluster(given["ClusterId"], region)
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

    def _describe_clusters(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        answer = description.page_of_clusters(self.clusters(region), given, self.certificate_from)
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
            self.lifecycle.replace_first_hsm(cluster, seconds, self.timeline.now())

    def _delete_hsm(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        cluster = self.cluster(given["ClusterId"], region)
        named = {name: given[name] for name in ("HsmId", "EniId", "EniIp") if name in given}
        if len(named) != 1:
            # "Specify only one of these values" (API reference); wording assumed.
            raise invalid_request("Exactly one of HsmId, EniId and EniIp must be specified.")
        for hsm in cluster.hsms:
            if next(iter(named.values())) in (hsm.hsm_id, hsm.eni_id, hsm.eni_ip):
                break
        else:
            (name, value) = next(iter(named.items()))
            raise not_found(f"No HSM with {name} '{value}' in cluster '{cluster.cluster_id}'.")
        if hsm.state not in ("ACTIVE", "DEGRADED"):
            # AWS's own automation deletes in these two states only; wording assumed.
            raise invalid_request(f"HSM '{hsm.hsm_id}' is in state {hsm.state}.")
        self.lifecycle.delete_hsm(cluster, hsm, self.timeline.now())
        return {"HsmId": hsm.hsm_id}

    def _delete_cluster(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        cluster = self.cluster(given["ClusterId"], region)
        if cluster.hsms:
            # The exception is known, the wording assumed.
            raise invalid_request(
                f"Cluster '{cluster.cluster_id}' still contains {len(cluster.hsms)} HSM(s)."
            )
        if cluster.state.endswith("_IN_PROGRESS") or cluster.state == "DELETED":
            raise rules.wrong_state(cluster, "UNINITIALIZED, INITIALIZED, ACTIVE or DEGRADED")
        self.lifecycle.delete_cluster(cluster, self.timeline.now())
        return {"Cluster": self._described(cluster)}

    def _modify_cluster(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        cluster = self.cluster(given["ClusterId"], region)
        if "HsmType" not in given and "BackupRetentionPolicy" not in given:
            raise invalid_request("Nothing to modify: give HsmType or BackupRetentionPolicy.")
        if "HsmType" in given:
            rules.check_type(given["HsmType"])  # the type it has already, so nothing to migrate
        retention = rules.retention_days(given.get("BackupRetentionPolicy"))
        if cluster.state.startswith("DELETE"):
            raise rules.wrong_state(cluster, "ACTIVE")
        cluster.retention_days = retention or cluster.retention_days
        return {"Cluster": self._described(cluster)}

    def _list_tags(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        return description.page_of_tags(self._tagged(region, given).tags, given)

    def _tag_resource(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        cluster = self._tagged(region, given)
        tags = cluster.tags | rules.tags(given["TagList"])
        if len(tags) > rules.TAGS_PER_RESOURCE:
            raise ServiceError(
                "CloudHsmResourceLimitExceededException",
                f"A resource can have at most {rules.TAGS_PER_RESOURCE} tags.",
            )
        cluster.tags = tags
        return {}

    def _untag_resource(self, region: str, given: dict[str, Any]) -> dict[str, Any]:
        cluster = self._tagged(region, given)
        cluster.tags = {k: v for k, v in cluster.tags.items() if k not in given["TagKeyList"]}
        return {}

    def _tagged(self, region: str, given: dict[str, Any]) -> Cluster:
        if given["ResourceId"].startswith("backup-"):
            raise not_found(f"Backup '{given['ResourceId']}' was not found.")
        return self.cluster(given["ResourceId"], region)

    def _described(self, cluster: Cluster) -> dict[str, Any]:
        return description.cluster(cluster, self.certificate_from)
