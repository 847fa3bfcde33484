"""What AWS is asked for so that it copies backups by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pulumi_cloudhsm import BackupCopies, BackupCopiesArgs, ClusterFacts
from pulumi_cloudhsm.backups import workflow
from pulumi_cloudhsm.common import CommonArgs
from pulumi_cloudhsm.validation import InputError
from tests.support.made import Made
from tests.support.mocked import under

CLUSTER, HOME = "cluster-abcdefghij2", "eu-central-1"
DAILY = "rate(1 day)"
SCHEDULE = "aws:scheduler/schedule:Schedule"
MACHINE = "aws:sfn/stateMachine:StateMachine"
POLICY = "aws:iam/rolePolicy:RolePolicy"


def copies(name: str = "vault-backups", **given: Any) -> Made:
    args = BackupCopiesArgs(**{"regions": ["eu-west-1", "eu-north-1"], "schedule": DAILY, **given})
    facts = ClusterFacts(
        cluster_id=CLUSTER,
        security_group_id="sg-0123456789abcdef0",
        ca_certificate="PEM",
        vpc_id="vpc-1",
        subnet_ids=[],
        zones=[],
        subnet_cidrs=[],
        common=CommonArgs(region=HOME, tags={"team": "vault"}),
    )
    return under(Made(), lambda: BackupCopies(name, args, cluster=facts))


def statements(made: Made, name: str) -> dict[str, Any]:
    """Resource by action."""
    found: dict[str, Any] = {}
    for one in json.loads(made.of(POLICY)[name]["policy"])["Statement"]:
        actions = one["Action"] if isinstance(one["Action"], list) else [one["Action"]]
        found |= dict.fromkeys(actions, one["Resource"])
    return found


def test_without_a_schedule_there_is_none() -> None:
    made = copies(schedule=None, keep=2)
    assert made.of(SCHEDULE) == made.of(MACHINE) == made.of("aws:iam/role:Role") == {}
    assert all(not one["scheduled"] for name, (_, one) in made.all.items() if "scheduled" in one)


def test_each_region_has_a_schedule_that_starts_the_workflow_with_what_it_needs() -> None:
    made = copies()
    assert set(made.of(MACHINE)) == {"vault-backups-copy-machine"}
    machine = made.of(MACHINE)["vault-backups-copy-machine"]
    assert machine["definition"] == workflow.copying("aws")
    assert "region" not in machine
    schedules = made.of(SCHEDULE)
    assert set(schedules) == {"vault-backups-start-eu-west-1", "vault-backups-start-eu-north-1"}
    for region in ("eu-west-1", "eu-north-1"):
        one = schedules[f"vault-backups-start-{region}"]
        assert one["scheduleExpression"] == DAILY
        assert one["target"]["arn"].endswith(":stateMachine:mocked")
        given = json.loads(one["target"]["input"])
        assert given.keys() == {"clusterId", "region", "mark", "tags"}
        assert (given["clusterId"], given["region"]) == (CLUSTER, region)
        assert given["mark"] == workflow.mark(region)
        (copy,) = (
            one
            for typ, one in made.all.values()
            if typ.endswith("CopiedBackup") and one["region"] == region
        )
        assert {tag["Key"]: tag["Value"] for tag in given["tags"]} == copy["tags"]
        assert copy["tags"]["team"] == "vault"
        assert copy["scheduled"] is True


def test_only_a_number_to_keep_deletes_and_only_where_the_copies_are() -> None:
    made = copies(keep=2)
    for region in ("eu-west-1", "eu-north-1"):
        machine = made.of(MACHINE)[f"vault-backups-keep-{region}-machine"]
        assert machine["region"] == region
        assert machine["definition"] == workflow.deleting("aws", f"vault-backups-{region}", 2)
        schedule = made.of(SCHEDULE)[f"vault-backups-start-{region}-keep"]
        assert schedule["region"] == region
        given = json.loads(schedule["target"]["input"])
        (copy,) = (
            one
            for typ, one in made.all.values()
            if typ.endswith("CopiedBackup") and one["region"] == region
        )
        expected = {"deploymentId": copy["tags"]["pulumi-cloudhsm-id"], "own": []}
        assert given == {"clusterId": CLUSTER, **expected}
        assert copy["tags"]["pulumi-cloudhsm"].endswith(f"/vault-backups-{region}")


def test_the_roles_may_do_what_the_workflow_does_with_backups_of_this_account_and_no_more() -> None:
    made = copies(keep=2)
    backups = "arn:aws:cloudhsm:*:123456789012:backup/*"
    assert statements(made, "vault-backups-copy-rights") == {
        "cloudhsm:DescribeBackups": "*",
        "cloudhsm:CopyBackupToRegion": backups,
        "cloudhsm:TagResource": backups,
    }
    assert statements(made, "vault-backups-keep-eu-west-1-rights") == {
        "cloudhsm:DescribeBackups": "*",
        "cloudhsm:DeleteBackup": backups,
    }
    assert statements(made, "vault-backups-start-rights").keys() == {"states:StartExecution"}
    role = made.of("aws:iam/role:Role")["vault-backups-copy-role"]
    (trusted,) = json.loads(role["assumeRolePolicy"])["Statement"]
    assert trusted["Principal"] == {"Service": "states.amazonaws.com"}
    source = trusted["Condition"]["StringEquals"]["aws:SourceArn"]
    assert source == f"arn:aws:states:{HOME}:123456789012:stateMachine:{role['name']}"


def test_a_name_that_makes_a_roles_name_too_long_is_refused() -> None:
    longest = copies("v" * 49)
    assert max(len(one["name"]) for one in longest.of("aws:iam/role:Role").values()) == 64
    with pytest.raises(InputError, match=r"shorten the name v+ to 49 characters"):
        copies("v" * 50)
    with pytest.raises(InputError, match=r"shorten the name v+ to 38 characters"):
        copies("v" * 49, keep=1)


@pytest.mark.parametrize(
    "schedule", ["rate(1 day)", "rate(12 hours)", "rate(1 hour)", "cron(0 3 * * ? *)"]
)
def test_a_schedule_is_what_scheduler_takes(schedule: str) -> None:
    BackupCopiesArgs(regions=["eu-west-1"], schedule=schedule).check(HOME)


@pytest.mark.parametrize(
    "schedule",
    ["", "daily", "1 day", "rate(1 days)", "rate(0 days)", "rate(5 minutes)", "cron(0 3 * *)"],
)
def test_what_scheduler_would_refuse_is_refused_in_the_preview(schedule: str) -> None:
    with pytest.raises(InputError, match="schedule"):
        BackupCopiesArgs(regions=["eu-west-1"], schedule=schedule).check(HOME)
