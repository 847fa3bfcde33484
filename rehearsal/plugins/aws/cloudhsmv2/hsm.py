"""`aws.cloudhsmv2.Hsm`, as Terraform's aws_cloudhsm_v2_hsm does it."""

from __future__ import annotations

from typing import Any

from rehearsal.plugins.aws.cloudhsmv2.cluster import NOT_FOUND, find_cluster, list_clusters
from rehearsal.plugins.aws.core.resource import AwsResource
from rehearsal.plugins.aws.core.waiting import Seen, wait_for, wait_until_gone
from rehearsal.plugins.core.failures import CheckFailure, ProviderError
from rehearsal.plugins.core.input_checks import examine
from rehearsal.plugins.core.resource_type import Call, Made
from rehearsal.plugins.core.values import Properties


class Hsm(AwsResource):
    """One HSM of a cluster. AWS may replace it; its network interface, and so its place, stays."""

    token = "aws:cloudhsmv2/hsm:Hsm"  # noqa: S105 - a type token
    service = "cloudhsmv2"
    noun = "CloudHSMv2 HSM"
    not_found = NOT_FOUND

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Exactly one of zone and subnet."""
        given = [name for name in ("availabilityZone", "subnetId") if name in inputs]
        if len(given) == 1:
            return []
        both = "`availability_zone,subnet_id`"
        reason = (
            f"only one of {both} can be specified, but {both} were specified"
            if given
            else f"one of {both} must be specified"
        )
        return [
            examine(
                f'Invalid combination of arguments. "availability_zone": {reason}',
                resource,
                "availabilityZone",
            )
        ]

    def start_create(self, inputs: Properties) -> str:
        """CreateHsm, in the zone given or in that of the subnet given."""
        request: dict[str, Any] = {"ClusterId": inputs["clusterId"]}
        zone = inputs.get("availabilityZone") or self._zone_of(inputs)
        if zone:  # of a subnet the cluster does not have, nothing: AWS's client refuses it then
            request["AvailabilityZone"] = zone
        if inputs.get("ipAddress"):
            request["IpAddress"] = inputs["ipAddress"]
        return self.client(inputs).create_hsm(**request)["Hsm"]["HsmId"]

    def finish_create(self, call: Call, identifier: str, inputs: Properties) -> None:
        """Until it is ACTIVE; every other state but CREATE_IN_PROGRESS is an error."""
        pending = frozenset({"CREATE_IN_PROGRESS"})
        wait_for("ACTIVE", pending, lambda: self._state(identifier, inputs), call)

    def find(self, identifier: str, old: Properties) -> Made | None:
        """The HSM with this id, or the one AWS put in its place (same network interface)."""
        hsm = self._find(identifier, old.get("hsmEniId"), old)
        if hsm is None:
            return None
        outputs = {
            "availabilityZone": hsm.get("AvailabilityZone", ""),
            "clusterId": hsm.get("ClusterId", ""),
            "hsmEniId": hsm.get("EniId", ""),
            "hsmId": hsm["HsmId"],
            "hsmState": hsm.get("State", ""),
            "ipAddress": hsm.get("EniIp", ""),
            "subnetId": hsm.get("SubnetId", ""),
        }
        return Made(hsm["HsmId"], outputs)

    def imported_inputs(self, outputs: Properties) -> Properties:
        """The cluster: an import cannot tell which of zone and subnet a program gives."""
        return {"clusterId": outputs["clusterId"]}

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """DeleteHsm."""
        del call
        cluster_id = old["clusterId"]
        deleted = self.if_found(
            old, lambda client: client.delete_hsm(ClusterId=cluster_id, HsmId=identifier)
        )
        return deleted is not None

    def finish_delete(self, call: Call, identifier: str, old: Properties) -> None:
        """Until no cluster lists it."""
        pending = frozenset({"DELETE_IN_PROGRESS"})
        wait_until_gone(pending, lambda: self._state(identifier, old), call)

    def _state(self, identifier: str, properties: Properties) -> Seen | None:
        hsm = self._find(identifier, None, properties)
        return hsm and Seen(hsm.get("State", ""), hsm.get("StateMessage", ""))

    def _find(self, identifier: str, interface: str | None, properties: Properties) -> Any | None:  # noqa: ANN401 - an entry of DescribeClusters
        # AWS has no call for one HSM: all clusters are listed, as Terraform does.
        hsms = [
            hsm
            for cluster in list_clusters(self.client(properties), {})
            for hsm in cluster.get("Hsms") or []
            if hsm.get("State") != "DELETED"
        ]
        matches = (
            hsm
            for hsm in hsms
            if hsm["HsmId"] == identifier or (interface and hsm.get("EniId") == interface)
        )
        return next(matches, None)

    def _zone_of(self, inputs: Properties) -> str | None:
        cluster = find_cluster(self.client(inputs), inputs["clusterId"])
        if cluster is None:
            raise ProviderError(
                f"reading CloudHSMv2 Cluster ({inputs['clusterId']}): couldn't find resource"
            )
        zones = {subnet: zone for zone, subnet in (cluster.get("SubnetMapping") or {}).items()}
        return zones.get(inputs["subnetId"])
