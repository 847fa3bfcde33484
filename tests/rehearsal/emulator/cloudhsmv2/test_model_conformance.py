"""Every answer fits botocore's model of the service, in every state; so does every error."""

import pytest

from rehearsal.emulator.core import moto_backends
from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.core.place import Place
from rehearsal.emulator.core.validation import service_model, violations
from tests.rehearsal.emulator.conftest import PLACE


def check(operation, answer):
    shape = service_model().operation_model(operation).output_shape
    found = [] if shape is None else list(violations(shape, answer))
    assert found == [], f"{operation}: {found}"
    return answer


@pytest.fixture
def checked(account):
    """The account, with every answer checked, and the operations that were answered."""
    seen, plain = set(), account.service.call

    def call(place, operation, parameters):
        answer = check(operation, plain(place, operation, parameters))
        seen.add(operation)
        return answer

    account.service.call = call
    account.seen = seen
    return account


def test_every_operation_answers_within_the_model_in_every_state(checked, authority):
    states, hsm_states = set(), set()

    def look(cluster_id):
        shown = checked.describe(cluster_id)
        if shown:
            states.add(shown["State"])
            hsm_states.update(hsm["State"] for hsm in shown["Hsms"])
        return shown

    tags = [{"Key": "owner", "Value": "plattform ä"}]
    for number, subnet in enumerate(checked.subnets.values()):
        moto_backends.ec2(PLACE).associate_subnet_cidr_block(subnet, f"2001:db8:0:{number}::/64")
    cluster_id = checked.create(TagList=tags, NetworkType="DUALSTACK")
    look(cluster_id)
    checked.call("TagResource", ResourceId=cluster_id, TagList=tags)
    checked.call("ListTags", ResourceId=cluster_id)
    checked.pass_time(181)
    look(cluster_id)
    checked.call("CreateHsm", ClusterId=cluster_id, AvailabilityZone="us-east-1a")
    look(cluster_id)
    checked.pass_time(600)
    look(cluster_id)
    checked.pass_time(15)
    csr = look(cluster_id)["Certificates"]["ClusterCsr"]
    given = {"SignedCert": authority.sign(csr), "TrustAnchor": authority.pem}
    checked.call("InitializeCluster", ClusterId=cluster_id, **given)
    look(cluster_id)
    checked.pass_time(211)
    look(cluster_id)
    cluster = checked.service.cluster(cluster_id)
    lifecycle = checked.service.lifecycle
    lifecycle.activate(cluster, 0, checked.clock.now())
    look_at_backups(checked, cluster_id)
    checked.call("ModifyCluster", ClusterId=cluster_id, HsmType="hsm2m.medium")
    hsm_id = look(cluster_id)["Hsms"][0]["HsmId"]
    lifecycle.degrade(cluster, cluster.hsms[0], "Rehearsed.", checked.clock.now())
    lifecycle.degrade(cluster, None, "Rehearsed.", checked.clock.now())
    look(cluster_id)
    retention = {"Type": "DAYS", "Value": "30"}
    checked.call("ModifyCluster", ClusterId=cluster_id, BackupRetentionPolicy=retention)
    checked.call("DeleteHsm", ClusterId=cluster_id, HsmId=hsm_id)
    look(cluster_id)
    checked.pass_time(121)
    checked.call("UntagResource", ResourceId=cluster_id, TagKeyList=["owner"])
    look(cluster_id)
    checked.call("DeleteCluster", ClusterId=cluster_id)
    look(cluster_id)
    checked.pass_time(61)
    look(cluster_id)
    checked.pass_time(121)
    assert look(cluster_id) is None

    operations = set(service_model().operation_names)
    assert checked.seen == operations, "an operation was never answered here"
    assert states == set(service_model().shape_for("ClusterState").enum) - {
        "UPDATE_IN_PROGRESS",  # nothing public says what would lead to it
        "MODIFY_IN_PROGRESS",  # migrations to another HSM type are not emulated
        "ROLLBACK_IN_PROGRESS",
    }
    # A deleted HSM leaves the list instead of showing DELETED.
    assert hsm_states == set(service_model().shape_for("HsmState").enum) - {"DELETED"}


