"""FSx for NetApp ONTAP: a file system encrypted under a KMS key, such as the KeyStore's."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from . import checks, ontap
from .aws.fsx import BROKEN, Fsx
from .aws.kms import Kms
from .aws.ownership import TAG
from .aws.session import AwsAccess
from .client_access import ClientAccess, is_group
from .creation import creation_hooks
from .ontap import Deployment
from .providers.file_system_password import FileSystemPassword
from .stack_state import StackState, owner_of
from .storage_watch import LeftFiles, StorageWatch, broken, or_nothing
from .waiter import Pace

_SYSTEM = "aws:fsx/ontapFileSystem:OntapFileSystem"
_SVM = "aws:fsx/ontapStorageVirtualMachine:OntapStorageVirtualMachine"
_TIERING_DAYS = {"AUTO": 31, "SNAPSHOT_ONLY": 2, "ALL": None, "NONE": None}
"""What ONTAP takes by itself; unless it is given, the aws provider sees a difference for ever."""


@dataclass(frozen=True)
class VolumeArgs:
    """One volume."""

    name: str
    """Letters, digits and underscores, at most 203; can never be changed."""
    size_gib: int
    """Size in GiB; it can grow and shrink."""
    junction_path: str = ""
    """Where it hangs in the file tree; its name when left out."""
    tiering: str = "AUTO"
    """What goes to the cheaper capacity pool: AUTO (what is cold), SNAPSHOT_ONLY, ALL or NONE."""
    snapshot_policy: str = "default"
    """ONTAP's snapshot policy; `none` for no snapshots."""

    @property
    def path(self) -> str:
        """The junction path."""
        return self.junction_path or f"/{self.name}"


