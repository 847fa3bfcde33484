"""The file system in the program: when it is declared, on what it waits, what guards its data."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pulumi
import pytest
from pulumi_cloudhsm import Storage, StorageArgs, VolumeArgs
from pulumi_cloudhsm.aws.fsx import Part
from pulumi_cloudhsm.aws.kms import HeldKey, KeyStore
from pulumi_cloudhsm.errors import AwsError

from tests.unit.recording import OWNER, Run, bare, config, run, strings_in_clear
from tests.unit.storage_world import FILE_SYSTEM, HOST, KEY_ARN, SVM, Files
from tests.unit.world import SECURITY_GROUP, World

WANTED = {
    "activation": "manual",
    "hsmCount": 2,
    "keyStore": True,
    "kmsUserSecret": "kmsuser",
    "fileSystem": True,
    "fileSystemPasswordSecret": "fsxadmin",
}
SYSTEM, MACHINE, VOLUME, PASSWORD = (
    f"cloudhsm-storage-{part}" for part in ("system", "svm", "volume-data", "password")
)
OURS = {"pulumi-cloudhsm": f"{OWNER}-storage"}


def settings(**changes: Any) -> dict[str, str]:
    return config(**{**WANTED, **changes})


def there(state: str = "AVAILABLE", **changes: Any) -> Part:
    return replace(Part(FILE_SYSTEM, "", state, "", KEY_ARN, OURS), **changes)


def files(*systems: Part, **changes: Any) -> World:
    return World(files=Files(sights=[list(systems)], **changes))


@pytest.mark.parametrize("preview", [True, False])
def test_everything_waits_for_the_connected_key_store_and_goes_before_it(preview: bool) -> None:
    done = run(settings(), preview=preview).succeeded()
    before = done.ancestors(SYSTEM)
    assert {"cloudhsm-keys-store", "cloudhsm-keys-key", "cloudhsm-storage-group"} <= before
    assert "cloudhsm-storage-client-1-tcp-2049" in before, "a refused destroy keeps the rules"
    assert {SYSTEM, PASSWORD} <= done.ancestors(MACHINE)
    assert MACHINE in done.ancestors(VOLUME)


def test_they_are_what_the_config_says() -> None:
    volumes = [{"name": "data", "sizeGib": 50}, {"name": "cold", "sizeGib": 2, "tiering": "ALL"}]
    wanted = settings(fileSystemName="vault", fileSystemCapacity=2048, fileSystemVolumes=volumes)
    done = run(wanted).succeeded()
    system = done[SYSTEM]
    assert (system["storageCapacity"], system["throughputCapacity"]) == (2048, 128)
    assert (system["kmsKeyId"], system["deploymentType"]) == (KEY_ARN, "SINGLE_AZ_1")
    assert system["subnetIds"] == [system["preferredSubnetId"]]
    assert (system["tags"]["Name"], system["tags"]["pulumi-cloudhsm"]) == (
        "vault",
        f"{OWNER}-storage",
    )
    assert "fsxAdminPassword" not in system.inputs, "the aws provider would keep it in the state"
    assert done[MACHINE]["name"] == "vault"
    assert (done[VOLUME]["sizeInMegabytes"], done[VOLUME]["junctionPath"]) == (51200, "/data")
    assert done[VOLUME]["tieringPolicy"] == {"name": "AUTO", "coolingPeriod": 31}
    assert done["cloudhsm-storage-volume-cold"]["tieringPolicy"] == {"name": "ALL"}


def test_the_outputs_are_what_another_stack_mounts_with() -> None:
    exports = bare(run(settings()).succeeded().exports)
    assert exports["fileSystemId"] == FILE_SYSTEM
    assert exports["mountCommands"] == {
        "data": f"sudo mount -t nfs -o nfsvers=4.1 {HOST}:/data /mnt/data"
    }
    assert exports["fileSystemEndpoints"] == {
        "management": f"management.{FILE_SYSTEM}.fsx.eu-central-1.amazonaws.com",
        "nfs": HOST,
    }
    assert exports["fileSystemCost"].startswith("about 220 USD a month (0.30 an hour)")


def test_there_is_none_unless_it_is_wanted_and_has_a_key() -> None:
    off = run(settings(fileSystem=False)).succeeded()
    assert SYSTEM not in off
    assert bare(off.exports)["fileSystemId"] == ""
    waiting = settings(trust="external", caCommonName=None, caOrganization=None)
    assert SYSTEM not in run(waiting).succeeded()


def test_any_key_will_do_instead_of_the_key_stores() -> None:
    other = KEY_ARN.replace("1111", "9999")
    wanted = settings(keyStore=False, hsmCount=1, activation="none", fileSystemKey=other)
    done = run(wanted).succeeded()
    assert done[SYSTEM]["kmsKeyId"] == other
    assert "cloudhsm-keys-store" not in done


def test_in_two_zones_it_takes_the_clusters_first_two_subnets() -> None:
    wanted = settings(fileSystemDeployment="MULTI_AZ_2", fileSystemThroughput=384)
    system = run(wanted).succeeded()[SYSTEM]
    assert len(set(system["subnetIds"])) == 2
    assert system["subnetIds"][0] == system["preferredSubnetId"]
    assert (system["haPairs"], system["throughputCapacityPerHaPair"]) == (1, 384)


def test_clients_reach_what_their_protocols_need_and_nothing_else() -> None:
    clients = ["10.0.0.0/16", "sg-0123456789abcdef1"]
    done = run(settings(fileSystemClients=clients, fileSystemProtocols=["nfs", "iscsi"]))
    rules = [one for one in done.succeeded().resources if "IngressRule" in one.type]
    ranges = {(one["ipProtocol"], one["fromPort"]) for one in rules if one.inputs.get("cidrIpv4")}
    assert ranges >= {("tcp", 2049), ("udp", 111), ("tcp", 3260), ("tcp", 22), ("icmp", -1)}
    assert not any(port == 445 for _, port in ranges), "SMB was not asked for"
    groups = [one for one in rules if "referencedSecurityGroupId" in one.inputs]
    assert {one["referencedSecurityGroupId"] for one in groups} == {clients[1]}
    assert len(groups) * 2 == len(rules)


def test_without_a_word_the_clusters_own_group_may_mount() -> None:
    done = run(settings()).succeeded()
    rule = done["cloudhsm-storage-client-1-tcp-2049"]
    assert rule["referencedSecurityGroupId"] == SECURITY_GROUP


def test_data_is_protected_and_backed_up_unless_the_stack_is_disposable() -> None:
    done = run(settings(disposable=False)).succeeded()
    for name in (SYSTEM, MACHINE, VOLUME):
        assert done[name].request.protect, name
    assert done[VOLUME]["skipFinalBackup"] is False
    assert not done["cloudhsm-storage-client-1-tcp-2049"].request.protect, "clients come and go"
    disposable = run(settings()).succeeded()
    assert not disposable[SYSTEM].request.protect
    assert disposable[VOLUME]["skipFinalBackup"] is True


def test_two_hours_are_allowed_and_one_file_system_goes_before_the_next() -> None:
    request = run(settings()).succeeded()[SYSTEM].request
    assert request.customTimeouts.create == request.customTimeouts.delete == "7200s"
    assert request.deleteBeforeReplace
    assert list(request.ignoreChanges) == ["securityGroupIds"]


def test_the_password_is_named_and_nowhere_told() -> None:
    done = run(settings()).succeeded()
    assert done[PASSWORD]["password_secret_id"] == "fsxadmin"
    assert PASSWORD not in run(settings(fileSystemPasswordSecret="")).succeeded()


@pytest.mark.parametrize("preview", [True, False])
def test_another_key_would_lose_all_data_and_is_refused(preview: bool) -> None:
    other = KEY_ARN.replace("1111", "9999")
    wanted = settings(fileSystemKey=other, disposable=False)
    done = run(wanted, preview=preview, world=files(there())).succeeded()
    [line] = done.said("error")  # which makes the engine fail the run
    assert "\n" not in line
    for told in (FILE_SYSTEM, KEY_ARN, other, "never be changed", "data", "set the key back"):
        assert told in line
    assert done[SYSTEM]["kmsKeyId"] == KEY_ARN, "what is there stays as it is"


def test_in_a_disposable_stack_another_key_is_a_warning() -> None:
    wanted = settings(fileSystemKey=KEY_ARN.replace("1111", "9999"))
    done = run(wanted, world=files(there())).succeeded()
    assert any("all data of this one is lost" in line for line in done.said("warning"))
    assert not run(settings(), world=files(there())).succeeded().said("warning")


@pytest.mark.parametrize("preview", [True, False])
def test_what_an_interrupted_run_left_is_adopted(preview: bool) -> None:
    svm = Part(SVM, "cloudhsm", "CREATED")
    done = run(settings(), preview=preview, world=files(there(), svms=[svm])).succeeded()
    assert done[SYSTEM].request.importId == FILE_SYSTEM
    assert done[MACHINE].request.importId == SVM


def test_what_others_made_or_what_is_going_is_not() -> None:
    others = there(tags={"pulumi-cloudhsm": "somebody/else"})
    going = Part("fs-0fedcba9876543210", "", "DELETING", tags=OURS)
    done = run(settings(), world=files(others, going)).succeeded()
    assert done[SYSTEM].request.importId == ""


def test_one_that_aws_is_still_making_is_waited_for() -> None:
    world = World(files=Files(sights=[[there("CREATING")], [there("CREATING")], [there()]]))
    quick = settings(fileSystemUsualSeconds=1)
    done = run(quick, world=world).succeeded()
    assert done[SYSTEM].request.importId == FILE_SYSTEM
    assert any("left by an interrupted run" in line for line in done.said("info"))


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize(
    ("systems", "told"),
    [
        ([there("FAILED", reason="no address")], ("no address", "delete-file-system", "--refresh")),
        ([there(), there(identifier="fs-2")], ("2 file systems", "fs-2", "untag-resource")),
    ],
)
def test_what_cannot_be_gone_on_with_is_one_line(
    systems: list[Part], told: tuple[str, ...], preview: bool
) -> None:
    done = run(settings(), preview=preview, world=files(*systems))
    assert isinstance(done.error, pulumi.RunError)
    assert all(text in str(done.error) for text in told)
    assert SYSTEM not in done


def test_a_preview_goes_on_when_fsx_cannot_be_asked_and_an_update_does_not() -> None:
    trouble = AwsError("describing file systems: AWS said: no")
    seen = run(settings(), preview=True, world=World(files=Files(trouble=trouble))).succeeded()
    assert any("could not look" in line for line in seen.said("warning"))
    done = run(settings(), world=World(files=Files(trouble=trouble)))
    assert isinstance(done.error, pulumi.RunError)


STORE = KeyStore("cks-1", "vault", "cluster-a", "FAILED", "USER_LOCKED_OUT", "PEM")
SOON = datetime(2026, 12, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("key", "store", "told"),
    [
        (HeldKey(KEY_ARN, "Unavailable", None, "cks-1"), STORE, ("cks-1 is FAILED", "--refresh")),
        (HeldKey(KEY_ARN, "PendingDeletion", SOON), None, ("cancel-key-deletion",)),
        (HeldKey(KEY_ARN, "Disabled", None), None, ("enable-key",)),
    ],
)
def test_without_a_usable_key_nothing_is_asked_of_fsx(
    key: HeldKey, store: KeyStore | None, told: tuple[str, ...]
) -> None:
    world = files(key=key, store=store)
    done = run(settings(), world=world)
    assert all(text in str(done.error) for text in (KEY_ARN, key.state, *told))
    assert "\n" not in str(done.error)
    assert SYSTEM not in world.state


@pytest.mark.parametrize("preview", [True, False])
def test_one_that_has_broken_since_is_a_warning_at_every_run(preview: bool) -> None:
    world = files(there("MISCONFIGURED_UNAVAILABLE", reason="the key cannot be used"))
    done = run(settings(), preview=preview, world=world)
    assert any("the key cannot be used" in line for line in done.said("warning"))


def test_a_second_one_is_refused_at_the_last_moment() -> None:
    world = World(files=Files(sights=[[], [there()]]))
    done = run(settings(), world=world)
    assert f"{FILE_SYSTEM} (AVAILABLE) already belongs to" in str(done.error)


def test_aws_s_reason_is_told_when_it_fails() -> None:
    refused = "waiting for FSx: unexpected state 'MISCONFIGURED', wanted target 'AVAILABLE'"
    for state in ("FAILED", "MISCONFIGURED"):
        broken = there(state, reason="the key went away")
        world = World(files=Files(sights=[[], [], [broken]]), refusals={SYSTEM: refused})
        done = run(settings(), world=world)
        [told] = [line for line in done.said("error") if "the key went away" in line]
        assert (FILE_SYSTEM in told, state in told, "pulumi up" in told) == (True, True, True)


def test_a_broken_file_system_gets_no_storage_virtual_machine() -> None:
    broken = there("MISCONFIGURED", reason="no route")
    world = World(files=Files(sights=[[], [], [broken]]))
    done = run(settings(fileSystemPasswordSecret=""), world=world)
    assert "no route" in str(done.error)
    assert MACHINE not in world.state


def test_a_volume_that_is_there_already_is_named() -> None:
    world = files(volumes=[Part("fsvol-0123456789abcdef0", "data", "CREATED")])
    done = run(settings(), world=world)
    assert "delete-volume --volume-id fsvol-0123456789abcdef0" in str(done.error)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"keyStore": False}, ("cloudhsm:fileSystemKey", "cloudhsm:keyStore")),
        ({"fileSystemKey": "alias/mine"}, ("cloudhsm:fileSystemKey", "alias/mine", "ARN")),
        ({"fileSystemCapacity": 512}, ("cloudhsm:fileSystemCapacity", "512", "1024 to 196608")),
        ({"fileSystemThroughput": 384}, ("cloudhsm:fileSystemThroughput", "384", "128, 256")),
        ({"fileSystemDeployment": "TWO_AZ"}, ("cloudhsm:fileSystemDeployment", "MULTI_AZ_1")),
        ({"fileSystemName": "a b"}, ("cloudhsm:fileSystemName", "a b", "47")),
        ({"fileSystemBackupDays": 91}, ("cloudhsm:fileSystemBackupDays", "91", "0 to 90")),
        ({"fileSystemClients": ["10.0.0.1/16"]}, ("cloudhsm:fileSystemClients", "host bits")),
        ({"fileSystemProtocols": ["ftp"]}, ("cloudhsm:fileSystemProtocols", "ftp", "iscsi")),
        ({"fileSystemVolumes": [{"name": "a"}]}, ("cloudhsm:fileSystemVolumes", "sizeGib")),
        ({"fileSystemVolumes": [{"name": "a-b", "sizeGib": 1}]}, ("a-b", "letters")),
        ({"fileSystemVolumes": [{"name": "a", "sizeGib": 0}]}, ("0 GiB", "1 to 307200")),
        ({"fileSystemVolumes": [{"name": "a", "sizeGib": 1, "path": "a"}]}, ("/data",)),
        ({"fileSystemVolumes": [{"name": "a", "sizeGib": 1}] * 2}, ("'a'", "once")),
        ({"fileSystemVolumes": [{"name": "a", "sizeGib": 1, "tiering": "HOT"}]}, ("HOT", "AUTO")),
        ({"fileSystemUsualSeconds": 7201}, ("cloudhsm:fileSystemDeadlineSeconds", "7201")),
        (
            {"fileSystemDeployment": "MULTI_AZ_1", "availabilityZones": ["eu-central-1a"]},
            ("cloudhsm:fileSystemDeployment", "two zones"),
        ),
    ],
)
def test_bad_input_is_one_line_before_anything_is_declared(
    changes: dict[str, Any], told: tuple[str, ...]
) -> None:
    done = run(settings(**changes))
    assert isinstance(done.error, pulumi.RunError)
    assert all(text in str(done.error) for text in told), done.error
    assert "\n" not in str(done.error)
    assert done.resources == []


def test_another_stack_gets_by_import_what_the_config_gives() -> None:
    """The component's own defaults are those of the description."""

    def program() -> None:
        Storage(
            "cloudhsm-storage",
            StorageArgs(
                region="eu-central-1",
                kms_key_arn=KEY_ARN,
                preferred_subnet_id="subnet-0123456789abcdef0",
                file_system_clients=[SECURITY_GROUP],
                file_system_name="cloudhsm",
                file_system_volumes=[VolumeArgs("data", 100)],
            ),
        )

    world = World(subnets={"subnet-0123456789abcdef0": ("vpc-1", "eu-central-1a")})
    alone = run(config(), world=world, program=program).succeeded()
    ours = run(settings(disposable=False, tags={})).succeeded()
    for name in (MACHINE, VOLUME):
        assert bare(alone[name].inputs) == bare(ours[name].inputs)
    place = {"preferredSubnetId", "subnetIds"}
    assert _without(alone, place) == _without(ours, place)


def _without(done: Run, names: set[str]) -> dict[str, Any]:
    return {k: v for k, v in bare(done[SYSTEM].inputs).items() if k not in names}


def test_nothing_of_it_is_secret_so_the_plan_can_be_read() -> None:
    done = run(settings()).succeeded()
    assert KEY_ARN in list(strings_in_clear(done[SYSTEM].inputs))
