"""The standing workflows, really run: moto interprets them, the emulator answers their calls.

Not rehearsed: Scheduler that starts them, IAM, and AWS's own reading of the definition.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from pulumi_cloudhsm.aws.backups import BackupCopies
from pulumi_cloudhsm.aws.session import AwsAccess
from pulumi_cloudhsm.backups import choice, workflow
from tests.support.emulated_cloudhsm import EmulatedCloudHsm

AWAY, THIRD = "eu-central-1", "eu-west-1"
RESOURCE = "vault-backups"
TAGS = {"pulumi-cloudhsm-id": "an-id", "pulumi-cloudhsm": f"org/project/stack/{RESOURCE}"}


@pytest.fixture
def cloud() -> Iterator[EmulatedCloudHsm]:
    emulated = EmulatedCloudHsm()
    emulated.account.pass_time(60)
    with emulated.below_boto3():
        yield emulated


@pytest.fixture
def one_on_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS lists one backup at a time."""
    monkeypatch.setattr(workflow, "_PAGE", 1)


def listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def copy_to(cloud: EmulatedCloudHsm, region: str = AWAY, **given: Any) -> str:
    """Runs the copying workflow; its status."""
    asked = {"clusterId": cloud.cluster_id, "region": region, "mark": workflow.mark(region)}
    ended = cloud.run_workflow(workflow.copying("aws"), {**asked, "tags": listed(TAGS), **given})
    cloud.account.pass_time(200)
    return str(ended.status)


def delete(cloud: EmulatedCloudHsm, keep: int, resource: str = RESOURCE, **given: Any) -> None:
    asked = {"clusterId": cloud.cluster_id, "deploymentId": "an-id", "own": []}
    ended = cloud.run_workflow(
        workflow.deleting("aws", resource, keep), {**asked, **given}, region=AWAY
    )
    assert ended.status == "SUCCEEDED", ended.cause


def ready(cloud: EmulatedCloudHsm, region: str = AWAY) -> list[str]:
    """Ids of the READY backups, those of the newest first."""
    shown = [one for one in cloud.backups(region) if one["BackupState"] == "READY"]
    shown.sort(key=lambda one: one["CreateTimestamp"], reverse=True)
    return [one["BackupId"] for one in shown]


def test_the_newest_backup_is_copied_once_with_the_tags_of_the_stacks_own_copies(
    cloud: EmulatedCloudHsm, one_on_a_page: None
) -> None:
    cloud.back_up()
    assert copy_to(cloud) == "SUCCEEDED"
    (copy,) = cloud.backups(AWAY)
    assert copy["SourceBackup"] == ready(cloud, "us-east-1")[0]
    own = choice.own_copies(BackupCopies(AwsAccess(AWAY)).copies(), TAGS)
    assert [one.backup_id for one in own] == [copy["BackupId"]]
    assert copy_to(cloud) == "SUCCEEDED"
    assert len(cloud.backups(AWAY)) == cloud.made("CopyBackupToRegion") == 1


def test_each_region_and_each_newer_backup_gets_a_copy_of_its_own(cloud: EmulatedCloudHsm) -> None:
    copy_to(cloud)
    assert copy_to(cloud, THIRD) == "SUCCEEDED"
    cloud.back_up()
    copy_to(cloud)
    sources = {
        region: [one["SourceBackup"] for one in cloud.backups(region)] for region in (AWAY, THIRD)
    }
    new, old = ready(cloud, "us-east-1")
    assert sources == {AWAY: [new, old], THIRD: [old]}


def test_a_backup_that_is_not_ready_is_left_to_the_next_run(cloud: EmulatedCloudHsm) -> None:
    copy_to(cloud)
    zone = list(cloud.account.subnets)[1]
    cloud.account.call("CreateHsm", ClusterId=cloud.cluster_id, AvailabilityZone=zone)
    assert copy_to(cloud) == "SUCCEEDED"
    assert len(cloud.backups(AWAY)) == 1
    assert copy_to(cloud) == "SUCCEEDED"
    assert len(cloud.backups(AWAY)) == 2


def test_backups_of_other_clusters_are_not_copied_and_none_at_all_is_a_failure(
    cloud: EmulatedCloudHsm,
) -> None:
    assert copy_to(cloud, clusterId="cluster-22222222222") == "FAILED"
    assert cloud.made("CopyBackupToRegion") == 0