@dataclass(frozen=True)
class StorageArgs:
    """What Storage is made of."""

    region: str
    """Region of the file system."""
    kms_key_arn: pulumi.Input[str]
    """ARN of the key that everything is encrypted under; another one is another file system."""
    preferred_subnet_id: pulumi.Input[str]
    """Private subnet of the file server in use."""
    file_system_clients: Sequence[pulumi.Input[str]]
    """Who may reach it: security groups or IPv4 ranges."""

    # What
    standby_subnet_id: pulumi.Input[str] | None = None
    """Subnet of the other file server, in another zone; for MULTI_AZ only."""
    route_table_ids: Sequence[pulumi.Input[str]] = ()
    """Route tables of the clients, for MULTI_AZ; the VPC's main one when left out."""
    file_system_name: str = "files"
    """Name of the storage virtual machine, and Name tag of everything."""
    file_system_deployment: str = Deployment.SINGLE_AZ_1
    """SINGLE_AZ_1, SINGLE_AZ_2, MULTI_AZ_1 or MULTI_AZ_2; can never be changed."""
    file_system_capacity: int = ontap.LEAST_CAPACITY
    """GiB of SSD; it can grow by at least a tenth, and never shrinks."""
    file_system_throughput: int = 128
    """MBps; 384 is the least of the second generation."""
    file_system_volumes: Sequence[VolumeArgs] = (VolumeArgs("data", 100),)
    """The volumes."""
    file_system_protocols: Sequence[str] = ("nfs",)
    """What the security group lets in besides management: nfs, smb, iscsi."""
    file_system_password_secret: pulumi.Input[str] = ""
    """Name or ARN of the secret with fsxadmin's password; without one nobody can manage ONTAP."""

    # Care
    file_system_backup_days: int = 7
    """How long daily backups are kept, 0 (none) to 90; they go with the file system."""
    file_system_final_backups: bool = True
    """Whether AWS makes a backup of each volume as it is destroyed; nobody but you deletes it."""
    protect: bool = True
    """Refuse to destroy, and to replace for another key."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    """Tags of everything."""

    # Waiting
    after: Sequence[pulumi.Resource] = ()
    """What has to be done first: the connected key store."""
    profile: str | None = None
    """Profile of the shared AWS configuration for looks at AWS."""
    file_system_usual_seconds: float = 1800
    """How long a file system usually takes; shapes how often AWS is asked."""
    file_system_deadline_seconds: float = 7200
    """When to give up on a file system; the aws provider's own hour is known to be too short."""

    @property
    def deployment(self) -> Deployment:
        """The deployment type; checked before."""
        return Deployment(self.file_system_deployment)

    def check(self) -> None:
        """Refuses what FSx would refuse later, or never say.

        Raises:
            InputError: names the input, the value and the fix.
        """
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,46}", self.file_system_name):
            raise checks.InputError(
                "file_system_name",
                self.file_system_name,
                "give 1 to 47 letters, digits, _ and -, beginning with a letter or _",
            )
        self._check_place()
        self._check_size()
        if isinstance(self.kms_key_arn, str) and not re.match(
            r"arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/", self.kms_key_arn
        ):
            raise checks.InputError(
                "file_system_key",
                self.kms_key_arn,
                "give the key's ARN (not its alias), or set cloudhsm:keyStore to true for a key "
                "that the HSMs hold",
            )
        if not 0 <= self.file_system_backup_days <= 90:
            raise checks.InputError(
                "file_system_backup_days", self.file_system_backup_days, "give 0 to 90"
            )
        checks.volumes([(one.name, one.path, one.size_gib) for one in self.file_system_volumes])
        for volume in self.file_system_volumes:
            if volume.tiering not in _TIERING_DAYS:
                choices = ", ".join(_TIERING_DAYS)
                raise checks.InputError(
                    "file_system_volumes", volume.tiering, f"the tiering is one of {choices}"
                )
        self._check_clients()
        checks.wait(
            "file_system", self.file_system_usual_seconds, self.file_system_deadline_seconds
        )

    def _check_place(self) -> None:
        given = self.file_system_deployment
        if given not in set(Deployment):
            raise checks.InputError(
                "file_system_deployment", given, f"use one of {', '.join(Deployment)}"
            )
        if self.deployment.in_two_zones != (self.standby_subnet_id is not None):
            fix = (
                "needs a second subnet in another zone (standby_subnet_id)"
                if self.deployment.in_two_zones
                else "takes one subnet; leave standby_subnet_id out"
            )
            raise checks.InputError("file_system_deployment", given, fix)

    def _check_size(self) -> None:
        least, most = ontap.LEAST_CAPACITY, self.deployment.most_capacity
        if not least <= self.file_system_capacity <= most:
            raise checks.InputError(
                "file_system_capacity", self.file_system_capacity, f"give {least} to {most} GiB"
            )
        throughputs = self.deployment.throughputs
        if self.file_system_throughput not in throughputs:
            choices = ", ".join(map(str, throughputs))
            raise checks.InputError(
                "file_system_throughput",
                self.file_system_throughput,
                f"{self.deployment} has {choices} MBps",
            )

    def _check_clients(self) -> None:
        if not self.file_system_clients:
            raise checks.InputError(
                "file_system_clients", [], "name at least one security group or IPv4 range"
            )
        for client in self.file_system_clients:
            if isinstance(client, str) and not is_group(client):
                checks.ipv4_range("file_system_clients", client)
        wrong = [one for one in self.file_system_protocols if one not in ontap.PROTOCOLS]
        if wrong or not self.file_system_protocols:
            raise checks.InputError(
                "file_system_protocols",
                list(self.file_system_protocols),
                f"use some of {', '.join(ontap.PROTOCOLS)}",
            )


