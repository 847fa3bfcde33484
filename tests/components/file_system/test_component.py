"""The file system as a component: what it declares, on what it waits, what guards its data."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import pulumi
import pytest

from pulumi_cloudhsm import FileSystem, FileSystemArgs, VolumeArgs
from pulumi_cloudhsm.aws.fsx import Part
from pulumi_cloudhsm.common import CommonArgs, WaitsArgs
from pulumi_cloudhsm.errors import AwsError
from pulumi_cloudhsm.facts import ClusterFacts
from pulumi_cloudhsm.validation import InputError
from pulumi_cloudhsm.waiting.waiter import Timing
from tests.support.fake_cloud import SECURITY_GROUP, World
from tests.support.fake_file_systems import FILE_SYSTEM, HOST, KEY_ARN, SVM, Files
from tests.support.fake_owned import DEPLOYMENT_ID
from tests.support.recording import OWNER, Run, bare, config, run, strings_in_clear

SYSTEM, MACHINE, VOLUME, PASSWORD = (
    f"cloudhsm-storage-{part}" for part in ("system", "svm", "volume-data", "password")
)
OURS = {"pulumi-cloudhsm": f"{OWNER}-storage-system", "pulumi-cloudhsm-id": DEPLOYMENT_ID}
OF_SVM = {**OURS, "pulumi-cloudhsm": f"{OWNER}-storage-svm"}
SUBNETS = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
COMMON = CommonArgs(region="eu-central-1", protect=False, tags={"environment": "dev"})
CLUSTER = ClusterFacts(
    cluster_id="cluster-abcdefghij2",
    security_group_id=SECURITY_GROUP,
    ca_certificate="PEM",
    vpc_id="vpc-1",
    subnet_ids=SUBNETS,
    zones=["eu-central-1a", "eu-central-1b"],
    subnet_cidrs=["10.42.0.0/20", "10.42.16.0/20"],
    name="cloudhsm",
    common=COMMON,
)
WANTED = FileSystemArgs(key_arn=KEY_ARN, password_secret="fsxadmin")
KEPT = replace(COMMON, protect=True)


def make(
    args: FileSystemArgs = WANTED,
    *,
    cluster: ClusterFacts | None = CLUSTER,
    common: CommonArgs | None = None,
    later: Callable[[], dict[str, Any]] = dict,
    preview: bool = False,
    world: World | None = None,
) -> Run:
    """Runs a program of a file system alone; what holds Outputs is made within it, by `later`."""
    world = world or World()
    world.subnets.update(dict.fromkeys(SUBNETS, ("vpc-1", "eu-central-1a")))

    def program() -> None:
        given = {"args": args, "cluster": cluster, "common": common, **later()}
        made = FileSystem("cloudhsm-storage", **given)
        for name in FileSystem.__annotations__:
            pulumi.export(name, getattr(made, name))

    return run(config(), preview=preview, world=world, program=program)


def there(state: str = "AVAILABLE", **changes: Any) -> Part:
    return replace(Part(FILE_SYSTEM, "", state, "", KEY_ARN, OURS), **changes)


def files(*systems: Part, **changes: Any) -> World:
    return World(files=Files(sights=[list(systems)], **changes), begun=True)


@pytest.mark.parametrize("preview", [True, False])
def test_each_part_waits_for_what_it_is_in(preview: bool) -> None:
    done = make(preview=preview).succeeded()
    before = done.ancestors(SYSTEM)
    assert {"cloudhsm-storage-group", "cloudhsm-storage-client-1-tcp-2049"} <= before, (
        "a refused destroy keeps the rules"
    )
    assert {SYSTEM, PASSWORD} <= done.ancestors(MACHINE)
    assert MACHINE in done.ancestors(VOLUME)


def test_the_parts_are_what_the_args_say() -> None:
    volumes = [VolumeArgs("data", 50), VolumeArgs("cold", 2, tiering="ALL")]
    wanted = replace(WANTED, name="vault", capacity_gib=2048, volumes=volumes)
    done = make(wanted).succeeded()
    system = done[SYSTEM]
    assert (system["storageCapacity"], system["throughputCapacity"]) == (2048, 128)
    assert (system["kmsKeyId"], system["deploymentType"]) == (KEY_ARN, "SINGLE_AZ_1")
    assert system["subnetIds"] == [system["preferredSubnetId"]] == SUBNETS[:1]
    assert system["tags"] == {"environment": "dev", "Name": "vault", **OURS}
    assert "fsxAdminPassword" not in system.inputs, "the aws provider would keep it in the state"
    assert done[MACHINE]["name"] == "vault"
    assert (done[VOLUME]["sizeInMegabytes"], done[VOLUME]["junctionPath"]) == (51200, "/data")
    assert done[VOLUME]["tieringPolicy"] == {"name": "AUTO", "coolingPeriod": 31}
    assert done[VOLUME]["tags"]["Name"] == "vault/data"
    assert done["cloudhsm-storage-volume-cold"]["tieringPolicy"] == {"name": "ALL"}


def test_without_a_name_it_has_the_clusters() -> None:
    assert make().succeeded()[MACHINE]["name"] == "cloudhsm"
    alone = replace(WANTED, subnet_id=SUBNETS[0], clients=["10.0.0.0/16"])
    assert make(alone, cluster=None, common=COMMON).succeeded()[MACHINE]["name"] == "files"


def test_the_outputs_are_what_another_stack_mounts_with() -> None:
    exports = bare(make().succeeded().exports)
    assert exports["file_system_id"] == FILE_SYSTEM
    assert exports["svm_id"] == SVM
    assert exports["volume_ids"] == {"data": "fsvol-data"}
    assert exports["mount_commands"] == {
        "data": f"sudo mount -t nfs -o nfsvers=4.1 {HOST}:/data /mnt/data"
    }
    assert exports["endpoints"] == {
        "management": f"management.{FILE_SYSTEM}.fsx.eu-central-1.amazonaws.com",
        "nfs": HOST,
    }
    assert exports["cost"].startswith("about 220 USD a month (0.30 an hour)")


def test_its_choices_are_visible_as_inputs_of_the_component() -> None:
    done = make().succeeded()
    shown = bare(done["cloudhsm-storage"].inputs)
    assert (shown["capacity_gib"], shown["volumes"][0]["size_gib"]) == (1024, 100)


def test_in_two_zones_it_takes_the_clusters_first_two_subnets() -> None:
    wanted = replace(WANTED, deployment="MULTI_AZ_2", throughput_mbps=384)
    system = make(wanted).succeeded()[SYSTEM]
    assert system["subnetIds"] == SUBNETS
    assert system["subnetIds"][0] == system["preferredSubnetId"]
    assert (system["haPairs"], system["throughputCapacityPerHaPair"]) == (1, 384)
    turned = make(replace(wanted, subnet_id=SUBNETS[1])).succeeded()[SYSTEM]
    assert turned["subnetIds"] == [SUBNETS[1], SUBNETS[0]], "two different ones in any case"


def test_the_subnets_may_be_an_output() -> None:
    wanted = replace(WANTED, deployment="MULTI_AZ_1")

    def beside(subnets: list[str]) -> Run:
        return make(
            wanted,
            later=lambda: {
                "cluster": replace(CLUSTER, subnet_ids=pulumi.Output.from_input(subnets))
            },
        )

    assert beside(SUBNETS).succeeded()[SYSTEM]["subnetIds"] == SUBNETS
    short = beside(SUBNETS[:1])
    assert "standby_subnet_id is None" in str(short.error)


def test_clients_reach_what_their_protocols_need_and_nothing_else() -> None:
    clients = ["10.0.0.0/16", "sg-0123456789abcdef1"]
    done = make(replace(WANTED, clients=clients, protocols=["nfs", "iscsi"])).succeeded()
    rules = [one for one in done.resources if "IngressRule" in one.type]
    ranges = {(one["ipProtocol"], one["fromPort"]) for one in rules if one.inputs.get("cidrIpv4")}
    assert ranges >= {("tcp", 2049), ("udp", 111), ("tcp", 3260), ("tcp", 22), ("icmp", -1)}
    assert not any(port == 445 for _, port in ranges), "SMB was not asked for"
    groups = [one for one in rules if "referencedSecurityGroupId" in one.inputs]
    assert {one["referencedSecurityGroupId"] for one in groups} == {clients[1]}
    assert len(groups) * 2 == len(rules)


def test_where_no_clients_are_given_they_get_a_group_that_reaches_no_hsm() -> None:
    done = make().succeeded()
    peers = {
        one["referencedSecurityGroupId"]
        for one in done.resources
        if "referencedSecurityGroupId" in one.inputs
    }
    assert len(peers) == 1
    assert SECURITY_GROUP not in peers
    assert done["cloudhsm-storage-clients"]["vpcId"] == done["cloudhsm-storage-group"]["vpcId"]
    assert "ingress" not in done["cloudhsm-storage-clients"].inputs
    given = make(replace(WANTED, clients=["10.0.0.0/16"])).succeeded()
    assert "cloudhsm-storage-clients" not in given


def test_data_is_protected_and_backed_up_unless_protection_is_off() -> None:
    done = make(common=KEPT).succeeded()
    for name in (SYSTEM, MACHINE, VOLUME):
        assert done[name].request.protect, name
    assert done[VOLUME]["skipFinalBackup"] is False
    assert not done["cloudhsm-storage-client-1-tcp-2049"].request.protect, "clients come and go"
    disposable = make().succeeded()
    assert not disposable[SYSTEM].request.protect
    assert disposable[VOLUME]["skipFinalBackup"] is True
    asked = make(replace(WANTED, final_backups=True)).succeeded()
    assert asked[VOLUME]["skipFinalBackup"] is False


def test_two_hours_are_allowed_and_one_file_system_goes_before_the_next() -> None:
    request = make().succeeded()[SYSTEM].request
    assert request.customTimeouts.create == request.customTimeouts.delete == "7200s"
    assert request.deleteBeforeReplace
    assert list(request.ignoreChanges) == ["securityGroupIds"]


def test_the_password_is_named_and_nowhere_told() -> None:
    done = make().succeeded()
    assert done[PASSWORD]["password_secret_id"] == "fsxadmin"
    assert done[PASSWORD]["access"]["region"] == "eu-central-1"
    assert PASSWORD not in make(replace(WANTED, password_secret=None)).succeeded()


@pytest.mark.parametrize("preview", [True, False])
def test_another_key_would_lose_all_data_and_is_refused(preview: bool) -> None:
    other = KEY_ARN.replace("1111", "9999")
    done = make(
        replace(WANTED, key_arn=other), common=KEPT, preview=preview, world=files(there())
    ).succeeded()
    [line] = done.said("error")  # which makes the engine fail the run
    assert "\n" not in line
    for told in (FILE_SYSTEM, KEY_ARN, other, "never be changed", "data", "set the key back"):
        assert told in line
    assert done[SYSTEM]["kmsKeyId"] == KEY_ARN, "what is there stays as it is"


def test_in_a_disposable_stack_another_key_is_a_warning() -> None:
    wanted = replace(WANTED, key_arn=KEY_ARN.replace("1111", "9999"))
    done = make(wanted, world=files(there())).succeeded()
    assert any("all data of this one is lost" in line for line in done.said("warning"))
    assert not make(world=files(there())).succeeded().said("warning")


@pytest.mark.parametrize("preview", [True, False])
def test_what_an_interrupted_run_left_is_adopted(preview: bool) -> None:
    svm = Part(SVM, "cloudhsm", "CREATED", tags=OF_SVM)
    done = make(preview=preview, world=files(there(), svms=[svm])).succeeded()
    assert done[SYSTEM].request.importId == FILE_SYSTEM
    assert done[MACHINE].request.importId == SVM


def test_what_others_made_or_what_is_going_is_not() -> None:
    others = there(tags={**OURS, "pulumi-cloudhsm-id": "somebody's"})
    going = Part("fs-0fedcba9876543210", "", "DELETING", tags=OURS)
    done = make(world=files(others, going)).succeeded()
    assert done[SYSTEM].request.importId == ""


def test_one_that_aws_is_still_making_is_waited_for() -> None:
    sights = [[there("CREATING")], [there("CREATING")], [there()]]
    world = World(files=Files(sights=sights), begun=True)
    quick = replace(COMMON, waits=WaitsArgs(file_system=Timing(1, 7200)))
    done = make(common=quick, world=world).succeeded()
    assert done[SYSTEM].request.importId == FILE_SYSTEM
    assert any("left by an interrupted run" in line for line in done.said("info"))


def test_only_the_graph_waits_for_it_and_the_program_goes_on() -> None:
    class Sights(list[Any]):
        threads: ClassVar[list[str]] = []

        def pop(self, *index: Any) -> Any:
            self.threads.append(threading.current_thread().name)
            return super().pop(*index)

    sights = Sights([[there("CREATING")]] * 3 + [[there()]])
    quick = replace(COMMON, waits=WaitsArgs(file_system=Timing(1, 7200)))
    make(common=quick, world=World(files=Files(sights=sights), begun=True)).succeeded()
    at_program_time, *later = Sights.threads
    assert at_program_time == threading.current_thread().name
    assert later == [FILE_SYSTEM] * 2, "each look of the wait is one of a thread of its own"


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize(
    ("systems", "told"),
    [
        ([there("FAILED", reason="no address")], ("no address", "delete-file-system", "--refresh")),
        ([there(), there(identifier="fs-2")], ("2 file systems", "fs-2", "pulumi-cloudhsm-id")),
    ],
)
def test_what_cannot_be_gone_on_with_is_one_line(
    systems: list[Part], told: tuple[str, ...], preview: bool
) -> None:
    done = make(preview=preview, world=files(*systems))
    assert isinstance(done.error, pulumi.RunError)
    assert all(text in str(done.error) for text in told)
    assert SYSTEM not in done


FAILED_PARTS = [
    ("svms", Part(SVM, "cloudhsm", "FAILED", "no address", tags=OF_SVM)),
    ("volumes", Part("fsvol-1", "data", "FAILED", "no space", tags=OF_SVM)),
]


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize(("where", "part"), FAILED_PARTS)
def test_a_part_that_aws_failed_to_make_stays_a_failure(
    where: str, part: Part, preview: bool
) -> None:
    """The state holds it, and the aws provider takes it for made."""
    world = World()
    make(world=world).succeeded()
    later = world.as_left()
    later.registered.clear()  # of a run that has failed, no component has outputs
    later.files = Files(sights=[[there()]], **{where: [part]})
    done = make(preview=preview, world=later)
    assert isinstance(done.error, pulumi.RunError)
    said = str(done.error)
    assert (part.identifier in said, part.reason in said, "aws fsx delete-" in said) == (True,) * 3


@pytest.mark.parametrize("preview", [True, False])
def test_a_run_asks_only_for_the_file_system_once_all_its_parts_are_made(preview: bool) -> None:
    world = World()
    made = make(world=world).succeeded()
    assert "aws:ec2/getSubnet:getSubnet" not in made.invokes, "the cluster knows the VPC"
    later = world.as_left()
    later.files = Files(sights=[[there()]])
    make(preview=preview, world=later).succeeded()
    assert later.files.calls == ["DescribeFileSystems"]


def test_parts_are_looked_at_again_while_one_is_wanted_or_replaced() -> None:
    world = World()
    make(world=world).succeeded()
    more, other = world.as_left(), world.as_left()
    identifier, outputs = other.state[MACHINE]
    other.state[MACHINE] = identifier, {**outputs, "arn": f"{outputs['arn']}0"}
    volumes = [*WANTED.volumes, VolumeArgs("cold", 2)]
    for later, args in ((more, replace(WANTED, volumes=volumes)), (other, WANTED)):
        later.files = Files(sights=[[there()]])
        make(args, world=later).succeeded()
        assert "DescribeVolumes" in later.files.calls


@pytest.mark.parametrize(("where", "part"), FAILED_PARTS)
def test_a_part_that_aws_can_repair_is_a_warning(where: str, part: Part) -> None:
    broken = replace(part, state="MISCONFIGURED")
    world = World(files=Files(sights=[[there()]], **{where: [broken]}), begun=True)
    done = make(world=world).succeeded()
    [told] = [line for line in done.said("warning") if part.reason in line]
    assert "delete" not in told


def test_a_failed_part_of_another_deployment_is_left_alone() -> None:
    others = replace(FAILED_PARTS[1][1], tags={"pulumi-cloudhsm-id": "somebody's"})
    make(world=World(files=Files(sights=[[there()]], volumes=[others]), begun=True)).succeeded()


def test_a_preview_goes_on_when_fsx_cannot_be_asked_and_an_update_does_not() -> None:
    trouble = AwsError("describing file systems: AWS said: no")
    seen = make(preview=True, world=World(files=Files(trouble=trouble), begun=True)).succeeded()
    assert any("could not look" in line for line in seen.said("warning"))
    done = make(world=World(files=Files(trouble=trouble), begun=True))
    assert isinstance(done.error, pulumi.RunError)


@pytest.mark.parametrize("preview", [True, False])
def test_one_that_has_broken_since_is_a_warning_at_every_run(preview: bool) -> None:
    world = files(there("MISCONFIGURED_UNAVAILABLE", reason="the key cannot be used"))
    done = make(preview=preview, world=world)
    assert any("the key cannot be used" in line for line in done.said("warning"))


def test_a_second_one_is_refused_at_the_last_moment() -> None:
    world = World(files=Files(sights=[[there()]]))
    done = make(world=world)
    assert f"{FILE_SYSTEM} (AVAILABLE) already belongs to" in str(done.error)


def test_aws_s_reason_is_told_when_it_fails() -> None:
    refused = "waiting for FSx: unexpected state 'MISCONFIGURED', wanted target 'AVAILABLE'"
    for state in ("FAILED", "MISCONFIGURED"):
        broken = there(state, reason="the key went away")
        world = World(files=Files(sights=[[], [broken]]), refusals={SYSTEM: refused})
        done = make(world=world)
        [told] = [line for line in done.said("error") if "the key went away" in line]
        assert (FILE_SYSTEM in told, state in told, "pulumi up" in told) == (True, True, True)


def test_a_broken_file_system_gets_no_storage_virtual_machine() -> None:
    broken = there("MISCONFIGURED", reason="no route")
    world = World(files=Files(sights=[[], [broken]]))
    done = make(replace(WANTED, password_secret=None), world=world)
    assert "no route" in str(done.error)
    assert MACHINE not in world.state


def test_the_region_may_be_an_output_and_is_the_aws_providers_where_none_is_given() -> None:
    def later() -> dict[str, Any]:
        return {"common": replace(KEPT, region=pulumi.Output.from_input("eu-central-1"))}

    for done in (make(later=later), make(common=replace(KEPT, region=None))):
        assert done.succeeded()[PASSWORD]["access"]["region"] == "eu-central-1"
    adopted = make(later=later, world=files(there())).succeeded()
    assert adopted[SYSTEM].request.importId == FILE_SYSTEM


def test_every_value_of_another_stack_may_be_an_output() -> None:
    def later() -> dict[str, Any]:
        out = pulumi.Output.from_input
        args = FileSystemArgs(
            name=out("vault"),
            key_arn=out(KEY_ARN),
            subnet_id=out(SUBNETS[1]),
            clients=[out("sg-0123456789abcdef1")],
            password_secret=out("fsxadmin"),
        )
        return {"args": args}

    done = make(cluster=None, common=COMMON, later=later).succeeded()
    assert (done[SYSTEM]["kmsKeyId"], done[SYSTEM]["preferredSubnetId"]) == (KEY_ARN, SUBNETS[1])
    assert (done[MACHINE]["name"], done[VOLUME]["tags"]["Name"]) == ("vault", "vault/data")
    rule = done["cloudhsm-storage-client-1-tcp-2049"]
    assert rule["referencedSecurityGroupId"] == "sg-0123456789abcdef1"


def test_wrong_input_is_one_line_before_anything_is_declared() -> None:
    for args, cluster in (
        (replace(WANTED, capacity_gib=512), CLUSTER),
        (replace(WANTED, key_arn=None), CLUSTER),
        (WANTED, None),
        (replace(WANTED, deployment="MULTI_AZ_1"), replace(CLUSTER, subnet_ids=SUBNETS[:1])),
    ):
        done = make(args, cluster=cluster)
        assert isinstance(done.error, InputError)
        assert done.resources == []


def test_nothing_of_it_is_secret_so_the_plan_can_be_read() -> None:
    done = make().succeeded()
    assert KEY_ARN in list(strings_in_clear(done[SYSTEM].inputs))
