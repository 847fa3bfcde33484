"""Several accounts and Regions in one emulator: nothing of one is seen from another."""

import pytest
from botocore.exceptions import ClientError

from rehearsal.emulator.core.place import ACCOUNT, Place
from rehearsal.emulator.process import EmulatorError

OTHER = "222222222222"


@pytest.fixture
def other(emulator):
    """Makes clients of the other account."""
    role = emulator.make_role(OTHER, "deploys")

    def client(service, region=None):
        return emulator.client(service, region=region, role=role)

    return client


def test_a_roles_name_is_given_once_in_an_account(emulator) -> None:
    emulator.make_role(OTHER, "deploys")
    emulator.make_role("333333333333", "deploys")
    with pytest.raises(EmulatorError, match="account 222222222222 has a role 'deploys' already"):
        emulator.make_role(OTHER, "deploys")


def cluster(client, ec2):
    zones = [one["ZoneName"] for one in ec2.describe_availability_zones()["AvailabilityZones"]]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=zone)["Subnet"]
        for n, zone in enumerate(zones[:2])
    ]
    ids = [subnet["SubnetId"] for subnet in subnets]
    made = client.create_cluster(HsmType="hsm2m.medium", Mode="FIPS", SubnetIds=ids)
    return made["Cluster"]["ClusterId"]


def test_an_assumed_role_acts_in_its_account_and_sees_nothing_of_another(emulator, other) -> None:
    assert other("sts").get_caller_identity()["Account"] == OTHER
    hsms = other("cloudhsmv2")
    theirs = cluster(hsms, other("ec2"))
    ours = cluster(emulator.client("cloudhsmv2"), emulator.client("ec2"))

    def seen(client):
        return [one["ClusterId"] for one in client.describe_clusters()["Clusters"]]

    assert seen(hsms) == [theirs]
    assert seen(emulator.client("cloudhsmv2")) == [ours]
    assert seen(other("cloudhsmv2", "eu-west-1")) == []
    with pytest.raises(ClientError, match="CloudHsmResourceNotFoundException"):
        hsms.delete_cluster(ClusterId=ours)
    assert {theirs, ours} <= set(emulator.resources()["clusters"])
    accounts = {one["account"] for one in emulator.log("CreateCluster")}
    assert accounts == {ACCOUNT, OTHER}


def test_what_is_emulated_outside_of_moto_is_kept_by_account(emulator, other) -> None:
    given = {
        "CertificateAuthorityConfiguration": {
            "KeyAlgorithm": "RSA_2048",
            "SigningAlgorithm": "SHA256WITHRSA",
            "Subject": {"CommonName": "x"},
        },
        "CertificateAuthorityType": "ROOT",
    }
    made = other("acm-pca").create_certificate_authority(**given)["CertificateAuthorityArn"]
    assert f":{OTHER}:" in made
    own = emulator.client("acm-pca")
    assert own.list_certificate_authorities()["CertificateAuthorities"] == []
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        own.describe_certificate_authority(CertificateAuthorityArn=made)
    key = other("kms").create_key()["KeyMetadata"]["Arn"]
    assert f":{OTHER}:" in key
    with pytest.raises(ClientError, match="NotFoundException"):
        emulator.client("kms").describe_key(KeyId=key)


def test_a_role_is_assumed_only_by_whom_it_trusts_and_with_its_external_id(emulator) -> None:
    role = emulator.make_role(OTHER, "guarded", external_id="agreed")
    sts = emulator.client("sts", role=role, external_id="agreed")
    assert sts.get_caller_identity()["Account"] == OTHER
    stranger = emulator.make_role(OTHER, "elsewhere", trusts="333333333333")
    missing = f"arn:aws:iam::{OTHER}:role/missing"
    refused = [(role, None), (role, "other"), (stranger, None), (missing, None)]
    for arn, external_id in refused:
        with pytest.raises(ClientError, match=f"AccessDenied.*sts:AssumeRole on resource: {arn}"):
            emulator.client("sts", role=arn, external_id=external_id)
    assert emulator.resources()["roles"] == [], "roles of the rehearsal are no leftovers"


def test_a_fault_can_strike_one_account_and_region_only(emulator, other) -> None:
    emulator.set_fault("throttle", operation="DescribeClusters", account=OTHER, region="eu-west-1")
    emulator.client("cloudhsmv2", region="eu-west-1").describe_clusters()
    other("cloudhsmv2").describe_clusters()
    with pytest.raises(ClientError, match="ThrottlingException"):
        other("cloudhsmv2", "eu-west-1").describe_clusters()


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")],
)
def test_an_arn_names_partition_region_and_account(region: str, partition: str) -> None:
    arn = Place(region, OTHER).arn("fsx", "backup/b")
    assert arn == f"arn:{partition}:fsx:{region}:{OTHER}:backup/b"
