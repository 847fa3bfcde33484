"""The deployment of a stack as a Mermaid flowchart, which GitHub, GitLab and Sphinx render.

Mermaid needs no program to be read, follows the page's light or dark theme, and fits its width.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from ..review.words import several

_GIB = 1024**3
_FINGERPRINT = 23
"""Characters of a fingerprint that a box shows: eight bytes."""


class StateError(ValueError):
    """The text is no state of a stack; the line says what to give instead."""


@dataclass(frozen=True)
class Resource:
    """One resource of the state: the last part of its type token, its id, and what it tells."""

    class_name: str
    identifier: str
    facts: Mapping[str, Any]

    def fact(self, name: str) -> str:
        """A fact as text; empty where it is not told, or secret."""
        value = self.facts.get(name)
        return "" if value is None or isinstance(value, Mapping | list) else str(value)


def read_state(text: str) -> list[Resource]:
    """Reads the output of `pulumi stack export`.

    Raises:
        StateError: it is something else.
    """
    try:
        found: Any = json.loads(text)
        listed = cast("list[dict[str, Any]]", found["deployment"].get("resources") or [])
    except (json.JSONDecodeError, KeyError, TypeError):
        raise StateError("no state: give the output of `pulumi stack export`") from None
    return [
        Resource(
            str(one["type"]).rpartition(":")[2],
            str(one.get("id", "")),
            {**(one.get("inputs") or {}), **(one.get("outputs") or {})},
        )
        for one in listed
        if not one.get("delete")
    ]


def mermaid(resources: Sequence[Resource]) -> str:
    """The flowchart of a state's resources."""
    return "\n".join(["flowchart TB", *_Chart(resources).lines()]) + "\n"


