"""A CloudHSM cluster from nothing to INITIALIZED under its own certificate authority."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from . import adoption, ceremony, checks
from .aws.cloudhsmv2 import INITIALIZED_OR_LATER, CloudHsm
from .aws.session import AwsAccess
from .external_trust import AWAITING, ExternalTrust, what_to_sign
from .hardware import Hardware
from .hsms import MOST, hourly_cost
from .identity import Verification
from .issuing import Issuer, IssuerArgs, facts
from .network import Network, NetworkArgs, NetworkType
from .pinned_root import PinnedRoot, check_verification
from .placement import Place
from .providers.ca_key_file import SHORTEST_PASSPHRASE
from .providers.cluster_identity import ClusterIdentity
from .providers.cluster_restoration import ClusterRestoration
from .providers.dual_stack_cluster import DualStackCluster
from .restore import SourceBackup
from .subnets import SubnetFacts, subnet_facts
from .trust import IssuingCa, IssuingCaArgs


@dataclass(frozen=True)
class CloudHsmClusterArgs:
    """What a CloudHsmCluster is made of."""

    # Where
    region: str
    """Region of the cluster, for example `eu-central-1`; the same as the aws provider's."""
    ca: IssuerArgs | None = None
    """The CA that will be the cluster's trust anchor for good: IssuingCaArgs, KmsIssuingCaArgs or
    PrivateCaIssuingCaArgs; not with `external`."""
    external: ExternalTrust | None = None
    """Trust from elsewhere, instead of `ca`; without certificates the stack hands out the CSR."""
    source_backup: SourceBackup | None = None
    """A backup to restore the cluster from, instead of both: it has its trust anchor already."""
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None
    """1 to 10 private subnets of one VPC, one per zone; they can never be changed."""
    network: NetworkArgs | None = None
    """A network to make when there are no subnets to use."""
    network_type: str = NetworkType.IPV4
    """IPV4, or DUALSTACK, which KMS cannot use; can never be changed."""
    first_hsm_zone: pulumi.Input[str] | None = None
    """Zone of the first HSM; the first subnet's when left out."""
    first_hsm_ip: str | None = None
    """Its IPv4 address; AWS chooses one when left out."""
    profile: str | None = None
    """Profile of the shared AWS configuration for the steps that no AWS resource covers."""

    # What
    hsm_type: str = "hsm2m.medium"
    """The only type that AWS still creates; a cluster that has another one is migrated to it."""
    mode: str = "FIPS"
    """FIPS or NON_FIPS; can never be changed, and backups restore only into the same mode."""
    hsm_count: int = 1
    """HSMs in all; the others are AdditionalHsms. 0 deletes the first one too, once ACTIVE."""
    hsm_places: Sequence[Place] = ()
    """The others' zones and addresses, where they are given instead of `hsm_count`."""
    cluster_certificate_validity_hours: int | None = None
    """Validity of the cluster certificate; 30 days less than the CA's when left out."""

    backup_retention_days: int = 90
    """How long AWS keeps each backup of the cluster, 7 to 379 days; the last one it keeps."""

    # Proof of the HSM's identity
    identity_verification: str = Verification.STANDARD
    """`standard`: AWS chain, and the manufacturer's if its root is given; `full`: both; `off`."""
    identity_verification_off_reason: str | None = None
    """Why it is off; lands in the outputs."""
    aws_roots: Sequence[PinnedRoot] = ()
    """Roots that vouch for AWS, besides AWS CloudHSM Root G1."""
    manufacturer_roots: Sequence[PinnedRoot] = ()
    """Roots that vouch for the HSM's manufacturer."""

    # Files
    certificate_directory: str = ""
    """Folder for the certificates, relative to the program; `certificates/<stack>` if left out."""
    ca_key_passphrase: pulumi.Input[str] | None = None
    """If given, the CA's private key is written there too, encrypted with this secret."""

    # Waiting, in seconds
    hsm_usual_seconds: float = 600
    """How long the first HSM usually takes; shapes how often AWS is asked."""
    hsm_deadline_seconds: float = 3600
    """When to give up on the first HSM."""
    initialization_usual_seconds: float = 210
    """How long the initialization usually takes."""
    initialization_deadline_seconds: float = 1800
    """When to give up on the initialization."""
    migration_usual_seconds: float = 1800
    """How long the migration of one HSM to another type usually takes (user guide)."""
    migration_deadline_seconds: float = 43_200
    """When to give up on the migration of all."""

    # Care
    protect: bool = True
    """Refuse to destroy cluster, HSM, CA and certificates; False only for what is disposable."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    """Tags of the cluster."""

    @property
    def certificate_hours(self) -> int:
        """Validity of the cluster certificate in hours."""
        if self.cluster_certificate_validity_hours is not None:
            return self.cluster_certificate_validity_hours
        hours = self.ca.lifetime_hours if self.ca else None
        if hours is None:
            return 0  # how long that CA is valid is known only once it was read
        # The HSM takes minutes and a person may take weeks; ending 30 days early leaves room.
        return hours - 720 if hours > 1440 else hours - 24

    @property
    def awaits_certificate(self) -> bool:
        """Whether somebody else has to sign first."""
        return self.external is not None and not self.external.is_given

    @property
    def source(self) -> str:
        """The backup that the cluster is made from; empty for a new one."""
        return self.source_backup.backup_id if self.source_backup else ""

    @property
    def hsms_in_all(self) -> int:
        """How many HSMs AWS charges for."""
        if self.awaits_certificate:
            return 1
        return 1 + len(self.hsm_places) if self.hsm_places else self.hsm_count

    @property
    def directory(self) -> str:
        """Folder for the certificates."""
        return self.certificate_directory or f"certificates/{pulumi.get_stack()}"

    def check(self) -> None:
        """Refuses what would fail later, when it costs money or can no longer be undone.

        Raises:
            InputError: names the input, the value and the fix.
        """
        self._check_trust()
        checks.hsm_type(self.hsm_type)
        checks.mode(self.mode)
        checks.hsm_count(self.hsm_count, MOST)
        checks.backup_retention(self.backup_retention_days)
        self._check_place()
        check_verification(
            self.identity_verification,
            self.identity_verification_off_reason,
            self.aws_roots,
            self.manufacturer_roots,
        )
        checks.folder("certificate_directory", self.directory)
        if isinstance(self.ca_key_passphrase, str):
            checks.passphrase("ca_key_passphrase", self.ca_key_passphrase, SHORTEST_PASSPHRASE)
        checks.wait("hsm", self.hsm_usual_seconds, self.hsm_deadline_seconds)
        checks.wait(
            "initialization",
            self.initialization_usual_seconds,
            self.initialization_deadline_seconds,
        )
        checks.wait("migration", self.migration_usual_seconds, self.migration_deadline_seconds)
        checks.tags(self.tags, own=2)

    def _check_trust(self) -> None:
        given = [one for one in (self.ca, self.external, self.source_backup) if one is not None]
        if len(given) != 1:
            raise checks.InputError(
                "ca", self.ca, "give either this, or external trust, or a source_backup"
            )
        if self.source_backup is not None:
            self.source_backup.check()
        if self.ca is not None:
            self.ca.check()
            checks.validity(self.ca.lifetime_hours, self.certificate_hours)
        if self.external is not None:
            self.external.check()
        if self.ca_key_passphrase is not None and not isinstance(self.ca, IssuingCaArgs):
            raise checks.InputError(
                "export_ca_key", True, "leave it out: the key of that CA is not here"
            )

    def _check_place(self) -> None:
        if (self.subnet_ids is None) == (self.network is None):
            raise checks.InputError(
                "subnet_ids", self.subnet_ids, "give either these, or a network to make"
            )
        if self.network_type not in set(NetworkType):
            raise checks.InputError("network_type", self.network_type, "use IPV4 or DUALSTACK")
        if self.network is not None:
            self.network.check(self.region, self.network_type)
            if isinstance(self.first_hsm_zone, str):
                checks.first_hsm_zone(self.first_hsm_zone, self.network.availability_zones)
        if isinstance(self.subnet_ids, Sequence):
            checks.subnet_ids(self.subnet_ids)


class CloudHsmCluster(pulumi.ComponentResource):
    """Cluster, first HSM, its proven identity, a CA, the signed CSR and the initialization."""

    cluster_id: pulumi.Output[str]
    """`cluster-…`."""
    state: pulumi.Output[str]
    """INITIALIZED, what a later refresh found, or "awaiting certificate"."""
    security_group_id: pulumi.Output[str]
    """Members of this group reach the HSMs, and nobody else does."""
    hsms: pulumi.Output[list[dict[str, str]]]
    """Id, zone and IP address of the first HSM; none when `hsm_count` is 0."""
    vpc_id: pulumi.Output[str]
    """The cluster's VPC."""
    subnet_ids: pulumi.Output[list[str]]
    """The cluster's subnets."""
    zones: pulumi.Output[list[str]]
    """Their zones, in the same order."""
    subnet_cidrs: pulumi.Output[list[str]]
    """Their IPv4 ranges, in the same order."""
    known_places: Sequence[Place] | None
    """The further HSMs' places, where they are known before anything runs."""
    active_hsms: Mapping[str, str]
    """Address to id of the HSMs that an activated cluster has at AWS, before this run."""
    verdict: pulumi.Output[str]
    """What was proven of the HSM's identity, in one line."""
    verified: pulumi.Output[bool]
    """Both chains were verified."""
    ca_certificate_pem: pulumi.Output[str]
    """The trust anchor (`customerCA.crt`); secret only to keep walls of text out of diffs."""
    ca_certificate_sha256: pulumi.Output[str]
    """Fingerprint of the trust anchor."""
    ca_expires: pulumi.Output[str]
    """End of the trust anchor's validity; ISO 8601, UTC."""
    issuer_arn: pulumi.Output[str]
    """The KMS key, or the private CA, that signs for the CA; empty for any other."""
    cluster_certificate_pem: pulumi.Output[str]
    """The certificate that the HSMs show; secret only to keep walls of text out of diffs."""
    cluster_certificate_sha256: pulumi.Output[str]
    """Fingerprint of the cluster certificate."""
    cluster_certificate_expires: pulumi.Output[str]
    """End of the cluster certificate's validity; ISO 8601, UTC."""
    files: pulumi.Output[dict[str, str]]
    """File name to path, relative to the program's folder."""
    hourly_cost: str
    """Roughly what AWS charges."""
    initialization: pulumi.Resource | None
    """What an activation has to wait for; None while a certificate is awaited, or if restored."""
    restoration: ClusterRestoration | None
    """Of a cluster from a backup: it was activated before, and what follows waits for this."""
    what_to_sign: pulumi.Output[str] | None
    """What a person has to do before anything goes on; None where the cluster is initialized."""

    def __init__(
        self, name: str, args: CloudHsmClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args.check()
        super().__init__("cloudhsm:index:CloudHsmCluster", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        # A destroy works from the end to the beginning and stops at what is protected: so it is the
        # last links that keep HSM, identity and certificate, too.
        self._kept = pulumi.ResourceOptions(parent=self, protect=args.protect)
        hardware = Hardware(self, name, args, CloudHsm(AwsAccess(args.region, args.profile)))
        subnets = subnet_facts(
            self._subnet_ids(),
            self._child,
            args.first_hsm_zone,
            ipv6=args.network_type == NetworkType.DUALSTACK,
        )
        cluster = hardware.create_cluster(subnets)
        self._publish(cluster, subnets, hardware)
        settings = ceremony.keep_settings(name, args, self.cluster_id, self._kept)
        if args.source_backup is not None:
            restored = self._restore(args.source_backup, settings)
            first_hsm = hardware.create_first_hsm(cluster, subnets, [*settings, restored])
        else:
            first_hsm = hardware.create_first_hsm(cluster, subnets, settings)
            self._initialize(first_hsm, hardware.left_behind)
        self._publish_first_hsm(first_hsm)
        self.register_outputs(
            {"cluster_id": self.cluster_id, "state": self.state, "verdict": self.verdict}
        )

    def _initialize(
        self, first_hsm: aws.cloudhsmv2.Hsm | None, left_behind: adoption.LeftBehind
    ) -> None:
        name, args = self._name, self._args
        identity = ceremony.capture_identity(
            name,
            args,
            self.cluster_id,
            first_hsm.hsm_id if first_hsm else "",
            self._captured_once(left_behind),
        )
        self.verdict, self.verified = identity.verdict, identity.verified
        if args.ca is not None:
            issuing_ca = args.ca.issuer(f"{name}-ca", self._child)
            self.issuer_arn = issuing_ca.arn
            self._initialize_under(issuing_ca, identity)
        elif args.external is not None:
            self._initialize_externally(args.external, identity, left_behind)

    def _restore(
        self, source: SourceBackup, after: Sequence[pulumi.Resource]
    ) -> ClusterRestoration:
        name, args = self._name, self._args
        after_settings = pulumi.ResourceOptions(depends_on=list(after))
        restored = ceremony.restore(
            name,
            args,
            source,
            self.cluster_id,
            pulumi.ResourceOptions.merge(self._kept, after_settings),
        )
        written = ceremony.write_trust_files(
            name, args.directory, self.cluster_id, restored, self._kept
        )
        self._publish_trust(restored.state, restored.cluster_certificate, restored.trust_anchor)
        self.restoration, self.files = restored, written.paths
        self.verdict = pulumi.Output.from_input(
            f"NOT verified: restored from {source.backup_id}, and AWS shows the identity of a new "
            "cluster's first HSM only"
        )
        self.verified = pulumi.Output.from_input(False)
        return restored

    def _initialize_under(self, issuing_ca: Issuer, identity: ClusterIdentity) -> None:
        name, args = self._name, self._args
        certificate = issuing_ca.sign(f"{name}-certificate", identity.csr, args.certificate_hours)
        signed = (self.cluster_id, certificate, issuing_ca.certificate_pem)
        initialization = ceremony.initialize(name, args, identity, *signed, self._kept)
        self.initialization = initialization
        # What the cluster was initialized with, even if the CA is another one some day.
        lasting = (initialization.cluster_certificate, initialization.trust_anchor)
        files = ceremony.write_files(
            name, args.directory, identity, self.cluster_id, *lasting, self._kept
        )
        if args.ca_key_passphrase is not None and isinstance(issuing_ca, IssuingCa):
            ceremony.write_ca_key(
                name, args.directory, issuing_ca.private_key_pem, args.ca_key_passphrase, self._kept
            )
        self._publish_trust(initialization.state, *lasting)
        self.files = files.paths

    def _initialize_externally(
        self, trust: ExternalTrust, identity: ClusterIdentity, left_behind: adoption.LeftBehind
    ) -> None:
        name, args = self._name, self._args
        given = (self.cluster_id, self._kept)
        to_sign = ceremony.write_identity_files(name, args.directory, identity, *given)
        self.files = to_sign.paths
        if not trust.is_given:
            self._await_certificate(left_behind)
            return
        initialization = ceremony.initialize(
            name,
            args,
            identity,
            self.cluster_id,
            pulumi.Output.secret(trust.cluster_certificate),
            pulumi.Output.secret(trust.ca_certificate),
            self._kept_after(to_sign),
        )
        self.initialization = initialization
        written = ceremony.write_trust_files(
            name, args.directory, self.cluster_id, initialization, self._kept
        )
        self._publish_trust(
            initialization.state, initialization.cluster_certificate, initialization.trust_anchor
        )
        self.files = pulumi.Output.all(to_sign.paths, written.paths).apply(
            lambda paths: {**paths[0], **paths[1]}
        )

    def _await_certificate(self, left_behind: adoption.LeftBehind) -> None:
        if left_behind.state in INITIALIZED_OR_LATER:
            raise checks.InputError(
                "external_cluster_certificate",
                "",
                "the cluster is initialized under a certificate: set both back",
            )
        none = pulumi.Output.from_input("")
        self.state = pulumi.Output.from_input(AWAITING)
        self.ca_certificate_pem = self.ca_certificate_sha256 = self.ca_expires = none
        self.cluster_certificate_pem = self.cluster_certificate_sha256 = none
        self.cluster_certificate_expires = none
        self.what_to_sign = pulumi.Output.all(self.cluster_id, self.files).apply(
            lambda known: what_to_sign(known[1][f"{known[0]}_ClusterCsr.csr"])
        )

    def _kept_after(self, step: pulumi.Resource) -> pulumi.ResourceOptions:
        after = pulumi.ResourceOptions(depends_on=[step])
        return pulumi.ResourceOptions.merge(self._kept, after)

    def _subnet_ids(self) -> pulumi.Input[Sequence[pulumi.Input[str]]]:
        network = self._args.network
        if network is None:
            return self._args.subnet_ids or []
        return Network(f"{self._name}-network", network, self._child).subnet_ids

    def _captured_once(self, left_behind: adoption.LeftBehind) -> pulumi.ResourceOptions:
        """After the initialization, the first HSM may come and go: its identity is kept."""
        if left_behind.state not in INITIALIZED_OR_LATER:
            return self._child
        settled = pulumi.ResourceOptions(ignore_changes=["hsm_id"])
        return pulumi.ResourceOptions.merge(self._child, settled)

    def _publish(
        self,
        cluster: aws.cloudhsmv2.Cluster | DualStackCluster,
        subnets: pulumi.Output[SubnetFacts],
        hardware: Hardware,
    ) -> None:
        self.cluster_id = cluster.cluster_id
        self.security_group_id = cluster.security_group_id
        self.vpc_id = cluster.vpc_id
        self.hourly_cost = hourly_cost(self._args.hsms_in_all)
        self.subnet_ids = subnets.apply(lambda facts: facts.subnet_ids)
        self.zones = subnets.apply(lambda facts: facts.zones)
        self.subnet_cidrs = subnets.apply(lambda facts: facts.cidrs)
        self.known_places = hardware.known_places
        self.active_hsms = hardware.left_behind.active_hsms
        self.issuer_arn = pulumi.Output.from_input("")
        self.what_to_sign = self.initialization = self.restoration = None

    def _publish_first_hsm(self, first_hsm: aws.cloudhsmv2.Hsm | None) -> None:
        listed = [
            pulumi.Output.all(id=hsm.hsm_id, zone=hsm.availability_zone, ip=hsm.ip_address)
            for hsm in ([first_hsm] if first_hsm else [])
        ]
        self.hsms = pulumi.Output.all(*listed).apply(list)

    def _publish_trust(
        self,
        state: pulumi.Output[str],
        certificate_pem: pulumi.Output[str],
        trust_anchor_pem: pulumi.Output[str],
    ) -> None:
        leaf = facts(certificate_pem, "the cluster certificate")
        anchor = facts(trust_anchor_pem, "the CA certificate")
        self.state = state
        self.ca_certificate_pem, self.cluster_certificate_pem = trust_anchor_pem, certificate_pem
        self.ca_certificate_sha256, self.ca_expires = anchor
        self.cluster_certificate_sha256, self.cluster_certificate_expires = leaf
