"""What AWS does on a bad day, and what the user sees of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.engine.layout import Layout
from tests.end_to_end.rehearsed import Rehearsed, rehearsed
from tests.support.published import has_trace

pytestmark = pytest.mark.engine


def failed_up(stack: Rehearsed) -> str:
    finished = stack.up(check=False)
    assert finished.returncode != 0, finished.output
    assert not has_trace(finished.output), finished.output
    return finished.output


def line_with(shown: str, *words: str) -> str:
    """The one line that holds all the words, as a person would look for it."""
    for line in shown.splitlines():
        if all(word in line for word in words):
            return line
    raise AssertionError(f"no line with {words} in:\n{shown}")


def test_a_forged_identity_stops_before_the_initialization(layout: Layout, tmp_path: Path) -> None:
    with rehearsed(layout, tmp_path) as stack:
        stack.emulator.set_fault("forged_identity", forgery="self_signed_hardware", chain="aws")
        shown = failed_up(stack)
        line_with(shown, "AwsHardwareCertificate", "not issued by a pinned AWS root")
        assert stack.calls("InitializeCluster") == 0
        assert stack.cluster()["State"] == "UNINITIALIZED"


def test_an_hsm_replaced_before_initialization_is_captured_anew(
    layout: Layout, tmp_path: Path
) -> None:
    with rehearsed(layout, tmp_path) as stack:
        denied = stack.emulator.set_fault("access_denied", operation="InitializeCluster")
        line_with(failed_up(stack), "cloudhsm:InitializeCluster", "IAM")
        stack.emulator.clear_faults(denied)
        first = stack.cluster()["Hsms"][0]["HsmId"]
        stack.emulator.set_fault("first_hsm_replaced", trigger="now")
        line_with(failed_up(stack), "AWS replaced HSM", "run `pulumi up --refresh`")
        stack.up("--refresh")
        assert stack.cluster()["Hsms"][0]["HsmId"] != first
        outputs = stack.workspace.outputs()
        assert outputs["clusterState"] == "INITIALIZED"
        assert [hsm["id"] for hsm in outputs["hsms"]] == [stack.cluster()["Hsms"][0]["HsmId"]]
        assert stack.calls("CreateHsm") == 1
        assert stack.accepted("InitializeCluster") == 1
        stack.up("--expect-no-changes")
        stack.workspace.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")


def test_a_lost_answer_to_the_initialization_is_not_answered_by_a_second_call(
    layout: Layout, tmp_path: Path
) -> None:
    with rehearsed(layout, tmp_path) as stack:
        stack.emulator.set_fault("drop_after_write", operation="InitializeCluster", count=1)
        stack.up()
        assert stack.workspace.outputs()["clusterState"] == "INITIALIZED"
        assert stack.calls("InitializeCluster") == 1


def test_throttling_and_server_errors_are_waited_through(layout: Layout, tmp_path: Path) -> None:
    with rehearsed(layout, tmp_path) as stack:
        stack.emulator.set_fault("throttle", operation="InitializeCluster", count=2)
        stack.emulator.set_fault("server_error", operation="DescribeClusters", count=3)
        stack.up()
        assert stack.workspace.outputs()["clusterState"] == "INITIALIZED"
        assert stack.accepted("InitializeCluster") == 1


def test_a_degraded_cluster_ends_the_wait_with_aws_own_words(
    layout: Layout, tmp_path: Path
) -> None:
    with rehearsed(layout, tmp_path) as stack:
        stack.emulator.set_fault(
            "degraded",
            target="cluster",
            state="INITIALIZE_IN_PROGRESS",
            message="The hardware failed.",
        )
        shown = failed_up(stack)
        line_with(shown, "DEGRADED", "The hardware failed.")
        assert stack.calls("InitializeCluster") == 1


def test_a_state_that_never_ends_meets_its_deadline_and_a_later_up_goes_on(
    layout: Layout, tmp_path: Path
) -> None:
    with rehearsed(
        layout, tmp_path, {"waits": {"initialization": {"deadlineSeconds": 4}}}
    ) as stack:
        fault = stack.emulator.set_fault(
            "never_ends", target="cluster", state="INITIALIZE_IN_PROGRESS"
        )
        shown = failed_up(stack)
        line_with(shown, "still INITIALIZE_IN_PROGRESS", "waits.initialization.deadline_seconds")
        stack.emulator.clear_faults(fault)
        stack.up()
        assert stack.workspace.outputs()["clusterState"] == "INITIALIZED"
        assert stack.calls("InitializeCluster") == 1


@pytest.mark.parametrize(
    ("kind", "parameters", "words"),
    [
        ("missing_service_linked_role", {}, ("create-service-linked-role",)),
        ("access_denied", {"operation": "CreateCluster"}, ("cloudhsm:CreateCluster", "IAM")),
        ("quota_reached", {"resource": "clusters"}, ("Service Quotas",)),
        ("zone_without_cloudhsm", {"zone": "eu-central-1a"}, ("no HSM can be made there",)),
        ("no_capacity", {}, ("no HSM to spare", "hsms.places")),
    ],
)
def test_a_refusal_by_aws_says_what_it_means_and_what_to_do(
    layout: Layout, tmp_path: Path, kind: str, parameters: dict[str, str], words: tuple[str, ...]
) -> None:
    with rehearsed(layout, tmp_path, speed=300) as stack:
        stack.emulator.set_fault(kind, **parameters)
        shown = failed_up(stack)
        line_with(shown, "error", *words)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            {"cluster": {"hsmType": "hsm1.medium"}},
            ("cloudhsm:cluster.hsmType", "hsm1.medium", "hsm2m.medium"),
        ),
        ({"cluster": {"mode": "fips"}}, ("cloudhsm:cluster.mode", "'fips'", "NON_FIPS")),
        ({"trust": {"keyBits": 3072}}, ("cloudhsm:trust.keyBits", "3072", "4096")),
        (
            {"trust": {"subject": {"commonName": ""}}},
            ("cloudhsm:trust.subject.commonName", "give it"),
        ),
        (
            {"network": {"availabilityZones": ["us-east-1a"]}},
            ("network.availability", "us-east-1a", "eu-central-1"),
        ),
        (
            {"network": {"availabilityZones": None, "subnetIds": ["subnet-0123456789abcdef0"]}},
            ("subnet-0123456789abcdef0",),
        ),
    ],
)
def test_bad_input_is_one_line_before_anything_is_made(
    layout: Layout, tmp_path: Path, config: dict[str, object], words: tuple[str, ...]
) -> None:
    with rehearsed(layout, tmp_path, config) as stack:
        line_with(failed_up(stack), *words)
        assert stack.changing_calls() == []
