"""The cluster and its first HSM as resources of AWS: made once, or adopted as they were left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from . import adoption, checks, preflight
from .aws.cloudhsmv2 import ACTIVE_OR_LATER, CloudHsm
from .aws.ec2 import subnets as subnets_at_aws
from .aws.ownership import TAG
from .aws.session import AwsAccess
from .creation import ProgressMaker, creation_hooks, progress_of
from .errors import CloudHsmError
from .hsms import HSM, MOST
from .network import NetworkType
from .placement import Place, places
from .providers.dual_stack_cluster import DualStackCluster
from .stack_state import StackState, owner_of
from .subnets import SubnetFacts
from .waiter import Pace, Waiter

if TYPE_CHECKING:
    from .cluster import CloudHsmClusterArgs


_CLUSTER = "aws:cloudhsmv2/cluster:Cluster"


class Hardware:
    """Declares cluster and first HSM as children of a component.

    Attributes:
        left_behind: what an interrupted run may have left at AWS.
        known_places: places of the further HSMs, where they are known before anything runs.
    """

    def __init__(
        self,
        component: pulumi.ComponentResource,
        name: str,
        args: CloudHsmClusterArgs,
        api: CloudHsm,
    ) -> None:
        """Looks at AWS for what is there already.

        Raises:
            RunError: AWS cannot be asked, or what is there cannot be gone on with, or what is to
                come could not be used.
        """
        self._component, self._name, self._args, self._api = component, name, args, api
        self._owner = owner_of(name)
        self._state = StackState(self._warn)
        self.left_behind = self._find_left_behind()
        preflight.look(api, args, self.left_behind, self._warn)
        others = max(args.hsm_count - 1, 0)
        found = self._places()
        self.known_places = found if found is None else found[: len(args.hsm_places) or others]
        self._never_first = found

    def _find_left_behind(self) -> adoption.LeftBehind:
        planning = pulumi.runtime.is_dry_run()
        args = self._args
        waiter = (
            None if planning else Waiter(report=lambda line: pulumi.log.info(line, self._component))
        )
        tempo = Pace(args.hsm_usual_seconds / 3, args.hsm_deadline_seconds)
        try:
            found = adoption.or_nothing(
                lambda: adoption.left_behind(self._api, self._owner, waiter, tempo, args.source),
                planning,
                self._warn,
            )
        except CloudHsmError as error:
            raise pulumi.RunError(str(error)) from None
        if found.network_type and found.network_type != args.network_type:
            raise checks.InputError(
                "network_type",
                str(args.network_type),
                f"the cluster is {found.network_type}, which can never be changed; set it back, or "
                "take another stack",
            )
        sleeps = args.hsm_count == 0 and args.source_backup is None
        if sleeps and found.looked and found.state not in ACTIVE_OR_LATER:
            raise checks.InputError(
                "hsm_count",
                0,
                "give 1 until the cluster is ACTIVE: it is initialized and activated on its first "
                f"HSM (it is {found.state or 'not there yet'})",
            )
        return found

    def _places(self) -> Sequence[Place] | None:
        """Every place that a further HSM may ever have; None where that is not known yet."""
        args, zone = self._args, self._args.first_hsm_zone
        if args.hsm_places:
            return args.hsm_places
        if not (zone is None or isinstance(zone, str)):
            return None
        number = MOST - 1
        if args.network is not None:
            network = args.network
            return places(network.availability_zones, network.subnet_cidrs, zone, number)
        ids = args.subnet_ids
        if not isinstance(ids, Sequence) or not self.left_behind.active_hsms:
            return None
        plain = [item for item in ids if isinstance(item, str)]
        if len(plain) < len(ids):
            return None
        try:
            found = subnets_at_aws(AwsAccess(args.region, args.profile), plain)
        except CloudHsmError as error:
            self._warn(f"could not look for HSMs of an interrupted run: {error}")
            return None
        return places([one.zone for one in found], [one.cidr for one in found], zone, number)

    def create_cluster(
        self, subnets: pulumi.Output[SubnetFacts]
    ) -> aws.cloudhsmv2.Cluster | DualStackCluster:
        """The cluster; what an interrupted run left is imported, and a second one refused."""
        name = f"{self._name}-cluster"
        if self._args.network_type == NetworkType.DUALSTACK:
            return self._create_dual_stack(name, subnets)
        return aws.cloudhsmv2.Cluster(
            name,
            hsm_type=self._args.hsm_type,
            mode=self._args.mode,
            subnet_ids=subnets.apply(lambda facts: facts.subnet_ids),
            source_backup_identifier=self._args.source or None,
            tags=self._tags(),
            opts=pulumi.ResourceOptions(
                parent=self._component,
                protect=self._args.protect,
                delete_before_replace=True,
                import_=self._state.missed(_CLUSTER, name, self.left_behind.cluster_id),
                # To the provider another type is another cluster; HsmType migrates this one. And a
                # backup that was given by its ARN is shown by its id: `adoption` compares them.
                ignore_changes=["hsm_type", "source_backup_identifier"],
                custom_timeouts=self._deadline(),
                hooks=creation_hooks(
                    self._component,
                    name,
                    self._progress("cluster", self._made_state, 3),
                    before=[lambda _: adoption.refuse_a_second(self._api, self._owner)],
                ),
            ),
        )

    def _create_dual_stack(
        self, name: str, subnets: pulumi.Output[SubnetFacts]
    ) -> DualStackCluster:
        args = self._args
        return DualStackCluster(
            name,
            {
                "region": args.region,
                "hsm_type": args.hsm_type,
                "mode": args.mode,
                "subnet_ids": subnets.apply(lambda facts: facts.subnet_ids),
                "source_backup_id": args.source,
                "owner": self._owner,
                "tags": self._tags(),
                "usual_seconds": args.hsm_usual_seconds / 3,
                "deadline_seconds": args.hsm_deadline_seconds,
            },
            pulumi.ResourceOptions(parent=self._component, protect=args.protect),
        )

    def create_first_hsm(
        self,
        cluster: aws.cloudhsmv2.Cluster | DualStackCluster,
        subnets: pulumi.Output[SubnetFacts],
        after: Sequence[pulumi.Resource],
    ) -> aws.cloudhsmv2.Hsm | None:
        """The HSM on which a new cluster is initialized; none where none is wanted any more."""
        if self._args.hsm_count == 0:
            return None
        network = self._args.network
        planned = network.availability_zones[0] if network else None
        zone = self._args.first_hsm_zone or planned or subnets.apply(lambda facts: facts.zones[0])
        name = f"{self._name}-hsm-1"
        return aws.cloudhsmv2.Hsm(
            name,
            cluster_id=cluster.cluster_id,
            availability_zone=zone,
            ip_address=self._args.first_hsm_ip,
            opts=pulumi.ResourceOptions(
                parent=self._component,
                depends_on=list(after),
                delete_before_replace=True,
                import_=self._state.missed(HSM, name, self._first_hsm_left_behind()),
                custom_timeouts=self._deadline(),
                hooks=creation_hooks(
                    self._component, name, self._progress("first HSM", "ACTIVE", 1)
                ),
            ),
        )

    def _first_hsm_left_behind(self) -> str | None:
        args = self._args
        if args.first_hsm_ip is not None and self.left_behind.hsm_id is None:
            return self.left_behind.active_hsms.get(args.first_hsm_ip)
        if self._never_first is None or args.hsm_places:
            return self.left_behind.hsm_id
        # Not only those that are wanted now: one that is about to go is no first HSM either.
        return self.left_behind.first_hsm({place.ip for place in self._never_first})

    @property
    def _made_state(self) -> str:
        return "UNINITIALIZED" if self._args.source_backup is None else "ACTIVE"

    def _tags(self) -> dict[str, str]:
        return {**self._args.tags, "Name": self._name, TAG: self._owner}

    def _warn(self, line: str) -> None:
        pulumi.log.warn(line, self._component)

    def _deadline(self) -> pulumi.CustomTimeouts:
        return pulumi.CustomTimeouts(create=f"{self._args.hsm_deadline_seconds:g}s")

    def _progress(self, what: str, wanted: str, quicker: int) -> ProgressMaker:
        """Reports how far AWS is; `quicker`: how many times quicker it usually is than an HSM."""
        pace = Pace(self._args.hsm_usual_seconds / quicker, self._args.hsm_deadline_seconds)
        return progress_of(self._api, self._owner, what, wanted, pace)
