"""What an interrupted run left at AWS is imported, whatever its type: one table, one policy."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from pulumi_cloudhsm.aws.found import HALF_MADE, Found
from pulumi_cloudhsm.aws.fsx import Part
from pulumi_cloudhsm.errors import AwsError
from pulumi_cloudhsm.recovery.kinds import KINDS
from tests.support.fake_authorities import PRIVATE_CA, private_ca
from tests.support.fake_cloud import World
from tests.support.fake_owned import DEPLOYMENT_ID
from tests.support.recording import OWNER, Run, config, run

CHAIN = config(activation={"mode": "ssm"}, hsms={"count": 2}, keyStore={}, fileSystem={})
PRIVATE = config(trust={"mode": "acm-pca"})
OF_KMS = config(trust={"mode": "kms"})
HOST, NAT = "cloudhsm-client-host", "cloudhsm-client-host-network"
NAME_AT_IAM = f"{HOST}-01234567"
WATCHED = config(monitoring={})
COPIED = config(
    activation={"mode": "manual"},
    backupCopies={"regions": ["eu-west-1"], "schedule": "rate(1 day)", "keep": 2},
)
COPIES, AWAY = "cloudhsm-backups-copy", "cloudhsm-backups-start-eu-west-1"
REMINDERS = "cloudhsm-alarms-expiry"
REMINDERS_AT_AWS = f"{REMINDERS}-01234567"


def tags(name: str) -> dict[str, str]:
    names = f"{OWNER.removesuffix('cloudhsm')}{name}"
    return {"pulumi-cloudhsm": names, "pulumi-cloudhsm-id": DEPLOYMENT_ID}


def ec2(identifier: str, state: str = "") -> Any:
    def leave(world: World, name: str) -> str:
        world.owned.ec2.append(Found(identifier, name))
        if state:
            world.owned.states[identifier] = [state]
        return identifier

    return leave


def association(world: World, name: str) -> str:
    table = f"{name}s"
    world.owned.ec2.append(Found("rtb-1", table))
    world.owned.associations.append(Found("subnet-1/rtb-1", table))
    return "subnet-1/rtb-1"


def at_iam(world: World, _name: str) -> str:
    world.owned.iam.append(Found(NAME_AT_IAM, NAME_AT_IAM))
    return NAME_AT_IAM


def scheduled(identifier: str) -> Any:
    def leave(world: World, _name: str) -> str:
        world.owned.schedules.append(Found(identifier, identifier))
        return identifier

    return leave


def in_another_region(identifier: str) -> Any:
    """The aws provider imports it by id and Region."""

    def leave(world: World, _name: str) -> str:
        world.owned.schedules.append(Found(identifier, identifier))
        return f"{identifier}@eu-west-1"

    return leave


def workflow(world: World, _name: str) -> str:
    arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:copies"
    world.owned.schedules.append(Found(arn, f"{COPIES}-01234567"))
    return arn


def key(world: World, name: str) -> str:
    world.owned.keys.append(Found("key-1", name, "Enabled"))
    return "key-1"


def alias(world: World, _name: str) -> str:
    world.owned.keys.append(Found("key-1", "cloudhsm-keys-key", "Enabled"))
    world.owned.aliases += [("alias/cloudhsm", "key-1"), ("alias/other", "key-1")]
    return "alias/cloudhsm"


def authority(world: World, name: str) -> str:
    world.private_cas.sights = [[private_ca("PENDING_CERTIFICATE")]]
    world.private_cas.tags = {PRIVATE_CA: tags(name)}
    return PRIVATE_CA


def file_system(world: World, name: str) -> str:
    world.files.sights = [[Part("fs-1", "", "AVAILABLE", tags=tags(name))]]
    return "fs-1"


def svm(world: World, name: str) -> str:
    world.files.svms = [Part("svm-1", "cloudhsm", "CREATED", tags=tags(name))]
    return "svm-1"


def volume(world: World, name: str) -> str:
    world.files.volumes = [Part("fsvol-1", "data", "CREATED", tags=tags(name))]
    return "fsvol-1"


LEFT: list[tuple[dict[str, str], str, Any]] = [
    (CHAIN, "cloudhsm-network-vpc", ec2("vpc-1")),
    (CHAIN, "cloudhsm-network-eu-central-1a", ec2("subnet-0000000000a2a0000")),
    (CHAIN, f"{NAT}-host", ec2("subnet-1")),
    (CHAIN, f"{NAT}-internet", ec2("igw-1")),
    (CHAIN, f"{NAT}-address", ec2("eipalloc-1")),
    (CHAIN, f"{NAT}-nat", ec2("nat-1", "available")),
    (CHAIN, f"{NAT}-host-routes", ec2("rtb-1")),
    (CHAIN, f"{NAT}-host-route", association),
    (CHAIN, f"{HOST}-group", ec2("sg-1")),
    (CHAIN, f"{HOST}-https", ec2("sgr-1")),
    (CHAIN, f"{HOST}-role", at_iam),
    (CHAIN, f"{HOST}-profile", at_iam),
    (CHAIN, f"{HOST}-instance", ec2("i-1", "pending")),
    (CHAIN, "cloudhsm-keys-key", key),
    (CHAIN, "cloudhsm-keys-alias", alias),
    (CHAIN, "cloudhsm-storage-group", ec2("sg-1")),
    (CHAIN, "cloudhsm-storage-client-1-tcp-2049", ec2("sgr-1")),
    (CHAIN, "cloudhsm-storage-client-1-out", ec2("sgr-1")),
    (CHAIN, "cloudhsm-storage-system", file_system),
    (CHAIN, "cloudhsm-storage-svm", svm),
    (CHAIN, "cloudhsm-storage-volume-data", volume),
    (OF_KMS, "cloudhsm-ca-key", key),
    (PRIVATE, "cloudhsm-ca-authority", authority),
    (WATCHED, f"{REMINDERS}-group", scheduled(REMINDERS_AT_AWS)),
    (
        WATCHED,
        f"{REMINDERS}-trust-anchor-ends",
        scheduled(f"{REMINDERS_AT_AWS}/trust-anchor-ends"),
    ),
    (COPIED, f"{COPIES}-machine", workflow),
    (COPIED, f"{AWAY}-group", in_another_region(f"{AWAY}-01234567")),
    (COPIED, f"{AWAY}-keep", in_another_region(f"{AWAY}-01234567/keep")),
]
NAMES = [name for _, name, _ in LEFT]


def after_a_run(settings: dict[str, str], *lost: str) -> World:
    """The world of a stack whose state has lost these."""
    world = World()
    run(settings, world=world).succeeded()
    later = world.as_left()
    for name in lost:
        del later.state[name], later.urns[name]
    return later


def imported(done: Run) -> dict[str, str]:
    return {one.name: one.request.importId for one in done.resources if one.request.importId}


@pytest.mark.parametrize(("settings", "name", "leave"), LEFT, ids=NAMES)
def test_what_the_state_lacks_is_imported(settings: dict[str, str], name: str, leave: Any) -> None:
    world = after_a_run(settings, name)
    identifier = leave(world, name)
    assert imported(run(settings, world=world).succeeded()) == {name: identifier}


@pytest.mark.parametrize(("settings", "name", "leave"), LEFT, ids=NAMES)
def test_what_the_state_holds_is_never_imported(
    settings: dict[str, str], name: str, leave: Any
) -> None:
    world = after_a_run(settings)
    leave(world, name)
    assert imported(run(settings, world=world).succeeded()) == {}
    assert world.owned.calls == []


def test_every_row_of_the_table_is_tried() -> None:
    tried: set[str] = set()
    for settings in (CHAIN, OF_KMS, PRIVATE, WATCHED, COPIED):
        names = [name for its, name, _ in LEFT if its is settings]
        done = run(settings).succeeded()
        tried |= {done[name].type for name in names}
    of_other_tests = {"aws:cloudhsmv2/cluster:Cluster", "aws:cloudhsmv2/hsm:Hsm"}
    assert tried | of_other_tests == set(KINDS)


@pytest.mark.parametrize("settings", [CHAIN, PRIVATE], ids=["chain", "private CA"])
def test_a_first_run_looks_for_nothing_that_an_interrupted_one_may_have_left(
    settings: dict[str, str],
) -> None:
    """Only for clusters, and for the alias that another key may have."""
    world = World()
    world.private_cas.trouble = AwsError("must not be asked")
    done = run(settings, world=world, preview=True).succeeded()
    assert done.said("warning") == []
    assert world.owned.calls == (["ListAliases"] if settings is CHAIN else [])
    assert world.calls == ["DescribeClusters"]


def test_everything_of_ec2_is_found_in_one_call() -> None:
    lost = [f"{NAT}-internet", f"{NAT}-address", f"{NAT}-host", f"{HOST}-group"]
    world = after_a_run(CHAIN, *lost)
    for name, identifier in zip(lost, ("igw-1", "eipalloc-1", "subnet-1", "sg-1"), strict=True):
        ec2(identifier)(world, name)
    assert len(imported(run(CHAIN, world=world).succeeded())) == 4
    assert world.owned.calls.count("DescribeTags") == 1


@pytest.mark.parametrize("gone", ["deleting", "deleted", "failed"])
def test_what_is_going_is_not_imported(gone: str) -> None:
    world = after_a_run(CHAIN, f"{NAT}-nat")
    ec2("nat-1", gone)(world, f"{NAT}-nat")
    assert imported(run(CHAIN, world=world).succeeded()) == {}


def test_what_carries_another_name_or_type_is_left_alone() -> None:
    world = after_a_run(CHAIN, f"{NAT}-host")
    world.owned.ec2 += [Found("subnet-1", f"{NAT}-public"), Found("sg-1", f"{NAT}-host")]
    assert imported(run(CHAIN, world=world).succeeded()) == {}


@pytest.mark.parametrize("preview", [True, False])
def test_of_two_none_is_picked_by_chance(preview: bool) -> None:
    world = after_a_run(CHAIN, f"{HOST}-instance")
    for identifier in ("i-1", "i-2"):
        ec2(identifier)(world, f"{HOST}-instance")
    done = run(CHAIN, world=world, preview=preview)
    assert isinstance(done.error, pulumi.RunError)
    for words in ("2 instances", "i-1, i-2", f"{HOST}-instance", "pulumi-cloudhsm-id"):
        assert words in str(done.error)
    assert "\n" not in str(done.error)


def test_a_preview_that_cannot_ask_warns_and_goes_on() -> None:
    world = after_a_run(CHAIN, "cloudhsm-keys-key")
    world.owned.trouble = AwsError("looking for KMS keys: AWS said: no")
    done = run(CHAIN, world=world, preview=True).succeeded()
    assert imported(done) == {}
    assert any("AWS said: no" in line for line in done.said("warning"))


def test_an_update_that_cannot_ask_stops_before_anything_is_made_twice() -> None:
    world = after_a_run(CHAIN, "cloudhsm-keys-key")
    world.owned.trouble = AwsError("looking for KMS keys: AWS said: no")
    done = run(CHAIN, world=world)
    assert isinstance(done.error, pulumi.RunError)
    assert "AWS said: no" in str(done.error)
    assert "cloudhsm-keys-key" not in world.state


@pytest.mark.parametrize(
    ("name", "leave", "fix"),
    [
        ("cloudhsm-storage-volume-data", volume, "delete-volume"),
        ("cloudhsm-storage-svm", svm, "delete-storage-virtual-machine"),
    ],
)
@pytest.mark.parametrize("preview", [True, False])
def test_what_aws_failed_to_make_is_no_success(
    name: str, leave: Any, fix: str, preview: bool
) -> None:
    world = after_a_run(CHAIN, name)
    leave(world, name)
    world.files.svms = [_failed(one) for one in world.files.svms]
    world.files.volumes = [_failed(one) for one in world.files.volumes]
    done = run(CHAIN, world=world, preview=preview)
    assert isinstance(done.error, pulumi.RunError)
    for words in ("FAILED", "no space", fix):
        assert words in str(done.error)


def _failed(part: Part) -> Part:
    return Part(part.identifier, part.name, "FAILED", "no space", tags=part.tags)


def test_what_aws_is_still_making_is_waited_for_in_the_graph() -> None:
    """The import comes after the wait, and what does not depend on it goes on meanwhile."""
    name = f"{NAT}-nat"
    world = after_a_run(CHAIN, name)
    ec2("nat-1")(world, name)
    world.owned.states["nat-1"] = ["pending", "pending", "available"]
    done = run(CHAIN, world=world).succeeded()
    assert imported(done) == {name: "nat-1"}
    assert any("nat-1, left by an interrupted run," in line for line in done.said("info"))
    order = [one.name for one in done.resources]
    assert order.index("cloudhsm-identity") < order.index(name)


def test_a_preview_tells_that_the_update_waits() -> None:
    name = f"{NAT}-nat"
    world = after_a_run(CHAIN, name)
    ec2("nat-1", "pending")(world, name)
    done = run(CHAIN, world=world, preview=True).succeeded()
    assert imported(done) == {}
    assert done.said("info") == ["nat-1 is pending: the update waits for it and adopts it"]


def test_what_vanishes_during_the_wait_is_told() -> None:
    name = f"{NAT}-nat"
    world = after_a_run(CHAIN, name)
    ec2("nat-1")(world, name)
    world.owned.states["nat-1"] = ["pending", "deleted"]
    done = run(CHAIN, world=world)
    assert "nat-1" in str(done.error)
    assert "deleted" in str(done.error)
    assert name not in world.state


@pytest.mark.parametrize("status", ["ACTIVE", "DISABLED", "EXPIRED"])
@pytest.mark.parametrize("preview", [True, False])
def test_a_finished_private_ca_that_the_state_lost_is_told(status: str, preview: bool) -> None:
    world = after_a_run(PRIVATE, "cloudhsm-ca-authority")
    authority(world, "cloudhsm-ca-authority")
    world.private_cas.sights = [[private_ca(status)]]
    done = run(PRIVATE, world=world, preview=preview)
    assert isinstance(done.error, pulumi.RunError)
    for words in (PRIVATE_CA, status, "restore the state", "untag-certificate-authority"):
        assert words in str(done.error)


@pytest.mark.parametrize(
    ("name", "make"),
    [("cloudhsm-storage-system", file_system), ("cloudhsm-ca-authority", authority)],
)
def test_one_that_appears_between_plan_and_creation_stops_the_creation(
    name: str, make: Any
) -> None:
    """The interrupted run's own provider may still be at work while the next one starts."""
    settings = PRIVATE if "ca" in name else CHAIN
    world = World()
    make(world, name)
    done = run(settings, world=world)
    assert done.error is not None
    assert "adopts it" in str(done.error)
    assert name not in world.state


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        (f"{NAT}-internet", "igw-1"),
        (f"{NAT}-host-routes", "rtb-1"),
        (f"{HOST}-group", "sg-1"),
        ("cloudhsm-storage-group", "sg-1"),
    ],
)
def test_what_is_half_made_is_deleted_just_before_another_one_is_made(
    name: str, identifier: str
) -> None:
    """What the aws provider makes with several calls, as a VPC's gateway and its attachment."""
    world = after_a_run(CHAIN, name)
    ec2(identifier, HALF_MADE)(world, name)
    planned = run(CHAIN, world=world, preview=True).succeeded()
    assert f"delete {identifier}" not in world.owned.calls
    done = run(CHAIN, world=world).succeeded()
    assert imported(planned) == imported(done) == {}
    assert world.owned.calls.count(f"delete {identifier}") == 1
    assert f"{identifier}, half made by an interrupted run, is deleted" in done.said("info")


def test_a_profile_that_lacks_its_role_is_half_made() -> None:
    name = f"{HOST}-profile"
    world = after_a_run(CHAIN, name)
    world.owned.iam.append(Found(NAME_AT_IAM, NAME_AT_IAM, HALF_MADE))
    assert imported(run(CHAIN, world=world).succeeded()) == {}
    assert f"delete {NAME_AT_IAM}" in world.owned.calls
