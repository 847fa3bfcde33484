"""The plan of a fleet: quotas, hours and calls; the emulator takes as long as it says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pulumi_cloudhsm.fleet import capacity
from pulumi_cloudhsm.fleet.__main__ import main
from pulumi_cloudhsm.fleet.capacity import (
    ADDRESSES,
    CLUSTERS,
    FILE_SYSTEMS,
    HSMS,
    KEY_STORES,
    VPCS,
    wanted_by,
    wanted_of,
)
from pulumi_cloudhsm.fleet.declaration import Fleet, StackOfFleet, Wave
from pulumi_cloudhsm.validation import InputError
from pulumi_cloudhsm.waiting.waiter import Goal, Observation, Timing
from rehearsal.emulator.cloudhsmv2.pki import Pki
from rehearsal.emulator.cloudhsmv2.service import CloudHsm
from rehearsal.emulator.core import moto_backends
from rehearsal.emulator.core.call_log import CallLog
from rehearsal.emulator.core.durations import Durations
from rehearsal.emulator.core.faults import Faults
from rehearsal.emulator.core.place import Place
from rehearsal.emulator.core.timeline import Timeline
from tests.rehearsal.emulator.conftest import CertificateAuthority
from tests.support.fake_clock import FakeFleet

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "limits.md"
ACTIVE = {"cloudhsm:hsms": {"count": 2}, "cloudhsm:activation": {"mode": "ssm"}}
VAULT = {**ACTIVE, "cloudhsm:keyStore": {"name": "vault"}}
REGIONS = ("eu-central-1", "us-east-1")


def fleet_of(count: int, config: Any = ACTIVE, **given: Any) -> Fleet:
    stacks = [
        StackOfFleet(name=f"stack-{number}", region=REGIONS[number % 2]) for number in range(count)
    ]
    return Fleet(project=".", stacks=stacks, config=config, **given)


def test_a_stack_needs_what_its_config_declares() -> None:
    assert +wanted_of({}).needs == {CLUSTERS: 1, HSMS: 1, VPCS: 1}
    whole = wanted_of({**VAULT, "cloudhsm:fileSystem": {"subnetIds": []}})
    assert +whole.needs == {
        CLUSTERS: 1, HSMS: 2, KEY_STORES: 1, FILE_SYSTEMS: 1, VPCS: 1, ADDRESSES: 1
    }  # fmt: skip
    zones = [{"zone": "us-east-1a"}, {"zone": "us-east-1b"}, {"zone": "us-east-1c"}]
    assert wanted_of({"cloudhsm:hsms": {"places": zones}}).needs[HSMS] == 3
    assert wanted_of({"cloudhsm:hsms": {"count": 0}}).needs[HSMS] == 1, "it has one at first"


def test_what_is_there_already_is_not_needed() -> None:
    there = {**ACTIVE, "cloudhsm:network": {"subnetIds": ["subnet-1"]}}
    assert wanted_of(there).needs[VPCS] == wanted_of(there).needs[ADDRESSES] == 0
    for client in ({"instanceId": "i-1"}, {"subnetId": "subnet-1"}, {"host": False}):
        assert wanted_of({**ACTIVE, "cloudhsm:client": client}).needs[ADDRESSES] == 0


def test_a_section_may_be_json_text_and_nothing_else() -> None:
    assert wanted_of({"cloudhsm:hsms": '{"count": 3}'}).needs[HSMS] == 3
    for wrong in ("three", "[3]", 3):
        with pytest.raises(InputError, match="hsms"):
            wanted_of({"cloudhsm:hsms": wrong})
    with pytest.raises(InputError, match="count"):
        wanted_of({"cloudhsm:hsms": {"count": "3"}})


def test_each_step_adds_its_time_and_a_restored_cluster_needs_no_initialization() -> None:
    lengths = [
        wanted_of(one).seconds
        for one in ({}, {"cloudhsm:activation": {"mode": "ssm"}}, ACTIVE, VAULT)
    ]
    assert lengths == sorted(set(lengths))
    restored = wanted_of({**VAULT, "cloudhsm:restore": {"backupId": "backup-1"}}).seconds
    assert restored < wanted_of(VAULT).seconds


def test_a_place_needs_the_sum_of_its_stacks() -> None:
    fleet = fleet_of(5, VAULT)
    needed = capacity.needs_by_place(fleet, wanted_by(fleet))
    assert {region: one[HSMS] for (_, region), one in needed.items()} == {
        "eu-central-1": 6,
        "us-east-1": 4,
    }


def test_waves_follow_each_other_within_the_limits_of_a_rollout() -> None:
    one = wanted_of(ACTIVE).seconds

    def seconds(count: int, **given: Any) -> list[float]:
        fleet = fleet_of(count, **given)
        return [found / one for _, found in capacity.wave_seconds(fleet, wanted_by(fleet))]

    assert seconds(8, parallel=8) == [1]
    assert seconds(8, parallel=4) == [2]
    assert seconds(8, parallel=8, parallel_per_place=1) == [4]
    assert seconds(9, parallel=4, parallel_per_place=2) == [3]
    waves = [Wave(name="canary"), Wave(name="rest")]
    fleet = fleet_of(4, parallel=4, waves=waves)
    assert [name for name, _ in capacity.wave_seconds(fleet, wanted_by(fleet))] == ["rest"]


def test_the_command_says_what_to_ask_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: x\n")
    (tmp_path / "Pulumi.two.yaml").write_text("config:\n  cloudhsm:hsms: {count: 6}\n")
    (tmp_path / "fleet.yaml").write_text(
        "project: .\nstacks:\n- {name: one, region: eu-west-1}\n- {name: two, region: eu-west-1}\n"
    )
    assert main(["plan", str(tmp_path / "fleet.yaml")]) == 0
    told = capsys.readouterr().out
    assert "HSMs: 7, by default 6; ask AWS for 7" in told, "the stack's own file counts, too"
    assert "CloudHSM clusters: 2, by default 4\n" in told
    assert "VPCs: 3 with the account's own 1, by default 5\n" in told
    assert not list(tmp_path.glob(".fleet*")), "it begins nothing"


def test_the_page_names_each_quota_and_its_source() -> None:
    page = PAGE.read_text()
    for one in capacity.QUOTAS:
        assert f"| {one.what} | {one.default} | " in page
        assert one.source in page


class EmulatedFleet:
    """Stacks that come up against the emulator, on one clock, within a fleet's limits."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet, self.time = fleet, FakeFleet()
        self.service = CloudHsm(Timeline(self.time, 1.0), Faults(), Pki(), CallLog(), Durations())
        self.authority, self.looks = CertificateAuthority(), Counter[str]()
        self.waiting, self.running = list(fleet.stacks), Counter[tuple[str | None, str]]()

    def up(self) -> float:
        """Brings all up; seconds of emulated time until the last one is."""
        began = self.time.moment
        self._begin()
        self.time.run()
        return self.time.moment - began

    def _begin(self) -> None:
        while (stack := self.fleet.next_of(self.waiting, self.running)) is not None:
            self.waiting.remove(stack)
            self.running[stack.place] += 1
            self.time.start(lambda stack=stack: self._up(stack))

    def _up(self, stack: StackOfFleet) -> None:
        place, zones = Place(stack.region), [f"{stack.region}{letter}" for letter in "ab"]
        ec2 = moto_backends.ec2(place)
        vpc = ec2.create_vpc("10.0.0.0/16").id
        subnets = [
            ec2.create_subnet(vpc, f"10.0.{number}.0/24", availability_zone=zone).id
            for number, zone in enumerate(zones)
        ]
        waiter = self.time.waiter(seed=int(stack.name[-1]) / 10)

        def call(operation: str, **given: Any) -> dict[str, Any]:
            return self.service.call(place, operation, given)

        def look() -> dict[str, Any]:
            self.looks[stack.name] += 1
            return call("DescribeClusters", Filters={"clusterIds": [cluster_id]})["Clusters"][0]

        def until(reached: Any) -> dict[str, Any]:
            def observed() -> Observation[dict[str, Any]]:
                shown = look()
                return Observation("there" if reached(shown) else "not yet", shown)

            goal = Goal(stack.name, "there", ("there",), (), "")
            return waiter.wait(goal, Timing(600, 6000), observed).observation.value

        given = {"HsmType": "hsm2m.medium", "Mode": "FIPS", "SubnetIds": subnets}
        cluster_id = call("CreateCluster", **given)["Cluster"]["ClusterId"]
        until(lambda shown: shown["State"] == "UNINITIALIZED")
        call("CreateHsm", ClusterId=cluster_id, AvailabilityZone=zones[0])
        csr = until(lambda shown: shown["Certificates"].get("ClusterCsr"))["Certificates"]
        call(
            "InitializeCluster",
            ClusterId=cluster_id,
            SignedCert=self.authority.sign(csr["ClusterCsr"]),
            TrustAnchor=self.authority.pem,
        )
        until(lambda shown: shown["State"] == "INITIALIZED")
        cluster = self.service.cluster(cluster_id)
        visible = Durations().activation_visible
        self.service.lifecycle.activate(cluster, visible, self.time.now())
        until(lambda shown: shown["State"] == "ACTIVE")
        call("CreateHsm", ClusterId=cluster_id, AvailabilityZone=zones[1])
        until(lambda shown: [one["State"] for one in shown["Hsms"]] == ["ACTIVE"] * 2)
        self.running[stack.place] -= 1
        self._begin()


def test_a_small_fleet_takes_the_emulator_as_long_as_the_model_says() -> None:
    """Within 10 %. Key stores and file systems are not compared."""
    fleet = fleet_of(4, parallel=3, parallel_per_place=1)
    emulated = EmulatedFleet(fleet)
    seconds = emulated.up()
    ((_, expected),) = capacity.wave_seconds(fleet, wanted_by(fleet))
    assert seconds == pytest.approx(expected, rel=0.1)
    assert set(emulated.looks) == {one.name for one in fleet.stacks}
    looks = sum(capacity.calls_per_second(fleet, wanted_by(fleet)).values())
    assert emulated.looks.total() / seconds == pytest.approx(looks, rel=0.1)
