"""ModifyCluster: the retention of backups, and another HSM type, with a way back."""

import pytest

from rehearsal.emulator import users
from rehearsal.emulator.data_plane import DataPlane
from rehearsal.emulator.durations import Durations
from rehearsal.emulator.errors import ServiceError
from rehearsal.emulator.timeline import Timeline

INVALID = "CloudHsmInvalidRequestException"
OLD, NEW = "hsm1.medium", "hsm2m.medium"
HALF_HOUR = 1800


def refused(account, operation, **parameters):
    with pytest.raises(ServiceError) as caught:
        account.call(operation, **parameters)
    assert caught.value.code == INVALID
    return caught.value.message


@pytest.fixture
def old(account, authority):
    """An ACTIVE cluster of the ended type with two HSMs."""
    cluster_id = account.active(authority)
    cluster = account.service.cluster(cluster_id)
    account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1b")
    account.pass_time(313)
    cluster.hsm_type = OLD
    for hsm in cluster.hsms:
        hsm.hsm_type = OLD
    return cluster_id


def modify(account, cluster_id, hsm_type=NEW):
    return account.call("ModifyCluster", ClusterId=cluster_id, HsmType=hsm_type)["Cluster"]


def kept(shown):
    return [(hsm["EniId"], hsm["EniIp"], hsm["AvailabilityZone"]) for hsm in shown["Hsms"]]


def ids(shown):
    return [hsm["HsmId"] for hsm in shown["Hsms"]]


def types(shown):
    return [shown["HsmType"], *(hsm["HsmType"] for hsm in shown["Hsms"])]


def test_a_cluster_migrates_hsm_by_hsm_and_keeps_its_addresses(account, old):
    before = account.describe(old)
    assert types(before) == [OLD, OLD, OLD]
    shown = modify(account, old)
    assert (shown["State"], types(shown)) == ("MODIFY_IN_PROGRESS", [NEW, OLD, OLD])
    account.pass_time(HALF_HOUR)
    shown = account.describe(old)
    assert (shown["State"], types(shown)) == ("MODIFY_IN_PROGRESS", [NEW, NEW, OLD])
    account.pass_time(HALF_HOUR)
    after = account.describe(old)
    assert (after["State"], types(after)) == ("ACTIVE", [NEW, NEW, NEW])
    assert kept(after) == kept(before)
    assert not set(ids(after)) & set(ids(before))
    assert after["Certificates"] == before["Certificates"]


def test_a_backup_is_made_before_each_hsm_migrates(account, old):
    before = len(account.call("DescribeBackups")["Backups"])
    modify(account, old)
    assert len(account.call("DescribeBackups")["Backups"]) == before + 1
    account.pass_time(HALF_HOUR)
    assert len(account.call("DescribeBackups")["Backups"]) == before + 2
    account.pass_time(HALF_HOUR)
    backups = account.call("DescribeBackups")["Backups"]
    assert len(backups) == before + 2
    assert [backup["HsmType"] for backup in backups[:2]] == [OLD, OLD]


def test_a_cluster_without_hsms_migrates_too(account, authority):
    cluster_id = account.active(authority)
    hsm_id = account.describe(cluster_id)["Hsms"][0]["HsmId"]
    account.call("DeleteHsm", ClusterId=cluster_id, HsmId=hsm_id)
    account.pass_time(121)
    account.service.cluster(cluster_id).hsm_type = OLD
    modify(account, cluster_id)
    account.pass_time(HALF_HOUR)
    shown = account.describe(cluster_id)
    assert (shown["State"], shown["HsmType"]) == ("ACTIVE", NEW)


def test_a_failed_validation_rolls_everything_back(account, old):
    account.service.faults.add({"kind": "migration_rolls_back"})
    before = account.describe(old)
    modify(account, old)
    account.pass_time(HALF_HOUR)
    shown = account.describe(old)
    assert (shown["State"], types(shown)) == ("ROLLBACK_IN_PROGRESS", [OLD, NEW, OLD])
    refused(account, "CreateHsm", ClusterId=old, AvailabilityZone="us-east-1a")
    account.pass_time(HALF_HOUR)
    after = account.describe(old)
    assert (after["State"], types(after)) == ("ACTIVE", [OLD, OLD, OLD])
    assert kept(after) == kept(before)
    assert "HsmTypeRollbackExpiration" not in after
    modify(account, old)
    account.pass_time(2 * HALF_HOUR)
    assert account.describe(old)["HsmType"] == NEW, "the fault strikes once"


