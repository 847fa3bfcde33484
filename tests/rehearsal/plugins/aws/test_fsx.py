"""`aws.fsx.Ontap…`: made, changed, imported, deleted, with AWS's order and its failures."""

from typing import Any

import pytest

from rehearsal.emulator.process import RunningEmulator
from rehearsal.plugins.core.packages import InstalledPackage
from rehearsal.plugins.core.values import UNKNOWN
from tests.rehearsal.plugins.driver import Plugin, RefusedError

FILE_SYSTEM = "aws:fsx/ontapFileSystem:OntapFileSystem"
SVM = "aws:fsx/ontapStorageVirtualMachine:OntapStorageVirtualMachine"
VOLUME = "aws:fsx/ontapVolume:OntapVolume"
POLICY = {"name": "AUTO", "coolingPeriod": 31}


@pytest.fixture
def inputs(emulator: RunningEmulator, subnets: list[str]) -> dict:
    emulator.configure(speed=20000)
    key = emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
    return {
        "deploymentType": "SINGLE_AZ_1",
        "kmsKeyId": key,
        "preferredSubnetId": subnets[0],
        "storageCapacity": 1024,
        "subnetIds": [subnets[0]],
        "tags": {"Name": "files"},
        "throughputCapacity": 128,
        "automaticBackupRetentionDays": 7,
    }


@pytest.fixture
def system(aws: Plugin, inputs: dict) -> tuple[str, dict]:
    return aws.create(FILE_SYSTEM, inputs)


@pytest.fixture
def svm(aws: Plugin, system) -> tuple[str, dict]:
    return aws.create(SVM, {"fileSystemId": system[0], "name": "files"})


@pytest.fixture
def volume_inputs(svm) -> dict:
    return {
        "storageVirtualMachineId": svm[0],
        "name": "data",
        "junctionPath": "/data",
        "sizeInMegabytes": 1024,
        "storageEfficiencyEnabled": True,
        "tieringPolicy": POLICY,
        "skipFinalBackup": True,
    }


def test_they_come_in_order_with_the_outputs_of_the_package_and_go_backwards(
    aws: Plugin, emulator: RunningEmulator, system, svm, volume_inputs
):
    volume = aws.create(VOLUME, volume_inputs)
    for token, outputs in ((FILE_SYSTEM, system[1]), (SVM, svm[1]), (VOLUME, volume[1])):
        described = InstalledPackage("aws").resource(token).outputs
        always = {name for name, given in described.items() if given}
        assert always <= outputs.keys() <= described.keys()
    [endpoints] = svm[1]["endpoints"]
    assert endpoints["nfs"][0]["dnsName"].startswith(f"{svm[0]}.{system[0]}.fsx.us-east-1.")
    with pytest.raises(RefusedError, match=r"BadRequest: .* has volumes") as refused:
        aws.delete(SVM, *svm)
    assert "\n" not in str(refused.value)
    for token, made in ((VOLUME, volume), (SVM, svm), (FILE_SYSTEM, system)):
        aws.delete(token, made[0], made[1])
        aws.delete(token, made[0], made[1])
        assert aws.read(token, made[0], made[1])[0] == ""
    left = emulator.resources()
    assert not any(left[kind] for kind in left if kind.startswith(("file_", "vol", "storage_")))


def test_nothing_changes_after_they_were_made_and_read(
    aws: Plugin, inputs, system, svm, volume_inputs
):
    volume = aws.create(VOLUME, volume_inputs)
    svm_inputs = {"fileSystemId": system[0], "name": "files"}
    made = ((FILE_SYSTEM, inputs, system), (SVM, svm_inputs, svm), (VOLUME, volume_inputs, volume))
    for token, given, (identifier, outputs) in made:
        checked = aws.checked(token, given)
        assert not aws.diff(token, outputs, checked).diffs
        _, read, fresh = aws.read(token, identifier, outputs, checked)
        assert fresh == checked
        assert not aws.diff(token, read, checked).diffs


def test_capacity_changes_in_place_and_key_groups_and_place_replace(
    aws: Plugin, inputs: dict, system
):
    bigger = {**inputs, "storageCapacity": 2048, "throughputCapacity": 256, "tags": {"a": "b"}}
    answer = aws.diff(FILE_SYSTEM, system[1], aws.checked(FILE_SYSTEM, bigger))
    assert list(answer.replaces) == []
    outputs = aws.update(FILE_SYSTEM, system[0], system[1], bigger)
    assert (outputs["storageCapacity"], outputs["throughputCapacity"]) == (2048, 256)
    assert outputs["tags"] == {"a": "b"}
    other = {
        **bigger,
        "kmsKeyId": inputs["kmsKeyId"][:-1],
        "securityGroupIds": ["sg-1"],
        "preferredSubnetId": "subnet-1",
    }
    answer = aws.diff(FILE_SYSTEM, outputs, aws.checked(FILE_SYSTEM, other))
    assert set(answer.replaces) == {"kmsKeyId", "securityGroupIds", "preferredSubnetId"}


