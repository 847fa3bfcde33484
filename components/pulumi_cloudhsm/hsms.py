"""HSMs 2..n of an active cluster, and the gate that all of its HSMs pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from . import checks
from .aws.cloudhsmv2 import CloudHsm
from .aws.session import AwsAccess
from .certificates import iso
from .creation import creation_hooks, progress_of_place
from .errors import CloudHsmError
from .placement import Place, places
from .providers.active_hsms import ActiveHsms
from .stack_state import StackState
from .waiter import Pace

HSM = "aws:cloudhsmv2/hsm:Hsm"
"""Type token of an HSM."""
MOST = 28
"""HSMs per cluster. Source: user guide, quotas."""
HSM_USD_PER_HOUR = 1.5
"""Roughly; it depends on the region: https://aws.amazon.com/cloudhsm/pricing/"""


@dataclass(frozen=True)
class AdditionalHsmsArgs:
    """What AdditionalHsms are made of."""

    region: str
    """Region of the cluster."""
    cluster_id: pulumi.Input[str]
    """The cluster; it has to be ACTIVE by the time that `after` is done."""
    zones: pulumi.Input[Sequence[str]]
    """The cluster's zones, in order."""
    subnet_cidrs: pulumi.Input[Sequence[str]]
    """The IPv4 ranges of the cluster's subnets, in the same order."""
    hsm_count: int = 1
    """HSMs in all, the first included; 0 to 28."""
    first_hsm_zone: pulumi.Input[str] | None = None
    """Zone of the first HSM; the first one when left out."""
    profile: str | None = None
    """Profile of the shared AWS configuration for the progress lines."""
    hsm_places: Sequence[Place] = ()
    """Zones and addresses of HSMs 2..n instead of `hsm_count`; each is named after its address."""
    first_hsm: pulumi.Input[Sequence[Mapping[str, str]]] = ()
    """Id, zone and IP address of the first HSM, as CloudHsmCluster.hsms has it."""
    left_behind: Mapping[str, str] = field(default_factory=dict[str, str])
    """Address to id of HSMs that AWS has already, to be adopted where the state misses them."""
    known_places: Sequence[Place] | None = None
    """The places, where they are known before anything runs; only these are looked up."""
    after: Sequence[pulumi.Resource] = ()
    """What has to be done first: the activation."""
    protect: bool = True
    """Refuse to destroy, though not to shrink."""
    hsm_usual_seconds: float = 600
    """How long a first HSM usually takes; a further one takes half of it."""
    hsm_deadline_seconds: float = 3600
    """When to give up on an HSM."""

    def check(self) -> None:
        """Refuses numbers and places that AWS would refuse later.

        Raises:
            InputError: names the input, the value and the fix.
        """
        checks.hsm_count(self.hsm_count, MOST)
        checks.hsm_places([(place.zone, place.ip) for place in self.hsm_places], MOST)

    @property
    def number(self) -> int:
        """How many HSMs besides the first."""
        return len(self.hsm_places) or max(self.hsm_count - 1, 0)


