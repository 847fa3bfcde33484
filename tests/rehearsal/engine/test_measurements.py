"""The numbers of the demo's summary come from the two clocks that know them."""

import json
from pathlib import Path
from typing import Any

from rehearsal.engine.timings.aws_time import aws_time, busy_seconds, calls_by_step
from rehearsal.engine.timings.events import EventFollower, Step


def call(time: float, operation: str, service: str = "cloudhsmv2") -> dict[str, Any]:
    return {
        "time": time,
        "operation": operation,
        "service": service,
        "seconds": 0.1,
        "outcome": "ok",
        "parameters": {},
    }


def transition(time: float, state: str, hsm: str | None = None) -> dict[str, Any]:
    parameters = {"ClusterId": "cluster-1", "To": state} | ({"HsmId": hsm} if hsm else {})
    return {**call(time, "transition"), "parameters": parameters}


def step(type_: str, started: float, seconds: float) -> Step:
    return Step("create", type_, "it", True, started, seconds)


LOG = [
    call(10.0, "CreateCluster"),
    transition(13.0, "UNINITIALIZED"),
    call(14.0, "CreateHsm"),
    transition(24.0, "ACTIVE", hsm="hsm-1"),
    call(25.0, "InitializeCluster"),
    transition(28.5, "INITIALIZED"),
    call(28.0, "DescribeClusters"),
    call(28.9, "DescribeClusters"),
]


def test_awss_own_time_is_what_lies_between_a_call_and_its_end() -> None:
    measured = aws_time(LOG)

    assert measured is not None
    assert (measured.cluster, measured.first_hsm, measured.initialization) == (3.0, 10.0, 3.5)


def test_aws_is_busy_while_anything_is_in_progress_and_nothing_counts_twice() -> None:
    log = [
        transition(10.0, "CREATE_IN_PROGRESS"),
        transition(13.0, "UNINITIALIZED"),
        transition(14.0, "CREATE_IN_PROGRESS", hsm="hsm-1"),
        transition(24.0, "ACTIVE", hsm="hsm-1"),
        transition(25.0, "INITIALIZE_IN_PROGRESS"),
        transition(28.5, "INITIALIZED"),
        transition(30.0, "ACTIVE"),
        transition(31.0, "CREATE_IN_PROGRESS", hsm="hsm-2"),
        transition(32.0, "CREATE_IN_PROGRESS", hsm="hsm-3"),
        transition(36.0, "ACTIVE", hsm="hsm-2"),
        transition(37.0, "ACTIVE", hsm="hsm-3"),
    ]

    assert busy_seconds(log) == 3.0 + 10.0 + 3.5 + 1.5 + 6.0
    assert busy_seconds([]) == 0.0


def test_work_of_fsx_counts_too_whatever_it_is_on() -> None:
    def moved(time: float, name: str, state: str) -> dict[str, Any]:
        return {**call(time, "transition"), "parameters": {name: f"{name}-1", "To": state}}

    log = [
        moved(10.0, "FileSystemId", "CREATING"),
        moved(35.0, "FileSystemId", "AVAILABLE"),
        moved(36.0, "FileSystemId", "UPDATING"),
        moved(37.0, "StorageVirtualMachineId", "CREATING"),
        moved(38.0, "FileSystemId", "AVAILABLE"),
        moved(39.0, "StorageVirtualMachineId", "CREATED"),
        moved(50.0, "VolumeId", "DELETING"),
        moved(51.0, "VolumeId", "DELETED"),
    ]
    assert busy_seconds(log) == 25.0 + 3.0 + 1.0


def test_noticing_ends_with_the_first_answer_after_the_state() -> None:
    measured = aws_time(LOG)

    assert measured is not None
    assert measured.noticed is not None
    assert round(measured.noticed, 3) == 0.5


def test_a_log_without_the_whole_chain_is_not_measured() -> None:
    assert aws_time(LOG[:4]) is None
    assert aws_time([]) is None


def test_a_call_counts_for_the_step_of_its_service_that_began_last() -> None:
    steps = [
        step("aws:cloudhsmv2/cluster:Cluster", 10.0, 4.0),
        step("aws:cloudhsmv2/hsm:Hsm", 14.05, 10.0),
        step("tls:index/privateKey:PrivateKey", 10.0, 20.0),
        step("pulumi-python:dynamic/cloudhsm:ClusterInitialization", 24.9, 4.5),
    ]

    cluster, hsm, key, initialization = calls_by_step(
        steps, [*LOG, call(11.0, "CreateVpc", service="ec2")]
    )

    assert dict(cluster) == {"CreateCluster": 1}
    assert dict(hsm) == {"CreateHsm": 1}, "it was made just before we learnt of the step's begin"
    assert not key
    assert dict(initialization) == {"InitializeCluster": 1, "DescribeClusters": 2}


def test_steps_are_read_while_the_log_is_written_also_in_halves(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    metadata = {
        "op": "create",
        "urn": "urn:pulumi:dev::p::tiny:Nap::nap",
        "type": "tiny:Nap",
        "new": {"custom": True},
    }
    begin = json.dumps({"resourcePreEvent": {"metadata": metadata}}) + "\n"
    end = json.dumps({"resOutputsEvent": {"metadata": metadata}}) + "\n"

    with EventFollower(path) as follower, path.open("w") as log:
        for part in (begin[:20], begin[20:], "{}\n", end[:-5], end[-5:]):
            log.write(part)
            log.flush()

    (nap,) = follower.steps
    assert (nap.operation, nap.type, nap.name, nap.custom) == ("create", "tiny:Nap", "nap", True)
    assert 0 <= nap.seconds < 5
