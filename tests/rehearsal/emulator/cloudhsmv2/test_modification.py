"""ModifyCluster: the retention of backups; there is no other HSM type to go to."""

import pytest

from rehearsal.emulator.core.errors import ServiceError

INVALID = "CloudHsmInvalidRequestException"
RETENTION = {"BackupRetentionPolicy": {"Type": "DAYS", "Value": "30"}}


def refused(account, cluster_id, **parameters):
    with pytest.raises(ServiceError) as caught:
        account.call("ModifyCluster", ClusterId=cluster_id, **parameters)
    assert caught.value.code == INVALID
    return caught.value.message


def test_the_retention_changes_at_once_where_nothing_is_going_on(account):
    cluster_id = account.create()
    assert "CREATE_IN_PROGRESS" in refused(account, cluster_id, **RETENTION)
    account.pass_time(181)
    shown = account.call("ModifyCluster", ClusterId=cluster_id, **RETENTION)["Cluster"]
    assert shown["BackupRetentionPolicy"] == RETENTION["BackupRetentionPolicy"]
    assert shown["State"] == "UNINITIALIZED"


def test_to_ask_for_the_type_that_it_has_changes_nothing(account):
    cluster_id = account.uninitialized()
    before = account.describe(cluster_id)
    account.call("ModifyCluster", ClusterId=cluster_id, HsmType="hsm2m.medium")
    assert account.describe(cluster_id) == before


def test_a_refused_type_leaves_the_retention_as_it_is(account):
    cluster_id = account.uninitialized()
    before = account.describe(cluster_id)
    message = refused(account, cluster_id, HsmType="hsm1.medium", **RETENTION)
    assert message == "Provided HsmType is not supported."
    assert account.describe(cluster_id) == before
