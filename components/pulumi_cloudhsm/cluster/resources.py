"""The cluster and its first HSM as resources of AWS: made once, or adopted as they were left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pulumi
import pulumi_aws as aws

from ..aws.cloudhsmv2 import CHANGING, CloudHsm
from ..common import recovery_of
from ..dynamic_provider import resolved
from ..errors import CloudHsmError, StateError
from ..hsms.args import MAX_HSMS, HsmPlace, check_places
from ..hsms.placement import usual_addresses
from ..network.args import NetworkType
from ..network.component import Network
from ..recovery.create_hooks import creation_hooks, progress_of_cluster, progress_of_hsm
from ..recovery.kinds import CLUSTER, HSM
from ..recovery.part import Part
from ..recovery.stack_state import looks_allowed
from ..state_names import DYNAMIC
from ..validation import InputError
from . import preflight
from .at_aws import ClusterAtAws, look_at_cluster, of_cluster
from .dual_stack_provider import DualStackCluster, DualStackClusterInputs
from .lost_cluster import source_of
from .request import ClusterRequest
from .retention_provider import BackupRetention, BackupRetentionInputs
from .source_backup import check_backup_at_last, check_source
from .unchangeable import check_unchanged

_CLUSTER_IS_QUICKER = 3
"""How many times quicker a cluster usually is than an HSM."""

ClusterResource = aws.cloudhsmv2.Cluster | DualStackCluster


def look_ahead(component: Part, wanted: ClusterRequest) -> ClusterAtAws:
    """Looks at AWS for what is there already, and whether what is to come can be used.

    Args:
        component: the cluster, or the deployment that it is going to be in.
        wanted: the cluster; nothing of it need be declared yet.

    Raises:
        InputError: another cluster of the program writes its certificates into the same folder.
        RunError: AWS cannot be asked, or what is there cannot be gone on with, or what is to come
            could not be used.
    """
    preflight.claim_folder(wanted.files.folder)
    recovery = recovery_of(component, wanted.common)
    check_unchanged(recovery.deployment.state, component, wanted)
    found = look_at_cluster(recovery, component, wanted.resource_name)
    if not found.looked:
        return found
    api = CloudHsm(wanted.common.access)

    def warn(line: str) -> None:
        pulumi.log.warn(line, component)

    if wanted.restore is not None:
        state, types = recovery.deployment.state, of_cluster(component)
        try:
            found = replace(found, restore_from=source_of(api, wanted, found, state, types, warn))
        except CloudHsmError as error:
            raise pulumi.RunError(str(error)) from None
        wanted = wanted.from_backup(found.restore_from)
    _check_unchangeable(wanted, found)
    preflight.tell_interruption(wanted, found, component)
    return preflight.look(api, wanted, found, warn)


def _check_unchangeable(wanted: ClusterRequest, found: ClusterAtAws) -> None:
    network_type = wanted.network.network_type
    if found.network_type and found.network_type != network_type:
        raise InputError(
            "network.network_type",
            str(network_type),
            f"the cluster is {found.network_type}, which can never be changed; set it back, or "
            "take another stack",
        )
    if found.cluster_id and wanted.backup_id is not None:
        try:
            check_source(found.cluster_id, found.source_backup_id, wanted.backup_id)
        except StateError as error:
            raise pulumi.RunError(str(error)) from None
    no_hsm = wanted.hsms.number == 0 and wanted.restore is None
    if no_hsm and not found.is_activated:
        raise InputError(
            "hsms.count",
            0,
            "give 1 until the cluster is ACTIVE: it is initialized and activated on its first "
            f"HSM (it is {found.state or 'not there yet'})",
        )


class ClusterResources:
    """Declares cluster and first HSM as children of a component.

    Attributes:
        hsms_at_aws: address to id of the HSMs that an activated cluster has at AWS.
        addresses_in_use: addresses in its subnets that something else had before this run.
        first_hsm_ip: address of the first HSM, as far as the state holds it or AWS shows it.
    """

    def __init__(
        self,
        component: Part,
        wanted: ClusterRequest,
        network: Network,
        at_aws: ClusterAtAws,
    ) -> None:
        """Prepares.

        Args:
            component: whose children they are.
            wanted: the cluster.
            network: its subnets.
            at_aws: what `look_ahead` found.
        """
        self._component, self._wanted, self._network = component, wanted, network
        self._api = CloudHsm(wanted.common.access)
        self._recovery, self._at_aws = recovery_of(component, wanted.common), at_aws
        self.hsms_at_aws = at_aws.active_hsms
        self.addresses_in_use = set(at_aws.addresses_in_use)
        types = [one.pulumi_resource_type for one in component.lineage]
        first = self._recovery.deployment.state.outputs([*types, HSM], f"{wanted.name}-hsm-1")
        left = at_aws.hsms.get(self._first_hsm_at_aws() or "")
        self.first_hsm_ip: str | None = (first or {}).get("ipAddress") or left

    @property
    def is_initialized(self) -> bool:
        """Whether AWS showed an initialized cluster before this run."""
        return self._at_aws.is_initialized

    @property
    def held_identity(self) -> Mapping[str, Any] | None:
        """The identity's outputs in the state; None before the cluster is initialized."""
        if not self.is_initialized:
            return None
        types = [one.pulumi_resource_type for one in self._component.lineage]
        kind = f"{DYNAMIC}ClusterIdentity"
        state = self._recovery.deployment.state
        return state.outputs([*types, kind], f"{self._wanted.name}-identity")

    def create_cluster(self) -> ClusterResource:
        """The cluster; what an interrupted run left is imported, and a second one refused."""
        name, wanted = self._wanted.resource_name, self._wanted
        if wanted.network.network_type == NetworkType.DUALSTACK:
            return self._create_dual_stack(name)
        return aws.cloudhsmv2.Cluster(
            name,
            hsm_type=wanted.cluster.hsm_type,
            mode=wanted.cluster.mode,
            subnet_ids=self._subnet_ids(),
            source_backup_identifier=wanted.restore.backup_id if wanted.restore else None,
            tags=self._tags(),
            opts=self._adopted_cluster(name),
        )

    def _adopted_cluster(self, name: str) -> pulumi.ResourceOptions:
        common = self._wanted.common
        timing = common.waits.hsm.sooner(_CLUSTER_IS_QUICKER)
        restored = self._wanted.restore is not None
        progress = progress_of_cluster(self._api, "ACTIVE" if restored else "UNINITIALIZED", timing)
        refuse_second = self._recovery.refuse_second(CLUSTER)
        options = pulumi.ResourceOptions(
            parent=self._component,
            protect=common.protect,
            delete_before_replace=True,
            # Another type would replace the cluster. A backup that was given by its ARN is shown by
            # its id: the look before compares them.
            ignore_changes=["hsm_type", "source_backup_identifier"],
            custom_timeouts=self._deadline(),
            hooks=creation_hooks(
                self._component, name, progress, before=[refuse_second, self._check_backup]
            ),
        )
        # A new cluster can be missed only before its initialization: every later step needs the
        # state to hold it. One from a backup is ACTIVE at once.
        usable = ("ACTIVE", *CHANGING) if restored else ()
        return self._recovery.adopt(CLUSTER, name, options, usable=usable, timing=timing)

    def _create_dual_stack(self, name: str) -> DualStackCluster:
        wanted = self._wanted
        return DualStackCluster(
            name,
            DualStackClusterInputs(
                access=wanted.common.access,
                timing=wanted.common.waits.hsm.sooner(_CLUSTER_IS_QUICKER),
                hsm_type=wanted.cluster.hsm_type,
                mode=wanted.cluster.mode,
                subnet_ids=resolved(self._subnet_ids()),
                source_backup_id=resolved(wanted.restore.backup_id) if wanted.restore else None,
                tags={key: resolved(value) for key, value in self._tags().items()},
            ),
            pulumi.ResourceOptions(parent=self._component, protect=wanted.common.protect),
        )

    def keep_backups(self, cluster: ClusterResource) -> BackupRetention:
        """The backups' retention; before the first HSM, so a destroy comes to it after them."""
        wanted = self._wanted
        return BackupRetention(
            f"{wanted.name}-backups",
            BackupRetentionInputs(
                access=wanted.common.access,
                timing=wanted.common.waits.hsm,
                cluster_id=resolved(cluster.cluster_id),
                retention_days=wanted.cluster.backup_retention_days,
            ),
            pulumi.ResourceOptions(parent=self._component, protect=wanted.common.protect),
        )

    def create_first_hsm(
        self, cluster: ClusterResource, after: pulumi.Resource
    ) -> aws.cloudhsmv2.Hsm | None:
        """The HSM on which a new cluster is initialized; none where none is wanted any more."""
        wanted, first = self._wanted, self._wanted.hsms.first
        if wanted.hsms.number == 0:
            return None
        name = f"{wanted.name}-hsm-1"
        progress = progress_of_hsm(self._api, wanted.common.waits.hsm, "first HSM")
        return aws.cloudhsmv2.Hsm(
            name,
            cluster_id=cluster.cluster_id,
            availability_zone=first.zone if first else self._first_zone(),
            ip_address=first.ip if first else None,
            opts=self._recovery.adopt(
                HSM,
                name,
                pulumi.ResourceOptions(
                    parent=self._component,
                    depends_on=[after],
                    delete_before_replace=True,
                    custom_timeouts=self._deadline(),
                    hooks=creation_hooks(self._component, name, progress),
                ),
                key=self._first_hsm_at_aws(),
            ),
        )

    def _first_zone(self) -> pulumi.Input[str]:
        network = self._network
        return network.known.zones[0] if network.known else network.zones[0]

    def _subnet_ids(self) -> pulumi.Output[list[str]]:
        """The subnets, once it is known that every HSM's zone is among theirs."""
        network = self._network

        def checked(known: list[Any]) -> list[str]:
            subnet_ids, zones, cidrs, *of_hsms = known
            at = zip(of_hsms, self._wanted.hsms.places, strict=True)
            wanted = [HsmPlace(zone, one.ip) for zone, one in at]
            if looks_allowed():
                check_places(replace(self._wanted.hsms, places=wanted), zones, cidrs)
            return subnet_ids

        of_hsms = (place.zone for place in self._wanted.hsms.places)
        return pulumi.Output.all(
            network.subnet_ids, network.zones, network.subnet_cidrs, *of_hsms
        ).apply(checked)

    def _first_hsm_at_aws(self) -> str | None:
        first, known = self._wanted.hsms.first, self._wanted.network.known
        if first and first.ip is not None:
            at_its_place = (hsm for hsm, ip in self._at_aws.hsms.items() if ip == first.ip)
            return next(at_its_place, None)
        if known is None or first or not self._at_aws.is_activated:
            return self._at_aws.first_hsm(())
        # Not only those that are wanted now: one that is about to go is no first HSM either.
        return self._at_aws.first_hsm(usual_addresses(known.cidrs, MAX_HSMS))

    def _check_backup(self, inputs: Mapping[str, Any]) -> None:
        """At the last moment: a backup that was not known before may be unusable."""
        if self._wanted.backup_id is None:
            backup_id = str(inputs.get("sourceBackupIdentifier") or "")
            mode, region = self._wanted.cluster.mode, self._wanted.region
            check_backup_at_last(self._api, backup_id, mode, region)

    def _tags(self) -> dict[str, pulumi.Input[str]]:
        named = {**self._wanted.common.tags, "Name": self._wanted.name}
        return self._recovery.tags(self._wanted.resource_name, named)

    def _deadline(self) -> pulumi.CustomTimeouts:
        return pulumi.CustomTimeouts(create=f"{self._wanted.common.waits.hsm.deadline_seconds:g}s")
