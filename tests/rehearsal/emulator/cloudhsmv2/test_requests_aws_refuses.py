"""Input that AWS refuses, and with which words where they are known."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from rehearsal.emulator.cloudhsmv2.rules import MISSING_ROLE
from rehearsal.emulator.core import moto_backends
from rehearsal.emulator.core.errors import ServiceError
from tests.rehearsal.emulator.conftest import PLACE

INVALID = "CloudHsmInvalidRequestException"


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def refused(account, operation, **parameters):
    with pytest.raises(ServiceError) as caught:
        account.call(operation, **parameters)
    return caught.value


@pytest.mark.parametrize("hsm_type", ["hsm1.medium", "hsm9.huge", "phsm2.medium"])
def test_only_the_current_hsm_type_can_be_created(account, hsm_type):
    error = refused(account, "CreateCluster", HsmType=hsm_type, SubnetIds=["subnet-12345678"])
    assert (error.code, error.message) == (INVALID, "Provided HsmType is not supported.")


def test_the_mode_must_be_given(account):
    error = refused(
        account, "CreateCluster", HsmType="hsm2m.medium", SubnetIds=[*account.subnets.values()]
    )
    assert error.code == INVALID
    assert "Mode" in error.message


@pytest.mark.parametrize(
    ("operation", "changes", "named"),
    [
        ("CreateCluster", {"Mode": "FIPZ"}, "mode"),
        ("CreateCluster", {"SubnetIds": []}, "subnetIds"),
        ("CreateCluster", {"SubnetIds": ["subnet-1234567a"] * 11}, "subnetIds"),
        ("CreateCluster", {"SubnetIds": ["sub net"]}, "subnetIds.1.member"),
        ("CreateCluster", {"SubnetIds": "subnet-1234567a"}, "subnetIds"),
        ("CreateCluster", {"HsmType": None}, "hsmType"),
        ("CreateCluster", {"NetworkType": "IPV6"}, "networkType"),
        ("CreateCluster", {"TagList": [{"Key": "a"}]}, "tagList.1.member.value"),
        ("CreateCluster", {"TagList": [{"Key": "a;b", "Value": ""}]}, "tagList.1.member.key"),
        ("CreateHsm", {"ClusterId": "cluster-1"}, "clusterId"),
        ("CreateHsm", {"AvailabilityZone": "us-east-1-lax-1a"}, "availabilityZone"),
        ("CreateHsm", {"IpAddress": "ten"}, "ipAddress"),
        ("DescribeClusters", {"MaxResults": 26}, "maxResults"),
        ("DescribeClusters", {"MaxResults": "5"}, "maxResults"),
        ("DescribeClusters", {"Filters": {"states": "ACTIVE"}}, "filters.states"),
        ("InitializeCluster", {"SignedCert": None}, "signedCert"),
        ("InitializeCluster", {"TrustAnchor": "x" * 20001}, "trustAnchor"),
    ],
)
def test_requests_are_checked_against_the_model(account, operation, changes, named):
    good = {
        "CreateCluster": {
            "HsmType": "hsm2m.medium",
            "Mode": "FIPS",
            "SubnetIds": [*account.subnets.values()],
        },
        "CreateHsm": {"ClusterId": "cluster-aaaaaaaaaaa", "AvailabilityZone": "us-east-1a"},
        "DescribeClusters": {},
        "InitializeCluster": {
            "ClusterId": "cluster-aaaaaaaaaaa",
            "SignedCert": "x",
            "TrustAnchor": "x",
        },
    }[operation]
    error = refused(account, operation, **(good | changes))
    assert error.code == INVALID
    assert "validation error" in error.message
    assert f"'{named}'" in error.message


def test_subnets_must_exist_share_a_vpc_and_have_a_zone_each(account):

    ec2 = moto_backends.ec2(PLACE)
    other_vpc = ec2.create_vpc("10.1.0.0/16")
    elsewhere = ec2.create_subnet(other_vpc.id, "10.1.0.0/24", availability_zone="us-east-1b").id
    same_zone = ec2.create_subnet(account.vpc_id, "10.0.9.0/24", availability_zone="us-east-1a").id
    first = account.subnets["us-east-1a"]
    cluster = {"HsmType": "hsm2m.medium", "Mode": "FIPS"}
    error = refused(account, "CreateCluster", **cluster, SubnetIds=[first, "subnet-12345678"])
    assert "subnet-12345678" in error.message
    error = refused(account, "CreateCluster", **cluster, SubnetIds=[first, elsewhere])
    assert "VPC" in error.message
    error = refused(account, "CreateCluster", **cluster, SubnetIds=[first, same_zone])
    assert "availability zone" in error.message
    assert account.service.clusters() == [], "a refused request must leave nothing"


def test_an_hsm_needs_a_zone_of_its_cluster_and_a_free_address_of_its_subnet(account):
    cluster_id = account.uninitialized()
    zone = {"ClusterId": cluster_id, "AvailabilityZone": "us-east-1a"}
    error = refused(account, "CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1d")
    assert "us-east-1d" in error.message
    for address in ("10.0.1.9", "10.0.0.3", "10.0.0.255", "300.1.1.1"):
        assert refused(account, "CreateHsm", **zone, IpAddress=address).code == INVALID
    hsm = account.call("CreateHsm", **zone, IpAddress="10.0.0.77")["Hsm"]
    assert hsm["EniIp"] == "10.0.0.77"


def test_quotas_hold_per_region_for_clusters_and_hsms(account, authority):
    for _ in range(3):
        account.create()
    cluster_id = account.active(authority)
    error = refused(
        account,
        "CreateCluster",
        HsmType="hsm2m.medium",
        Mode="FIPS",
        SubnetIds=[*account.subnets.values()],
    )
    assert "limit" in error.message
    more = {"ClusterId": cluster_id, "AvailabilityZone": "us-east-1b"}
    for _ in range(5):
        account.call("CreateHsm", **more)
    assert "HSMs per region (6)" in refused(account, "CreateHsm", **more).message


def test_initialization_checks_the_certificates(account, authority, new_authority):
    cluster_id = account.with_csr()
    csr = account.describe(cluster_id)["Certificates"]["ClusterCsr"]
    good, anchor = authority.sign(csr), authority.pem
    stranger = new_authority()
    impostor = new_authority(name=authority.name)
    curve = new_authority(key=ec.generate_private_key(ec.SECP384R1()))

    cases = {
        "another key": (authority.sign(csr, rsa.generate_private_key(65537, 2048)), anchor),
        "another CA": (stranger.sign(csr), anchor),
        "a CA of the same name": (impostor.sign(csr), anchor),
        "anchor not self-signed": (
            good,
            pem(authority.certificate(signing_key=stranger.key)),
        ),
        "anchor no CA": (good, pem(authority.certificate(ca=False))),
        "anchor EC": (curve.sign(csr), curve.pem),
        "anchor is a chain": (good, anchor + stranger.pem),
        "no PEM": ("hello", anchor),
        "too long": (good + "\n" * 5000, anchor),
        "swapped": (anchor, good),
    }
    for what, (signed, trust) in cases.items():
        with pytest.raises(ServiceError) as caught:
            account.call(
                "InitializeCluster", ClusterId=cluster_id, SignedCert=signed, TrustAnchor=trust
            )
        assert caught.value.code == INVALID, what
        assert account.describe(cluster_id)["State"] == "UNINITIALIZED", what
    # An anchor without any extension is what plain `openssl req -x509` in old setups made.
    bare = pem(authority.certificate(extensions=False))
    answer = account.call(
        "InitializeCluster", ClusterId=cluster_id, SignedCert=good, TrustAnchor=bare
    )
    assert answer["State"] == "INITIALIZE_IN_PROGRESS"


def test_a_missing_service_linked_role_is_refused_verbatim(account):
    account.service.faults.add({"kind": "missing_service_linked_role", "count": 1})
    with pytest.raises(ServiceError, match="iam:CreateServiceLinkedRole") as caught:
        account.create()
    assert caught.value.message == MISSING_ROLE
    assert account.create()


def test_retention_is_changed_within_its_bounds(account):
    cluster_id = account.uninitialized()

    def retain(days):
        return {"ClusterId": cluster_id, "BackupRetentionPolicy": {"Type": "DAYS", "Value": days}}

    answer = account.call("ModifyCluster", **retain("379"))
    assert answer["Cluster"]["BackupRetentionPolicy"] == {"Type": "DAYS", "Value": "379"}
    for days in ("6", "380"):
        assert refused(account, "ModifyCluster", **retain(days)).code == INVALID
    assert refused(account, "ModifyCluster", ClusterId=cluster_id).code == INVALID
    error = refused(account, "ModifyCluster", ClusterId=cluster_id, HsmType="hsm1.medium")
    assert error.message == "Provided HsmType is not supported."


def test_tags_are_kept_limited_and_reserved_for_nobody_but_aws(account):
    cluster_id = account.uninitialized(TagList=[{"Key": "owner", "Value": "platform"}])
    tag = {"ResourceId": cluster_id}
    account.call("TagResource", **tag, TagList=[{"Key": "stage", "Value": "dev"}])
    account.call("UntagResource", **tag, TagKeyList=["owner", "absent"])
    assert account.call("ListTags", **tag) == {"TagList": [{"Key": "stage", "Value": "dev"}]}
    reserved = [{"Key": "aws:mine", "Value": ""}]
    assert refused(account, "TagResource", **tag, TagList=reserved).code == "CloudHsmTagException"
    many = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    assert refused(account, "TagResource", **tag, TagList=many).code == (
        "CloudHsmResourceLimitExceededException"
    )
    assert refused(account, "ListTags", ResourceId="backup-aaaaaaaaaaa").code == (
        "CloudHsmResourceNotFoundException"
    )


def test_clusters_are_filtered_and_paged(account):
    ids = [account.create() for _ in range(3)]
    account.pass_time(181)
    ids.append(account.create())

    def described(**given):
        return [c["ClusterId"] for c in account.call("DescribeClusters", **given)["Clusters"]]

    assert described() == ids
    assert described(Filters={"states": ["CREATE_IN_PROGRESS"]}) == ids[3:]
    assert described(Filters={"clusterIds": [ids[1], ids[3]], "states": ["UNINITIALIZED"]}) == [
        ids[1]
    ]
    assert described(Filters={"vpcIds": ["vpc-other"]}) == []
    first = account.call("DescribeClusters", MaxResults=3)
    assert described(MaxResults=3, NextToken=first["NextToken"]) == ids[3:]
    assert refused(account, "DescribeClusters", Filters={"colour": ["red"]}).code == INVALID
    assert refused(account, "DescribeClusters", NextToken="!").code == INVALID