class _Chart:
    def __init__(self, resources: Sequence[Resource]) -> None:
        self._resources = resources

    def lines(self) -> Iterator[str]:
        """Boxes first, then arrows: what an arrow begins at uses what it leads to."""
        yield from self._network()
        yield from self._cluster()
        yield from self._keys()
        yield from self._files()

    def _of(self, *class_names: str) -> list[Resource]:
        return [one for one in self._resources if one.class_name in class_names]

    def _network(self) -> Iterator[str]:
        network = next(iter(self._of("Vpc")), None)
        name = "network of another stack"
        if network is not None:
            name = f"VPC {network.identifier}, {network.fact('cidrBlock')}"
        yield f"    subgraph network[{_quoted(name)}]"
        hsms = self._of("Hsm")
        placed = self._of("Subnet")
        zones = sorted({one.fact("availabilityZone") for one in [*placed, *hsms]} - {""})
        for number, zone in enumerate(zones):
            yield f"        subgraph zone{number}[{_quoted(zone)}]"
            yield "            direction TB"
            yield from (f"        {line}" for line in self._zone(number, zone))
            yield "        end"
        yield "    end"

    def _zone(self, number: int, zone: str) -> Iterator[str]:
        yield f'    place{number}(["{several("subnet", self._subnets(zone))}"])'
        for hsm in self._of("Hsm"):
            if hsm.fact("availabilityZone") == zone:
                state = hsm.fact("hsmState") or "not refreshed"
                yield _box(_node(hsm), "HSM", hsm.identifier, hsm.fact("ipAddress"), state)
        for host in self._of("Instance"):
            if host.fact("availabilityZone") == zone:
                kind, state = host.fact("instanceType"), host.fact("instanceState")
                yield _box(_node(host), "client host", host.identifier, kind, state)
        for gateway in self._of("NatGateway"):
            subnets = [one for one in self._of("Subnet") if one.fact("availabilityZone") == zone]
            if gateway.fact("subnetId") in {one.identifier for one in subnets}:
                yield _box(_node(gateway), "NAT gateway", gateway.identifier)

    def _subnets(self, zone: str) -> int:
        return sum(one.fact("availabilityZone") == zone for one in self._of("Subnet"))

    def _cluster(self) -> Iterator[str]:
        for cluster in self._of("Cluster", "DualStackCluster"):
            kind = ", ".join(filter(None, (cluster.fact("hsmType"), cluster.fact("mode"))))
            yield _box("cluster", "cluster", cluster.identifier, kind, self._state(cluster))
            for hsm in self._of("Hsm"):
                yield f"    cluster --- {_node(hsm)}"
            for host in self._of("Instance"):
                yield f"    {_node(host)} -.-> cluster"
            yield from self._trust()

    def _state(self, cluster: Resource) -> str:
        """The newest state that a part knows: the cluster's own resource is not refreshed."""
        for part in ("ClusterActivation", "ClusterRestoration", "ClusterInitialization"):
            for one in self._of(part):
                if one.fact("state"):
                    return one.fact("state")
        return cluster.fact("clusterState")

    def _trust(self) -> Iterator[str]:
        trust = next(iter(self._of("CloudHsmCluster")), None)
        for anchor in self._of("ClusterInitialization"):
            given = cast("Mapping[str, Any]", (trust.facts.get("trust") or {}) if trust else {})
            mode = str(given.get("mode") or "generated")
            print_ = anchor.fact("ca_certificate_sha256")[:_FINGERPRINT]
            until = anchor.fact("ca_certificate_expires")[:10]
            yield _box("trust", f"trust anchor, {mode}", f"SHA-256 {print_}…", f"until {until}")
            yield "    cluster --> trust"
        for proof in self._of("ClusterIdentity"):
            verified = proof.facts.get("verified")
            yield _box(
                "proof",
                "identity of the first HSM",
                proof.fact("hsm_id"),
                "both chains verified" if verified else "verified in part",
            )
            yield "    trust --> proof"

    def _keys(self) -> Iterator[str]:
        for store in self._of("CustomKeyStore"):
            state = store.fact("connection_state")
            yield _box("store", "key store", store.fact("key_store_name"), store.identifier, state)
            yield "    store --> cluster"
        for number, key in enumerate(self._stored_keys()):
            aliases = [
                one.fact("name")
                for one in self._of("Alias")
                if one.fact("targetKeyId") == key.identifier
            ]
            state = "enabled" if key.facts.get("isEnabled", True) else "disabled"
            yield _box(f"key{number}", "KMS key", *aliases, key.identifier, state)
            yield f"    key{number} --> store"

    def _stored_keys(self) -> list[Resource]:
        return [one for one in self._of("Key") if one.fact("customKeyStoreId")]

    def _files(self) -> Iterator[str]:
        for number, system in enumerate(self._of("OntapFileSystem")):
            size = f"{system.fact('storageCapacity')} GiB, {system.fact('throughputCapacity')} MBps"
            name = f"files{number}"
            yield _box(name, "file system", system.identifier, system.fact("deploymentType"), size)
            arns = [one.fact("arn") for one in self._stored_keys()]
            if system.fact("kmsKeyId") in arns:
                yield f"    {name} --> key{arns.index(system.fact('kmsKeyId'))}"
            for volume in self._of("OntapVolume"):
                if volume.fact("fileSystemId") == system.identifier:
                    yield _box(_node(volume), "volume", *_volume(volume))
                    yield f"    {_node(volume)} --> {name}"


def _volume(volume: Resource) -> tuple[str, ...]:
    size = volume.fact("sizeInBytes")
    gib = f"{int(size) / _GIB:g} GiB" if size.isdigit() else ""
    return volume.fact("name"), volume.fact("junctionPath"), gib


def _node(resource: Resource) -> str:
    return re.sub(r"\W", "_", resource.identifier) or resource.class_name


def _box(node: str, title: str, *facts: str) -> str:
    return f"    {node}[{_quoted('<br/>'.join([f'<b>{title}</b>', *filter(None, facts)]))}]"


def _quoted(text: str) -> str:
    """Text of a box; Mermaid ends it at a quote and has its own signs for characters."""
    return '"' + text.replace('"', "#quot;").replace("`", "#96;") + '"'
