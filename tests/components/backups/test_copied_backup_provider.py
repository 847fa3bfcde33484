"""Copies of backups: made once, adopted, made again when too old, and never deleted unasked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from pulumi_cloudhsm.aws.session import AwsAccess
from pulumi_cloudhsm.backups.copied_backup_provider import (
    CopiedBackupInputs,
    CopiedBackupProvider,
)
from pulumi_cloudhsm.dynamic_provider import log_line
from pulumi_cloudhsm.errors import StateError
from pulumi_cloudhsm.waiting.waiter import Timing, Waiter
from rehearsal.emulator.core import moto_backends
from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.core.place import Place
from tests.support.emulated_cloudhsm import EmulatedCloudHsm

HOME, AWAY = "us-east-1", "eu-central-1"
TAGS = {"pulumi-cloudhsm-id": "an-id", "pulumi-cloudhsm": "org/project/stack/vault-backups"}
FRIEND = "210987654321"


@pytest.fixture
def cloud() -> Iterator[EmulatedCloudHsm]:
    emulated = EmulatedCloudHsm()
    with emulated.below_boto3():
        yield emulated


def provider(cloud: EmulatedCloudHsm) -> CopiedBackupProvider:
    class OnEmulator(CopiedBackupProvider):
        def waiter(self) -> Waiter:
            return cloud.waiter(log_line)

        def now(self) -> datetime:
            return cloud.now()

    return OnEmulator()


def inputs(cloud: EmulatedCloudHsm, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "access": AwsAccess(HOME),
        "timing": Timing(600, 7200),
        "cluster_id": cloud.cluster_id,
        "region": AWAY,
        "max_age_days": 7.0,
        "tags": TAGS,
        **changes,
    }
    return CopiedBackupInputs(**given).props()


def created(cloud: EmulatedCloudHsm, **changes: Any) -> dict[str, Any]:
    outs = provider(cloud).create(inputs(cloud, **changes)).outs
    assert outs is not None
    return outs


def changes(cloud: EmulatedCloudHsm, olds: dict[str, Any], **news: Any) -> bool:
    return bool(provider(cloud).diff("id", olds, inputs(cloud, **news)).changes)


def updated(cloud: EmulatedCloudHsm, olds: dict[str, Any], **news: Any) -> dict[str, Any]:
    outs = provider(cloud).update("id", olds, inputs(cloud, **news)).outs
    assert outs is not None
    return outs


def read(cloud: EmulatedCloudHsm, olds: dict[str, Any]) -> dict[str, Any]:
    outs = provider(cloud).read("id", olds).outs
    assert outs is not None
    return outs


def copied_by_hand(cloud: EmulatedCloudHsm, **given: Any) -> None:
    backup_id = cloud.backups()[0]["BackupId"]
    cloud.account.call("CopyBackupToRegion", BackupId=backup_id, DestinationRegion=AWAY, **given)


def with_our_tags() -> dict[str, Any]:
    return {"TagList": [{"Key": key, "Value": value} for key, value in TAGS.items()]}


def test_the_first_backup_is_waited_for_and_copied_once(cloud: EmulatedCloudHsm) -> None:
    assert cloud.backups()[0]["BackupState"] == "CREATE_IN_PROGRESS"
    outs = created(cloud)
    (source,), (copy,) = cloud.backups(), cloud.backups(AWAY)
    assert (copy["BackupState"], copy["SourceBackup"]) == ("READY", source["BackupId"])
    assert (outs["copy_id"], outs["source_backup_id"]) == (copy["BackupId"], source["BackupId"])
    assert outs["copy_arn"] == copy["BackupArn"]
    assert datetime.fromisoformat(outs["backed_up_at"]).timestamp() == source["CreateTimestamp"]
    assert cloud.made("CopyBackupToRegion") == 1
    assert not changes(cloud, outs)


@pytest.mark.parametrize("passed", [0, 3, 60, 600])
def test_a_copy_under_way_or_done_is_adopted(cloud: EmulatedCloudHsm, passed: float) -> None:
    cloud.account.pass_time(60)
    copied_by_hand(cloud)
    cloud.account.pass_time(max(passed, 5))
    outs = created(cloud)
    assert cloud.made("CopyBackupToRegion") == 0
    assert outs["copy_id"] == cloud.backups(AWAY)[0]["BackupId"]


def test_a_lost_answer_makes_no_second_copy(cloud: EmulatedCloudHsm) -> None:
    cloud.lost_answers.add("CopyBackupToRegion")
    created(cloud)
    assert len(cloud.backups(AWAY)) == 1
    assert cloud.made("CopyBackupToRegion") == 1


def test_a_copy_that_aws_gives_up_is_an_error_and_the_next_up_copies_again(
    cloud: EmulatedCloudHsm,
) -> None:
    cloud.account.service.faults.add({"kind": "backup_copy_fails"})
    with pytest.raises(StateError, match=r"AWS gave up backup-\w+, the copy of backup-"):
        created(cloud)
    assert created(cloud)["copy_id"] == cloud.backups(AWAY)[0]["BackupId"]


def test_an_old_copy_is_drift_and_the_next_up_copies_the_newest_backup(
    cloud: EmulatedCloudHsm,
) -> None:
    outs = created(cloud)
    cloud.pass_days(6)
    assert not changes(cloud, outs)
    cloud.pass_days(1.1)
    assert changes(cloud, outs), "without a refresh, too"
    cloud.back_up()
    newer = updated(cloud, outs)
    assert newer["source_backup_id"] == cloud.backups()[0]["BackupId"] != outs["source_backup_id"]
    assert len(cloud.backups(AWAY)) == 2, "the old copy stays"
    assert cloud.made("DeleteBackup") == 0
    assert not changes(cloud, newer)


def test_without_a_newer_backup_it_says_so_and_looks_again_a_day_later(
    cloud: EmulatedCloudHsm, capsys: pytest.CaptureFixture[str]
) -> None:
    outs = created(cloud)
    cloud.pass_days(8)
    looked = updated(cloud, outs)
    assert "AWS makes none of a cluster without HSMs" in capsys.readouterr().out
    assert looked["copy_id"] == outs["copy_id"]
    assert cloud.made("CopyBackupToRegion") == 1
    assert not changes(cloud, looked)
    cloud.pass_days(1.1)
    assert changes(cloud, looked)


def test_a_copy_that_somebody_deletes_is_missed_by_a_refresh_and_made_again(
    cloud: EmulatedCloudHsm,
) -> None:
    outs = created(cloud)
    cloud.ask(AWAY, "DeleteBackup", {"BackupId": outs["copy_id"]})
    seen = read(cloud, outs)
    assert seen["copy_id"] == ""
    assert changes(cloud, seen)
    again = updated(cloud, seen)
    assert again["copy_id"] not in ("", outs["copy_id"])
    assert read(cloud, again) == again


def test_only_own_copies_are_deleted_and_only_beyond_what_is_kept(cloud: EmulatedCloudHsm) -> None:
    cloud.account.pass_time(60)
    copied_by_hand(cloud)
    cloud.pass_days(8)
    by_hand = {one["BackupId"] for one in cloud.backups(AWAY)}
    outs = created(cloud, keep=2)
    for _ in range(3):
        cloud.pass_days(8)
        cloud.back_up()
        outs = updated(cloud, outs, keep=2)
    ready = {one["BackupId"] for one in cloud.backups(AWAY) if one["BackupState"] == "READY"}
    assert by_hand <= ready
    assert len(ready - by_hand) == 2
    assert outs["copy_id"] in ready


def test_the_copy_in_use_is_kept_whatever_else_there_is(cloud: EmulatedCloudHsm) -> None:
    outs = created(cloud)
    copied_by_hand(cloud, **with_our_tags())
    cloud.account.pass_time(200)
    kept = updated(cloud, outs, keep=1)
    states = {one["BackupId"]: one["BackupState"] for one in cloud.backups(AWAY)}
    assert states.pop(kept["copy_id"]) == "READY"
    assert list(states.values()) == ["PENDING_DELETION"]


def test_a_copy_is_shared_with_accounts_and_drift_of_the_policy_is_mended(
    cloud: EmulatedCloudHsm,
) -> None:
    outs = created(cloud, share_with=[FRIEND])
    policy = {"ResourceArn": outs["copy_arn"]}

    def seen() -> str:
        return cloud.ask(AWAY, "GetResourcePolicy", policy).get("Policy", "")

    assert f"arn:aws:iam::{FRIEND}:root" in seen()
    assert not changes(cloud, read(cloud, outs), share_with=[FRIEND])
    cloud.ask(AWAY, "DeleteResourcePolicy", policy)
    drifted = read(cloud, outs)
    assert drifted["shared_with"] == []
    assert changes(cloud, drifted, share_with=[FRIEND])
    mended = updated(cloud, drifted, share_with=[FRIEND])
    assert FRIEND in seen()
    assert changes(cloud, mended)
    assert updated(cloud, mended)["shared_with"] == []
    assert seen() == ""


def test_a_policy_of_somebody_else_is_not_overwritten(cloud: EmulatedCloudHsm) -> None:
    outs = created(cloud)
    foreign = '{"Version": "2012-10-17", "Statement": [{"Sid": "Theirs"}]}'
    policy = {"ResourceArn": outs["copy_arn"], "Policy": foreign}
    cloud.ask(AWAY, "PutResourcePolicy", policy)
    assert not changes(cloud, read(cloud, outs)), "who shares by hand is left alone"
    with pytest.raises(StateError, match="a policy that this program did not write"):
        updated(cloud, outs, share_with=[FRIEND])
    assert updated(cloud, outs)["shared_with"] == []


def test_a_copy_of_somebody_else_is_not_shared_but_copied_again(cloud: EmulatedCloudHsm) -> None:
    cloud.account.pass_time(60)
    copied_by_hand(cloud)
    cloud.account.pass_time(200)
    (theirs,) = cloud.backups(AWAY)
    outs = created(cloud, share_with=[FRIEND])
    assert outs["copy_id"] != theirs["BackupId"]
    asked = {"ResourceArn": theirs["BackupArn"]}
    assert cloud.ask(AWAY, "GetResourcePolicy", asked) == {}


def test_a_destroy_deletes_no_copy_and_says_what_stays(
    cloud: EmulatedCloudHsm, capsys: pytest.CaptureFixture[str]
) -> None:
    outs = created(cloud)
    provider(cloud).delete("id", outs)
    assert cloud.backups(AWAY)[0]["BackupState"] == "READY"
    assert f"AWS keeps 1 copies of backups in {AWAY}" in capsys.readouterr().out


def test_a_destroy_that_is_told_to_deletes_its_own_copies_only(cloud: EmulatedCloudHsm) -> None:
    outs = created(cloud, delete_on_destroy=True)
    copied_by_hand(cloud)
    cloud.account.pass_time(200)
    provider(cloud).delete("id", outs)
    states = {one["BackupId"]: one["BackupState"] for one in cloud.backups(AWAY)}
    assert states.pop(outs["copy_id"]) == "PENDING_DELETION"
    assert list(states.values()) == ["READY"]
    assert {one["BackupState"] for one in cloud.backups()} == {"READY"}, "at home, none goes"


def test_another_region_is_another_copy(cloud: EmulatedCloudHsm) -> None:
    found = provider(cloud).diff("id", created(cloud), inputs(cloud, region="eu-west-1"))
    assert found.replaces == ["region"]


def marks(cloud: EmulatedCloudHsm) -> list[list[str]]:
    return [sorted(tag["Key"] for tag in one.get("TagList") or ()) for one in cloud.backups()]


def test_what_the_workflow_would_copy_again_is_marked_and_only_with_a_schedule(
    cloud: EmulatedCloudHsm,
) -> None:
    outs = created(cloud)
    assert marks(cloud) == [[]]
    assert changes(cloud, outs, scheduled=True)
    updated(cloud, outs, scheduled=True)
    assert marks(cloud) == [[f"pulumi-cloudhsm-copied-to-{AWAY}"]]
    assert cloud.made("CopyBackupToRegion") == 1


def test_a_refresh_follows_the_copies_that_aws_makes_and_deletes_on_a_schedule(
    cloud: EmulatedCloudHsm,
) -> None:
    outs = created(cloud, scheduled=True, share_with=[FRIEND])
    cloud.back_up()
    copied_by_hand(cloud)
    cloud.account.pass_time(200)
    assert read(cloud, outs)["copy_id"] == outs["copy_id"], "another's copy is not followed"
    cloud.back_up()
    copied_by_hand(cloud, **with_our_tags())
    cloud.account.pass_time(4)
    assert read(cloud, outs)["copy_id"] == outs["copy_id"], "it is not READY"
    cloud.account.pass_time(200)
    cloud.ask(AWAY, "DeleteBackup", {"BackupId": outs["copy_id"]})
    refreshed = read(cloud, outs)
    newest = max(cloud.backups(AWAY), key=lambda one: one["CreateTimestamp"])
    assert refreshed["copy_id"] == newest["BackupId"]
    assert refreshed["copy_arn"] == newest["BackupArn"]
    assert refreshed["source_backup_id"] == newest["SourceBackup"]
    assert refreshed["backed_up_at"] > outs["backed_up_at"]
    assert refreshed["shared_with"] == []
    assert changes(cloud, refreshed, scheduled=True, share_with=[FRIEND]), "it is to be shared"
    shared = updated(cloud, refreshed, scheduled=True, share_with=[FRIEND])
    assert not changes(cloud, read(cloud, shared), scheduled=True, share_with=[FRIEND])


def test_the_account_that_a_copy_is_shared_with_restores_it_and_no_other_one(
    cloud: EmulatedCloudHsm,
) -> None:
    there = Place(AWAY, FRIEND)
    vpc = moto_backends.ec2(there).create_vpc("10.0.0.0/16").id
    subnet = moto_backends.ec2(there).create_subnet(
        vpc, "10.0.0.0/24", availability_zone=f"{AWAY}a"
    )

    def restored(arn: str) -> dict[str, Any]:
        given = {"SourceBackupId": arn, "HsmType": "hsm2m.medium", "SubnetIds": [subnet.id]}
        return cloud.account.service.call(there, "CreateCluster", given)["Cluster"]

    outs = created(cloud, share_with=["111122223333"])
    with pytest.raises(ServiceError, match="was not found"):
        restored(outs["copy_arn"])
    outs = updated(cloud, outs, share_with=["111122223333", FRIEND])
    assert restored(outs["copy_arn"])["SourceBackupId"].endswith(outs["copy_id"])
    updated(cloud, outs)
    with pytest.raises(ServiceError, match="was not found"):
        restored(outs["copy_arn"])