class AdditionalHsms(pulumi.ComponentResource):
    """Every HSM of a cluster but the first; growing and shrinking touches only the difference."""

    hsms: pulumi.Output[list[dict[str, str]]]
    """Id, zone and IP address of every HSM of the cluster, the first one first."""
    gate: ActiveHsms | None
    """What everything that needs all HSMs depends on; None where nothing was activated."""
    backups: pulumi.Output[list[dict[str, str]]]
    """Id, state and day of every backup of the cluster, the newest first, as of this run."""

    def __init__(
        self, name: str, args: AdditionalHsmsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args.check()
        own = pulumi.ResourceOptions(protect=args.protect)
        options = pulumi.ResourceOptions.merge(own, opts)
        super().__init__("cloudhsm:index:AdditionalHsms", name, {}, options)
        self._name, self._args = name, args
        self._api = CloudHsm(AwsAccess(args.region, args.profile))
        self._state = StackState(lambda line: pulumi.log.warn(line, self))
        if args.hsm_places:
            made = [
                self._create(place.ip.replace(".", "-"), place, place) for place in args.hsm_places
            ]
        else:
            made = [self._create_spread(number) for number in range(args.number)]
        self.hsms = pulumi.Output.all(args.first_hsm, *map(_facts, made)).apply(
            lambda known: [*known[0], *known[1:]]
        )
        self.gate = self._gate() if args.after else None
        self.backups = self._backups()
        self.register_outputs({"hsms": self.hsms})

    def _gate(self) -> ActiveHsms:
        args = self._args
        return ActiveHsms(
            f"{self._name}-active",
            {
                "cluster_id": args.cluster_id,
                "region": args.region,
                "hsm_ids": self.hsms.apply(lambda hsms: [hsm["id"] for hsm in hsms]),
                "usual_seconds": args.hsm_usual_seconds / 2,
                "deadline_seconds": args.hsm_deadline_seconds,
            },
            # A destroy works backwards: where it is protected, this last link keeps the HSMs.
            pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )

    def _backups(self) -> pulumi.Output[list[dict[str, str]]]:
        if self.gate is None:
            return pulumi.Output.from_input(list[dict[str, str]]())

        def listed(cluster_id: str) -> list[dict[str, str]]:
            try:
                found = self._api.backups(cluster_id)
            except CloudHsmError as error:
                # Only a listing: no reason to let a run fail that has done everything.
                pulumi.log.warn(f"could not list the backups: {error}", self)
                return []
            return [
                {
                    "id": backup.backup_id,
                    "state": backup.state,
                    "created": iso(backup.created) if backup.created else "",
                }
                for backup in found
            ]

        # Adding and removing HSMs makes AWS take backups, so this comes after all of it.
        return pulumi.Output.all(self._args.cluster_id, self.gate.hsm_ids).apply(
            lambda known: listed(known[0])
        )

    def _create_spread(self, number: int) -> aws.cloudhsmv2.Hsm:
        args = self._args
        if args.known_places:
            place = args.known_places[number]
            return self._create(str(number + 2), place, place)
        later = pulumi.Output.all(args.zones, args.subnet_cidrs, args.first_hsm_zone).apply(
            lambda known: places(known[0], known[1], known[2], args.number)[number]
        )
        return self._create(str(number + 2), later, None)

    def _create(
        self, suffix: str, place: pulumi.Input[Place], known: Place | None
    ) -> aws.cloudhsmv2.Hsm:
        args, name = self._args, f"{self._name}-{suffix}"
        there = args.left_behind.get(known.ip) if known else None
        place = pulumi.Output.from_input(place)
        pace = Pace(args.hsm_usual_seconds / 2, args.hsm_deadline_seconds)
        return aws.cloudhsmv2.Hsm(
            name,
            cluster_id=args.cluster_id,
            availability_zone=place.apply(lambda found: found.zone),
            ip_address=place.apply(lambda found: found.ip),
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=False,  # not inherited: an HSM has to be free to go
                delete_before_replace=True,
                depends_on=list(args.after),
                import_=self._state.missed(HSM, name, there),
                custom_timeouts=pulumi.CustomTimeouts(create=f"{args.hsm_deadline_seconds:g}s"),
                hooks=creation_hooks(self, name, progress_of_place(self._api, name, pace)),
            ),
        )


def _facts(hsm: aws.cloudhsmv2.Hsm) -> pulumi.Output[dict[str, str]]:
    return pulumi.Output.all(id=hsm.hsm_id, zone=hsm.availability_zone, ip=hsm.ip_address)


def hourly_cost(hsms: int) -> str:
    """Roughly what AWS charges for so many HSMs, in words."""
    if hsms == 0:
        return "nothing without HSMs; a cluster by itself is free"
    which = "1 HSM" if hsms == 1 else f"{hsms} HSMs"
    usd = hsms * HSM_USD_PER_HOUR
    return f"about {usd:.2f} USD for {which}, each from its creation to its deletion"
