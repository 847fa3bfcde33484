"""HSMs 2..n of an active cluster, and the wait until all of its HSMs are ACTIVE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

from ..aws.cloudhsmv2 import CloudHsm
from ..common import recovery_of, typed_outputs, visible_inputs
from ..dynamic_provider import resolved
from ..facts import ClusterFacts, HasClusterFacts
from ..recovery.create_hooks import creation_hooks, progress_of_hsm
from ..recovery.kinds import HSM
from ..recovery.part import Part
from ..validation import InputError, section
from .active_hsms_provider import ActiveHsms, ActiveHsmsInputs
from .args import HsmsArgs
from .placement import Place, places

if TYPE_CHECKING:
    from ..activation.component import Activation


class AdditionalHsms(Part):
    """Every HSM of a cluster but the first; growing and shrinking touches only the difference."""

    hsms: pulumi.Output[list[dict[str, str]]]
    """`id`, `zone` and `ip` of every HSM of the cluster, the first one first."""
    number: int
    """How many HSMs the cluster has, the first one included."""
    all_active: ActiveHsms | None
    """What everything that needs all HSMs depends on; None where the cluster is not active."""

    def __init__(
        self,
        name: str,
        args: HsmsArgs,
        *,
        cluster: HasClusterFacts,
        activation: Activation | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Makes the HSMs, once the cluster is active.

        Args:
            name: logical name.
            args: how many HSMs, and where; the same as the cluster's.
            cluster: the cluster, which has its first HSM.
            activation: what makes it ACTIVE; left out where another stack did.
            opts: Pulumi's options.

        Raises:
            InputError: names the field, the value and the fix.
        """
        self._facts, self._args = cluster.facts, args
        # A cluster that waits for its certificate has its first HSM, which made the CSR.
        others = 0 if self._facts.signing_instructions is not None else max(args.number - 1, 0)
        after = _what_makes_it_active(self._facts, activation)
        _check(args, others, is_active=after is not None)
        own = pulumi.ResourceOptions(protect=self._facts.common.protect)
        options = pulumi.ResourceOptions.merge(own, opts)
        super().__init__("cloudhsm:index:AdditionalHsms", name, visible_inputs(args), options)
        self._facts = self._facts.within(self)
        self._name, self._after, self.number = name, after or [], args.number
        self._common = self._facts.common
        self._api = CloudHsm(self._common.access)
        self._recovery = recovery_of(self, self._common)
        progress = progress_of_hsm(self._api, self._common.waits.hsm.sooner(2))
        self._hooks = creation_hooks(self, name, progress) if others else None
        made = [self._create(number, others) for number in range(others)]
        self.hsms = pulumi.Output.all(self._facts.hsms, *map(hsm_facts, made)).apply(
            lambda known: [*known[0], *known[1:]]
        )
        self.all_active = None if after is None else self._wait_for_all()
        self.register_outputs(typed_outputs(self))

    def _create(self, number: int, others: int) -> aws.cloudhsmv2.Hsm:
        facts = self._facts
        if self._args.places:
            place = self._args.places[number + 1]
            found = facts.hsms_at_aws.get(place.ip or "")
            return self._declare(str(place.ip).replace(".", "-"), place.zone, place.ip, found)
        suffix, zones, cidrs = str(number + 2), facts.zones, facts.subnet_cidrs
        if isinstance(zones, Sequence) and isinstance(cidrs, Sequence):
            # Only an HSM in the first one's zone can meet its address.
            first = () if (number + 1) % len(zones) else self._first_address()
            if not isinstance(first, pulumi.Output):
                place = self._places(zones, cidrs, others, first)[number]
                found = facts.hsms_at_aws.get(place.ip)
                return self._declare(suffix, place.zone, place.ip, found)
        later = pulumi.Output.all(zones, cidrs, self._first_address()).apply(
            lambda known: self._places(known[0], known[1], others, known[2])[number]
        )
        zone = zones[(number + 1) % len(zones)] if isinstance(zones, Sequence) else later.zone
        return self._declare(suffix, zone, later.ip, None)

    def _places(
        self, zones: Sequence[str], cidrs: Sequence[str], others: int, first: Sequence[str]
    ) -> list[Place]:
        taken = {*self._facts.addresses_in_use, *first}
        return places(zones, cidrs, others, taken, self._kept_addresses(others))

    def _first_address(self) -> Sequence[str] | pulumi.Output[list[str]]:
        """The first HSM's address: AWS chooses it."""
        if self._facts.first_hsm_ip is not None:
            return [self._facts.first_hsm_ip]
        return pulumi.Output.from_input(self._facts.hsms).apply(
            lambda hsms: [one.get("ip") or "" for one in hsms]
        )

    def _kept_addresses(self, others: int) -> dict[int, str]:
        """The addresses that HSMs have in the state: they stay, whatever came later."""
        types = [one.pulumi_resource_type for one in self.lineage]
        held = self._recovery.deployment.state.held([*types, HSM])
        found = {
            at: held.get(f"{self._name}-{at + 2}", {}).get("ipAddress") for at in range(others)
        }
        return {at: ip for at, ip in found.items() if ip}

    def _declare(
        self,
        suffix: str,
        zone: pulumi.Input[str],
        ip: pulumi.Input[str] | None,
        found: str | None,
    ) -> aws.cloudhsmv2.Hsm:
        name, timing = f"{self._name}-{suffix}", self._common.waits.hsm
        options = pulumi.ResourceOptions(
            parent=self,
            protect=False,  # not inherited: an HSM has to be free to go
            delete_before_replace=True,
            depends_on=self._after,
            custom_timeouts=pulumi.CustomTimeouts(create=f"{timing.deadline_seconds:g}s"),
            hooks=self._hooks,
        )
        return aws.cloudhsmv2.Hsm(
            name,
            cluster_id=self._facts.cluster_id,
            availability_zone=zone,
            ip_address=ip,
            opts=self._recovery.adopt(HSM, name, options, key=found),
        )

    def _wait_for_all(self) -> ActiveHsms:
        return ActiveHsms(
            f"{self._name}-active",
            ActiveHsmsInputs(
                access=self._common.access,
                timing=self._common.waits.hsm.sooner(2),
                cluster_id=resolved(self._facts.cluster_id),
                hsm_ids=resolved(self.hsms.apply(lambda hsms: [hsm["id"] for hsm in hsms])),
            ),
            # A destroy works backwards: where it is protected, this last link keeps the HSMs.
            pulumi.ResourceOptions(parent=self, depends_on=self._after),
        )


def hsm_facts(hsm: aws.cloudhsmv2.Hsm) -> pulumi.Output[dict[str, str]]:
    """`id`, `zone` and `ip` of an HSM."""
    return pulumi.Output.all(id=hsm.hsm_id, zone=hsm.availability_zone, ip=hsm.ip_address)


def _what_makes_it_active(
    facts: ClusterFacts, activation: Activation | None
) -> list[pulumi.Resource] | None:
    """What to wait for; nothing, where another stack's cluster is active; None: it never is."""
    if activation is not None:
        return None if activation.resource is None else [activation.resource]
    if facts.restoration is not None:
        return [facts.restoration]
    is_new = facts.initialization is not None or facts.signing_instructions is not None
    return None if is_new else []


def _check(args: HsmsArgs, others: int, *, is_active: bool) -> None:
    with section("hsms"):
        args.check()
    if others and not is_active:
        raise InputError(
            "activation.mode",
            "none",
            "use ssm, ssh or manual: AWS takes one HSM until the cluster is ACTIVE, and "
            f"{args.number} are wanted",
        )
