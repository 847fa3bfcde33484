"""A cluster with IPv6: made once, found again by its tag, gone when it is destroyed."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import pytest
from pulumi.output import Unknown

from pulumi_cloudhsm.aws.cloudhsmv2 import Backup
from pulumi_cloudhsm.aws.session import AwsAccess
from pulumi_cloudhsm.cluster.dual_stack_provider import (
    DualStackClusterInputs,
    DualStackClusterProvider,
)
from pulumi_cloudhsm.errors import AwsError, DeadlineError, StateError, TransientError
from pulumi_cloudhsm.waiting.waiter import Timing
from tests.support.fake_aws import CLUSTER, MAKING_TAKES, REGION, FakeAws, hsm, on_fake_aws
from tests.support.fake_clock import FakeTime

OWNER = "organization/cloudhsm/dev/cloudhsm"
BACKUP = "backup-abcdefghij2"
READY = Backup(BACKUP, "READY", "cluster-22222222222", None, "FIPS")
TAGS = {"Name": "cloudhsm", "pulumi-cloudhsm": OWNER, "pulumi-cloudhsm-id": "0123-4567"}


Provider = functools.partial(on_fake_aws, DualStackClusterProvider)


@pytest.fixture
def empty(aws: FakeAws) -> FakeAws:
    """An account without clusters."""
    aws.state = None
    return aws


def inputs(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "access": AwsAccess(REGION),
        "timing": Timing(200.0, 3600.0),
        "hsm_type": "hsm2m.medium",
        "mode": "FIPS",
        "subnet_ids": ["subnet-2", "subnet-1"],
        "source_backup_id": None,
        "tags": dict(TAGS),
        **changes,
    }
    return {"__provider": "pickle", **DualStackClusterInputs(**given).props()}


def created(aws: FakeAws, **changes: Any) -> dict[str, Any]:
    outs = Provider(aws).create(inputs(**changes)).outs
    assert outs is not None
    return outs


def test_it_is_made_with_ipv6_and_waited_for(empty: FakeAws, time: FakeTime) -> None:
    outs = created(empty)
    (asked,) = empty.created
    assert (asked.network_type, asked.mode, asked.tags) == ("DUALSTACK", "FIPS", TAGS)
    assert asked.subnet_ids == ("subnet-2", "subnet-1")
    assert outs["cluster_id"] == CLUSTER
    assert outs["security_group_id"].startswith("sg-")
    assert outs["vpc_id"].startswith("vpc-")
    assert MAKING_TAKES <= sum(time.sleeps) < MAKING_TAKES * 1.3


def test_one_from_a_backup_is_active_at_once(empty: FakeAws) -> None:
    empty.listed = [READY]
    created(empty, source_backup_id=BACKUP)
    assert empty.created[0].source_backup_id == BACKUP
    assert empty.state is not None
    assert empty.state.state == "ACTIVE"


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        ([], "there is no such backup in eu-central-1"),
        ([replace(READY, state="PENDING_DELETION")], "restore-backup --backup-id"),
        ([replace(READY, mode="NON_FIPS")], "use NON_FIPS"),
    ],
)
def test_a_backup_that_cannot_be_used_is_told_before_a_cluster_is_made(
    empty: FakeAws, listed: list[Backup], told: str
) -> None:
    """Its id may be known only now, where it comes from another stack."""
    empty.listed = listed
    with pytest.raises(StateError, match=told):
        created(empty, source_backup_id=BACKUP)
    assert empty.created == []


def test_another_accounts_backup_is_left_to_aws(empty: FakeAws) -> None:
    created(empty, source_backup_id=f"arn:aws:cloudhsm:eu-central-1:999999999999:backup/{BACKUP}")
    assert len(empty.created) == 1


def test_what_an_interrupted_run_left_is_adopted_and_no_second_one_made(empty: FakeAws) -> None:
    created(empty)
    assert created(empty)["cluster_id"] == CLUSTER
    assert len(empty.created) == 1


def test_a_lost_answer_makes_no_second_one(empty: FakeAws) -> None:
    empty.on_create = FakeAws.makes_it_but_the_answer_is_lost
    assert created(empty)["cluster_id"] == CLUSTER
    assert len(empty.created) == 1


def test_a_call_that_never_arrived_is_an_error_that_can_be_repeated(empty: FakeAws) -> None:
    def lose(_: FakeAws) -> None:
        raise TransientError("creating the cluster: connection lost")

    empty.on_create = lose
    with pytest.raises(TransientError):
        created(empty)
    empty.on_create = FakeAws.makes_it
    created(empty)


def test_an_ipv4_cluster_of_the_same_owner_is_no_cluster_of_ours(empty: FakeAws) -> None:
    created(empty)
    empty.show(network_type="IPV4")
    with pytest.raises(StateError, match="can never be changed"):
        created(empty)


@pytest.mark.parametrize("state", ["DEGRADED", "DELETE_IN_PROGRESS"])
def test_aws_failing_at_it_ends_the_wait_at_once(empty: FakeAws, state: str) -> None:
    def fails(aws: FakeAws) -> None:
        aws.makes_it()
        aws.later(60, state=state, message="no capacity")

    empty.on_create = fails
    with pytest.raises(StateError, match="no capacity"):
        created(empty)


def test_a_refusal_is_passed_on(empty: FakeAws) -> None:
    def refuse(_: FakeAws) -> None:
        raise AwsError("creating the cluster: AWS said: no")

    empty.on_create = refuse
    with pytest.raises(AwsError):
        created(empty)


def test_it_does_not_wait_for_ever(empty: FakeAws) -> None:
    empty.on_create = lambda aws: aws.makes_it() or aws._later.clear()
    with pytest.raises(DeadlineError, match=r"waits.hsm.deadline_seconds"):
        created(empty)


def test_tags_change_in_place_and_nothing_else_does(empty: FakeAws) -> None:
    outs, provider = created(empty), Provider(empty)
    assert not provider.diff("id", outs, inputs(subnet_ids=["subnet-1", "subnet-2"])).changes
    news = inputs(tags={**TAGS, "Name": "other", "team": "keys"})
    assert provider.diff("id", outs, news).replaces == []
    updated = provider.update(CLUSTER, {**outs, "tags": {**TAGS, "old": "1"}}, news).outs
    assert empty.tagged == [({"Name": "other", "team": "keys"}, ["old"])]
    assert updated is not None
    assert updated["cluster_id"] == CLUSTER
    for changes in (
        {"subnet_ids": ["subnet-1"]},
        {"subnet_ids": Unknown()},
        {"mode": "NON_FIPS"},
        {"access": AwsAccess("us-east-1")},
        {"source_backup_id": BACKUP},
    ):
        assert provider.diff("id", outs, inputs(**changes)).replaces == list(changes)
    assert not provider.diff("id", outs, inputs(hsm_type="hsm3.medium")).changes


def test_a_backups_id_and_its_arn_are_the_same_source(empty: FakeAws) -> None:
    empty.listed = [READY]
    outs = created(empty, source_backup_id=BACKUP)
    arn = f"arn:aws:cloudhsm:eu-central-1:123456789012:backup/{BACKUP}"
    assert not Provider(empty).diff("id", outs, inputs(source_backup_id=arn)).changes


def test_a_refresh_shows_foreign_tags_and_no_drift_otherwise(empty: FakeAws) -> None:
    outs = created(empty)
    assert Provider(empty).read(CLUSTER, outs).outs == outs
    empty.show(tags={**TAGS, "team": "keys", "aws:cloudformation:stack": "x"})
    read = Provider(empty).read(CLUSTER, outs).outs
    assert read is not None
    assert read["tags"] == {**TAGS, "team": "keys"}
    empty.state = None
    assert Provider(empty).read(CLUSTER, outs).id == ""


def test_a_destroy_waits_for_lingering_hsms_and_until_it_is_gone(
    empty: FakeAws, time: FakeTime
) -> None:
    outs = created(empty)
    empty.show(hsms=(hsm("DELETE_IN_PROGRESS"),))
    empty.later(120, hsms=())
    before = time.now()
    Provider(empty).delete(CLUSTER, outs)
    assert empty.deletes == 1
    assert time.now() - before >= 180
    Provider(empty).delete(CLUSTER, outs)
    assert empty.deletes == 1, "what is gone is not deleted again"


def test_a_destroy_names_hsms_that_the_stack_does_not_know(empty: FakeAws) -> None:
    outs = created(empty)
    empty.show(hsms=(hsm("ACTIVE"),))
    with pytest.raises(StateError, match=hsm().hsm_id):
        Provider(empty).delete(CLUSTER, outs)
    assert empty.deletes == 0
