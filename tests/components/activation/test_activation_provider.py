"""A person activates: up says how, waits, and is never in the way of what was done."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.output import Unknown

from pulumi_cloudhsm.activation.activation_provider import (
    ClusterActivationInputs,
    ClusterActivationProvider,
)
from pulumi_cloudhsm.aws.cloudhsmv2 import CloudHsm
from pulumi_cloudhsm.aws.session import AwsAccess
from pulumi_cloudhsm.dynamic_provider import log_line
from pulumi_cloudhsm.errors import DeadlineError, StateError, TransientError
from pulumi_cloudhsm.waiting.waiter import Timing, Waiter
from tests.support import pki
from tests.support.fake_aws import CLUSTER, FakeAws, hsm
from tests.support.fake_clock import FakeTime


class Provider(ClusterActivationProvider):
    """The real provider, but for AWS and the clock."""

    def __init__(self, aws: FakeAws) -> None:
        self._aws = aws

    def cloudhsm(self, access: AwsAccess) -> CloudHsm:
        return self._aws.api

    def waiter(self) -> Waiter:
        return self._aws.time.waiter(log_line)

    def now(self) -> Any:
        return pki.NOW


ACCESS = AwsAccess(region="eu-central-1")


def inputs(**changes: Any) -> dict[str, Any]:
    declared = ClusterActivationInputs(
        access=ACCESS,
        timing=Timing(900, 3600),
        cluster_id=CLUSTER,
        instructions="Do this and that.",
    )
    return {"__provider": "pickle", **declared.props(), **changes}


def created(aws: FakeAws, **changes: Any) -> dict[str, Any]:
    outs = Provider(aws).create(inputs(**changes)).outs
    assert outs is not None
    return outs


def test_it_says_what_to_do_once_and_waits_for_active(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.show(state="INITIALIZED")
    aws.later(1000, state="ACTIVE")
    outs = created(aws)
    assert (outs["state"], outs["adopted"]) == ("ACTIVE", False)
    assert 1000 <= outs["waited_seconds"] <= 1100
    assert capsys.readouterr().out.count("Do this and that.") == 1
    assert "__provider" not in outs


@pytest.mark.parametrize("state", ["ACTIVE", "UPDATE_IN_PROGRESS", "DEGRADED"])
def test_a_cluster_that_was_activated_before_is_adopted_without_a_word_on_how(
    aws: FakeAws, state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.show(state=state)
    if state != "ACTIVE":
        # AWS takes a second HSM only of an activated cluster.
        aws.show(cluster_certificate="PEM", hsms=(hsm(), hsm(hsm_id="hsm-b")))
    outs = created(aws)
    assert (outs["state"], outs["adopted"]) == ("ACTIVE", True)
    assert "Do this" not in capsys.readouterr().out


@pytest.mark.parametrize("before", ["UPDATE_IN_PROGRESS", "MODIFY_IN_PROGRESS"])
@pytest.mark.parametrize(("after", "adopted"), [("ACTIVE", True), ("INITIALIZED", False)])
def test_a_change_that_tells_nothing_is_waited_through(
    aws: FakeAws, before: str, after: str, adopted: bool
) -> None:
    """It may come before the activation as well as after it."""
    aws.show(state=before, cluster_certificate="PEM")
    aws.later(60, state=after)
    aws.later(600, state="ACTIVE")
    outs = created(aws)
    assert (outs["state"], outs["adopted"]) == ("ACTIVE", adopted)


def test_who_takes_longer_goes_on_with_the_next_up(aws: FakeAws) -> None:
    aws.show(state="INITIALIZED")
    with pytest.raises(DeadlineError, match=r"waits\.activation\.deadline_seconds") as late:
        created(aws)
    assert "run `pulumi up` again to go on waiting" in str(late.value)
    aws.show(state="ACTIVE")
    assert created(aws)["state"] == "ACTIVE"


@pytest.mark.parametrize("state", ["CREATE_IN_PROGRESS", "UNINITIALIZED", "INITIALIZE_IN_PROGRESS"])
def test_what_is_not_initialized_cannot_be_activated(aws: FakeAws, state: str) -> None:
    aws.show(state=state)
    with pytest.raises(StateError, match=f"is {state}, and only an initialized"):
        created(aws)


def test_a_broken_or_missing_cluster_ends_the_wait_at_once(aws: FakeAws, time: FakeTime) -> None:
    aws.show(state="DEGRADED", message="internal")
    with pytest.raises(StateError, match=r"DEGRADED .*: internal"):
        created(aws)
    aws.show(state="DELETE_IN_PROGRESS")
    with pytest.raises(StateError, match="does not exist"):
        created(aws)
    assert time.sleeps == []


def test_trouble_on_the_way_is_waited_through(aws: FakeAws) -> None:
    aws.show(state="INITIALIZED")
    aws.later(300, state="ACTIVE")
    provider = Provider(aws)
    seen = aws.cluster

    def shaky(cluster_id: str) -> Any:
        if aws.describes == 2:
            aws.describes += 1
            raise TransientError("AWS said: Rate exceeded")
        return seen(cluster_id)

    aws.cluster = shaky
    outs = provider.create(inputs()).outs
    assert outs is not None
    assert outs["state"] == "ACTIVE"


def test_only_another_cluster_is_another_activation(aws: FakeAws) -> None:
    aws.show(state="ACTIVE")
    olds = created(aws)
    provider = Provider(aws)
    same = provider.diff("id", olds, inputs(instructions="Other words.", timing=Timing(1, 2)))
    assert same.changes is False
    for cluster_id in ("cluster-other", Unknown()):
        diff = provider.diff("id", olds, inputs(cluster_id=cluster_id))
        assert (diff.changes, diff.replaces) == (True, ["cluster_id"])
    assert provider.update("id", olds, inputs()).outs == olds


def test_a_refresh_reports_a_cluster_that_fell_and_nothing_else(aws: FakeAws) -> None:
    aws.show(state="ACTIVE")
    olds = created(aws)
    provider = Provider(aws)
    aws.show(state="UPDATE_IN_PROGRESS")
    assert provider.read("id", olds).outs == olds
    aws.show(state="DEGRADED")
    assert (provider.read("id", olds).outs or {})["state"] == "DEGRADED"
    aws.show(state="DELETED")
    assert provider.read("id", olds).id == ""


def test_delete_asks_aws_nothing(aws: FakeAws) -> None:
    aws.show(state="ACTIVE")
    olds = created(aws)
    looks = aws.describes
    Provider(aws).delete("id", olds)
    assert aws.describes == looks
