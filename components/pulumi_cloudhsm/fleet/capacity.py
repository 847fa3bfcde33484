"""What the first `up` of a fleet needs: quotas per account and Region, and about how many hours.

AWS's defaults are those of `docs/reference/limits.md`, the durations those of
`docs/reference/timings.md`. Both pages name the sources. What an account has already is not known
here, and neither is what AWS has raised.
"""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from ..account import quotas
from ..activation.args import BY_PROGRAM, ActivationMode
from ..cluster import preflight
from ..hsms.args import HsmsArgs
from ..key_store import names
from ..review import timing
from ..validation import InputError
from ..waiting import durations
from ..waiting.polling import Beat, Pauses
from ..waiting.waiter import about
from .declaration import Fleet, StackOfFleet

Place = tuple[str | None, str]
"""Account and Region."""


@dataclass(frozen=True)
class Quota:
    """What AWS lets an account have in a Region before it is asked for more.

    Attributes:
        what: what is counted.
        default: how many; all of these can be raised.
        source: the page of AWS that says so.
        held: how many a new account has already.
    """

    what: str
    default: int
    source: str
    held: int = 0


_VPC = "VPC user guide, Amazon VPC quotas"
_CLOUDHSM = "CloudHSM user guide, Quotas"
_KMS = "KMS developer guide, Resource quotas"
_FSX = "FSx for ONTAP user guide, Quotas"
QUOTAS = (
    Quota("CloudHSM clusters", preflight.DEFAULT_CLUSTERS, _CLOUDHSM),
    Quota("HSMs", preflight.DEFAULT_QUOTA, _CLOUDHSM),
    Quota("custom key stores", names.DEFAULT_QUOTA, _KMS),
    Quota("FSx for ONTAP file systems", quotas.FILE_SYSTEMS.default, _FSX),
    Quota("VPCs", quotas.VPCS.default, _VPC, held=1),
    Quota("Elastic IP addresses", quotas.ADDRESSES.default, _VPC),
)
"""The quotas that a stack of this program counts against."""
CLUSTERS, HSMS, KEY_STORES, FILE_SYSTEMS, VPCS, ADDRESSES = (one.what for one in QUOTAS)


@dataclass(frozen=True)
class Wanted:
    """What one stack's config asks for.

    Attributes:
        hsms: HSMs at the end.
        activated: whether the cluster becomes ACTIVE.
        restored: whether it comes from a backup.
        key_store: whether there is a key store.
        file_system: whether there is a file system.
        new_vpc: whether a VPC is made.
        address: whether an Elastic IP address is, for the NAT gateway of the client host.
    """

    hsms: int
    activated: bool
    restored: bool
    key_store: bool
    file_system: bool
    new_vpc: bool
    address: bool

    @property
    def needs(self) -> Counter[str]:
        """How much of each quota. A cluster has one HSM first, even if it is to have none."""
        return Counter(
            {
                CLUSTERS: 1,
                HSMS: max(self.hsms, 1),
                KEY_STORES: int(self.key_store),
                FILE_SYSTEMS: int(self.file_system),
                VPCS: int(self.new_vpc),
                ADDRESSES: int(self.address),
            }
        )

    @property
    def steps(self) -> list[float]:
        """About how long AWS takes for each step of the first `up`, in seconds."""
        steps = [_making("cluster")]
        if self.restored:
            steps.append(_making("restoration"))
        else:
            steps += [durations.FIRST_HSM, _making("initialization")]
            steps += [_making("activation")] if self.activated else []
        steps += [_making("HSMs")] if self.hsms > 1 else []
        steps += [_making("key store")] if self.key_store else []
        steps += [_making("file system")] if self.file_system else []
        return steps

    @property
    def seconds(self) -> float:
        """About how long AWS takes for the first `up`: its steps follow each other."""
        return sum(self.steps)

    @property
    def looks(self) -> int:
        """How often the program looks at AWS meanwhile."""
        return sum(_looks(one) for one in self.steps)


def wanted_of(config: Mapping[str, Any]) -> Wanted:
    """What a stack's config asks for.

    Args:
        config: by full key, as in the list or in the stack's file.

    Raises:
        InputError: a section is no object, or a number of HSMs no number.
    """
    hsms, network = _section(config, "hsms"), _section(config, "network")
    mode = _section(config, "activation").get("mode", ActivationMode.NONE)
    client = _section(config, "client")
    new_vpc = not network.get("subnetIds")
    own = any(client.get(key) for key in ("instanceId", "subnetId", "ssh"))
    makes_host = mode in BY_PROGRAM and client.get("host", True) and not own
    count = hsms.get("count", HsmsArgs.count)
    if not isinstance(count, int):
        raise InputError("hsms.count", count, "give a whole number")
    return Wanted(
        hsms=len(hsms.get("places", ())) or count,
        activated=mode != ActivationMode.NONE,
        restored=bool(config.get("cloudhsm:restore")),
        key_store=config.get("cloudhsm:keyStore") is not None,
        file_system=config.get("cloudhsm:fileSystem") is not None,
        new_vpc=new_vpc,
        address=makes_host and new_vpc,
    )


