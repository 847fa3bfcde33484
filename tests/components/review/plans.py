"""Plans as the engine prints them, made of a few steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pulumi_cloudhsm.review.plan import Plan, read_plan

HSM = "aws:cloudhsmv2/hsm:Hsm"
CLUSTER = "aws:cloudhsmv2/cluster:Cluster"
KEY = "aws:kms/key:Key"
FILE_SYSTEM = "aws:fsx/ontapFileSystem:OntapFileSystem"
VOLUME = "aws:fsx/ontapVolume:OntapVolume"
ONTAP = {"storageCapacity": 1024, "throughputCapacity": 128, "deploymentType": "SINGLE_AZ_1"}


def dynamic(name: str) -> str:
    """The type token of a dynamic resource of the package."""
    return f"pulumi-python:dynamic/cloudhsm:{name}"


def step(
    op: str, kind: str, name: str = "one", old: Any = None, new: Any = None, **extra: Any
) -> dict[str, Any]:
    """A step as `preview --json` has it; inputs of a state that exists default to none."""
    urn = f"urn:pulumi:prod::vault::{kind}::{name}"
    custom = not kind.startswith("cloudhsm:index:")
    has_old = op not in ("create", "import", "create-replacement")
    has_new = not op.startswith("delete")
    found: dict[str, Any] = {"op": op, "urn": urn}
    protect = extra.pop("protect", False)
    if has_old:
        found["oldState"] = {
            "type": kind,
            "custom": custom,
            "inputs": old or {"x": 1},
            "protect": protect,
        }
    if has_new:
        inputs = new or old or {"x": 1}
        found["newState"] = {"type": kind, "custom": custom, "inputs": inputs}
    return found | extra


def document(*steps: dict[str, Any], region: str = "us-east-1", **extra: Any) -> str:
    """The JSON of a preview with these steps."""
    same = sum(one["op"] == "same" for one in steps)
    content = {
        "config": {"aws:region": region},
        "steps": list(steps),
        "changeSummary": {"same": same},
    }
    return json.dumps(content | extra)


def plan(*steps: dict[str, Any], **extra: Any) -> Plan:
    """The plan of these steps."""
    return read_plan(document(*steps, **extra))


def events(*steps: dict[str, Any], region: str = "us-east-1", more: Any = ()) -> str:
    """The event log of the same preview."""
    log: list[dict[str, Any]] = [{"preludeEvent": {"config": {"aws:region": region}}}]
    for one in steps:
        metadata = {"op": one["op"], "urn": one["urn"]}
        metadata |= {"old": one.get("oldState"), "new": one.get("newState")}
        log.append({"resourcePreEvent": {"metadata": metadata}})
    return "\n".join(
        json.dumps({"sequence": number, "timestamp": 1, **one})
        for number, one in enumerate([*log, *more])
    )


def violation(level: str = "mandatory") -> dict[str, Any]:
    """A real event of a policy that is violated, as a streamed preview with the pack gave it."""
    lines = Path(__file__).with_name("policy_events.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    found = (one for one in events if one.get("policyEvent", {}).get("enforcementLevel") == level)
    return {"policyEvent": next(found)["policyEvent"]}