def test_what_aws_refuses_fails_the_run_and_marks_nothing(
    cloud: EmulatedCloudHsm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "_MAX_ATTEMPTS", 0)
    assert copy_to(cloud, "no-such-region") == "FAILED"
    (backup,) = cloud.backups("us-east-1")
    assert not backup.get("TagList")


def test_only_the_oldest_own_copies_beyond_the_wanted_number_are_deleted(
    cloud: EmulatedCloudHsm, one_on_a_page: None
) -> None:
    for _ in range(4):
        cloud.pass_days(1)
        cloud.back_up()
        copy_to(cloud)
    copies = ready(cloud)
    assert len(copies) == 4
    delete(cloud, keep=4)
    assert ready(cloud) == copies
    delete(cloud, keep=2)
    assert ready(cloud) == copies[:2]
    assert [one["BackupState"] for one in cloud.backups(AWAY)].count("PENDING_DELETION") == 2
    delete(cloud, keep=2)
    assert ready(cloud) == copies[:2]


FOREIGN: list[dict[str, str]] = [
    {},
    {**TAGS, "pulumi-cloudhsm-id": "another-id"},
    {**TAGS, "pulumi-cloudhsm": "org/project/stack/another"},
    {**TAGS, "pulumi-cloudhsm": "org/project/stack/another-vault-backups"},
    {"pulumi-cloudhsm-id": "an-id"},
    {"pulumi-cloudhsm": f"org/project/stack/{RESOURCE}"},
    {"one": "an-id", "another": f"org/project/stack/{RESOURCE}"},
]


def test_what_it_has_not_made_is_never_deleted(cloud: EmulatedCloudHsm) -> None:
    source = cloud.backups()[0]["BackupId"]
    for tags in FOREIGN:
        given = {"TagList": listed(tags)} if tags else {}
        cloud.account.call("CopyBackupToRegion", BackupId=source, DestinationRegion=AWAY, **given)
    cloud.back_up()
    copy_to(cloud)
    assert len(ready(cloud)) == len(FOREIGN) + 1
    delete(cloud, keep=1)
    cloud.back_up()
    copy_to(cloud)
    own = ready(cloud)[0]
    delete(cloud, keep=1)
    assert ready(cloud)[0] == own
    assert len(ready(cloud)) == len(FOREIGN) + 1
    assert cloud.made("DeleteBackup") == 1


def test_copies_of_another_cluster_are_neither_counted_nor_deleted(cloud: EmulatedCloudHsm) -> None:
    copy_to(cloud)
    delete(cloud, keep=1, clusterId="cluster-22222222222")
    cloud.back_up()
    copy_to(cloud)
    delete(cloud, keep=1, clusterId="cluster-22222222222")
    assert cloud.made("DeleteBackup") == 0


def test_copies_of_a_renamed_stack_are_its_own_and_a_star_in_a_name_is_a_star(
    cloud: EmulatedCloudHsm,
) -> None:
    old = {**TAGS, "pulumi-cloudhsm": f"org/project/earlier/{RESOURCE}"}
    copy_to(cloud, tags=listed(old))
    cloud.back_up()
    copy_to(cloud)
    delete(cloud, keep=1, resource="vault*")
    assert len(ready(cloud)) == 2
    delete(cloud, keep=1)
    assert len(ready(cloud)) == 1


def test_each_path_leads_to_a_state_and_every_call_is_one_of_the_rights() -> None:
    for name, text in (
        ("copying", workflow.copying("aws-cn")),
        ("deleting", workflow.deleting("aws-cn", "x", 2)),
    ):
        calls = set[str]()
        for machine in machines(json.loads(text)):
            states = machine["States"]
            targets = {machine["StartAt"]}
            for state in states.values():
                targets |= {state[key] for key in ("Next", "Default") if key in state}
                targets |= {one["Next"] for one in state.get("Choices", ())}
                if state["Type"] == "Task":
                    start, _, call = state["Resource"].rpartition(":")
                    assert start == "arn:aws-cn:states:::aws-sdk:cloudhsmv2"
                    calls.add(f"cloudhsm:{call[0].upper()}{call[1:]}")
            assert targets == set(states)
        assert calls == {"cloudhsm:DescribeBackups", *workflow.RIGHTS[name]}


def machines(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield machine
    for state in machine["States"].values():
        if "ItemProcessor" in state:
            yield from machines(state["ItemProcessor"])