def wanted_by(fleet: Fleet) -> dict[str, Wanted]:
    """What each stack asks for, by its name; its own file counts, too."""
    return {one.name: wanted_of(fleet.held_config_of(one)) for one in fleet.stacks}


def needs_by_place(fleet: Fleet, wanted: Mapping[str, Wanted]) -> dict[Place, Counter[str]]:
    """How much of each quota the stacks of each account and Region need."""
    found: dict[Place, Counter[str]] = {}
    for one in fleet.stacks:
        found.setdefault(one.place, Counter()).update(wanted[one.name].needs)
    return found


def wave_seconds(fleet: Fleet, wanted: Mapping[str, Wanted]) -> list[tuple[str, float]]:
    """About how long each wave takes, by its name; its check is not counted.

    The stacks begin in the order and within the limits of a rollout.
    """
    found: list[tuple[str, float]] = []
    for wave, stacks in fleet.in_waves():
        waiting, running = list(stacks), Counter[Place]()
        now, ends = 0.0, list[tuple[float, str, StackOfFleet]]()
        while waiting or ends:
            while (ready := fleet.next_of(waiting, running)) is not None:
                waiting.remove(ready)
                running[ready.place] += 1
                heapq.heappush(ends, (now + wanted[ready.name].seconds, ready.name, ready))
            now, _, ended = heapq.heappop(ends)
            running[ended.place] -= 1
        found.append((wave.name, now))
    return found


def calls_per_second(fleet: Fleet, wanted: Mapping[str, Wanted]) -> dict[Place, float]:
    """How often the program looks at AWS while as many stacks as may run in an account and Region.

    An average over the first `up`: each step begins with looks that lie closer together.
    """
    limit = min(fleet.parallel, fleet.parallel_per_place or fleet.parallel)
    found: dict[Place, float] = {}
    for place in {one.place: None for one in fleet.stacks}:
        here = [wanted[one.name] for one in fleet.stacks if one.place == place]
        each = sum(one.looks for one in here) / sum(one.seconds for one in here)
        found[place] = each * min(len(here), limit)
    return found


def plan(fleet: Fleet) -> str:
    """The plan for people: what to ask AWS for, and how long it takes."""
    wanted = wanted_by(fleet)
    rates, lines = calls_per_second(fleet, wanted), ["Quotas, if the accounts hold nothing yet:"]
    for (account, region), needed in needs_by_place(fleet, wanted).items():
        lines += ["", f"account {account or 'of the credentials'}, {region}:"]
        for quota in QUOTAS:
            count = needed[quota.what] + quota.held
            if needed[quota.what]:
                missing = f"; ask AWS for {count}" if count > quota.default else ""
                beside = f" with the account's own {quota.held}" if quota.held else ""
                lines.append(
                    f"  {quota.what}: {count}{beside}, by default {quota.default}{missing}"
                )
        lines.append(f"  calls that look at AWS: {rates[account, region]:.1f} a second")
    waves = wave_seconds(fleet, wanted)
    lines += ["", "First `up` from nothing, by AWS's usual durations:", ""]
    lines += [f"  wave {name}: about {about(seconds)}" for name, seconds in waves]
    lines.append(f"  in all: about {about(sum(seconds for _, seconds in waves))}")
    return "\n".join(lines) + "\n"


def _making(what: str) -> float:
    return next(one.making for one in timing.STAGES if one.what == what)


def _looks(seconds: float) -> int:
    """Looks at a step that takes so long, by the waiter's own pauses."""
    pauses, beat, now, count = Pauses(), Beat(0.5), 0.0, 1
    while now < seconds:
        now, count = pauses.next_look(beat, 0.0, now), count + 1
    return count


def _section(config: Mapping[str, Any], key: str) -> dict[str, Any]:
    value: Any = config.get(f"cloudhsm:{key}") or {}
    try:
        found: Any = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        found = value
    if not isinstance(found, dict):
        raise InputError(key, value, "give an object")
    return cast("dict[str, Any]", found)
