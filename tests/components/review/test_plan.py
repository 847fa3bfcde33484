"""A plan is read from the engine's JSON or from its events, and nothing else is taken for one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pulumi_cloudhsm.review.plan import Action, PlanError, read_plan
from tests.components.review.plans import CLUSTER, HSM, document, events, plan, step, violation

STEPS = (
    step("same", CLUSTER, "vault-cluster"),
    step("create", HSM, "vault-hsm-3"),
    step("delete", HSM, "vault-hsm-2"),
)


def test_json_and_events_of_a_preview_are_the_same_plan() -> None:
    assert read_plan(events(*STEPS)) == read_plan(document(*STEPS))


def test_the_stack_and_the_region_are_read() -> None:
    found = plan(*STEPS, region="eu-central-1")
    assert (found.stack, found.region) == ("prod", "eu-central-1")


def test_actions_are_told_in_a_reviewers_words() -> None:
    actions = {one.name: one.action for one in plan(*STEPS).changes}
    assert actions == {
        "vault-cluster": Action.KEEP,
        "vault-hsm-3": Action.CREATE,
        "vault-hsm-2": Action.DELETE,
    }


def test_the_steps_of_a_replacement_are_one_change() -> None:
    old, new = {"hsmType": "hsm1.medium"}, {"hsmType": "hsm2m.medium"}
    found = plan(
        step("delete-replaced", CLUSTER, old=old, protect=True),
        step("replace", CLUSTER, old=old, new=new, replaceReasons=["hsmType"]),
        step("create-replacement", CLUSTER, new=new),
    )
    (change,) = found.changes
    assert change.action is Action.REPLACE
    assert (change.old["hsmType"], change.new["hsmType"]) == ("hsm1.medium", "hsm2m.medium")
    assert change.protected
    assert change.paths == ("hsmType",)


def test_what_is_retained_at_aws_is_not_deleted() -> None:
    gone = step("delete", HSM)
    gone["oldState"]["retainOnDelete"] = True
    assert plan(gone).changes[0].action is Action.FORGET


def test_a_plan_without_the_unchanged_resources_is_refused_with_the_option_to_use() -> None:
    text = document(step("create", HSM), changeSummary={"create": 1, "same": 40})
    with pytest.raises(PlanError, match="--show-sames"):
        read_plan(text)


@pytest.mark.parametrize("text", ["", "error: no stack", '{"version": 3}', "[1]"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(PlanError, match="no plan"):
        read_plan(text)


def test_findings_of_policies_come_from_the_events() -> None:
    log = events(more=[violation()])
    (finding,) = read_plan(document(*STEPS), log).findings
    assert finding.stops
    assert (finding.policy, finding.resource) == ("protected", "cloudhsm-cluster")
    assert finding.message.startswith(
        "What holds data or keys is protected from deletion. cloudhsm-cluster is not protected"
    )
    assert not read_plan(events(*STEPS, more=[violation("advisory")])).findings[0].stops


def test_a_preview_that_only_policies_refuse_has_findings_and_no_error() -> None:
    stream = Path(__file__).with_name("policy_events.jsonl").read_text()
    found = read_plan(stream)
    assert found.errors == ()
    assert sum(one.stops for one in found.findings) == 4
    assert len(found.findings) == 6


def test_lines_of_the_engine_lose_colours_prefixes_and_urns_and_are_told_once() -> None:
    urn = STEPS[0]["urn"]
    failed = {
        "severity": "error",
        "message": f'<{{%reset%}}>error: Preview failed: "{urn}" is\nprotected',
    }
    last = {"severity": "error", "message": "error: preview failed\n"}
    warned = {"severity": "warning", "message": "warning: look"}
    found = plan(*STEPS, diagnostics=[failed, failed, warned, last])
    assert found.errors == ('"vault-cluster" is protected',)
    assert found.warnings == ("look",)
    of_events = read_plan(
        events(*STEPS, more=[{"diagnosticEvent": one} for one in (failed, warned, last)])
    )
    assert (of_events.errors, of_events.warnings) == (found.errors, found.warnings)


def test_a_stack_without_resources_is_a_plan() -> None:
    assert read_plan(json.dumps({"steps": None, "config": None})).changes == ()
