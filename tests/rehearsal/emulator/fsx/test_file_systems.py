"""FSx for NetApp ONTAP: states, order, what it demands of the key, and answers in AWS's model."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.emulator.core import network_use, validation
from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.process import EmulatorError, RunningEmulator
from tests.rehearsal.emulator.conftest import PLACE, REGION
from tests.rehearsal.emulator.fsx.files import CONFIGURATION, KEY, TIMES, Files


def test_a_file_system_takes_its_time_and_then_has_endpoints(files: Files):
    system = files.create()
    assert files.shown(system)["Lifecycle"] == "CREATING"
    assert "Endpoints" not in files.shown(system)["OntapConfiguration"]
    files.account.pass_time(TIMES.create_file_system - 1)
    assert files.shown(system)["Lifecycle"] == "CREATING"
    files.account.pass_time(1)
    shown = files.shown(system)
    assert (shown["Lifecycle"], shown["KmsKeyId"]) == ("AVAILABLE", KEY)
    endpoint = shown["OntapConfiguration"]["Endpoints"]["Management"]
    assert endpoint["DNSName"] == f"management.{system}.fsx.{REGION}.amazonaws.com"
    assert len(endpoint["IpAddresses"]) == 2
    assert files.moves() == [("", "CREATING"), ("CREATING", "AVAILABLE")]


def test_a_request_sent_twice_makes_one(files: Files):
    assert files.create(ClientRequestToken="one") == files.create(ClientRequestToken="one")
    assert len(files.call("DescribeFileSystems")["FileSystems"]) == 1


def test_storage_virtual_machine_and_volume_come_in_order(files: Files):
    system = files.create()
    with pytest.raises(ServiceError, match="is CREATING; it must be AVAILABLE"):
        files.svm(system)
    files.account.pass_time(TIMES.create_file_system)
    svm = files.call("CreateStorageVirtualMachine", FileSystemId=system, Name="files")
    svm_id = svm["StorageVirtualMachine"]["StorageVirtualMachineId"]
    with pytest.raises(ServiceError, match="is CREATING; it must be CREATED"):
        files.volume(svm_id)
    files.account.pass_time(TIMES.create_svm)
    volume = files.volume(svm_id, JunctionPath="/data")
    [shown] = files.call("DescribeVolumes", VolumeIds=[volume])["Volumes"]
    assert (shown["Lifecycle"], shown["FileSystemId"]) == ("CREATED", system)
    found = files.call(
        "DescribeStorageVirtualMachines", Filters=[{"Name": "file-system-id", "Values": [system]}]
    )
    [machine] = found["StorageVirtualMachines"]
    assert machine["Endpoints"]["Nfs"]["DNSName"].startswith(f"{svm_id}.{system}.fsx.")


def test_names_and_paths_are_taken_once(files: Files):
    system = files.made()
    svm = files.svm(system)
    with pytest.raises(ServiceError, match="has a storage virtual machine named files"):
        files.svm(system)
    files.volume(svm, JunctionPath="/data")
    with pytest.raises(ServiceError, match="has a volume named data"):
        files.volume(svm)
    with pytest.raises(ServiceError, match="is mounted at /data"):
        files.volume(svm, "other", JunctionPath="/data")


def test_a_file_system_goes_last(files: Files):
    system = files.made()
    svm = files.svm(system)
    volume = files.volume(svm)
    with pytest.raises(ServiceError, match="has storage virtual machines"):
        files.call("DeleteFileSystem", FileSystemId=system)
    with pytest.raises(ServiceError, match=f"{svm} has volumes: {volume}"):
        files.call("DeleteStorageVirtualMachine", StorageVirtualMachineId=svm)
    skip = {"SkipFinalBackup": True}
    files.call("DeleteVolume", VolumeId=volume, OntapConfiguration=skip)
    files.account.pass_time(TIMES.delete_volume)
    files.call("DeleteStorageVirtualMachine", StorageVirtualMachineId=svm)
    files.account.pass_time(TIMES.delete_svm)
    interfaces = files.shown(system)["NetworkInterfaceIds"]
    files.call("DeleteFileSystem", FileSystemId=system)
    assert files.shown(system)["Lifecycle"] == "DELETING"
    assert set(interfaces) <= set(network_use.remaining(PLACE)["network_interfaces"])
    files.account.pass_time(TIMES.delete_file_system)
    with pytest.raises(ServiceError) as refused:
        files.shown(system)
    assert refused.value.code == "FileSystemNotFound"
    assert not set(interfaces) & set(network_use.remaining(PLACE)["network_interfaces"])
    assert not any(files.service.remaining().values())


def test_a_volume_leaves_a_final_backup_unless_told_not_to(files: Files):
    system = files.made()
    volume = files.volume(files.svm(system))
    answer = files.call("DeleteVolume", VolumeId=volume)
    files.account.pass_time(TIMES.delete_volume)
    [backup] = files.call("DescribeBackups")["Backups"]
    assert backup["BackupId"] == answer["OntapResponse"]["FinalBackupId"]
    assert (backup["Volume"]["VolumeId"], backup["KmsKeyId"]) == (volume, KEY)
    files.call("DeleteBackup", BackupId=backup["BackupId"])
    assert files.call("DescribeBackups")["Backups"] == []


def test_a_key_that_cannot_be_used_makes_no_file_system(files: Files):
    files.trouble[KEY] = "is PendingDeletion"
    with pytest.raises(ServiceError, match=r"key .* is PendingDeletion") as refused:
        files.create()
    assert refused.value.code == "BadRequest"
    files.trouble.clear()
    volume = files.volume(files.svm(files.made()))
    files.trouble[KEY] = "is Unavailable"
    with pytest.raises(ServiceError, match="final backup cannot be made"):
        files.call("DeleteVolume", VolumeId=volume)


@pytest.mark.parametrize("state", ["FAILED", "MISCONFIGURED"])
def test_a_file_system_can_fail_and_says_why(files: Files, state: str):
    fault = {"kind": "file_system_fails", "state": state, "message": "no address left"}
    files.account.service.faults.add(fault)
    shown = files.shown(files.made())
    assert (shown["Lifecycle"], shown["FailureDetails"]["Message"]) == (state, "no address left")
    assert files.shown(files.made())["Lifecycle"] == "AVAILABLE"  # it strikes once


def test_what_is_inside_can_fail_and_says_why(files: Files):
    for target in ("svm", "volume"):
        files.account.service.faults.add({"kind": "file_system_fails", "target": target})
    system = files.made()
    failed = files.svm(system)
    [shown] = files.call("DescribeStorageVirtualMachines")["StorageVirtualMachines"]
    assert shown["Lifecycle"] == "FAILED"
    assert shown["LifecycleTransitionReason"]["Message"]
    with pytest.raises(ServiceError, match="is FAILED; it must be CREATED"):
        files.volume(failed)
    volume = files.volume(files.svm(system, "other"))
    [shown] = files.call("DescribeVolumes", VolumeIds=[volume])["Volumes"]
    assert shown["Lifecycle"] == "FAILED"


def test_capacity_grows_but_never_shrinks(files: Files):
    system = files.made()
    with pytest.raises(ServiceError, match="at least 10 percent larger"):
        files.call("UpdateFileSystem", FileSystemId=system, StorageCapacity=1100)
    files.call(
        "UpdateFileSystem",
        FileSystemId=system,
        StorageCapacity=2048,
        OntapConfiguration={"ThroughputCapacity": 256, "FsxAdminPassword": "Rehearsed1"},
    )
    assert (files.shown(system)["Lifecycle"], files.shown(system)["StorageCapacity"]) == (
        "UPDATING",
        1024,
    )
    files.account.pass_time(TIMES.update_file_system)
    shown = files.shown(system)
    assert (shown["Lifecycle"], shown["StorageCapacity"]) == ("AVAILABLE", 2048)
    assert shown["OntapConfiguration"]["ThroughputCapacity"] == 256
    assert shown["AdministrativeActions"][0]["Status"] == "COMPLETED"
    assert "Rehearsed1" not in str(shown)


def test_two_zones_take_two_subnets_and_a_preferred_one(files: Files):
    subnets = files.account.subnets
    both = [subnets["us-east-1a"], subnets["us-east-1b"]]
    configuration = {"DeploymentType": "MULTI_AZ_1", "ThroughputCapacity": 128}
    with pytest.raises(ServiceError, match="MULTI_AZ_1 takes 2 subnets"):
        files.create(OntapConfiguration=configuration)
    with pytest.raises(ServiceError, match="PreferredSubnetId must be one of SubnetIds"):
        files.create(SubnetIds=both, OntapConfiguration=configuration)
    preferred = {**configuration, "PreferredSubnetId": both[1]}
    shown = files.shown(files.made(SubnetIds=both, OntapConfiguration=preferred))
    assert shown["OntapConfiguration"]["EndpointIpAddressRange"] == "198.19.255.0/24"


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"StorageCapacity": 512}, "BadRequest", "must be between 1024 and"),
        ({"SubnetIds": ["subnet-0123456789abcdef0"]}, "BadRequest", "must be one of SubnetIds"),
        (
            {"OntapConfiguration": {"DeploymentType": "SINGLE_AZ_1", "ThroughputCapacity": 100}},
            "BadRequest",
            "must be one of",
        ),
        (
            {"SubnetIds": ["subnet-0123456789abcdef0"], "OntapConfiguration": CONFIGURATION},
            "InvalidNetworkSettings",
            "does not exist",
        ),
        ({"FileSystemType": "LUSTRE"}, "BadRequest", "of the type ONTAP"),
        ({"StorageType": "TAPE"}, "ValidationException", "enum value set"),
    ],
)
def test_what_makes_no_sense_is_refused(
    files: Files, changes: dict[str, Any], code: str, said: str
):
    with pytest.raises(ServiceError, match=said) as refused:
        files.create(**changes)
    assert refused.value.code == code
    declared = validation.service_model("fsx").operation_model("CreateFileSystem").error_shapes
    assert code == "ValidationException" or code in {shape.name for shape in declared}


def test_lists_come_in_pages(files: Files):
    made = {files.create(), files.create(), files.create()}
    first = files.call("DescribeFileSystems", MaxResults=2)
    rest = files.call("DescribeFileSystems", MaxResults=2, NextToken=first["NextToken"])
    found = [one["FileSystemId"] for one in first["FileSystems"] + rest["FileSystems"]]
    assert (set(found), len(found)) == (made, 3)
    assert "NextToken" not in rest


def test_keys_tags_and_failures_are_the_same_over_the_wire(
    emulator: RunningEmulator,
):
    """Over the wire, with boto3 and the emulated KMS."""
    ec2, fsx, kms = (emulator.client(name) for name in ("ec2", "fsx", "kms"))
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    key = kms.create_key()["KeyMetadata"]
    kms.schedule_key_deletion(KeyId=key["KeyId"])
    given = {
        "FileSystemType": "ONTAP",
        "StorageCapacity": 1024,
        "SubnetIds": [subnet],
        "OntapConfiguration": CONFIGURATION,
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    with pytest.raises(fsx.exceptions.BadRequest, match="PendingDeletion"):
        fsx.create_file_system(**given, KmsKeyId=key["Arn"])
    kms.cancel_key_deletion(KeyId=key["KeyId"])
    kms.enable_key(KeyId=key["KeyId"])
    system = fsx.create_file_system(**given, KmsKeyId=key["Arn"])["FileSystem"]
    assert emulator.resources()["file_systems"] == [system["FileSystemId"]]
    fsx.tag_resource(ResourceARN=system["ResourceARN"], Tags=[{"Key": "c", "Value": "d"}])
    fsx.untag_resource(ResourceARN=system["ResourceARN"], TagKeys=["a"])
    listed = fsx.list_tags_for_resource(ResourceARN=system["ResourceARN"])["Tags"]
    assert listed == [{"Key": "c", "Value": "d"}]
    with pytest.raises(EmulatorError, match="there is no svm that could fail"):
        emulator.set_fault("file_system_fails", target="svm", when="now")
    emulator.set_fault("file_system_fails", state="MISCONFIGURED", when="now")
    [shown] = fsx.describe_file_systems()["FileSystems"]
    assert shown["Lifecycle"] == "MISCONFIGURED"
