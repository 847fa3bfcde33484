"""How long backups are kept: read before written, drift is told, and a destroy says what stays."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest

from pulumi_cloudhsm.aws.cloudhsmv2 import Backup
from pulumi_cloudhsm.aws.session import AwsAccess
from pulumi_cloudhsm.cluster.retention_provider import (
    BackupRetentionInputs,
    BackupRetentionProvider,
)
from pulumi_cloudhsm.errors import AwsError, DeadlineError, StateError
from pulumi_cloudhsm.waiting.waiter import Timing
from tests.support.fake_aws import CLUSTER, REGION, FakeAws, on_fake_aws
from tests.support.fake_clock import FakeTime

LOG_GROUP = f"/aws/cloudhsm/{CLUSTER}"


Provider = functools.partial(on_fake_aws, BackupRetentionProvider)


@pytest.fixture(autouse=True)
def _with_a_retention(aws: FakeAws) -> None:
    aws.show(retention_days=90)


def inputs(days: int = 90, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "access": AwsAccess(REGION),
        "timing": Timing(600.0, 3600.0),
        "cluster_id": CLUSTER,
        "retention_days": float(days),
        **changes,
    }
    return {"__provider": "pickle", **BackupRetentionInputs(**given).props()}


def created(aws: FakeAws, days: int = 90) -> dict[str, Any]:
    outs = Provider(aws).create(inputs(days)).outs
    assert outs is not None
    return outs


def backup(number: int, day: int, state: str = "READY") -> Backup:
    made = datetime(2026, 11, day, tzinfo=UTC)
    return Backup(f"backup-{number:a>11}", state, CLUSTER, made, "FIPS")


def destroyed(aws: FakeAws, log_group: str | None = LOG_GROUP) -> None:
    outs = created(aws)
    with patch("pulumi_cloudhsm.cluster.retention_provider.audit_log_group", lambda *_: log_group):
        Provider(aws).delete("id", outs)


def test_what_is_set_already_is_not_set_again(aws: FakeAws) -> None:
    assert created(aws)["found_days"] == 90
    assert aws.kept_days == []


def test_another_number_is_set(aws: FakeAws) -> None:
    assert created(aws, 30)["found_days"] == 30
    assert aws.kept_days == [30]


@pytest.mark.parametrize(
    "state", ["UPDATE_IN_PROGRESS", "MODIFY_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"]
)
def test_it_waits_while_aws_is_at_work_on_the_cluster(
    aws: FakeAws, time: FakeTime, state: str
) -> None:
    aws.show(state=state)
    aws.later(400, state="ACTIVE")
    created(aws, 30)
    assert sum(time.sleeps) >= 400
    assert aws.kept_days == [30]


def test_it_does_not_wait_for_ever(aws: FakeAws) -> None:
    aws.show(state="MODIFY_IN_PROGRESS")
    with pytest.raises(DeadlineError, match=r"waits.hsm.deadline_seconds"):
        created(aws, 30)
    assert aws.kept_days == []


def test_drift_is_told_by_a_refresh_and_mended_by_the_next_up(aws: FakeAws) -> None:
    outs = created(aws)
    aws.show(retention_days=7)
    read = Provider(aws).read("id", outs).outs
    assert read is not None
    assert read["found_days"] == 7
    assert Provider(aws).diff("id", read, inputs()).changes
    mended = Provider(aws).update("id", read, inputs()).outs
    assert mended is not None
    assert mended["found_days"] == 90
    assert aws.kept_days == [90]
    assert not Provider(aws).diff("id", mended, inputs()).changes


def test_a_changed_number_is_a_change_and_another_cluster_another_resource(aws: FakeAws) -> None:
    outs = created(aws)
    assert Provider(aws).diff("id", outs, inputs(30)).changes
    assert Provider(aws).diff("id", outs, inputs(30)).replaces == []
    news = inputs(cluster_id="cluster-22222222222")
    assert Provider(aws).diff("id", outs, news).replaces == ["cluster_id"]


def test_a_cluster_that_is_gone_is_an_error_in_an_up_and_forgotten_in_a_refresh(
    aws: FakeAws,
) -> None:
    outs = created(aws)
    aws.state = None
    assert Provider(aws).read("id", outs).id == ""
    with pytest.raises(StateError, match="pulumi refresh"):
        created(aws)


def test_a_destroy_lists_what_aws_keeps_with_dates_and_deletes_none_of_it(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.listed = [backup(2, 24), backup(1, 20), backup(0, 1, "DELETED")]
    destroyed(aws)
    said = capsys.readouterr().out
    assert "keeps 2 backups" in said
    assert f"{backup(2, 24).backup_id} (2026-11-24)" in said
    assert f"{backup(1, 20).backup_id} (2026-11-20)" in said
    assert "2027-02-22" in said, "90 days after the newest"
    assert f"delete-log-group --log-group-name {LOG_GROUP}" in said


def test_a_cluster_that_was_never_activated_leaves_nothing(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    destroyed(aws, log_group=None)
    said = capsys.readouterr().out
    assert "there is no backup" in said
    assert "log group" not in said


def test_who_may_not_look_can_destroy_all_the_same(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    outs = created(aws)
    aws.stumble(AwsError("listing the backups: AWS said: no"))
    Provider(aws).delete("id", outs)
    assert "could not look what AWS keeps" in capsys.readouterr().out
