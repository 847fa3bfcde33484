"""A key store on a cluster from a backup: where it may move to, and which keys work there."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.emulator.process import RunningEmulator
from tests.rehearsal.emulator.conftest import until
from tests.rehearsal.emulator.kms.stores import (
    ANCHORS,
    PASSWORD,
    connect,
    create,
    refused,
    store,
)


def restored(emulator: RunningEmulator, backup_id: str, hsms: int = 2) -> str:
    """Another ACTIVE cluster, made of a backup, in the same subnets."""
    hsm = emulator.client("cloudhsmv2")
    until(
        lambda: (
            hsm.describe_backups(Filters={"backupIds": [backup_id]})["Backups"][0]["BackupState"]
            == "READY"
        )
    )
    subnets = [*hsm.describe_clusters()["Clusters"][0]["SubnetMapping"].values()]
    cluster_id: str = hsm.create_cluster(
        HsmType="hsm2m.medium", SubnetIds=subnets, SourceBackupId=backup_id
    )["Cluster"]["ClusterId"]

    def cluster() -> dict[str, Any]:
        return hsm.describe_clusters(Filters={"clusterIds": [cluster_id]})["Clusters"][0]

    until(lambda: cluster()["State"] == "ACTIVE")
    for zone in "ab"[:hsms]:
        hsm.create_hsm(ClusterId=cluster_id, AvailabilityZone=f"us-east-1{zone}")
    until(lambda: [one["State"] for one in cluster()["Hsms"]] == ["ACTIVE"] * hsms)
    return cluster_id


def newest_backup(emulator: RunningEmulator, cluster_id: str) -> str:
    """A backup with the users of now: removing an HSM makes one, and it comes back."""
    hsm = emulator.client("cloudhsmv2")
    added = hsm.create_hsm(ClusterId=cluster_id, AvailabilityZone="us-east-1a")["Hsm"]["HsmId"]
    backup_id: str = hsm.describe_backups()["Backups"][0]["BackupId"]
    until(
        lambda: (
            "ACTIVE"
            in [
                one["State"]
                for one in hsm.describe_clusters()["Clusters"][0]["Hsms"]
                if one["HsmId"] == added
            ]
        )
    )
    hsm.delete_hsm(ClusterId=cluster_id, HsmId=added)
    until(lambda: len(hsm.describe_clusters()["Clusters"][0]["Hsms"]) == 2)
    return backup_id


def test_a_store_moves_to_a_cluster_of_the_same_backup_history_and_to_no_other(
    emulator: RunningEmulator, cluster_id: str
) -> None:
    kms, hsm = emulator.client("kms"), emulator.client("cloudhsmv2")
    emulator.make_kmsuser(cluster_id, PASSWORD)
    backup_id = newest_backup(emulator, cluster_id)
    store_id = create(emulator, cluster_id)
    connect(emulator, store_id)
    related = restored(emulator, backup_id)
    ANCHORS[related] = ANCHORS[cluster_id]
    with pytest.raises(ClientError, match=r"CloudHsmClusterInUseException.*backup history"):
        create(emulator, related, CustomKeyStoreName="second")
    move = {"CustomKeyStoreId": store_id, "CloudHsmClusterId": related}
    assert refused(kms.update_custom_key_store, **move) == "CustomKeyStoreInvalidStateException"
    kms.disconnect_custom_key_store(CustomKeyStoreId=store_id)
    until(lambda: store(emulator)["ConnectionState"] == "DISCONNECTED")
    subnets = [*hsm.describe_clusters()["Clusters"][0]["SubnetMapping"].values()]
    stranger = hsm.create_cluster(HsmType="hsm2m.medium", Mode="FIPS", SubnetIds=subnets)
    stranger_id = stranger["Cluster"]["ClusterId"]
    with_it = {"CustomKeyStoreId": store_id, "CloudHsmClusterId": stranger_id}
    assert refused(kms.update_custom_key_store, **with_it) == "CloudHsmClusterNotRelatedException"
    kms.update_custom_key_store(**move)
    assert store(emulator)["CloudHsmClusterId"] == related
    # KMS has changed the password on the first cluster after the backup was made.
    assert connect(emulator, store_id, "FAILED")["ConnectionErrorCode"] == "INVALID_CREDENTIALS"
    kms.disconnect_custom_key_store(CustomKeyStoreId=store_id)
    until(lambda: store(emulator)["ConnectionState"] == "DISCONNECTED")
    kms.update_custom_key_store(CustomKeyStoreId=store_id, KeyStorePassword=PASSWORD)
    connect(emulator, store_id)


def test_a_key_works_on_a_restored_cluster_only_if_the_backup_has_it(
    emulator: RunningEmulator, cluster_id: str
) -> None:
    kms = emulator.client("kms")
    emulator.make_kmsuser(cluster_id, PASSWORD)
    store_id = create(emulator, cluster_id)
    connect(emulator, store_id)

    def encrypted() -> bytes:
        made = kms.create_key(CustomKeyStoreId=store_id, Origin="AWS_CLOUDHSM")["KeyMetadata"]
        blob: bytes = kms.encrypt(KeyId=made["KeyId"], Plaintext=b"secret")["CiphertextBlob"]
        return blob

    before = encrypted()
    backup_id = newest_backup(emulator, cluster_id)
    after = encrypted()
    kms.disconnect_custom_key_store(CustomKeyStoreId=store_id)
    until(lambda: store(emulator)["ConnectionState"] == "DISCONNECTED")
    # The ciphertext names its key: a call without a key's id is no way around the HSMs.
    assert refused(kms.decrypt, CiphertextBlob=before) == "KMSInvalidStateException"
    related = restored(emulator, backup_id)
    kms.update_custom_key_store(CustomKeyStoreId=store_id, CloudHsmClusterId=related)
    connect(emulator, store_id)
    assert kms.decrypt(CiphertextBlob=before)["Plaintext"] == b"secret"
    with pytest.raises(ClientError, match=r"KMSInvalidStateException.*has no key material"):
        kms.decrypt(CiphertextBlob=after)


def test_a_store_moves_only_to_a_cluster_with_hsms_in_two_zones(
    emulator: RunningEmulator, cluster_id: str
) -> None:
    emulator.make_kmsuser(cluster_id, PASSWORD)
    store_id = create(emulator, cluster_id)
    backup_id = emulator.client("cloudhsmv2").describe_backups()["Backups"][0]["BackupId"]
    move = {"CustomKeyStoreId": store_id, "CloudHsmClusterId": restored(emulator, backup_id, 1)}
    assert refused(emulator.client("kms").update_custom_key_store, **move) == (
        "CloudHsmClusterInvalidConfigurationException"
    )