def test_a_migration_can_be_taken_back_for_a_day(account, old):
    start = account.clock.now()
    assert modify(account, old)["HsmTypeRollbackExpiration"] == start + 86_400
    account.pass_time(2 * HALF_HOUR)
    shown = modify(account, old, OLD)
    assert (shown["State"], types(shown)) == ("ROLLBACK_IN_PROGRESS", [OLD, NEW, NEW])
    assert "HsmTypeRollbackExpiration" in shown
    account.pass_time(HALF_HOUR)
    assert types(account.describe(old)) == [OLD, OLD, NEW]
    account.pass_time(HALF_HOUR)
    shown = account.describe(old)
    assert (shown["State"], types(shown)) == ("ACTIVE", [OLD, OLD, OLD])
    modify(account, old)
    account.pass_time(86_400)
    shown = account.describe(old)
    assert "HsmTypeRollbackExpiration" not in shown
    assert refused(account, "ModifyCluster", ClusterId=old, HsmType=OLD) == (
        "Provided HsmType is not supported."
    )


def test_a_migration_can_be_taken_back_while_it_goes_on(account, old):
    modify(account, old)
    account.pass_time(HALF_HOUR + 60)
    shown = modify(account, old, OLD)
    assert (shown["State"], types(shown)) == ("ROLLBACK_IN_PROGRESS", [OLD, NEW, OLD])
    account.pass_time(HALF_HOUR)
    shown = account.describe(old)
    assert (shown["State"], types(shown)) == ("ACTIVE", [OLD, OLD, OLD])
    account.pass_time(10 * HALF_HOUR)
    assert account.describe(old) == shown


def test_users_made_after_a_migration_are_lost_with_it(account, old):
    cluster = account.service.cluster(old)
    cluster.users["kmsuser"] = users.User(users.CRYPTO_USER, "password2")
    modify(account, old)
    account.pass_time(2 * HALF_HOUR)
    cluster.users["kmsuser"].password = "changed1"
    cluster.users["later"] = users.User(users.CRYPTO_USER, "password3")
    modify(account, old, OLD)
    account.pass_time(2 * HALF_HOUR)
    assert {name: user.password for name, user in cluster.users.items()} == {
        "admin": "",
        "kmsuser": "password2",
    }


def test_nothing_else_happens_to_a_cluster_that_migrates(account, old):
    hsm_id = ids(account.describe(old))[0]
    modify(account, old)
    for operation, parameters in {
        "CreateHsm": {"AvailabilityZone": "us-east-1a"},
        "DeleteHsm": {"HsmId": hsm_id},
        "DeleteCluster": {},
        "ModifyCluster": {"HsmType": NEW},
    }.items():
        refused(account, operation, ClusterId=old, **parameters)
    retention = {"BackupRetentionPolicy": {"Type": "DAYS", "Value": "30"}}
    assert "MODIFY_IN_PROGRESS" in refused(account, "ModifyCluster", ClusterId=old, **retention)


def test_no_user_is_made_or_deleted_in_limited_write_mode(account, old):
    cluster = account.service.cluster(old)
    cluster.trust_anchor = "anchor"
    cluster.users[users.ADMIN] = users.User(users.ADMIN, "password1")
    words = ["user", "create", "--username", "kmsuser", "--role", users.CRYPTO_USER]

    def answer(command):
        given = {
            "instance": "",
            "ips": [cluster.hsms[0].eni_ip],
            "trust_anchor": "anchor",
            "command": command,
            "login": {"name": users.ADMIN, "password": "password1"},
            "password": "password2",
        }
        return DataPlane(account.service, Durations()).answer(given)

    modify(account, old)
    assert answer(words)["data"] == "The cluster is in limited-write mode."
    assert answer(["user", "list"])["error_code"] == 0
    account.pass_time(2 * HALF_HOUR)
    assert answer(words)["error_code"] == 0


def test_only_an_active_cluster_with_active_hsms_migrates(account, authority):
    cluster_id = account.initialized(authority)
    cluster = account.service.cluster(cluster_id)
    cluster.hsm_type = OLD
    assert "INITIALIZED" in refused(account, "ModifyCluster", ClusterId=cluster_id, HsmType=NEW)
    account.service.lifecycle.activate(cluster, 0, account.clock.now())
    account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1b")
    assert "not ACTIVE" in refused(account, "ModifyCluster", ClusterId=cluster_id, HsmType=NEW)


def test_the_retention_changes_at_once_where_nothing_is_going_on(account):
    cluster_id = account.create()
    policy = {"BackupRetentionPolicy": {"Type": "DAYS", "Value": "30"}}
    assert "CREATE_IN_PROGRESS" in refused(account, "ModifyCluster", ClusterId=cluster_id, **policy)
    account.pass_time(181)
    shown = account.call("ModifyCluster", ClusterId=cluster_id, **policy)["Cluster"]
    assert shown["BackupRetentionPolicy"] == policy["BackupRetentionPolicy"]
    assert shown["State"] == "UNINITIALIZED"
    # To ask for the type it has changes nothing.
    assert modify(account, cluster_id)["State"] == "UNINITIALIZED"


def test_a_migration_in_fast_time_ends_its_way_back_in_fast_time(account, old):
    timeline: Timeline = account.service.timeline
    timeline.speed = 60
    start = account.clock.now()
    assert modify(account, old)["HsmTypeRollbackExpiration"] == start + 86_400 / 60
