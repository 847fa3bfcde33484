"""Backups: when AWS makes them, how long they are kept, and what they cannot become."""

import pytest

from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.core.place import Place
from tests.rehearsal.emulator.conftest import REGION

INVALID = "CloudHsmInvalidRequestException"
NOT_FOUND = "CloudHsmResourceNotFoundException"
DAY = 86_400


def refused(account, operation, **parameters):
    with pytest.raises(ServiceError) as caught:
        account.call(operation, **parameters)
    return caught.value


def backups(account, region=REGION, **given):
    return account.service.call(Place(region), "DescribeBackups", {"SortAscending": True, **given})[
        "Backups"
    ]


def ready(account, authority):
    """An active cluster and the id of its READY backup."""
    cluster_id = account.active(authority)
    account.pass_time(60)
    (backup,) = backups(account)
    assert backup["BackupState"] == "READY"
    return cluster_id, backup["BackupId"]


def hsm_ids(account, cluster_id):
    return [hsm["HsmId"] for hsm in account.describe(cluster_id)["Hsms"]]


def test_no_cluster_has_a_backup_before_it_is_active(account, authority):
    account.initialized(authority)
    assert backups(account) == []


def test_a_backup_is_made_at_activation_and_with_each_hsm_that_comes_or_goes(account, authority):
    cluster_id = account.active(authority)
    (first,) = backups(account)
    assert (first["BackupState"], first["ClusterId"]) == ("CREATE_IN_PROGRESS", cluster_id)
    assert (first["HsmType"], first["Mode"]) == ("hsm2m.medium", "FIPS")
    assert first["NeverExpires"] is False
    assert (
        first["BackupArn"]
        == f"arn:aws:cloudhsm:{REGION}:123456789012:backup/" + (first["BackupId"])
    )
    account.pass_time(60)
    assert [b["BackupState"] for b in backups(account)] == ["READY"]
    account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1b")
    assert [b["BackupState"] for b in backups(account)] == ["READY", "CREATE_IN_PROGRESS"]
    account.pass_time(400)
    account.call("DeleteHsm", ClusterId=cluster_id, HsmId=hsm_ids(account, cluster_id)[1])
    account.pass_time(60)
    assert [b["BackupState"] for b in backups(account)] == ["READY"] * 3
    created = [b["CreateTimestamp"] for b in backups(account)]
    assert created == sorted(created)


def test_backups_outlive_their_cluster_and_the_last_one_its_retention(account, authority):
    cluster_id, backup_id = ready(account, authority)
    account.pass_time(DAY)
    account.call("DeleteHsm", ClusterId=cluster_id, HsmId=hsm_ids(account, cluster_id)[0])
    account.pass_time(121)
    account.call("DeleteCluster", ClusterId=cluster_id)
    account.pass_time(200)
    assert account.describe(cluster_id) is None
    first, last = backups(account)
    account.pass_time(89 * DAY)
    assert [b["BackupId"] for b in backups(account)] == [last["BackupId"]]
    assert first["BackupId"] == backup_id
    account.pass_time(1000 * DAY)
    assert backups(account) == [last]


def test_a_backup_kept_for_being_the_last_goes_when_there_is_another(account, authority):
    cluster_id, old = ready(account, authority)
    account.pass_time(200 * DAY)
    assert [b["BackupId"] for b in backups(account)] == [old]
    account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1b")
    assert len(backups(account)) == 2
    account.pass_time(60)
    assert old not in [b["BackupId"] for b in backups(account)]
    assert len(backups(account)) == 1


def test_a_backup_that_never_expires_stays_until_it_may(account, authority):
    cluster_id, old = ready(account, authority)
    account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1b")
    account.pass_time(60)
    shown = account.call("ModifyBackupAttributes", BackupId=old, NeverExpires=True)["Backup"]
    assert shown["NeverExpires"] is True
    account.pass_time(200 * DAY)
    assert [b["BackupId"] for b in backups(account, Filters={"neverExpires": ["true"]})] == [old]
    account.call("ModifyBackupAttributes", BackupId=old, NeverExpires=False)
    assert old not in [b["BackupId"] for b in backups(account)]