def look_at_backups(checked, cluster_id):
    """Every operation on backups, each answer in each state."""
    states = set()

    def look(place=PLACE):
        shown = checked.service.call(place, "DescribeBackups", {})["Backups"]
        states.update(backup["BackupState"] for backup in shown)
        return shown

    look()
    checked.pass_time(61)
    (backup,) = look()
    named = {"BackupId": backup["BackupId"]}
    checked.call("TagResource", ResourceId=backup["BackupId"], TagList=[{"Key": "a", "Value": "b"}])
    checked.call("CopyBackupToRegion", **named, DestinationRegion="eu-central-1")
    checked.pass_time(5)
    assert look(Place("eu-central-1"))[0]["SourceCluster"] == cluster_id
    checked.pass_time(121)
    look(Place("eu-central-1"))
    checked.call("ModifyBackupAttributes", **named, NeverExpires=True)
    arn = {"ResourceArn": backup["BackupArn"]}
    for _ in range(2):
        checked.call("GetResourcePolicy", **arn)
        checked.call("PutResourcePolicy", **arn, Policy='{"Statement": []}')
        checked.call("GetResourcePolicy", **arn)
        checked.call("DeleteResourcePolicy", **arn)
    checked.call("DeleteResourcePolicy", **arn)
    restored = checked.create(SourceBackupId=backup["BackupArn"])
    checked.describe(restored)
    checked.call("DeleteBackup", **named)
    look()
    checked.call("RestoreBackup", **named)
    # One that is gone is no longer listed.
    assert states == set(service_model().shape_for("BackupState").enum) - {"DELETED"}


def test_the_walker_itself_finds_what_is_wrong(account, authority):
    cluster_id = account.with_csr()
    answer = account.call("DescribeClusters", Filters={"clusterIds": [cluster_id]})
    shape = service_model().operation_model("DescribeClusters").output_shape
    assert list(violations(shape, answer)) == []
    for path, wrong in {
        ("State",): "READY",
        ("ClusterId",): "cluster-1",
        ("VpcId",): "vpc-nothex",
        ("Invented",): 1,
        ("Certificates", "ClusterCsr"): "x" * 20001,
        ("Hsms", 0, "HsmId"): None,
        ("Hsms", 0, "EniIp"): "ten",
        ("SubnetMapping",): [],
        ("CreateTimestamp",): "today",
        ("TagList",): [],
    }.items():
        broken = account.call("DescribeClusters", Filters={"clusterIds": [cluster_id]})
        *parents, last = path
        target = broken["Clusters"][0]
        for parent in parents:
            target = target[parent]
        target[last] = wrong
        assert list(violations(shape, broken)), path


@pytest.mark.parametrize("operation", service_model().operation_names)
def test_every_refusal_is_an_error_the_operation_declares(account, operation):
    model = service_model().operation_model(operation)
    declared = {shape.name for shape in model.error_shapes}
    unknown = {
        "ClusterId": "cluster-aaaaaaaaaaa",
        "ResourceId": "cluster-aaaaaaaaaaa",
        "HsmType": "hsm1.medium",
        "SubnetIds": ["subnet-12345678"],
        "AvailabilityZone": "us-east-1a",
        "SignedCert": "x",
        "TrustAnchor": "x",
        "TagKeyList": ["a"],
        "TagList": [{"Key": "a", "Value": "b"}],
        "HsmId": "hsm-aaaaaaaaaaa",
        "BackupId": "backup-aaaaaaaaaaa",
        "DestinationRegion": "eu-central-1",
        "NeverExpires": True,
        "ResourceArn": "arn:aws:cloudhsm:us-east-1:123456789012:backup/backup-aaaaaaaaaaa",
        "Policy": "{}",
    }
    codes = set()
    members = model.input_shape.members if model.input_shape else {}
    for parameters in ({k: v for k, v in unknown.items() if k in members}, {"NextToken": "!"}):
        if operation in ("DescribeClusters", "DescribeBackups") and "NextToken" not in parameters:
            continue
        if "NextToken" in parameters and "NextToken" not in members:
            continue
        with pytest.raises(ServiceError) as caught:
            account.call(operation, **parameters)
        codes.add(caught.value.code)
    assert codes
    assert codes <= declared


def test_a_resource_without_tags_lists_none(account):
    # The model demands at least one tag and also demands the list; clients can read [].
    cluster_id = account.create()
    assert account.call("ListTags", ResourceId=cluster_id) == {"TagList": []}
