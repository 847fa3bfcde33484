"""`aws.cloudhsmv2.Cluster`, as Terraform's aws_cloudhsm_v2_cluster does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rehearsal.plugins.aws.core.resource import AwsResource
from rehearsal.plugins.aws.core.tags import tag_list
from rehearsal.plugins.aws.core.waiting import Seen, wait_for, wait_until_gone
from rehearsal.plugins.core.failures import CheckFailure
from rehearsal.plugins.core.refusals import not_allowed
from rehearsal.plugins.core.resource_type import Call, Made
from rehearsal.plugins.core.values import Properties

HSM_TYPES = ("hsm1.medium", "hsm2m.medium")
MODES = ("FIPS", "NON_FIPS")
NOT_FOUND = "CloudHsmResourceNotFoundException"
_BEING_MADE = frozenset({"CREATE_IN_PROGRESS", "INITIALIZE_IN_PROGRESS"})

# What Terraform shows of Certificates, by the cluster's state; in every other state, nothing.
_SHOWN_CERTIFICATES = {
    "UNINITIALIZED": {
        "clusterCsr": "ClusterCsr",
        "awsHardwareCertificate": "AwsHardwareCertificate",
        "hsmCertificate": "HsmCertificate",
        "manufacturerHardwareCertificate": "ManufacturerHardwareCertificate",
    },
    "ACTIVE": {"clusterCertificate": "ClusterCertificate"},
}


class Cluster(AwsResource):
    """A CloudHSM cluster. It neither initializes nor activates it; only tags can be changed."""

    token = "aws:cloudhsmv2/cluster:Cluster"  # noqa: S105 - a type token
    service = "cloudhsmv2"
    noun = "CloudHSMv2 Cluster"
    not_found = NOT_FOUND
    sets: ClassVar = frozenset({"subnetIds"})

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Refuse unknown types and modes."""
        return not_allowed(inputs, {"hsmType": HSM_TYPES, "mode": MODES}, resource)

    def start_create(self, inputs: Properties) -> str:
        """CreateCluster."""
        request: dict[str, Any] = {
            "HsmType": inputs["hsmType"],
            "SubnetIds": inputs["subnetIds"],
        }
        if inputs.get("mode"):
            request["Mode"] = inputs["mode"]
        if inputs.get("sourceBackupIdentifier"):
            request["SourceBackupId"] = inputs["sourceBackupIdentifier"]
        if inputs.get("tagsAll"):
            request["TagList"] = tag_list(inputs["tagsAll"])
        return self.client(inputs).create_cluster(**request)["Cluster"]["ClusterId"]

    def finish_create(self, call: Call, identifier: str, inputs: Properties) -> None:
        """A new cluster becomes UNINITIALIZED, one restored from a backup ACTIVE."""
        target = "ACTIVE" if inputs.get("sourceBackupIdentifier") else "UNINITIALIZED"
        wait_for(target, _BEING_MADE, lambda: self._state(identifier, inputs), call)

    def find(self, identifier: str, old: Properties) -> Made | None:
        """DescribeClusters with the cluster's id."""
        cluster = find_cluster(self.client(old), identifier)
        if cluster is None:
            return None
        outputs = {
            "clusterCertificates": shown_certificates(cluster),
            "clusterId": cluster["ClusterId"],
            "clusterState": cluster["State"],
            "hsmType": cluster.get("HsmType", ""),
            "mode": cluster.get("Mode", ""),
            "securityGroupId": cluster.get("SecurityGroup", ""),
            "sourceBackupIdentifier": cluster.get("SourceBackupId"),
            "subnetIds": sorted((cluster.get("SubnetMapping") or {}).values()),
            **self.shown_tags(cluster.get("TagList")),
            "vpcId": cluster.get("VpcId", ""),
        }
        return Made(identifier, outputs)

    def set_tags(self, identifier: str, properties: Properties, tags: dict[str, str]) -> None:
        """TagResource."""
        self.client(properties).tag_resource(ResourceId=identifier, TagList=tag_list(tags))

    def remove_tags(self, identifier: str, properties: Properties, keys: list[str]) -> None:
        """UntagResource."""
        self.client(properties).untag_resource(ResourceId=identifier, TagKeyList=keys)

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """DeleteCluster."""
        del call
        deleted = self.if_found(old, lambda client: client.delete_cluster(ClusterId=identifier))
        return deleted is not None

    def finish_delete(self, call: Call, identifier: str, old: Properties) -> None:
        """Until it is DELETED or not listed."""
        pending = frozenset({"DELETE_IN_PROGRESS"})
        wait_until_gone(pending, lambda: self._state(identifier, old), call)

    def _state(self, identifier: str, properties: Properties) -> Seen | None:
        cluster = find_cluster(self.client(properties), identifier)
        return cluster and Seen(cluster["State"], cluster.get("StateMessage", ""))


def find_cluster(
    client: Any,  # noqa: ANN401 - a boto3 client
    identifier: str,
) -> Any | None:  # noqa: ANN401 - an entry of DescribeClusters
    """The cluster with this id, unless there is none or it is DELETED."""
    for cluster in list_clusters(client, {"clusterIds": [identifier]}):
        if cluster["ClusterId"] == identifier and cluster["State"] != "DELETED":
            return cluster
    return None


def list_clusters(
    client: Any,  # noqa: ANN401
    filters: Mapping[str, list[str]],
) -> list[Any]:
    """All clusters that match."""
    pages = client.get_paginator("describe_clusters").paginate(Filters=filters)
    return [cluster for page in pages for cluster in page["Clusters"]]


def shown_certificates(cluster: Mapping[str, Any]) -> list[dict[str, str]]:
    """The certificates Terraform shows: the HSM's while UNINITIALIZED, the cluster's own if ACTIVE.

    Before there are any, they are empty strings; where AWS sends no Certificates at all, `[]`.
    """
    certificates = cluster.get("Certificates")
    shown = _SHOWN_CERTIFICATES.get(cluster["State"])
    if certificates is None or shown is None:
        return []
    empty = {name: "" for names in _SHOWN_CERTIFICATES.values() for name in names}
    return [{**empty, **{name: certificates.get(key, "") for name, key in shown.items()}}]
