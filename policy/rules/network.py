"""Rules about who reaches the HSMs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import tokens
from .model import (
    UNKNOWN,
    Level,
    Parameter,
    Parameters,
    Resource,
    Rule,
    Violation,
    list_of,
    mapping_of,
    of_type,
)

FIRST_PORT, LAST_PORT = 2223, 2225
"""Source: CloudHSM User Guide, security groups of a client instance."""
MAX_PORT = 65_535
_ALL, _TCP = {"-1", "all"}, {"tcp", "6"}
_SOURCES = (
    "cidrIpv4",
    "cidrIpv6",
    "prefixListId",
    "referencedSecurityGroupId",
    "cidrBlocks",
    "ipv6CidrBlocks",
    "prefixListIds",
    "sourceSecurityGroupId",
    "securityGroups",
)
"""Where a rule says who comes in, whichever resource it is a part of."""


@dataclass(frozen=True)
class _Opening:
    """What lets something into a security group."""

    of: Resource
    props: Mapping[str, Any]
    """The rule; of a group with rules in it, one of them."""
    group: Any
    """Id of the group that is opened."""

    def reaches_hsms(self, clusters: Sequence[Resource]) -> bool:
        """Whether it opens HSM ports of a cluster, or HSM ports only: then the group tells it."""
        ports = self._ports()
        if ports is None or ports[0] > LAST_PORT or ports[1] < FIRST_PORT:
            return False
        only_these = ports[0] >= FIRST_PORT and ports[1] <= LAST_PORT
        return only_these or self._belongs_to(clusters)

    def _ports(self) -> tuple[float, float] | None:
        """First and last TCP port; None where there are none, or they are not known."""
        protocol = str(self.props.get("ipProtocol", self.props.get("protocol")))
        if protocol in _ALL:
            return 0, MAX_PORT
        first, last = self.props.get("fromPort"), self.props.get("toPort")
        if protocol in _TCP and isinstance(first, int | float) and isinstance(last, int | float):
            return first, last
        return None

    def _belongs_to(self, clusters: Sequence[Resource]) -> bool:
        ids = [one.props.get(name) for one in clusters for name in _GROUP_OF_CLUSTER]
        from_cluster = self.of.comes_from("securityGroupId", clusters)
        return from_cluster or (isinstance(self.group, str) and self.group in ids)

    def strangers(self, clusters: Sequence[Resource], allowed: Sequence[str]) -> Iterator[str]:
        """Who else but the group itself comes in."""
        for name in _SOURCES:
            value = self.props.get(name)
            for one in list_of(value) or [value]:
                if one is UNKNOWN:
                    others = self.of.depends_on.get(name, ())
                    if others and not self.of.comes_from(name, clusters):
                        yield " and ".join(urn.rpartition("::")[2] for urn in sorted(others))
                elif one not in (None, [], self.group, *allowed):
                    yield str(one)


_GROUP_OF_CLUSTER = ("securityGroupId", "security_group_id")
"""Output of a cluster by the aws provider, and of one with two stacks."""


def _openings(resources: Sequence[Resource]) -> Iterator[_Opening]:
    for one in of_type(resources, tokens.INGRESS, tokens.GROUP_RULE):
        if one.props.get("type", "ingress") == "ingress":
            yield _Opening(one, one.props, one.props.get("securityGroupId"))
    for one in of_type(resources, tokens.SECURITY_GROUP):
        group = str(one.props.get("arn", "")).rpartition("/")[2]
        for rule in list_of(one.props.get("ingress")):
            yield _Opening(one, mapping_of(rule), group)


def _open_to_others(resources: Sequence[Resource], values: Parameters) -> Iterator[Violation]:
    clusters = of_type(resources, *tokens.CLUSTERS)
    for opening in _openings(resources):
        strangers = list(opening.strangers(clusters, values["allowedSources"]))
        if strangers and opening.reaches_hsms(clusters):
            told = (
                f"{opening.of.name} lets {', '.join(strangers)} reach the HSMs: delete it, and "
                "give the hosts that use the HSMs the cluster's own security group. A source that "
                "is meant to reach them belongs in the parameter allowedSources"
            )
            yield opening.of, told


HSM_PORTS = Rule(
    name="hsm-ports-closed",
    description=(
        f"Only the cluster's own security group reaches ports {FIRST_PORT} to {LAST_PORT} of the "
        "HSMs."
    ),
    level=Level.MANDATORY,
    check=_open_to_others,
    of_stack=True,
    parameters={
        "allowedSources": Parameter(
            [], "CIDR blocks, and ids of security groups, that may reach the HSMs as well."
        )
    },
)
