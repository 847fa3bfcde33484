"""What scanners of infrastructure look for holds in a plan of the whole chain, or is explained.

Each rule is that of a public scanner, in our words; its id is in the page with the explanations.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.recording import ROOT, bare, config, run

PAGE = ROOT / "docs" / "reference" / "scanners.md"
ANYWHERE = {"0.0.0.0/0", "::/0"}
CHAIN = config(activation={"mode": "ssm"}, hsms={"count": 2}, keyStore={}, fileSystem={})


@dataclass(frozen=True)
class Planned:
    """A resource of a plan: the last part of its type token, its name and its inputs."""

    kind: str
    name: str
    inputs: Mapping[str, Any]


Plan = list[Planned]


def of(plan: Plan, *kinds: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((one.name, one.inputs) for one in plan if one.kind in kinds)


def open_ways(plan: Plan, kind: str, key: str) -> Iterator[str]:
    """Rules of security groups that name everywhere, by themselves or within their group."""
    for name, given in of(plan, f"SecurityGroup{key.capitalize()}Rule"):
        if ANYWHERE & {given.get("cidrIpv4"), given.get("cidrIpv6")}:
            yield name
    for name, given in of(plan, "SecurityGroup"):
        if any(ANYWHERE & {*one.get("cidrBlocks", ())} for one in given.get(key, ())):
            yield name


def public_access(plan: Plan) -> Iterator[str]:
    yield from open_ways(plan, "SecurityGroupIngressRule", "ingress")
    for name, given in of(plan, "Subnet"):
        if given.get("mapPublicIpOnLaunch") is not False:
            yield name
    for name, given in of(plan, "Instance"):
        if given.get("associatePublicIpAddress") is not False:
            yield name
    for name, given in of(plan, "RouteTable"):
        if any("gatewayId" in one for one in given.get("routes", ())):
            yield name


def unencrypted(plan: Plan) -> Iterator[str]:
    for name, given in of(plan, "Instance"):
        if not given.get("rootBlockDevice", {}).get("encrypted"):
            yield name
    yield from (name for name, given in of(plan, "OntapFileSystem") if not given.get("kmsKeyId"))


def old_metadata(plan: Plan) -> Iterator[str]:
    for name, given in of(plan, "Instance"):
        if given.get("metadataOptions", {}).get("httpTokens") != "required":
            yield name


def wildcards(plan: Plan) -> Iterator[str]:
    for name, given in of(plan, "RolePolicy", "Policy", "Role"):
        text = given.get("policy") or given.get("assumeRolePolicy") or "{}"
        for one in json.loads(text).get("Statement", ()):
            named = json.dumps([one.get("Action"), one.get("Resource"), one.get("Principal")])
            if "*" in named and one["Effect"] == "Allow":
                yield name


def open_egress(plan: Plan) -> Iterator[str]:
    yield from open_ways(plan, "SecurityGroupEgressRule", "egress")


def secrets_without_key(plan: Plan) -> Iterator[str]:
    yield from (name for name, given in of(plan, "PasswordSecret") if not given.get("kms_key"))


def secrets_without_rotation(plan: Plan) -> Iterator[str]:
    rotated = {given.get("secretId") for _, given in of(plan, "SecretRotation")}
    yield from (name for name, _ in of(plan, "PasswordSecret") if name not in rotated)


def keys_without_rotation(plan: Plan) -> Iterator[str]:
    yield from (name for name, given in of(plan, "Key") if not given.get("enableKeyRotation"))


def no_flow_log(plan: Plan) -> Iterator[str]:
    logged = {given.get("vpcId") for _, given in of(plan, "FlowLog")}
    yield from (name for name, given in of(plan, "Vpc") if not logged)


RULES: dict[str, Callable[[Plan], Iterator[str]]] = {
    "public access": public_access,
    "unencrypted disk": unencrypted,
    "IMDSv1": old_metadata,
    "wildcard in IAM": wildcards,
    "open egress": open_egress,
    "secret without key": secrets_without_key,
    "secret without rotation": secrets_without_rotation,
    "key without rotation": keys_without_rotation,
    "VPC without flow log": no_flow_log,
}
BAD: dict[str, list[Planned]] = {
    "public access": [
        Planned("SecurityGroupIngressRule", "a", {"cidrIpv4": "0.0.0.0/0"}),
        Planned("SecurityGroup", "b", {"ingress": [{"cidrBlocks": ["::/0"]}]}),
        Planned("Subnet", "c", {}),
        Planned("Instance", "d", {}),
        Planned("RouteTable", "e", {"routes": [{"gatewayId": "igw-1"}]}),
    ],
    "unencrypted disk": [Planned("Instance", "a", {}), Planned("OntapFileSystem", "b", {})],
    "IMDSv1": [Planned("Instance", "a", {"metadataOptions": {"httpTokens": "optional"}})],
    "wildcard in IAM": [
        Planned(
            "RolePolicy",
            "a",
            {"policy": '{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "b"}]}'},
        )
    ],
    "open egress": [Planned("SecurityGroupEgressRule", "a", {"cidrIpv6": "::/0"})],
    "secret without key": [Planned("PasswordSecret", "a", {})],
    "secret without rotation": [Planned("PasswordSecret", "a", {})],
    "key without rotation": [Planned("Key", "a", {})],
    "VPC without flow log": [Planned("Vpc", "a", {})],
}


def explained() -> set[tuple[str, str]]:
    """Rule and resource of each row of the page."""
    rows = re.findall(r"^\| ([A-Za-z0-9 ]+) \| `([^`]+)` \| .+ \|$", PAGE.read_text(), re.MULTILINE)
    return {(rule, name) for rule, name in rows}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_finds_what_breaks_it(rule: str) -> None:
    assert set(RULES[rule](BAD[rule])) == {one.name for one in BAD[rule]}


def test_the_whole_chain_breaks_only_the_rules_that_the_page_explains() -> None:
    done = run(CHAIN).succeeded()
    plan = [
        Planned(one.type.rpartition(":")[2], one.name, bare(one.inputs)) for one in done.resources
    ]
    assert {"Instance", "OntapFileSystem", "PasswordSecret", "Key", "RolePolicy"} <= {
        one.kind for one in plan
    }
    found = {(rule, name) for rule, broken in RULES.items() for name in broken(plan)}
    assert found == explained()
    assert all(f"| {rule} |" in PAGE.read_text() for rule in RULES)