def test_a_volume_changes_in_place_but_not_its_name(
    aws: Plugin, emulator: RunningEmulator, volume_inputs
):
    volume, made = aws.create(VOLUME, volume_inputs)
    policy = {"name": "NONE"}
    new = {**volume_inputs, "sizeInMegabytes": 2048, "tieringPolicy": policy}
    changed = aws.update(VOLUME, volume, made, {**new, "skipFinalBackup": False})
    assert (changed["sizeInMegabytes"], changed["tieringPolicy"]) == (2048, policy)
    assert list(aws.diff(VOLUME, changed, {**new, "name": "other"}).replaces) == ["name"]
    aws.delete(VOLUME, volume, changed)
    assert len(emulator.client("fsx").describe_backups()["Backups"]) == 1


def test_imports_give_what_a_program_would_but_for_what_fsx_does_not_tell(
    aws: Plugin, inputs: dict, subnets: list[str], emulator: RunningEmulator, svm, volume_inputs
):
    ec2 = emulator.client("ec2")
    vpc = ec2.describe_subnets(SubnetIds=[subnets[0]])["Subnets"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
    made, outputs = aws.create(FILE_SYSTEM, {**inputs, "securityGroupIds": [group]})
    assert outputs["securityGroupIds"] == [group]
    assert aws.read(FILE_SYSTEM, made)[2] == inputs
    volume, _ = aws.create(VOLUME, volume_inputs)
    told = {name: value for name, value in volume_inputs.items() if name != "skipFinalBackup"}
    imported = aws.read(VOLUME, volume)[2]
    assert told.items() <= imported.items()
    assert not aws.diff(VOLUME, aws.read(VOLUME, volume)[1], told).diffs
    assert aws.read(SVM, svm[0])[2]["name"] == "files"


@pytest.mark.parametrize(
    ("state", "last"), [("FAILED", "no address left"), ("MISCONFIGURED", "none")]
)
def test_a_failure_ends_the_wait_at_once_and_the_state_knows_what_was_made(
    aws: Plugin, emulator: RunningEmulator, inputs: dict, state: str, last: str
):
    emulator.set_fault("file_system_fails", state=state, message="no address left")
    with pytest.raises(RefusedError, match=f"unexpected state '{state}'.*{last}") as refused:
        aws.create(FILE_SYSTEM, inputs)
    assert refused.value.partial is not None
    assert refused.value.partial.id == emulator.resources()["file_systems"][0]


def test_the_programs_time_out_is_the_time_out(
    aws: Plugin, emulator: RunningEmulator, inputs: dict
):
    emulator.configure(speed=1)
    with pytest.raises(RefusedError, match=r"last state: 'CREATING', timeout: 0.4s"):
        aws.create(FILE_SYSTEM, inputs, timeout=0.4)


def test_a_key_that_cannot_be_used_is_one_line(
    aws: Plugin, emulator: RunningEmulator, inputs: dict
):
    emulator.client("kms").schedule_key_deletion(KeyId=inputs["kmsKeyId"].rpartition("/")[2])
    with pytest.raises(RefusedError, match=r"BadRequest: The KMS key .* is PendingDeletion"):
        aws.create(FILE_SYSTEM, inputs)


@pytest.mark.parametrize(
    ("token", "changes", "said"),
    [
        (FILE_SYSTEM, {"throughputCapacity": 100}, "expected throughput_capacity to be one of"),
        (FILE_SYSTEM, {"throughputCapacityPerHaPair": 128}, "Invalid combination of arguments"),
        (FILE_SYSTEM, {"kmsKeyId": "8a1f6d2e"}, "is an invalid ARN"),
        (FILE_SYSTEM, {"networkType": "DUAL"}, "published plugins"),
        (FILE_SYSTEM, {"fsxAdminPasword": "x"}, "did you mean 'fsxAdminPassword'"),
        (SVM, {"fileSystemId": "fs-1"}, "give one"),
        (VOLUME, {"storageVirtualMachineId": "svm-1"}, "give one"),
    ],
)
def test_wrong_inputs_are_refused_in_a_preview(
    aws: Plugin, inputs: dict, token: str, changes: dict[str, Any], said: str
):
    given = {**inputs, **changes} if token == FILE_SYSTEM else changes
    assert any(said in reason for reason in aws.check(token, given))


def test_a_preview_calls_nothing_and_keeps_passwords_secret(
    aws: Plugin, emulator: RunningEmulator, inputs: dict
):
    calls = len(emulator.log())
    planned = aws.preview(
        FILE_SYSTEM, {**inputs, "kmsKeyId": UNKNOWN, "fsxAdminPassword": "Rehearsed1"}
    )
    assert planned["endpoints"] is UNKNOWN
    assert "Rehearsed1" not in repr(planned)
    assert len(emulator.log()) == calls


def test_the_route_tables_of_a_file_system_in_two_zones_change_in_place(
    aws: Plugin, inputs: dict, subnets: list[str]
):
    two_zones = {"deploymentType": "MULTI_AZ_1", "subnetIds": subnets}
    wanted = {**inputs, **two_zones, "routeTableIds": ["rtb-11111111", "rtb-22222222"]}
    identifier, outputs = aws.create(FILE_SYSTEM, wanted)
    changed = {**wanted, "routeTableIds": ["rtb-22222222", "rtb-33333333"]}
    answer = aws.diff(FILE_SYSTEM, outputs, changed)
    assert (list(answer.diffs), list(answer.replaces)) == (["routeTableIds"], [])
    updated = aws.update(FILE_SYSTEM, identifier, outputs, changed)
    assert updated["routeTableIds"] == ["rtb-22222222", "rtb-33333333"]
    assert not aws.diff(FILE_SYSTEM, updated, changed).diffs
