"""Clusters that are restored from backups, and the users that they have."""

import pytest

from rehearsal.emulator.cloudhsmv2 import users
from rehearsal.emulator.core import moto_backends
from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.core.place import Place
from tests.rehearsal.emulator.cloudhsmv2.test_backups import (
    INVALID,
    NOT_FOUND,
    backups,
    ready,
    refused,
)


def test_a_restored_cluster_is_active_without_hsms_and_never_shows_a_csr(account, authority):
    source, backup_id = ready(account, authority)
    certificate = account.describe(source)["Certificates"]
    cluster_id = account.create(SourceBackupId=backup_id)
    shown = account.describe(cluster_id)
    assert (shown["State"], shown["SourceBackupId"]) == ("CREATE_IN_PROGRESS", backup_id)
    assert shown["Certificates"] == certificate
    with pytest.raises(ServiceError, match="CREATE_IN_PROGRESS"):
        account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1a")
    account.pass_time(180)
    shown = account.describe(cluster_id)
    assert (shown["State"], shown["Hsms"]) == ("ACTIVE", [])
    anchor = {"SignedCert": authority.pem, "TrustAnchor": authority.pem}
    assert refused(account, "InitializeCluster", ClusterId=cluster_id, **anchor).code == INVALID
    account.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1a")
    account.pass_time(599)
    assert account.describe(cluster_id)["Hsms"][0]["State"] == "CREATE_IN_PROGRESS"
    account.pass_time(16)
    shown = account.describe(cluster_id)
    assert shown["Hsms"][0]["State"] == "ACTIVE"
    assert shown["Certificates"] == certificate
    assert [b["ClusterId"] for b in backups(account)] == [source], "there was nothing to back up"


def test_a_restored_cluster_has_the_users_of_the_moment_of_the_backup(account, authority):
    source = account.service.cluster(account.initialized(authority))
    users.activate(source, "password1")
    source.users["kmsuser"] = users.User(users.CRYPTO_USER, "password2", logged_in=True)
    account.service.lifecycle.activate(source, 0, account.clock.now())
    account.pass_time(60)
    source.users["kmsuser"].password = "changed1"
    source.users["later"] = users.User(users.CRYPTO_USER, "password3")
    restored = account.service.cluster(
        account.create(SourceBackupId=backups(account)[0]["BackupId"])
    )
    assert {name: user.password for name, user in restored.users.items()} == {
        "admin": "password1",
        "kmsuser": "password2",
    }
    assert not restored.users["kmsuser"].logged_in
    assert restored.trust_anchor == source.trust_anchor
    restored.users["kmsuser"].password = "another1"
    assert account.service.backups.listed()[0].users["kmsuser"].password == "password2"


def test_an_hsm_that_is_added_lacks_the_users_that_the_copied_one_lacks(account, authority):
    cluster = account.service.cluster(account.active(authority))
    first = cluster.hsms[0].hsm_id
    cluster.users["kmsuser"] = users.User(users.CRYPTO_USER, "password2", {first})
    hsm = account.call("CreateHsm", ClusterId=cluster.cluster_id, AvailabilityZone="us-east-1b")[
        "Hsm"
    ]
    assert cluster.users["kmsuser"].missing_on == {first, hsm["HsmId"]}
    assert "kmsuser" not in account.service.backups.listed()[-1].users


def test_a_backup_of_the_ended_hsm_type_is_restored_on_the_current_one(account, authority):
    cluster = account.service.cluster(account.initialized(authority))
    cluster.hsm_type = cluster.hsms[0].hsm_type = "hsm1.medium"
    account.service.lifecycle.activate(cluster, 0, account.clock.now())
    account.pass_time(60)
    (backup,) = backups(account)
    assert backup["HsmType"] == "hsm1.medium"
    restored = account.describe(account.create(SourceBackupId=backup["BackupId"]))
    assert restored["HsmType"] == "hsm2m.medium"


def test_a_backup_of_a_restored_cluster_has_the_same_history(account, authority):
    source, backup_id = ready(account, authority)
    restored = account.service.cluster(account.create(SourceBackupId=backup_id))
    account.pass_time(180)
    account.call("CreateHsm", ClusterId=restored.cluster_id, AvailabilityZone="us-east-1a")
    account.pass_time(600)
    account.call("DeleteHsm", ClusterId=restored.cluster_id, HsmId=restored.hsms[0].hsm_id)
    assert {b.history for b in account.service.backups.listed()} == {source}
    assert account.service.backups.listed()[-1].cluster_id == restored.cluster_id


def test_a_cluster_from_a_copy_has_users_and_keys_in_another_region(account, authority):
    source = account.service.cluster(account.initialized(authority))
    users.activate(source, "password1")
    source.keys["key"] = b"material"
    account.service.lifecycle.activate(source, 0, account.clock.now())
    account.pass_time(60)
    (backup,) = backups(account)
    source.keys["later"] = b"in no backup"
    elsewhere = Place("eu-central-1")
    account.call(
        "CopyBackupToRegion",
        BackupId=backup["BackupId"],
        DestinationRegion=elsewhere.region,
    )
    account.pass_time(1000)
    (copy,) = backups(account, elsewhere.region)
    ec2 = moto_backends.ec2(elsewhere)
    subnet = ec2.create_subnet(
        ec2.create_vpc("10.0.0.0/16").id, "10.0.0.0/24", availability_zone="eu-central-1a"
    )
    given = {
        "HsmType": "hsm2m.medium",
        "SubnetIds": [subnet.id],
        "SourceBackupId": copy["BackupId"],
    }
    made = account.service.call(elsewhere, "CreateCluster", given)["Cluster"]
    restored = account.service.cluster(made["ClusterId"], elsewhere)
    assert {name: user.password for name, user in restored.users.items()} == {"admin": "password1"}
    assert restored.keys == {"key": b"material"}
    assert made["Certificates"] == account.describe(source.cluster_id)["Certificates"]
    # A backup's id is of its own Region.
    assert refused(account, "DeleteBackup", BackupId=copy["BackupId"]).code == NOT_FOUND
