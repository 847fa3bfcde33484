"""What a deployment is made of, and what of it cannot work together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..activation.args import BY_PROGRAM, ActivationArgs, ActivationMode
from ..backups.args import BackupCopiesArgs
from ..client.args import ClientArgs
from ..cluster.args import CloudHsmClusterArgs, RestoreArgs
from ..cluster.request import check_fit, check_origin
from ..common import CommonArgs
from ..file_system.args import FileSystemArgs
from ..hsms.args import HsmsArgs
from ..identity.args import IdentityArgs
from ..initialization.args import FilesArgs
from ..key_store.args import KeyStoreArgs
from ..monitoring.args import MonitoringArgs
from ..network.args import NetworkArgs, NetworkType
from ..trust.args import TrustArgs
from ..validation import InputError, section


@dataclass(frozen=True, kw_only=True)
class CloudHsmDeploymentArgs(CommonArgs):
    """What a CloudHsmDeployment is made of: one record per part, and what all parts share."""

    network: NetworkArgs
    """A VPC to make, or subnets that exist."""
    trust: TrustArgs | None = None
    """The CA that becomes the cluster's trust anchor; needed unless `restore` is given."""
    restore: RestoreArgs | None = None
    """A backup to make the cluster from, instead of `trust`; with `trust`, for a cluster that the
    stack has lost."""
    cluster: CloudHsmClusterArgs = CloudHsmClusterArgs()
    """Type and mode of the HSMs, retention of backups."""
    hsms: HsmsArgs = HsmsArgs()
    """How many HSMs, or where each of them goes."""
    identity: IdentityArgs = IdentityArgs()
    """The proof of the first HSM's identity."""
    files: FilesArgs = FilesArgs()
    """Where certificates are written as files."""
    activation: ActivationArgs = ActivationArgs()
    """Who activates the cluster."""
    client: ClientArgs = ClientArgs()
    """Where commands of the HSMs run; used where a program activates the cluster."""
    key_store: KeyStoreArgs | None = None
    """A KMS custom key store with one key; none when left out."""
    file_system: FileSystemArgs | None = None
    """An FSx for NetApp ONTAP file system under a KMS key; none when left out."""
    monitoring: MonitoringArgs | None = None
    """Alarms on all of it, a canary of the key, and a dashboard; none when left out."""

    backup_copies: BackupCopiesArgs | None = None
    """Copies of the newest backup in other Regions; none when left out."""

    @property
    def common(self) -> CommonArgs:
        """What all parts share."""
        return CommonArgs(
            region=self.region,
            account_id=self.account_id,
            aws_access=self.aws_access,
            tags=self.tags,
            protect=self.protect,
            waits=self.waits,
        )

    def check(self) -> None:
        """Refuses what fails later, when it costs money or can no longer be undone.

        Raises:
            InputError: names the field by its path, the value and the fix.
        """
        super().check()
        with section("network"):
            self.network.check(self.region if isinstance(self.region, str) else None)
        for name in (
            "trust",
            "restore",
            "cluster",
            "hsms",
            "identity",
            "files",
            "activation",
            "client",
            "key_store",
            "file_system",
            "monitoring",
        ):
            record = getattr(self, name)
            if record is not None:
                with section(name):
                    record.check()
        self._check_trust()
        self._check_activation()
        self._check_key_store()
        self._check_file_system()
        if self.backup_copies is not None:
            with section("backup_copies"):
                self.backup_copies.check(self.region if isinstance(self.region, str) else None)

    def _check_trust(self) -> None:
        check_origin(self.trust, self.restore)
        check_fit(self.trust, self.files, self.hsms, self.network)

    def _check_activation(self) -> None:
        mode, wanted = self.activation.mode, self.hsms.number
        if self.restore is not None and self.trust is None:
            if mode in BY_PROGRAM and self.activation.admin_secret is None:
                raise InputError(
                    "activation.admin_secret",
                    None,
                    "give the ARN of the secret with the backed-up cluster's password: its users "
                    "come with the backup",
                )
        elif wanted > 1 and mode == ActivationMode.NONE:
            raise InputError(
                "activation.mode",
                str(mode),
                "use ssm, ssh or manual: AWS takes one HSM until the cluster is ACTIVE, and "
                f"{wanted} are wanted",
            )
        if mode == ActivationMode.SSH and self.client.ssh is None:
            raise InputError(
                "client.ssh", None, "activation.mode ssh needs the host's address, keys and user"
            )
        if mode != ActivationMode.SSH and self.client.ssh is not None:
            raise InputError(
                "activation.mode", str(mode), "use ssh for the host of client.ssh, or leave it out"
            )
        if mode == ActivationMode.SSM:
            with section("client"):
                self.client.check_host(own_vpc=self.network.subnet_ids is None)

    def _check_key_store(self) -> None:
        if self.key_store is None:
            return
        if self.network.network_type == NetworkType.DUALSTACK:
            raise InputError(
                "network.network_type",
                str(self.network.network_type),
                "KMS cannot use IPv6 to reach HSMs; use IPV4 for a cluster with a key store",
            )
        if self.hsms.number < 2 and not self.key_store.allow_keys_unavailable:
            raise InputError(
                "hsms.count",
                self.hsms.number,
                "KMS needs 2 HSMs in two zones to make a key, and with none every key in the store "
                "is unusable; give at least 2, or set key_store.allow_keys_unavailable to true",
            )
        field, given, zones = self._zones_of_hsms()
        if zones is not None and zones < 2 and not self.key_store.allow_keys_unavailable:
            raise InputError(
                field,
                given,
                "every HSM would be in one zone, and KMS needs two in two zones to make a key; "
                "give two, or set key_store.allow_keys_unavailable to true",
            )
        if self.activation.mode not in BY_PROGRAM and self.key_store.kms_user_secret is None:
            raise InputError(
                "key_store.kms_user_secret",
                None,
                "give the name or ARN of the secret with kmsuser's password: no program makes the "
                f"user with activation.mode {self.activation.mode}",
            )

    def _zones_of_hsms(self) -> tuple[str, object, int | None]:
        """What decides the zones of the HSMs, and how many these are; None: not known yet."""
        if places := self.hsms.places:
            plain = [one.zone for one in places if isinstance(one.zone, str)]
            known = len(plain) == len(places)
            return "hsms.places", plain, len(set(plain)) if known else None
        network = self.network
        if network.subnet_ids is None:
            zones = list(network.availability_zones)
            return "network.availability_zones", zones, len(zones)
        given = network.subnet_ids
        number = len(given) if isinstance(given, Sequence) else None
        return "network.subnet_ids", network.plain_subnet_ids, number

    def _check_file_system(self) -> None:
        if self.file_system is None:
            return
        subnets = self.network.availability_zones or self.network.subnet_ids
        with section("file_system"):
            self.file_system.check_sources(
                key_store=self.key_store is not None,
                cluster=True,
                cluster_subnets=len(subnets) if isinstance(subnets, Sequence) else None,
            )
            self.file_system.check_subnets(self.network.plain_subnet_ids or ())
