"""The whole chain as one component: network, cluster, HSMs, KMS key store, file system."""

from __future__ import annotations

import pulumi

from ..activation.args import BY_PROGRAM
from ..activation.component import Activation
from ..backups.component import BackupCopies
from ..client.component import Client
from ..cluster.at_aws import ClusterAtAws
from ..cluster.component import CloudHsmCluster
from ..cluster.request import ClusterRequest
from ..cluster.resources import look_ahead
from ..common import visible_inputs
from ..file_system.component import FileSystem
from ..hsms.args import HsmsArgs
from ..hsms.component import AdditionalHsms
from ..key_store.component import KeyStore
from ..key_store.kms_user_component import KmsCryptoUser
from ..monitoring.component import Monitoring
from ..network.component import Network
from ..recovery.stack_state import state_of_this_run
from ..validation import check_name
from .args import CloudHsmDeploymentArgs
from .kept import DEPLOYMENT, check_language_kept, check_name_kept, check_parts_kept
from .kept_host import read_until, tell_kept_host
from .outputs import DeploymentOutputs
from .secrets import check_secrets


class CloudHsmDeployment(DeploymentOutputs):
    """AWS CloudHSM from the network to a file system under a key that only your HSMs hold."""

    def __init__(
        self,
        name: str,
        args: CloudHsmDeploymentArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the chain.

        Args:
            name: prefix of every resource, and default of the names at AWS; 1 to 40 letters,
                digits and hyphens. Another name is another deployment.
            args: the parts.
            opts: Pulumi's options; a provider given here serves all parts.

        Raises:
            InputError: a field is wrong; names it, the value and the fix.
        """
        check_name(name)
        args.check()
        check_name_kept(state_of_this_run(), name)
        # Each part shows its own inputs, so that a diff tells each change once.
        super().__init__(DEPLOYMENT, name, visible_inputs(args.common), opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._common = args.common.within(self)
        self._check_kept()
        check_secrets(self, state_of_this_run(), name, args, self._common)
        seen = self._look_ahead()
        self._tell_kept_host(seen)
        self.network = self._create_network()
        self.cluster = self._create_cluster(seen)
        self.client = self._create_client()
        self.activation = self._create_activation()
        self.additional_hsms = self._create_additional_hsms()
        self.kms_user = self._create_kms_user()
        self.key_store = self._create_key_store()
        self.file_system = self._create_file_system()
        self.backup_copies = self._create_backup_copies()
        self.monitoring = self._create_monitoring()
        self._publish()
        self.register_outputs(self.outputs)

    @property
    def _types(self) -> list[str]:
        return [one.pulumi_resource_type for one in self.lineage]

    def _check_kept(self) -> None:
        types = self._types
        held = state_of_this_run()
        check_language_kept(held, types, self._name)
        check_parts_kept(held, types, self._name, self._args, self._warn)

    def _tell_kept_host(self, seen: ClusterAtAws | None) -> None:
        if self._args.restore and seen and seen.looked and not seen.cluster_id:
            return  # a cluster that comes back needs it
        types = [one.pulumi_resource_type for one in self.lineage]
        tell_kept_host(state_of_this_run(), types, self._name, self._args, self._warn)

    def _warn(self, line: str) -> None:
        pulumi.log.warn(line, self)

    def _look_ahead(self) -> ClusterAtAws | None:
        """Looks at AWS before a VPC is declared; the cluster looks itself where none is made."""
        args = self._args
        if not args.network.makes_vpc:
            return None
        wanted = ClusterRequest(
            name=self._name,
            cluster=args.cluster,
            network=args.network,
            trust=args.trust,
            restore=args.restore,
            identity=args.identity,
            files=args.files,
            hsms=args.hsms,
            common=self._common,
        )
        wanted.check()
        return look_ahead(self, wanted)

    def _create_network(self) -> Network:
        return Network(
            f"{self._name}-network", self._args.network, common=self._common, opts=self._child
        )

    def _create_cluster(self, seen: ClusterAtAws | None) -> CloudHsmCluster:
        args = self._args
        return CloudHsmCluster(
            self._name,
            args.cluster,
            network=self.network,
            trust=args.trust,
            restore=args.restore,
            identity=args.identity,
            files=args.files,
            hsms=args.hsms,
            common=self._common,
            seen=seen,
            opts=self._child,
        )

    def _create_client(self) -> Client | None:
        args = self._args
        if args.activation.mode not in BY_PROGRAM or self.cluster.signing_instructions is not None:
            return None
        return Client(
            f"{self._name}-client",
            args.client,
            cluster=self.cluster,
            admin_secret=args.activation.admin_secret,
            kms_user_secret=args.key_store.kms_user_secret if args.key_store else None,
            kms_user=args.key_store is not None,
            read_until=read_until(state_of_this_run(), self._types, self._name, args),
            opts=self._child,
        )

    def _create_activation(self) -> Activation:
        return Activation(
            f"{self._name}-activation",
            self._args.activation,
            cluster=self.cluster,
            client=self.client,
            opts=self._child,
        )

    def _create_additional_hsms(self) -> AdditionalHsms:
        # A cluster that waits for its certificate has its first HSM only: that one made the CSR.
        waits = self.cluster.signing_instructions is not None
        return AdditionalHsms(
            f"{self._name}-hsm",
            HsmsArgs() if waits else self._args.hsms,
            cluster=self.cluster,
            activation=self.activation,
            opts=self._child,
        )

    def _create_kms_user(self) -> KmsCryptoUser | None:
        if self._args.key_store is None or self.client is None:
            return None
        if self.additional_hsms.all_active is None:
            return None
        return KmsCryptoUser(
            f"{self._name}-kms",
            cluster=self.cluster,
            hsms=self.additional_hsms,
            client=self.client,
            opts=self._child,
        )

    def _create_key_store(self) -> KeyStore | None:
        if self._args.key_store is None or self.additional_hsms.all_active is None:
            return None
        return KeyStore(
            f"{self._name}-keys",
            self._args.key_store,
            cluster=self.cluster,
            hsms=self.additional_hsms,
            kms_user=self.kms_user,
            opts=self._child,
        )

    def _create_file_system(self) -> FileSystem | None:
        wanted = self._args.file_system
        if wanted is None or (self.key_store is None and wanted.key_arn is None):
            return None
        return FileSystem(
            f"{self._name}-storage",
            wanted,
            cluster=self.cluster,
            key_store=self.key_store,
            opts=self._child,
        )

    def _create_monitoring(self) -> Monitoring | None:
        if self._args.monitoring is None or self.cluster.signing_instructions is not None:
            return None
        return Monitoring(
            f"{self._name}-alarms",
            self._args.monitoring,
            cluster=self.cluster,
            hsms=self.additional_hsms,
            key_store=self.key_store,
            file_system=self.file_system,
            backup_copies=self.backup_copies,
            opts=self._child,
        )

    def _create_backup_copies(self) -> BackupCopies | None:
        wanted, active = self._args.backup_copies, self.additional_hsms.all_active
        if wanted is None or active is None:
            return None
        return BackupCopies(
            f"{self._name}-backups",
            wanted,
            cluster=self.cluster,
            after=self.key_store.resource if self.key_store else active,
            opts=self._child,
        )
