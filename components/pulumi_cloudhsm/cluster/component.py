"""A CloudHSM cluster from nothing to INITIALIZED under its own certificate authority."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from ..common import CommonArgs, typed_outputs
from ..dynamic_provider import resolved
from ..hsms.args import HsmsArgs
from ..hsms.component import hsm_facts
from ..identity.args import IdentityArgs
from ..identity.capture import capture_identity, captured
from ..identity.identity_provider import ClusterIdentity
from ..initialization.args import FilesArgs
from ..initialization.certificate_files import (
    both,
    identity_files,
    trust_files,
    write_ca_key,
    write_files,
)
from ..initialization.initialization_provider import (
    ClusterInitialization,
    ClusterInitializationInputs,
)
from ..network.component import Network
from ..trust.args import TrustArgs, TrustMode
from ..trust.component import create_issuer
from ..trust.external import AWAITING, check_new, signing_instructions, warn_of_ends
from ..trust.generated_component import GeneratedCa
from ..validation import InputError
from .args import CloudHsmClusterArgs, RestoreArgs
from .at_aws import ClusterAtAws
from .outputs import ClusterOutputs, lasting
from .request import ClusterRequest
from .resources import ClusterResource, ClusterResources, look_ahead
from .restoration_provider import ClusterRestoration, ClusterRestorationInputs


class CloudHsmCluster(ClusterOutputs):
    """Cluster, first HSM, its proven identity, a CA, the signed CSR and the initialization.

    The steps stand in `_initialize_under_own_ca`, in their order.
    """

    def __init__(
        self,
        name: str,
        args: CloudHsmClusterArgs,
        *,
        network: Network,
        trust: TrustArgs | None = None,
        restore: RestoreArgs | None = None,
        identity: IdentityArgs = IdentityArgs(),
        files: FilesArgs = FilesArgs(),
        hsms: HsmsArgs = HsmsArgs(),
        common: CommonArgs = CommonArgs(),
        seen: ClusterAtAws | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Makes the cluster, unless it is there.

        Args:
            name: logical name, and the cluster's Name tag.
            args: what the cluster is.
            network: its subnets.
            trust: who signs its certificate; not with `restore`.
            restore: the backup that it is made from.
            identity: what the first HSM has to prove.
            files: where the certificates are written.
            hsms: how many HSMs, and where; only the first one is made here.
            common: Region, tags, protection and waits.
            seen: what `look_ahead` found before the network was declared; the cluster looks itself
                when left out.
            opts: Pulumi's options.

        Raises:
            InputError: names the field, the value and the fix.
            RunError: AWS cannot be asked, or shows a cluster that cannot be gone on with.
        """
        self._wanted = ClusterRequest(
            name=name,
            cluster=args,
            network=network,
            trust=trust,
            restore=restore,
            identity=identity,
            files=files,
            hsms=hsms,
            common=common,
        )
        self._wanted.check()
        inputs = self._wanted.visible_inputs()
        super().__init__("cloudhsm:index:CloudHsmCluster", name, inputs, opts)
        self._wanted = self._wanted.within(self)
        self._child = pulumi.ResourceOptions(parent=self)
        # A destroy works from the end to the beginning and stops at what is protected: so it is the
        # last links that keep HSM, identity and certificate, too.
        self._kept = pulumi.ResourceOptions(parent=self, protect=common.protect)
        seen = seen or look_ahead(self, self._wanted)
        self._wanted = self._wanted.from_backup(seen.restore_from)
        self._network = network
        self._resources = ClusterResources(self, self._wanted, network, seen)
        self._publish_defaults()
        if trust is not None and trust.mode == TrustMode.EXTERNAL:
            self._initialize_under_external_ca(trust)
        elif trust is not None:
            self._initialize_under_own_ca(trust)
        else:
            self._restore()
        self.register_outputs(typed_outputs(self))

    def _initialize_under_own_ca(self, trust: TrustArgs) -> None:
        name, wanted = self._wanted.name, self._wanted
        cluster, identity = self._create_identified_cluster()
        ca = create_issuer(f"{name}-ca", trust, common=wanted.common, opts=self._child)
        shown = captured(identity, self._resources.held_identity)
        certificate = ca.sign(f"{name}-certificate", shown.csr)
        # InitializeCluster, and the wait until the cluster is INITIALIZED.
        anchored = self._anchor(cluster, identity, certificate, ca.ca_certificate, self._kept)
        contents = both(
            identity_files(self.cluster_id, shown),
            trust_files(self.cluster_id, *lasting(anchored)),
        )
        written = write_files(f"{name}-files", wanted.files.folder, contents, self._kept)
        self.files = both(written.paths)
        if isinstance(ca, GeneratedCa):
            write_ca_key(f"{name}-ca-key-file", wanted.files, ca.private_key_pem, self._kept)
        self.issuer_arn = ca.arn

    def _initialize_under_external_ca(self, trust: TrustArgs) -> None:
        name, folder = self._wanted.name, self._wanted.files.folder
        cluster, identity = self._create_identified_cluster()
        shown = captured(identity, self._resources.held_identity)
        contents = identity_files(self.cluster_id, shown)
        to_sign = write_files(f"{name}-files", folder, contents, self._kept)
        self.files = both(to_sign.paths)
        if trust.cluster_certificate is None or trust.ca_certificate is None:
            self._await_certificate()
            return
        if not self._resources.is_initialized:
            check_new(trust.cluster_certificate, trust.ca_certificate)
        warn_of_ends(trust.cluster_certificate, trust.ca_certificate, self)
        after = pulumi.ResourceOptions(depends_on=[to_sign])
        anchored = self._anchor(
            cluster,
            identity,
            pulumi.Output.secret(trust.cluster_certificate),
            pulumi.Output.secret(trust.ca_certificate),
            pulumi.ResourceOptions.merge(self._kept, after),
        )
        contents = trust_files(self.cluster_id, *lasting(anchored))
        written = write_files(f"{name}-trust-files", folder, contents, self._kept)
        self.files = both(to_sign.paths, written.paths)

    def _restore(self) -> None:
        name, wanted = self._wanted.name, self._wanted
        cluster, retention = self._create_cluster()
        after = pulumi.ResourceOptions(depends_on=[retention])
        ca_certificate = wanted.restore.ca_certificate if wanted.restore else None
        # The trust anchor is checked before an HSM is paid for.
        self.restoration = self._check_restored(
            ca_certificate or "", pulumi.ResourceOptions.merge(self._kept, after)
        )
        contents = trust_files(self.cluster_id, *lasting(self.restoration))
        written = write_files(f"{name}-trust-files", wanted.files.folder, contents, self._kept)
        self.files = both(written.paths)
        self._publish_trust(self.restoration)
        self.verdict = pulumi.Output.concat(
            "NOT verified: restored from ",
            wanted.restore.backup_id if wanted.restore else "",
            ", and AWS shows the identity of a new cluster's first HSM only",
        )
        self.verified = pulumi.Output.from_input(False)
        self._create_first_hsm(cluster, self.restoration)

    def _create_cluster(self) -> tuple[ClusterResource, pulumi.Resource]:
        cluster = self._resources.create_cluster()
        self.cluster_id, self.vpc_id = cluster.cluster_id, cluster.vpc_id
        self.security_group_id = cluster.security_group_id
        self._retention = self._resources.keep_backups(cluster)
        return cluster, self._retention

    def _create_identified_cluster(self) -> tuple[ClusterResource, ClusterIdentity]:
        """A cluster, and the identity of the first HSM that it has or had."""
        cluster, retention = self._create_cluster()
        if self._wanted.restores_in_place:
            return cluster, self._capture_identity(cluster, None)
        first_hsm = self._create_first_hsm(cluster, retention)
        return cluster, self._capture_identity(cluster, first_hsm)

    def _anchor(
        self,
        cluster: ClusterResource,
        identity: ClusterIdentity,
        cluster_certificate: pulumi.Output[str],
        ca_certificate: pulumi.Output[str],
        opts: pulumi.ResourceOptions,
    ) -> ClusterInitialization | ClusterRestoration:
        """The cluster under its trust anchor: initialized, or back under the one that it had."""
        if not self._wanted.restores_in_place:
            return self._initialize(identity, cluster_certificate, ca_certificate, opts)
        after = pulumi.ResourceOptions(depends_on=[self._retention])
        opts = pulumi.ResourceOptions.merge(opts, after)
        # The trust anchor is compared before an HSM is paid for.
        made = self._check_restored(ca_certificate, opts, cluster_certificate)
        self.initialization = made
        self._publish_trust(made)
        self._create_first_hsm(cluster, made)
        return made

    def _check_restored(
        self,
        ca_certificate: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
        cluster_certificate: pulumi.Input[str] | None = None,
    ) -> ClusterRestoration:
        wanted = self._wanted
        return ClusterRestoration(
            f"{wanted.name}-restoration",
            ClusterRestorationInputs(
                access=wanted.common.access,
                timing=wanted.common.waits.hsm.sooner(3),
                cluster_id=resolved(self.cluster_id),
                backup_id=resolved(wanted.restore.backup_id if wanted.restore else ""),
                ca_certificate=resolved(pulumi.Output.secret(ca_certificate)),
                cluster_certificate=resolved(cluster_certificate),
            ),
            opts,
        )

    def _create_first_hsm(
        self, cluster: ClusterResource, after: pulumi.Resource
    ) -> aws.cloudhsmv2.Hsm | None:
        first_hsm = self._resources.create_first_hsm(cluster, after)
        listed = [hsm_facts(first_hsm)] if first_hsm else []
        self.hsms = pulumi.Output.all(*listed).apply(list)
        return first_hsm

    def _capture_identity(
        self, cluster: ClusterResource, first_hsm: aws.cloudhsmv2.Hsm | None
    ) -> ClusterIdentity:
        opts = self._child
        if self._resources.is_initialized or self._wanted.restores_in_place:
            # From now on the first HSM may come and go: its identity is kept. A lost cluster's is
            # what its trust anchor was set by.
            lost = ["cluster_id"] if self._wanted.restores_in_place else []
            settled = pulumi.ResourceOptions(ignore_changes=["hsm_id", *lost])
            opts = pulumi.ResourceOptions.merge(opts, settled)
        identity = capture_identity(
            f"{self._wanted.name}-identity",
            self._wanted.identity,
            cluster_id=cluster.cluster_id,
            hsm_id=first_hsm.hsm_id if first_hsm else "",
            common=self._wanted.common,
            opts=opts,
        )
        self.verdict, self.verified = identity.verdict, identity.verified
        return identity

    def _initialize(
        self,
        identity: ClusterIdentity,
        cluster_certificate: pulumi.Output[str],
        ca_certificate: pulumi.Output[str],
        opts: pulumi.ResourceOptions,
    ) -> ClusterInitialization:
        common, trust = self._wanted.common, self._wanted.trust
        self.initialization = ClusterInitialization(
            f"{self._wanted.name}-initialization",
            ClusterInitializationInputs(
                access=common.access,
                timing=common.waits.initialization,
                cluster_id=resolved(self.cluster_id),
                csr=resolved(captured(identity, self._resources.held_identity).csr),
                captured_hsm_id=resolved(identity.captured_hsm_id),
                cluster_certificate=resolved(cluster_certificate),
                ca_certificate=resolved(ca_certificate),
                signed_elsewhere=trust is not None and trust.mode == TrustMode.EXTERNAL,
            ),
            opts,
        )
        self._publish_trust(self.initialization)
        return self.initialization

    def _await_certificate(self) -> None:
        if self._resources.is_initialized:
            raise InputError(
                "trust.cluster_certificate",
                None,
                "the cluster is initialized under a certificate: set both back",
            )
        self.state = pulumi.Output.from_input(AWAITING)
        self.signing_instructions = pulumi.Output.all(self.cluster_id, self.files).apply(
            lambda known: signing_instructions(known[1].get(f"{known[0]}_ClusterCsr.csr", ""))
        )
