"""A cluster's HSM type: left alone where it fits, migrated where not, told where AWS goes back."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi_cloudhsm.aws.cloudhsmv2 import CloudHsm
from pulumi_cloudhsm.errors import AwsError, DeadlineError, StateError
from pulumi_cloudhsm.providers.base import Props, say
from pulumi_cloudhsm.providers.hsm_type import HsmTypeProvider
from pulumi_cloudhsm.waiter import Waiter

from tests.providers.fake_aws import CLUSTER, MIGRATING_TAKES, FakeAws, hsm
from tests.unit.clockwork import FakeTime

OLD, NEW = "hsm1.medium", "hsm2m.medium"


class Provider(HsmTypeProvider):
    """The real provider, but for AWS and the clock."""

    def __init__(self, aws: FakeAws) -> None:
        self._aws = aws

    def cloudhsm(self, props: Props) -> CloudHsm:
        return self._aws.api

    def waiter(self) -> Waiter:
        return self._aws.time.waiter(say)


@pytest.fixture
def old(aws: FakeAws) -> FakeAws:
    """An ACTIVE cluster of the old type with two HSMs."""
    aws.show(state="ACTIVE", hsm_type=OLD, hsms=(hsm(), hsm("ACTIVE", "hsm-bbbbbbbbbbb")))
    return aws


def inputs(**changes: Any) -> dict[str, Any]:
    return {
        "__provider": "pickle",
        "cluster_id": CLUSTER,
        "region": "eu-central-1",
        "hsm_type": NEW,
        "usual_seconds": 1800.0,
        "deadline_seconds": 43200.0,
        **changes,
    }


def created(aws: FakeAws, **changes: Any) -> dict[str, Any]:
    outs = Provider(aws).create(inputs(**changes)).outs
    assert outs is not None
    return outs


@pytest.mark.parametrize("state", ["UNINITIALIZED", "ACTIVE", "UPDATE_IN_PROGRESS"])
def test_a_cluster_of_the_wanted_type_is_left_alone_in_any_state(aws: FakeAws, state: str) -> None:
    aws.show(state=state, hsm_type=NEW)
    assert created(aws)["found_type"] == NEW
    assert aws.migrated_to == []


def test_another_type_is_drift_that_the_next_up_migrates(
    old: FakeAws, time: FakeTime, capsys: pytest.CaptureFixture[str]
) -> None:
    outs = {**inputs(), "found_type": NEW}
    read = Provider(old).read("id", outs).outs
    assert read is not None
    assert read["found_type"] == OLD
    assert Provider(old).diff("id", read, inputs()).changes
    migrated = Provider(old).update("id", read, inputs()).outs
    assert migrated is not None
    assert migrated["found_type"] == NEW
    assert old.migrated_to == [NEW]
    assert MIGRATING_TAKES <= sum(time.sleeps) < MIGRATING_TAKES * 1.2
    said = capsys.readouterr().out
    assert "MODIFY_IN_PROGRESS" in said
    assert "usually 1h00m" in said, "half an hour for each of two HSMs"
    assert "pulumi refresh" in said
    assert not Provider(old).diff("id", migrated, inputs()).changes


def test_one_that_an_interrupted_run_began_is_waited_for_and_not_begun_again(
    old: FakeAws, time: FakeTime
) -> None:
    old.show(state="MODIFY_IN_PROGRESS", hsm_type=NEW)
    old.later(MIGRATING_TAKES, state="ACTIVE")
    began = time.now()
    assert created(old)["found_type"] == NEW
    assert old.migrated_to == []
    assert time.now() - began >= MIGRATING_TAKES, "the type shows from the beginning"


def test_aws_going_back_ends_the_wait_with_its_reason(old: FakeAws) -> None:
    old.on_migrate = FakeAws.rolls_back
    with pytest.raises(StateError) as failed:
        created(old)
    for part in ("validation failed", OLD, "run `pulumi up` to try again"):
        assert part in str(failed.value)


def test_one_that_had_gone_back_before_is_tried_again(old: FakeAws) -> None:
    old.show(state="ROLLBACK_IN_PROGRESS")
    old.later(300, state="ACTIVE")
    assert created(old)["found_type"] == NEW
    assert old.migrated_to == [NEW]


def test_a_cluster_that_is_not_active_cannot_be_migrated(old: FakeAws) -> None:
    old.show(state="INITIALIZED")
    with pytest.raises(StateError, match="activate it first"):
        created(old)
    assert old.migrated_to == []


def test_a_refusal_of_aws_is_passed_on(old: FakeAws) -> None:
    def refuse(_: FakeAws) -> None:
        raise AwsError("migrating: AWS said: no")

    old.on_migrate = refuse
    with pytest.raises(AwsError, match="AWS said: no"):
        created(old)


def test_it_does_not_wait_for_ever(old: FakeAws) -> None:
    old.on_migrate = lambda aws: aws.show(state="MODIFY_IN_PROGRESS")
    with pytest.raises(DeadlineError, match="migrationDeadlineSeconds"):
        created(old)
