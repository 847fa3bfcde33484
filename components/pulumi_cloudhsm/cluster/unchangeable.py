"""What can never be changed of a cluster: refused before anything is declared, from the state.

Without this, the engine would plan another cluster in the place of the one that holds the keys. A
protected stack would answer with a list of URNs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from ..network.args import PlannedNetwork
from ..recovery.kinds import CLUSTER, SUBNET, VPC
from ..recovery.part import Part
from ..recovery.stack_state import StackState
from ..state_names import DYNAMIC
from ..trust.args import TrustMode
from ..validation import InputError
from .at_aws import of_cluster
from .request import ClusterRequest

_ISSUERS = {
    "cloudhsm:index:GeneratedCa": TrustMode.GENERATED,
    "cloudhsm:index:KmsCa": TrustMode.KMS,
    "cloudhsm:index:PrivateCa": TrustMode.PRIVATE_CA,
}


def check_unchanged(state: StackState, component: Part, wanted: ClusterRequest) -> None:
    """Refuses what a cluster that the state holds can never become.

    Args:
        state: the stack's state.
        component: the cluster, or the deployment that it is in.
        wanted: the cluster as it is wanted now.

    Raises:
        InputError: names the field, both values and both ways on.
    """
    types = [one.pulumi_resource_type for one in component.lineage]
    within = of_cluster(component)
    held = _cluster(state, within, wanted)
    if held is None:
        return
    cluster_id = str(held.get("clusterId") or held.get("cluster_id") or wanted.resource_name)
    _refuse("cluster.mode", wanted.cluster.mode, held.get("mode"), cluster_id)
    backups = state.outputs([*within, f"{DYNAMIC}BackupRetention"], f"{wanted.name}-backups")
    _refuse("region", wanted.region, (backups or {}).get("access", {}).get("region"), cluster_id)
    _check_network(state, types, wanted, held, cluster_id)
    _check_trust(state, within, wanted, cluster_id)


def _cluster(
    state: StackState, types: Sequence[str], wanted: ClusterRequest
) -> Mapping[str, Any] | None:
    kinds = (CLUSTER, f"{DYNAMIC}DualStackCluster")
    found = (state.outputs([*types, kind], wanted.resource_name) for kind in kinds)
    return next((one for one in found if one is not None), None)


def _check_network(
    state: StackState,
    types: Sequence[str],
    wanted: ClusterRequest,
    held: Mapping[str, Any],
    cluster_id: str,
) -> None:
    network = wanted.network
    name, within = _home(network, types, wanted.name)
    vpc = state.outputs([*within, VPC], f"{name}-vpc") or {}
    made = list(state.held([*within, SUBNET]).values())
    subnets = sorted(held.get("subnetIds") or held.get("subnet_ids") or [])
    if not network.makes_vpc:
        ids = network.plain_subnet_ids
        _refuse("network.subnet_ids", ids and sorted(ids), subnets, cluster_id)
    elif not vpc and not made:
        _refuse("network.subnet_ids", "None", subnets, cluster_id)
    else:
        _refuse("network.vpc_cidr", network.cidr, vpc.get("cidrBlock"), cluster_id)
        made.sort(key=lambda one: _order(one.get("cidrBlock")))
        zones = [one.get("availabilityZone") for one in made]
        # A crash may have left subnets that the state lacks.
        if network.known and len(made) == len(subnets):
            _refuse("network.availability_zones", list(network.known.zones), zones, cluster_id)


def _home(network: PlannedNetwork, types: Sequence[str], name: str) -> tuple[str, Sequence[str]]:
    """Name of the network's component, and the types of what it is in, its own included."""
    if isinstance(network, Part):
        return network.pulumi_resource_name, [one.pulumi_resource_type for one in network.lineage]
    return f"{name}-network", [*types, "cloudhsm:index:Network"]


def _order(cidr: object) -> tuple[int, ...]:
    return tuple(int(part) for part in str(cidr or "0").partition("/")[0].split("."))


def _check_trust(
    state: StackState, types: Sequence[str], wanted: ClusterRequest, cluster_id: str
) -> None:
    steps = {"ClusterInitialization": "initialization", "ClusterRestoration": "restoration"}
    missing = (
        state.lacks([*types, f"{DYNAMIC}{kind}"], f"{wanted.name}-{step}")
        for kind, step in steps.items()
    )
    if wanted.trust is None or all(missing):
        return
    made = (mode for kind, mode in _ISSUERS.items() if state.held([*types, kind]))
    mode = next(made, TrustMode.EXTERNAL) if state.told else None
    _refuse("trust.mode", str(wanted.trust.mode), mode, cluster_id)


def _refuse(field: str, wanted: object, held: object, cluster_id: str) -> None:
    """Refuses a value that differs; what either side does not know is passed."""
    if not held or not wanted or wanted == held:
        return
    several = cast("list[object]", held) if isinstance(held, list) else [held]
    shown = ", ".join(map(str, several))
    raise InputError(
        field,
        None if wanted == "None" else wanted,
        f"{cluster_id} has {shown}, which can never be changed; set it back, or make a new cluster "
        "in another stack; to give this one and its keys up, first set protect=False, then run "
        "`pulumi up` and `pulumi destroy`",
    )