def test_a_shorter_retention_holds_for_the_backups_there_are(account, authority):
    cluster_id, old = ready(account, authority)
    account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1b")
    account.pass_time(10 * DAY)
    assert len(backups(account)) == 2
    policy = {"Type": "DAYS", "Value": "7"}
    account.call("ModifyCluster", ClusterId=cluster_id, BackupRetentionPolicy=policy)
    assert old not in [b["BackupId"] for b in backups(account)]


def test_a_deleted_backup_can_be_restored_for_seven_days(account, authority):
    _, backup_id = ready(account, authority)
    deleted = account.call("DeleteBackup", BackupId=backup_id)["Backup"]
    assert deleted["BackupState"] == "PENDING_DELETION"
    assert deleted["DeleteTimestamp"] == account.clock.now() + 7 * DAY
    assert refused(account, "DeleteBackup", BackupId=backup_id).code == INVALID
    account.pass_time(6 * DAY)
    shown = account.call("RestoreBackup", BackupId=backup_id)["Backup"]
    assert shown["BackupState"] == "READY"
    assert "DeleteTimestamp" not in shown
    assert refused(account, "RestoreBackup", BackupId=backup_id).code == INVALID
    account.pass_time(2 * DAY)
    assert [b["BackupState"] for b in backups(account)] == ["READY"]
    account.call("DeleteBackup", BackupId=backup_id)
    account.pass_time(7 * DAY)
    assert backups(account) == []
    assert refused(account, "RestoreBackup", BackupId=backup_id).code == NOT_FOUND


def test_a_copy_lives_in_its_region_and_names_its_source(account, authority):
    cluster_id, backup_id = ready(account, authority)
    tags = [{"Key": "owner", "Value": "platform"}]
    account.call("TagResource", ResourceId=backup_id, TagList=tags)
    told = account.call("CopyBackupToRegion", BackupId=backup_id, DestinationRegion="eu-central-1")[
        "DestinationBackup"
    ]
    assert (told["SourceRegion"], told["SourceBackup"], told["SourceCluster"]) == (
        REGION,
        backup_id,
        cluster_id,
    )
    copies = {"region": "eu-central-1", "Filters": {"sourceBackupIds": [backup_id]}}
    assert backups(account, **copies) == [], "AWS shows it a little later"
    account.pass_time(5)
    (copy,) = backups(account, **copies)
    assert copy["BackupState"] == "CREATE_IN_PROGRESS"
    assert copy["BackupId"] != backup_id
    assert copy["CreateTimestamp"] == told["CreateTimestamp"] < copy["CopyTimestamp"]
    assert copy["TagList"] == tags
    account.pass_time(120)
    assert backups(account, **copies)[0]["BackupState"] == "READY"
    assert len(backups(account)) == 1
    own = {"BackupId": backup_id, "DestinationRegion": REGION}
    assert refused(account, "CopyBackupToRegion", **own).code == INVALID
    other = {"BackupId": backup_id, "DestinationRegion": "us-gov-west-1"}
    assert refused(account, "CopyBackupToRegion", **other).code == INVALID, "another partition"


def test_copies_have_no_retention(account, authority):
    _, backup_id = ready(account, authority)
    for _ in range(2):
        account.call("CopyBackupToRegion", BackupId=backup_id, DestinationRegion="eu-central-1")
    account.pass_time(1000 * DAY)
    states = [one["BackupState"] for one in backups(account, "eu-central-1")]
    assert states == ["READY", "READY"]


def test_a_copy_can_fail_and_is_gone_then(account, authority):
    _, backup_id = ready(account, authority)
    account.service.faults.add({"kind": "backup_copy_fails"})
    account.call("CopyBackupToRegion", BackupId=backup_id, DestinationRegion="eu-central-1")
    account.pass_time(10)
    assert [one["BackupState"] for one in backups(account, "eu-central-1")] == [
        "CREATE_IN_PROGRESS"
    ]
    account.pass_time(120)
    assert backups(account, "eu-central-1") == []


