"""FSx for NetApp ONTAP under a KMS key, such as the key of a KeyStore."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws

from ..aws.fsx import Part
from ..common import CommonArgs, recovery_of, visible_inputs
from ..dynamic_provider import resolved
from ..facts import HasClusterFacts
from ..recovery import part
from ..recovery.create_hooks import creation_hooks
from ..recovery.kinds import FILE_SYSTEM, STORAGE_VIRTUAL_MACHINE, VOLUME
from ..waiting.waiter import Timing
from . import ontap
from .args import FileSystemArgs, VolumeArgs
from .at_aws import look_at_file_system
from .lookup import FileSystemLookup
from .ontap import Deployment
from .password_provider import FileSystemPassword, FileSystemPasswordInputs
from .preflight import look_ahead
from .security_group_resources import ClientAccess
from .sources import FileSystemSources

if TYPE_CHECKING:
    from ..key_store.component import KeyStore


class FileSystem(part.Part):
    """File system, storage virtual machine, volumes, and the security group around them."""

    file_system_id: pulumi.Output[str]
    """`fs-…`."""
    svm_id: pulumi.Output[str]
    """`svm-…`."""
    volume_names: list[str]
    """Name of each volume."""
    volume_ids: pulumi.Output[dict[str, str]]
    """Id of each volume, by its name."""
    security_group_id: pulumi.Output[str]
    """The file system's own security group."""
    clients_security_group_id: pulumi.Output[str]
    """Members of this group may mount; empty where `clients` were given."""
    endpoints: pulumi.Output[dict[str, str]]
    """DNS names: `management` of the file system; `nfs`, `iscsi`, `smb` as far as there are."""
    mount_commands: pulumi.Output[dict[str, str]]
    """How a Linux host mounts each volume, by the volume's name."""
    cost: pulumi.Output[str]
    """About what AWS charges, as a sentence; USD in us-east-1."""

    def __init__(
        self,
        name: str,
        args: FileSystemArgs | None = None,
        *,
        cluster: HasClusterFacts | None = None,
        key_store: KeyStore | None = None,
        common: CommonArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the file system.

        Args:
            name: logical name.
            args: what it is made of.
            cluster: gives subnets, security group and name, where `args` leaves them out.
            key_store: gives the key, where `args` leaves it out; the file system waits for it.
            common: Region, tags, protection and waits; the cluster's when left out.
            opts: Pulumi's options.

        Raises:
            InputError: an input is wrong or missing; names it and the fix.
            RunError: AWS has several file systems of this owner, or a broken one.
        """
        args = args or FileSystemArgs()
        args.check()
        if common is not None:
            common.check()
        self._from = FileSystemSources.of(args, cluster, key_store)
        self._args, self._common = args, self._from.common(common)
        own = pulumi.ResourceOptions(protect=self._common.protect)
        options = pulumi.ResourceOptions.merge(own, opts)
        super().__init__("cloudhsm:index:FileSystem", name, visible_inputs(args), options)
        self._name, self._timing = name, self._common.waits.file_system
        self._common = self._common.within(self)
        self._recovery = recovery_of(self, self._common)
        look_ahead(self, name, args, self._from, self._recovery.deployment.state, self._common)
        self._lookup = FileSystemLookup(self._common.access, self._timing)
        group = self._create_group()
        system = self._create_file_system(
            group, look_at_file_system(self._recovery, self, name, args.volumes)
        )
        password = self._set_password(system)
        svm = self._create_svm(system, password)
        volumes = {one.name: self._create_volume(svm, one) for one in args.volumes}
        self._publish(group, system, svm, volumes)

    def _create_group(self) -> ClientAccess:
        vpc_id = self._from.vpc_id
        if vpc_id is None:
            ask = pulumi.InvokeOutputOptions(parent=self)
            vpc_id = aws.ec2.get_subnet_output(id=self._from.subnet_id, opts=ask).vpc_id
        return ClientAccess(
            self,
            self._name,
            vpc_id,
            self._from.clients,
            ontap.ports(self._args.protocols),
            self._common,
        )

    def _create_file_system(
        self, group: ClientAccess, there: Part | None
    ) -> aws.fsx.OntapFileSystem:
        args, name, lookup = self._args, f"{self._name}-system", self._lookup
        standby = self._from.standby_subnet_id
        return aws.fsx.OntapFileSystem(
            name,
            deployment_type=args.deployment,
            storage_capacity=args.capacity_gib,
            **_throughput(args),
            preferred_subnet_id=self._from.subnet_id,
            subnet_ids=[self._from.subnet_id, *([] if standby is None else [standby])],
            route_table_ids=list(args.route_table_ids) or None,
            security_group_ids=[group.security_group.id],
            kms_key_id=self._guarded_key(there),
            automatic_backup_retention_days=args.backup_days,
            tags=self._recovery.tags(name, {**self._common.tags, "Name": self._from.name}),
            opts=self._adopted(
                FILE_SYSTEM,
                name,
                # The rules are gone only after it, so a destroy that is refused keeps them.
                depends_on=[*self._from.after, *group.rules],
                # FSx never tells the groups again, and other ones are another file system.
                ignore_changes=["security_group_ids"],
                hooks=creation_hooks(
                    self,
                    name,
                    lookup.progress(f"file system {self._name}"),
                    before=[self._recovery.refuse_second(FILE_SYSTEM), lookup.refuse_unusable_key],
                    why=lookup.why_no_file_system,
                ),
            ),
        )

    def _adopted(self, kind: str, name: str, **options: Any) -> pulumi.ResourceOptions:  # noqa: ANN401
        seconds = f"{self._timing.deadline_seconds:g}s"
        mine = pulumi.ResourceOptions(
            parent=self,
            # Two of them would both be charged, under one name.
            delete_before_replace=True,
            custom_timeouts=pulumi.CustomTimeouts(create=seconds, update=seconds, delete=seconds),
            **options,
        )
        return self._recovery.adopt(kind, name, mine, timing=self._timing)

    def _guarded_key(self, there: Part | None) -> pulumi.Output[str]:
        """The wanted key, unless there is a file system under another one."""

        def guard(wanted: str) -> str:
            if there is None or there.kms_key in ("", wanted):
                return wanted
            line = (
                f"{there.identifier} is encrypted under {there.kms_key}, which can never be "
                f"changed: {wanted} means a new, empty file system, and all data of this one is "
                "lost"
            )
            if not self._common.protect:
                pulumi.log.warn(f"{line} (the stack is disposable)", self)
                return wanted
            # The run fails with this line, and the file system stays as it is.
            fix = "set the key back, or make a second file system and copy the data"
            pulumi.log.error(f"{line}; {fix}", self)
            return there.kms_key

        return pulumi.Output.from_input(self._from.key_arn).apply(guard)

    def _set_password(self, system: aws.fsx.OntapFileSystem) -> FileSystemPassword | None:
        if self._args.password_secret is None:
            return None
        inputs = FileSystemPasswordInputs(
            access=self._common.access,
            timing=Timing(self._timing.expected_seconds / 10, self._timing.deadline_seconds),
            file_system_id=resolved(system.id),
            password_secret_id=resolved(self._args.password_secret),
        )
        # It holds nothing, so it may come and go.
        options = pulumi.ResourceOptions(parent=self, protect=False)
        return FileSystemPassword(f"{self._name}-password", inputs, options)

    def _create_svm(
        self, system: aws.fsx.OntapFileSystem, password: FileSystemPassword | None
    ) -> aws.fsx.OntapStorageVirtualMachine:
        name, lookup = f"{self._name}-svm", self._lookup
        return aws.fsx.OntapStorageVirtualMachine(
            name,
            file_system_id=system.id,
            name=self._from.name,
            tags=self._recovery.tags(name, {**self._common.tags, "Name": self._from.name}),
            opts=self._adopted(
                STORAGE_VIRTUAL_MACHINE,
                name,
                # FSx takes no other change while it sets the password.
                depends_on=[password] if password else [],
                hooks=creation_hooks(
                    self, name, before=[lookup.refuse_broken], why=lookup.why_no_svm
                ),
            ),
        )

    def _create_volume(
        self, svm: aws.fsx.OntapStorageVirtualMachine, volume: VolumeArgs
    ) -> aws.fsx.OntapVolume:
        args, name, lookup = self._args, f"{self._name}-volume-{volume.name}", self._lookup
        final = self._common.protect if args.final_backups is None else args.final_backups
        shown = pulumi.Output.concat(self._from.name, "/", volume.name)
        return aws.fsx.OntapVolume(
            name,
            storage_virtual_machine_id=svm.id,
            name=volume.name,
            junction_path=volume.junction_path,
            size_in_megabytes=volume.size_gib * 1024,
            storage_efficiency_enabled=True,
            snapshot_policy=volume.snapshot_policy,
            tiering_policy=aws.fsx.OntapVolumeTieringPolicyArgs(
                name=volume.tiering, cooling_period=ontap.COOLING_DAYS[volume.tiering]
            ),
            copy_tags_to_backups=True,
            skip_final_backup=not final,
            tags=self._recovery.tags(name, {**self._common.tags, "Name": shown}),
            opts=self._adopted(
                VOLUME, name, hooks=creation_hooks(self, name, why=lookup.why_no_volume)
            ),
        )

    def _publish(
        self,
        group: ClientAccess,
        system: aws.fsx.OntapFileSystem,
        svm: aws.fsx.OntapStorageVirtualMachine,
        volumes: Mapping[str, aws.fsx.OntapVolume],
    ) -> None:
        args, places = self._args, [(one.name, one.junction_path) for one in self._args.volumes]
        cost = ontap.cost(Deployment(args.deployment), args.capacity_gib, args.throughput_mbps)
        self.file_system_id, self.svm_id = system.id, svm.id
        self.volume_names = list(volumes)
        self.volume_ids = pulumi.Output.all(**{name: one.id for name, one in volumes.items()})
        self.security_group_id = group.security_group.id
        self.clients_security_group_id = group.clients_group_id
        self.endpoints = pulumi.Output.all(system.endpoints, svm.endpoints).apply(
            lambda known: ontap.dns_names(*known)
        )
        self.mount_commands = self.endpoints.apply(
            lambda hosts: dict(ontap.mount_commands(hosts.get("nfs", ""), places))
        )
        self.cost = pulumi.Output.from_input(cost)
        self.register_outputs({name: getattr(self, name) for name in FileSystem.__annotations__})


def _throughput(args: FileSystemArgs) -> dict[str, Any]:
    """The aws provider has one input for each generation."""
    if Deployment(args.deployment).first_generation:
        return {"throughput_capacity": args.throughput_mbps}
    return {"ha_pairs": 1, "throughput_capacity_per_ha_pair": args.throughput_mbps}