class Storage(pulumi.ComponentResource):
    """File system, storage virtual machine, volumes, and the security group around them."""

    file_system_id: pulumi.Output[str]
    """`fs-…`."""
    svm_id: pulumi.Output[str]
    """`svm-…`."""
    volume_ids: pulumi.Output[dict[str, str]]
    """Id of each volume, by its name."""
    security_group_id: pulumi.Output[str]
    """The file system's own security group."""
    endpoints: pulumi.Output[dict[str, str]]
    """DNS names: `management` of the file system; `nfs`, `iscsi`, `smb` as far as there are."""
    mount_commands: pulumi.Output[dict[str, str]]
    """How a Linux host mounts each volume, by the volume's name."""
    cost: str
    """Roughly what AWS charges."""

    def __init__(
        self, name: str, args: StorageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args.check()
        own = pulumi.ResourceOptions(protect=args.protect)
        options = pulumi.ResourceOptions.merge(own, opts)
        super().__init__("cloudhsm:index:Storage", name, {}, options)
        self._name, self._args = name, args
        self._watch = self._look_at_aws()
        self._state = StackState(lambda line: pulumi.log.warn(line, self))
        left = self._left_behind()
        group = self._create_group()
        system = self._create_file_system(group, left)
        password = self._set_password(system)
        svm = self._create_svm(system, password, left)
        volumes = self._create_volumes(svm)
        self._publish(group, system, svm, volumes)
        self.register_outputs(
            {"file_system_id": self.file_system_id, "mount_commands": self.mount_commands}
        )

    def _look_at_aws(self) -> StorageWatch:
        args, access = self._args, AwsAccess(self._args.region, self._args.profile)
        pace = Pace(args.file_system_usual_seconds, args.file_system_deadline_seconds)
        owner = owner_of(self._name)
        return StorageWatch(Fsx(access), Kms(access), owner, args.file_system_name, pace)

    def _left_behind(self) -> LeftFiles:
        planning = pulumi.runtime.is_dry_run()

        def report(line: str) -> None:
            pulumi.log.info(line, self)

        left = or_nothing(
            lambda: self._watch.left_behind(None if planning else report),
            planning,
            lambda line: pulumi.log.warn(line, self),
        )
        # No output of the aws provider shows that it has broken since.
        if left.file_system and left.file_system.state in BROKEN:
            pulumi.log.warn(broken(left.file_system), self)
        return left

    def _create_group(self) -> ClientAccess:
        args = self._args
        subnet = aws.ec2.get_subnet_output(
            id=args.preferred_subnet_id, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        return ClientAccess(
            self,
            self._name,
            subnet.vpc_id,
            args.file_system_clients,
            ontap.ports(args.file_system_protocols),
            args.tags,
        )

    def _create_file_system(self, group: ClientAccess, left: LeftFiles) -> aws.fsx.OntapFileSystem:
        args, name = self._args, f"{self._name}-system"
        standby = [] if args.standby_subnet_id is None else [args.standby_subnet_id]
        watch = self._watch
        return aws.fsx.OntapFileSystem(
            name,
            deployment_type=args.file_system_deployment,
            storage_capacity=args.file_system_capacity,
            **_throughput(args),
            preferred_subnet_id=args.preferred_subnet_id,
            subnet_ids=[args.preferred_subnet_id, *standby],
            route_table_ids=list(args.route_table_ids) or None,
            security_group_ids=[group.security_group.id],
            kms_key_id=self._same_key(left),
            automatic_backup_retention_days=args.file_system_backup_days,
            tags={**args.tags, "Name": args.file_system_name, TAG: watch.owner},
            opts=pulumi.ResourceOptions(
                parent=self,
                # The rules are gone only after it, so a destroy that is refused keeps them.
                depends_on=[*args.after, *group.rules],
                import_=self._state.missed(_SYSTEM, name, left.file_system_id),
                # FSx never tells the groups again, and other ones are another file system.
                ignore_changes=["security_group_ids"],
                # Two of them would both be charged, under one name.
                delete_before_replace=True,
                custom_timeouts=self._deadline(),
                hooks=creation_hooks(
                    self,
                    name,
                    watch.progress(f"file system {args.file_system_name}"),
                    before=[watch.refuse_a_second, watch.refuse_unusable_key],
                    why=watch.why_no_file_system,
                ),
            ),
        )

    def _same_key(self, left: LeftFiles) -> pulumi.Output[str]:
        """The wanted key, unless there is a file system under another one."""
        there = left.file_system

        def guard(wanted: str) -> str:
            if there is None or there.kms_key in ("", wanted):
                return wanted
            line = (
                f"{there.identifier} is encrypted under {there.kms_key}, which can never be "
                f"changed: {wanted} means a new, empty file system, and all data of this one is "
                "lost"
            )
            if not self._args.protect:
                pulumi.log.warn(f"{line} (the stack is disposable)", self)
                return wanted
            # The run fails with this line, and as to the file system nothing has changed.
            pulumi.log.error(
                f"{line}; set the key back, or make a second file system and copy the data", self
            )
            return there.kms_key

        return pulumi.Output.from_input(self._args.kms_key_arn).apply(guard)

    def _set_password(self, system: aws.fsx.OntapFileSystem) -> FileSystemPassword | None:
        args = self._args
        if args.file_system_password_secret == "":
            return None
        return FileSystemPassword(
            f"{self._name}-password",
            {
                "file_system_id": system.id,
                "region": args.region,
                "password_secret_id": args.file_system_password_secret,
                "usual_seconds": args.file_system_usual_seconds / 10,
                "deadline_seconds": args.file_system_deadline_seconds,
            },
            # It holds nothing, so it may come and go.
            pulumi.ResourceOptions(parent=self, protect=False),
        )

    def _create_svm(
        self,
        system: aws.fsx.OntapFileSystem,
        password: FileSystemPassword | None,
        left: LeftFiles,
    ) -> aws.fsx.OntapStorageVirtualMachine:
        args, name = self._args, f"{self._name}-svm"
        return aws.fsx.OntapStorageVirtualMachine(
            name,
            file_system_id=system.id,
            name=args.file_system_name,
            tags={**args.tags, "Name": args.file_system_name},
            opts=pulumi.ResourceOptions(
                parent=self,
                # The password's change holds the file system for a while.
                depends_on=[password] if password else [],
                import_=self._state.missed(_SVM, name, left.svm_id),
                delete_before_replace=True,
                custom_timeouts=self._deadline(),
                hooks=creation_hooks(
                    self, name, before=[self._watch.refuse_broken], why=self._watch.why_no_svm
                ),
            ),
        )

    def _create_volumes(
        self, svm: aws.fsx.OntapStorageVirtualMachine
    ) -> dict[str, aws.fsx.OntapVolume]:
        return {one.name: self._create_volume(svm, one) for one in self._args.file_system_volumes}

    def _create_volume(
        self, svm: aws.fsx.OntapStorageVirtualMachine, volume: VolumeArgs
    ) -> aws.fsx.OntapVolume:
        args, name = self._args, f"{self._name}-volume-{volume.name}"
        return aws.fsx.OntapVolume(
            name,
            storage_virtual_machine_id=svm.id,
            name=volume.name,
            junction_path=volume.path,
            size_in_megabytes=volume.size_gib * 1024,
            storage_efficiency_enabled=True,
            snapshot_policy=volume.snapshot_policy,
            tiering_policy=aws.fsx.OntapVolumeTieringPolicyArgs(
                name=volume.tiering, cooling_period=_TIERING_DAYS[volume.tiering]
            ),
            copy_tags_to_backups=True,
            skip_final_backup=not args.file_system_final_backups,
            tags={**args.tags, "Name": f"{args.file_system_name}/{volume.name}"},
            opts=pulumi.ResourceOptions(
                parent=self,
                delete_before_replace=True,
                custom_timeouts=self._deadline(),
                hooks=creation_hooks(
                    self, name, before=[self._watch.refuse_a_twin], why=self._watch.why_no_volume
                ),
            ),
        )

    def _deadline(self) -> pulumi.CustomTimeouts:
        seconds = f"{self._args.file_system_deadline_seconds:g}s"
        return pulumi.CustomTimeouts(create=seconds, update=seconds, delete=seconds)

    def _publish(
        self,
        group: ClientAccess,
        system: aws.fsx.OntapFileSystem,
        svm: aws.fsx.OntapStorageVirtualMachine,
        volumes: Mapping[str, aws.fsx.OntapVolume],
    ) -> None:
        args = self._args
        self.file_system_id, self.svm_id = system.id, svm.id
        self.volume_ids = pulumi.Output.all(**{name: one.id for name, one in volumes.items()})
        self.security_group_id = group.security_group.id
        self.endpoints = pulumi.Output.all(system.endpoints, svm.endpoints).apply(
            lambda known: {
                **_hosts(known[0], {"managements": "management"}),
                **_hosts(known[1], {"nfs": "nfs", "iscsis": "iscsi", "smbs": "smb"}),
            }
        )
        places = [(one.name, one.path) for one in args.file_system_volumes]
        self.mount_commands = self.endpoints.apply(
            lambda hosts: dict(ontap.mount_commands(hosts.get("nfs", ""), places))
        )
        self.cost = ontap.cost(
            args.deployment, args.file_system_capacity, args.file_system_throughput
        )


def _throughput(args: StorageArgs) -> dict[str, Any]:
    """The aws provider has one input for each generation."""
    if args.deployment.first_generation:
        return {"throughput_capacity": args.file_system_throughput}
    return {"ha_pairs": 1, "throughput_capacity_per_ha_pair": args.file_system_throughput}


def _hosts(endpoints: Sequence[Any], names: Mapping[str, str]) -> dict[str, str]:
    """The DNS name of each kind of endpoint; the aws provider has lists of lists."""
    found: dict[str, str] = {}
    for kind, name in names.items():
        for one in endpoints[0].get(kind) or () if endpoints else ():
            found[name] = one["dns_name"]
    return found
