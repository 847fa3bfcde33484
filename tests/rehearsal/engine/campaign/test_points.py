"""The points of a campaign: which calls it kills at."""

from __future__ import annotations

from typing import Any

from rehearsal.engine.campaign.points import Call, Result, changing_calls, chosen, points_of

CALLS = [
    Call("ec2", "CreateVpc"),
    Call("ec2", "CreateSubnet"),
    Call("ec2", "CreateSubnet"),
    Call("cloudhsmv2", "CreateHsm"),
]


def entry(operation: str, outcome: str = "ok", service: str = "ec2") -> dict[str, Any]:
    return {"operation": operation, "service": service, "outcome": outcome}


def test_a_call_counts_if_aws_has_carried_it_out_and_it_changes_something() -> None:
    log = [
        entry("DescribeVpcs"),
        entry("CreateVpc"),
        entry("transition"),
        entry("CreateSubnet", "RequestLimitExceeded"),
        entry("GetRandomPassword", service="secretsmanager"),
        entry("Sign", service="kms"),
        entry("AssumeRole", service="sts"),
        entry("DeleteVpc"),
    ]
    assert changing_calls(log) == [Call("ec2", "CreateVpc"), Call("ec2", "DeleteVpc")]


def test_each_call_is_a_point_with_a_name_of_its_own() -> None:
    points = points_of("up", CALLS, "unanswered")
    assert [str(one) for one in points] == [
        "up CreateVpc unanswered",
        "up CreateSubnet unanswered",
        "up CreateSubnet#2 unanswered",
        "up CreateHsm unanswered",
    ]


def test_points_can_be_limited_to_operations_and_to_every_so_many() -> None:
    points = points_of("up", CALLS, "answered")
    assert chosen(points, 1, []) == points
    assert chosen(points, 2, []) == points[::2]
    assert chosen(points, 1, ["CreateSubnet"]) == points[1:3]
    assert chosen(points, 2, ["CreateSubnet"]) == points[1:2]


def test_a_point_is_good_if_nothing_was_wrong() -> None:
    assert Result("up CreateVpc answered", False, "single", ups=1, backend="healed").good
    for wrong in ("different", "twice", "changed", "left_over", "failures"):
        assert not Result("up", False, "single", **{wrong: ["this"]}).good
