"""KMS custom key stores: their states, what KMS demands of a cluster, and what becomes of keys."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from rehearsal.emulator.core.faults import CONNECTION_ERRORS
from rehearsal.emulator.process import EmulatorError, RunningEmulator
from tests.rehearsal.emulator.conftest import CertificateAuthority, until
from tests.rehearsal.emulator.kms.stores import (
    ANCHORS,
    PASSWORD,
    connect,
    create,
    refused,
    store,
)


def test_a_store_connects_makes_interfaces_and_takes_them_away_again(
    emulator: RunningEmulator, cluster_id: str
) -> None:
    kms, ec2 = emulator.client("kms"), emulator.client("ec2")
    emulator.make_kmsuser(cluster_id, PASSWORD)
    store_id = create(emulator, cluster_id)
    assert store(emulator)["ConnectionState"] == "DISCONNECTED"
    before = len(ec2.describe_network_interfaces()["NetworkInterfaces"])
    connect(emulator, store_id)
    assert len(ec2.describe_network_interfaces()["NetworkInterfaces"]) == before + 2
    assert refused(kms.delete_custom_key_store, CustomKeyStoreId=store_id) == (
        "CustomKeyStoreInvalidStateException"
    )
    kms.disconnect_custom_key_store(CustomKeyStoreId=store_id)
    until(lambda: store(emulator)["ConnectionState"] == "DISCONNECTED")
    assert len(ec2.describe_network_interfaces()["NetworkInterfaces"]) == before
    # KMS has changed the password, and knows it.
    connect(emulator, store_id)
    assert PASSWORD not in str(emulator.log())


def test_the_same_values_give_the_disconnected_store_again(
    emulator: RunningEmulator, cluster_id: str
) -> None:
    store_id = create(emulator, cluster_id)
    assert create(emulator, cluster_id) == store_id
    kms = emulator.client("kms").create_custom_key_store
    common = {
        "CloudHsmClusterId": cluster_id,
        "TrustAnchorCertificate": ANCHORS[cluster_id],
        "KeyStorePassword": PASSWORD,
    }
    assert refused(kms, CustomKeyStoreName="two", **common) == "CloudHsmClusterInUseException"
    other = {**common, "CloudHsmClusterId": "cluster-aaaaaaaaaaa"}
    assert refused(kms, CustomKeyStoreName="vault", **other) == "CustomKeyStoreNameInUseException"
    assert refused(kms, CustomKeyStoreName="two", **other) == "CloudHsmClusterNotFoundException"


def test_what_kms_demands_of_a_cluster(
    emulator: RunningEmulator, cluster_id: str, new_authority: type[CertificateAuthority]
) -> None:
    with pytest.raises(ClientError, match="IncorrectTrustAnchorException"):
        create(emulator, cluster_id, TrustAnchorCertificate=new_authority(name="else").pem)
    ec2, hsm = emulator.client("ec2"), emulator.client("cloudhsmv2")
    found = hsm.describe_clusters()["Clusters"][0]
    group = found["SecurityGroup"]
    rules = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=rules)
    with pytest.raises(ClientError, match="security group"):
        create(emulator, cluster_id)
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rules)
    hsm.delete_hsm(ClusterId=cluster_id, HsmId=found["Hsms"][1]["HsmId"])
    with pytest.raises(ClientError, match="two active HSMs"):
        create(emulator, cluster_id)


@pytest.mark.parametrize(
    ("password", "code"), [(None, "USER_NOT_FOUND"), ("another1", "INVALID_CREDENTIALS")]
)
def test_kmsuser_decides_how_a_connection_ends(
    emulator: RunningEmulator, cluster_id: str, password: str | None, code: str
) -> None:
    if password:
        emulator.make_kmsuser(cluster_id, password)
    found = connect(emulator, create(emulator, cluster_id), "FAILED")
    assert found["ConnectionErrorCode"] == code
    kms = emulator.client("kms")
    store_id = found["CustomKeyStoreId"]
    assert refused(kms.connect_custom_key_store, CustomKeyStoreId=store_id) == (
        "CustomKeyStoreInvalidStateException"
    ), "from FAILED only a disconnect leads on"


def test_kmsuser_does_not_reach_an_hsm_that_is_joining(
    emulator: RunningEmulator, cluster_id: str
) -> None:
    hsm = emulator.client("cloudhsmv2")
    emulator.configure(speed=100)
    joining = hsm.create_hsm(ClusterId=cluster_id, AvailabilityZone="us-east-1a")["Hsm"]["HsmId"]
    assert emulator.make_kmsuser(cluster_id, PASSWORD) == [joining]
    assert emulator.make_kmsuser(cluster_id, PASSWORD) == [joining]
    with pytest.raises(EmulatorError, match="7 to 32 letters and digits"):
        emulator.make_kmsuser(cluster_id, "no: good")


def test_a_kmsuser_that_got_lost_on_one_hsm_cannot_connect(
    emulator: RunningEmulator, cluster_id: str
) -> None:
    emulator.make_kmsuser(cluster_id, PASSWORD)
    emulator.set_fault("kmsuser_missing")
    found = connect(emulator, create(emulator, cluster_id), "FAILED")
    assert found["ConnectionErrorCode"] == "USER_NOT_FOUND"


def test_a_store_connects_after_an_hsm_was_replaced(
    emulator: RunningEmulator, cluster_id: str
) -> None:
    emulator.make_kmsuser(cluster_id, PASSWORD)
    store_id = create(emulator, cluster_id)
    before = emulator.resources()["hsms"]
    emulator.set_fault("hsm_replaced", cluster_id=cluster_id)
    assert emulator.resources()["hsms"][0] == before[0]
    assert emulator.resources()["hsms"][1] != before[1]
    connect(emulator, store_id)


@pytest.mark.parametrize("code", CONNECTION_ERRORS)
def test_every_error_code_can_be_asked_for_once(
    emulator: RunningEmulator, cluster_id: str, code: str
) -> None:
    emulator.make_kmsuser(cluster_id, PASSWORD)
    emulator.set_fault("key_store_connection", code=code)
    store_id = create(emulator, cluster_id)
    assert connect(emulator, store_id, "FAILED")["ConnectionErrorCode"] == code
    emulator.client("kms").disconnect_custom_key_store(CustomKeyStoreId=store_id)
    until(lambda: store(emulator)["ConnectionState"] == "DISCONNECTED")
    assert "ConnectionErrorCode" not in connect(emulator, store_id)


def test_a_connection_can_drop_without_an_error(emulator: RunningEmulator, cluster_id: str) -> None:
    emulator.make_kmsuser(cluster_id, PASSWORD)
    emulator.set_fault("key_store_drops")
    assert "ConnectionErrorCode" not in connect(
        emulator, create(emulator, cluster_id), "DISCONNECTED"
    )


def test_a_key_lives_with_its_store_and_holds_it(
    emulator: RunningEmulator, cluster_id: str
) -> None:
    kms = emulator.client("kms")
    emulator.make_kmsuser(cluster_id, PASSWORD)
    store_id = create(emulator, cluster_id)
    in_store = {"CustomKeyStoreId": store_id, "Origin": "AWS_CLOUDHSM"}
    assert refused(kms.create_key, **in_store) == "CustomKeyStoreInvalidStateException"
    connect(emulator, store_id)
    assert refused(kms.create_key, **in_store, KeySpec="RSA_4096", KeyUsage="SIGN_VERIFY") == (
        "UnsupportedOperationException"
    )
    key = kms.create_key(**in_store)["KeyMetadata"]
    assert (key["Origin"], key["CustomKeyStoreId"]) == ("AWS_CLOUDHSM", store_id)
    secret = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    kms.disconnect_custom_key_store(CustomKeyStoreId=store_id)
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "Unavailable"
    assert refused(kms.decrypt, CiphertextBlob=secret, KeyId=key["KeyId"]) == (
        "KMSInvalidStateException"
    )
    until(lambda: store(emulator)["ConnectionState"] == "DISCONNECTED")
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    assert refused(kms.delete_custom_key_store, CustomKeyStoreId=store_id) == (
        "CustomKeyStoreHasCMKsException"
    )
    assert emulator.resources()["key_stores"] == [store_id]


def test_without_hsms_a_store_stays_connected_and_its_keys_do_not_work(
    emulator: RunningEmulator, cluster_id: str
) -> None:
    kms, hsm = emulator.client("kms"), emulator.client("cloudhsmv2")
    emulator.make_kmsuser(cluster_id, PASSWORD)
    store_id = create(emulator, cluster_id)
    connect(emulator, store_id)
    in_store = {"CustomKeyStoreId": store_id, "Origin": "AWS_CLOUDHSM"}
    key = kms.create_key(**in_store)["KeyMetadata"]
    for one in hsm.describe_clusters()["Clusters"][0]["Hsms"]:
        hsm.delete_hsm(ClusterId=cluster_id, HsmId=one["HsmId"])
    until(lambda: not hsm.describe_clusters()["Clusters"][0]["Hsms"])
    assert store(emulator)["ConnectionState"] == "CONNECTED"
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "Enabled"
    with pytest.raises(ClientError, match=r"KMSInvalidStateException.*does not contain any HSMs"):
        kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
    with pytest.raises(ClientError, match="does not contain any HSMs"):
        emulator.client("fsx").create_file_system(
            FileSystemType="ONTAP",
            StorageCapacity=1024,
            SubnetIds=[*hsm.describe_clusters()["Clusters"][0]["SubnetMapping"].values()][:1],
            KmsKeyId=key["Arn"],
            OntapConfiguration={"DeploymentType": "SINGLE_AZ_1", "ThroughputCapacity": 128},
        )


def test_keys_outside_of_stores_are_none_of_its_business(emulator: RunningEmulator) -> None:
    kms = emulator.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["Origin"] == "AWS_KMS"
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