def test_backups_are_filtered_sorted_and_paged(account, authority):
    cluster_id, first = ready(account, authority)
    account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1b")
    second = backups(account)[1]["BackupId"]

    def ids(**given):
        return [b["BackupId"] for b in account.call("DescribeBackups", **given)["Backups"]]

    assert ids() == [second, first], "the newest comes first"
    assert ids(SortAscending=True) == [first, second]
    assert ids(Filters={"backupIds": [first]}) == [first]
    assert ids(Filters={"states": ["CREATE_IN_PROGRESS"]}) == [second]
    assert ids(Filters={"clusterIds": ["cluster-aaaaaaaaaaa"]}) == []
    assert ids(Filters={"backupIds": ["backup-aaaaaaaaaaa"]}) == []
    assert ids(Shared=True) == [], "nobody shares any"
    page = account.call("DescribeBackups", MaxResults=1)
    assert ids(MaxResults=1, NextToken=page["NextToken"]) == [first]
    assert refused(account, "DescribeBackups", Filters={"colour": ["red"]}).code == INVALID
    assert refused(account, "DescribeBackups", MaxResults=51).code == INVALID


def test_a_policy_is_attached_to_a_ready_backup_and_taken_away(account, authority):
    cluster_id = account.active(authority)
    arn = {"ResourceArn": backups(account)[0]["BackupArn"]}
    policy = '{"Version": "2012-10-17", "Statement": []}'
    assert refused(account, "PutResourcePolicy", **arn, Policy=policy).code == INVALID
    account.pass_time(60)
    assert account.call("GetResourcePolicy", **arn) == {}
    assert account.call("PutResourcePolicy", **arn, Policy=policy) == {**arn, "Policy": policy}
    assert account.call("GetResourcePolicy", **arn) == {"Policy": policy}
    assert account.call("DeleteResourcePolicy", **arn) == {**arn, "Policy": policy}
    assert account.call("DeleteResourcePolicy", **arn) == arn
    assert refused(account, "PutResourcePolicy", **arn, Policy="no").code == INVALID
    assert refused(account, "GetResourcePolicy").code == INVALID
    of_cluster = f"arn:aws:cloudhsm:{REGION}:123456789012:cluster/{cluster_id}"
    assert refused(account, "GetResourcePolicy", ResourceArn=of_cluster).code == INVALID


def test_what_a_backup_cannot_become_is_refused(account, authority):
    cluster_id = account.active(authority)
    backup = backups(account)[0]

    def refusal(**changes):
        with pytest.raises(ServiceError) as caught:
            account.create(**{"SourceBackupId": backup["BackupId"], **changes})
        return caught.value

    assert "CREATE_IN_PROGRESS" in refusal().message
    account.pass_time(60)
    error = refusal(Mode="NON_FIPS")
    assert error.code == INVALID
    assert "FIPS" in error.message
    assert refusal(HsmType="hsm1.medium").message == "Provided HsmType is not supported."
    assert refusal(SourceBackupId="backup-aaaaaaaaaaa").code == NOT_FOUND
    foreign = backup["BackupArn"].replace("123456789012", "210987654321")
    assert refusal(SourceBackupId=foreign).code == NOT_FOUND
    elsewhere = backup["BackupArn"].replace(REGION, "eu-central-1")
    assert refusal(SourceBackupId=elsewhere).code == NOT_FOUND
    assert [c.cluster_id for c in account.service.clusters()] == [cluster_id]
    subnets = [*account.subnets.values()]
    made = account.call(
        "CreateCluster",
        HsmType="hsm2m.medium",
        SubnetIds=subnets,
        SourceBackupId=backup["BackupArn"],
    )["Cluster"]
    assert made["Mode"] == "FIPS", "without Mode, it is the backup's"
    account.call("DeleteBackup", BackupId=backup["BackupId"])
    assert "PENDING_DELETION" in refusal().message


def test_changes_of_backups_are_in_the_log(account, authority):
    _, backup_id = ready(account, authority)
    found = [
        entry["parameters"]["To"]
        for entry in account.log.as_json()
        if entry["parameters"].get("BackupId") == backup_id
    ]
    assert found == ["CREATE_IN_PROGRESS", "READY"]
