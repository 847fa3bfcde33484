"""What a file system is made of: plain choices, and the checks of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from ..validation import (
    InputError,
    check_id,
    check_key_arn,
    check_plain,
    check_secret,
    first_repeated,
    ipv4_range,
    section,
)
from . import ontap
from .ontap import Deployment


@dataclass(frozen=True)
class VolumeArgs:
    """One volume. Source of the limits: FSx API reference, CreateVolume."""

    name: str
    """Letters, digits and underscores, at most 203; not a digit first. Plain: it names a resource.
    Cannot be changed: another name is another, empty volume."""
    size_gib: int
    """Size in GiB, 1 to 307200. Can be changed: a volume grows and shrinks."""
    path: str | None = None
    """Junction path, for example `/data`; a slash and the name when left out. Can be changed."""
    tiering: str = "AUTO"
    """What ONTAP moves to the cheaper capacity pool: AUTO (data that is not read), SNAPSHOT_ONLY,
    ALL or NONE. Can be changed."""
    snapshot_policy: str = "default"
    """ONTAP's snapshot policy: `default`, `default-1weekly`, `none`, or one of your own. Can be
    changed."""

    @property
    def junction_path(self) -> str:
        """The junction path, its default included."""
        return self.path or f"/{self.name}"

    def check(self) -> None:
        """Refuses what FSx would refuse later.

        Raises:
            InputError: names the field, the value and the fix.
        """
        if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]{0,202}", self.name):
            raise InputError("name", self.name, "a name has at most 203 letters, digits and _")
        if not re.fullmatch("/[^\\s]{1,254}", self.junction_path):
            raise InputError("path", self.path, "a junction path looks like /data")
        if not 1 <= self.size_gib <= ontap.MAX_VOLUME_GIB:
            raise InputError("size_gib", self.size_gib, f"give 1 to {ontap.MAX_VOLUME_GIB} GiB")
        if self.tiering not in ontap.COOLING_DAYS:
            raise InputError("tiering", self.tiering, f"use one of {', '.join(ontap.COOLING_DAYS)}")


@dataclass(frozen=True)
class FileSystemArgs:
    """An FSx for NetApp ONTAP file system. Source of the limits: FSx API reference."""

    name: pulumi.Input[str] | None = None
    """Name of the storage virtual machine, and the Name tag; the cluster's name when left out, else
    `files`. 1 to 47 characters. Cannot be changed."""
    key_arn: pulumi.Input[str] | None = None
    """ARN of the KMS key that encrypts everything; the key store's key when left out. Cannot be
    changed: another key is another, empty file system."""
    subnet_id: pulumi.Input[str] | None = None
    """Private subnet of the active file server; the cluster's first one when left out. Cannot be
    changed."""
    standby_subnet_id: pulumi.Input[str] | None = None
    """Subnet of the standby file server, in another zone; MULTI_AZ only. The cluster's next subnet
    when left out. Cannot be changed."""
    route_table_ids: Sequence[pulumi.Input[str]] = ()
    """Route tables of the clients, for MULTI_AZ; the VPC's main one when left out. Can be
    changed."""
    clients: Sequence[pulumi.Input[str]] = ()
    """Who may reach it: ids of security groups, or IPv4 ranges. An Output is the id of a security
    group. A security group of its own is made when left out. Can be changed."""
    deployment: str = Deployment.SINGLE_AZ_1
    """SINGLE_AZ_1, SINGLE_AZ_2, MULTI_AZ_1 or MULTI_AZ_2. Plain: it decides which inputs exist.
    Cannot be changed."""
    capacity_gib: int = ontap.MIN_CAPACITY_GIB
    """SSD storage in GiB, at least 1024. Can be changed: it grows by at least a tenth, and never
    shrinks."""
    throughput_mbps: int = 128
    """Throughput in MBps: 128 to 4096, doubling each time; 384 to 6144 in the second generation.
    Can be changed."""
    volumes: Sequence[VolumeArgs] = (VolumeArgs("data", 100),)
    """The volumes. Can be changed."""
    protocols: Sequence[str] = ("nfs",)
    """What the security group lets in besides ONTAP's management: `nfs`, `smb`, `iscsi`. Plain:
    each port is a resource. Can be changed."""
    backup_days: int = 7
    """Days that AWS keeps a daily backup, 0 (none) to 90; they go with the file system. Can be
    changed."""
    final_backups: bool | None = None
    """Whether AWS backs up each volume when it is deleted; what `protect` says when left out. You
    delete and pay for these backups yourself. Can be changed."""
    password_secret: pulumi.Input[str] | None = None
    """Name or ARN of the Secrets Manager secret with the password of `fsxadmin`: 8 to 50
    characters. It is read at the moment of use and never kept. Without one, ONTAP cannot be
    managed. Can be changed."""

    def check(self) -> None:
        """Refuses what FSx would refuse later; Outputs are not checked.

        Raises:
            InputError: names the field, the value and the fix.
        """
        check_plain(self)
        self._check_name_and_key()
        self._check_place()
        self._check_size()
        self._check_volumes()
        self._check_clients()
        check_secret("password_secret", self.password_secret)

    def check_sources(
        self, *, key_store: bool, cluster: bool, cluster_subnets: int | None = None
    ) -> None:
        """Refuses a field that is left out although no other part provides its value.

        Args:
            key_store: whether there is a KeyStore.
            cluster: whether there is a cluster.
            cluster_subnets: how many subnets it has; None if that is not known yet.

        Raises:
            InputError: names the field, the value and the fix.
        """
        if self.key_arn is None and not key_store:
            fix = "give the ARN of a KMS key, or a key store, whose key only the HSMs hold"
            raise InputError("key_arn", None, fix)
        if not cluster:
            for field in ("subnet_id", "clients"):
                if not getattr(self, field):
                    raise InputError(field, getattr(self, field), "give it, or a cluster")
        if Deployment(self.deployment).in_two_zones and self.standby_subnet_id is None:
            if not cluster:
                raise InputError(
                    "standby_subnet_id", None, f"{self.deployment} needs a subnet in another zone"
                )
            if cluster_subnets is not None and cluster_subnets < 2:
                raise InputError(
                    "deployment", self.deployment, "it needs the cluster to have two zones"
                )

    def check_subnets(self, of_cluster: Sequence[str]) -> None:
        """Refuses a standby subnet that is the active file server's.

        Args:
            of_cluster: the cluster's subnets, as far as they are known.

        Raises:
            InputError: names the field, the value and the fix.
        """
        active = self.subnet_id if self.subnet_id is not None else next(iter(of_cluster), None)
        if isinstance(self.standby_subnet_id, str) and self.standby_subnet_id == active:
            raise InputError(
                "standby_subnet_id",
                self.standby_subnet_id,
                "it is the active file server's; give a subnet in another zone",
            )

    def _check_name_and_key(self) -> None:
        name = self.name
        if isinstance(name, str) and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,46}", name):
            fix = "give 1 to 47 letters, digits, _ and -, beginning with a letter or _"
            raise InputError("name", name, fix)
        check_key_arn("key_arn", self.key_arn)

    def _check_place(self) -> None:
        if self.deployment not in set(Deployment):
            raise InputError("deployment", self.deployment, f"use one of {', '.join(Deployment)}")
        check_id("subnet_id", self.subnet_id, "subnet")
        check_id("standby_subnet_id", self.standby_subnet_id, "subnet")
        for number, table in enumerate(self.route_table_ids):
            check_id(f"route_table_ids[{number}]", table, "rtb")
        if self.route_table_ids and not Deployment(self.deployment).in_two_zones:
            raise InputError(
                "route_table_ids",
                list(self.route_table_ids),
                f"leave it out: only MULTI_AZ writes routes, and this is {self.deployment}",
            )
        standby = self.standby_subnet_id
        if standby is None:
            return
        if not Deployment(self.deployment).in_two_zones:
            fix = f"{self.deployment} takes one subnet; leave it out"
            raise InputError("standby_subnet_id", standby, fix)
        self.check_subnets(())

    def _check_size(self) -> None:
        deployment = Deployment(self.deployment)
        least, most = ontap.MIN_CAPACITY_GIB, deployment.max_capacity_gib
        if not least <= self.capacity_gib <= most:
            raise InputError("capacity_gib", self.capacity_gib, f"give {least} to {most} GiB")
        if self.throughput_mbps not in deployment.throughputs:
            choices = ", ".join(map(str, deployment.throughputs))
            fix = f"{deployment} has {choices} MBps"
            raise InputError("throughput_mbps", self.throughput_mbps, fix)
        if not 0 <= self.backup_days <= 90:
            raise InputError("backup_days", self.backup_days, "give 0 to 90")

    def _check_volumes(self) -> None:
        if not self.volumes:
            raise InputError("volumes", [], "give at least one volume")
        for number, volume in enumerate(self.volumes):
            with section(f"volumes[{number}]"):
                volume.check()
        for taken in (
            [one.name for one in self.volumes],
            [one.junction_path for one in self.volumes],
        ):
            if twice := first_repeated(taken):
                raise InputError("volumes", twice, "use each name and each junction path once")

    def _check_clients(self) -> None:
        for client in self.clients:
            if isinstance(client, str) and not is_security_group(client):
                ipv4_range("clients", client)
        wrong = [one for one in self.protocols if one not in ontap.PROTOCOLS]
        if wrong or not self.protocols:
            fix = f"use some of {', '.join(ontap.PROTOCOLS)}"
            raise InputError("protocols", list(self.protocols), fix)


def is_security_group(client: str) -> bool:
    """Whether a client is the id of a security group rather than an IPv4 range."""
    return re.fullmatch(r"sg-[0-9a-f]{8}([0-9a-f]{9})?", client) is not None
