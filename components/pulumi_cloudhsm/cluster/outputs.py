"""What a cluster tells its user and the other parts."""

from __future__ import annotations

import pulumi

from ..facts import ClusterFacts
from ..hsms.cost import hourly_cost
from ..initialization.initialization_provider import ClusterInitialization
from ..network.component import Network
from ..recovery.part import Part
from .request import ClusterRequest
from .resources import ClusterResources
from .restoration_provider import ClusterRestoration


class ClusterOutputs(Part):
    """Outputs of a CloudHsmCluster, and its facts for the other parts."""

    _wanted: ClusterRequest
    _network: Network
    _resources: ClusterResources

    cluster_id: pulumi.Output[str]
    """`cluster-…`."""
    state: pulumi.Output[str]
    """INITIALIZED, what a later refresh found, or "awaiting certificate"."""
    security_group_id: pulumi.Output[str]
    """The cluster's security group: only its members reach the HSMs."""
    vpc_id: pulumi.Output[str]
    """The cluster's VPC."""
    hsms: pulumi.Output[list[dict[str, str]]]
    """`id`, `zone` and `ip` of the first HSM; none when `hsms.count` is 0."""
    verdict: pulumi.Output[str]
    """What was proven of the HSM's identity, in one line."""
    verified: pulumi.Output[bool]
    """Both chains were verified."""
    ca_certificate: pulumi.Output[str]
    """The trust anchor (`customerCA.crt`), PEM; not confidential, marked secret to keep diffs
    short. Empty while a certificate is awaited, as is all that follows from it."""
    ca_certificate_sha256: pulumi.Output[str]
    """Fingerprint of the trust anchor."""
    ca_expires: pulumi.Output[str]
    """End of the trust anchor's validity; ISO 8601, UTC."""
    issuer_arn: pulumi.Output[str]
    """The KMS key, or the private CA, that signs for the CA; empty for any other."""
    cluster_certificate: pulumi.Output[str]
    """The certificate that the HSMs show, PEM; marked secret like `ca_certificate`."""
    cluster_certificate_sha256: pulumi.Output[str]
    """Fingerprint of the cluster certificate."""
    cluster_certificate_expires: pulumi.Output[str]
    """End of the cluster certificate's validity; ISO 8601, UTC."""
    files: pulumi.Output[dict[str, str]]
    """File name to path, relative to the program's folder."""
    hourly_cost: pulumi.Output[str]
    """About what AWS charges."""
    signing_instructions: pulumi.Output[str] | None
    """What a person has to do before anything goes on; None where the cluster is initialized."""
    initialization: ClusterInitialization | ClusterRestoration | None
    """What an activation waits for; None while a certificate is awaited, or if restored."""
    restoration: ClusterRestoration | None
    """Of a cluster from a backup: it was activated before, and what follows waits for this."""

    def _publish_defaults(self) -> None:
        none = pulumi.Output.from_input("")
        self.issuer_arn = self.ca_certificate = self.ca_certificate_sha256 = self.ca_expires = none
        self.cluster_certificate = self.cluster_certificate_sha256 = none
        self.cluster_certificate_expires = none
        self.signing_instructions = self.initialization = self.restoration = None
        self.hourly_cost = pulumi.Output.from_input(hourly_cost(self._wanted.hsm_count))

    def _publish_trust(self, made: ClusterInitialization | ClusterRestoration) -> None:
        """What the cluster was initialized with, even if the CA is another one some day."""
        self.state = made.state
        self.cluster_certificate, self.ca_certificate = lasting(made)
        self.ca_certificate_sha256 = made.ca_certificate_sha256
        self.ca_expires = made.ca_certificate_expires
        self.cluster_certificate_sha256 = made.cluster_certificate_sha256
        self.cluster_certificate_expires = made.cluster_certificate_expires

    @property
    def facts(self) -> ClusterFacts:
        """What the other parts need to know of the cluster."""
        network, made = self._network, self._resources
        return ClusterFacts(
            cluster_id=self.cluster_id,
            security_group_id=self.security_group_id,
            ca_certificate=self.ca_certificate,
            vpc_id=self.vpc_id,
            subnet_ids=network.subnet_ids,
            zones=network.known.zones if network.known else network.zones,
            subnet_cidrs=network.known.cidrs if network.known else network.subnet_cidrs,
            hsms=self.hsms,
            state=self.state,
            common=self._wanted.common,
            name=self._wanted.name,
            hsm_type=self._wanted.cluster.hsm_type,
            ca_expires=self.ca_expires if self.signing_instructions is None else None,
            cluster_certificate_expires=(
                self.cluster_certificate_expires if self.signing_instructions is None else None
            ),
            ca_file=self.files.apply(lambda files: files.get("customerCA.crt", "")),
            vpc_cidr=network.vpc_cidr,
            signing_instructions=self.signing_instructions,
            initialization=self.initialization,
            restoration=self.restoration,
            hsms_at_aws=made.hsms_at_aws,
            addresses_in_use=made.addresses_in_use,
            first_hsm_ip=made.first_hsm_ip,
        )


def lasting(
    made: ClusterInitialization | ClusterRestoration,
) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
    """Cluster certificate and CA certificate, as the cluster has them; PEM."""
    return made.cluster_certificate, made.ca_certificate
