"""A cluster from a backup: whose trust anchor it has is known before an HSM is paid for."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from pulumi.output import Unknown

from pulumi_cloudhsm.aws import ec2
from pulumi_cloudhsm.aws.cloudhsmv2 import Backup
from pulumi_cloudhsm.aws.session import AwsAccess
from pulumi_cloudhsm.cluster.restoration_provider import (
    ClusterRestorationInputs,
    ClusterRestorationProvider,
)
from pulumi_cloudhsm.errors import (
    AwsError,
    CertificateError,
    DeadlineError,
    StateError,
    TransientError,
)
from pulumi_cloudhsm.waiting.waiter import Timing
from pulumi_cloudhsm.x509.reading import fingerprint, load_certificate
from tests.support import pki
from tests.support.fake_aws import CLUSTER, NO_IDENTITY, REGION, FakeAws, on_fake_aws
from tests.support.fake_clock import FakeTime

BACKUP = "backup-abcdefghij2"


@functools.cache
def original() -> pki.Authority:
    return pki.issue("Original CA", pki.rsa_key("original CA"))


@functools.cache
def leaf() -> pki.Authority:
    return pki.issue("HSM:1", pki.rsa_key("HSM"), original(), extensions=())


@functools.cache
def other() -> pki.Authority:
    return pki.issue("Another CA", pki.rsa_key("another CA"))


Provider = functools.partial(on_fake_aws, ClusterRestorationProvider)


@pytest.fixture
def restored(aws: FakeAws) -> FakeAws:
    aws.show(state="ACTIVE", hsms=(), cluster_certificate=leaf().pem, **NO_IDENTITY)
    return aws


def inputs(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "access": AwsAccess(REGION),
        "timing": Timing(200.0, 3600.0),
        "cluster_id": CLUSTER,
        "backup_id": BACKUP,
        "ca_certificate": original().pem,
        **changes,
    }
    return {"__provider": "pickle", **ClusterRestorationInputs(**given).props()}


def created(aws: FakeAws, **changes: Any) -> dict[str, Any]:
    outs = Provider(aws).create(inputs(**changes)).outs
    assert outs is not None
    return outs


def sha256(of: pki.Authority) -> str:
    return fingerprint(load_certificate(of.pem, "it"))


def test_the_original_ca_is_taken_and_its_fingerprint_kept(restored: FakeAws) -> None:
    outs = created(restored)
    assert outs["state"] == "ACTIVE"
    assert outs["ca_certificate_sha256"] == sha256(original())
    assert outs["cluster_certificate_sha256"] == sha256(leaf())
    assert outs["cluster_certificate"] == leaf().pem
    assert "__provider" not in outs


def test_another_ca_is_refused_with_both_fingerprints(restored: FakeAws) -> None:
    with pytest.raises(CertificateError) as refused:
        created(restored, ca_certificate=other().pem)
    line = str(refused.value)
    assert sha256(other()) in line
    assert sha256(leaf()) in line
    assert "Original CA" in line
    assert "\n" not in line


def test_a_ca_of_the_same_name_but_another_key_is_refused(restored: FakeAws) -> None:
    twin = pki.issue("Original CA", pki.rsa_key("another CA"))
    with pytest.raises(CertificateError):
        created(restored, ca_certificate=twin.pem)


def test_it_waits_while_aws_makes_the_cluster(aws: FakeAws, time: FakeTime) -> None:
    aws.show(state="CREATE_IN_PROGRESS", hsms=(), **NO_IDENTITY)
    aws.later(180, state="ACTIVE", cluster_certificate=leaf().pem)
    assert created(aws)["state"] == "ACTIVE"
    assert 180 <= sum(time.sleeps) < 250


def test_a_look_that_fails_is_tried_again(restored: FakeAws) -> None:
    restored.stumble(TransientError("busy"))
    assert created(restored)["state"] == "ACTIVE"


def test_without_a_certificate_it_does_not_wait_for_ever(aws: FakeAws) -> None:
    aws.show(state="ACTIVE", hsms=(), **NO_IDENTITY)
    with pytest.raises(DeadlineError, match="ACTIVE without certificate"):
        created(aws)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("DEGRADED", "hardware failure"),
        ("DELETE_IN_PROGRESS", "pulumi up --refresh"),
        ("DELETED", "pulumi up --refresh"),
    ],
)
def test_a_broken_cluster_ends_the_wait_at_once(aws: FakeAws, state: str, told: str) -> None:
    aws.show(state=state, message="hardware failure")
    with pytest.raises(StateError, match=told):
        created(aws)


def test_another_ca_later_changes_nothing_and_is_told(
    restored: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    outs = created(restored)
    capsys.readouterr()
    provider = Provider(restored)
    assert not provider.diff("id", outs, inputs()).changes
    assert capsys.readouterr().out == ""
    assert not provider.diff("id", outs, inputs(ca_certificate=other().pem)).changes
    said = capsys.readouterr().out
    assert sha256(other()) in said
    assert sha256(original()) in said


def test_a_cluster_comes_back_only_with_the_certificate_that_it_had(restored: FakeAws) -> None:
    assert created(restored, cluster_certificate=leaf().pem)["state"] == "ACTIVE"
    twin = pki.issue("HSM:2", pki.rsa_key("another HSM"), original(), extensions=())
    with pytest.raises(CertificateError) as refused:
        created(restored, cluster_certificate=twin.pem)
    assert sha256(twin) in str(refused.value)
    assert sha256(leaf()) in str(refused.value)
    assert "restore.backup_id" in str(refused.value)


def test_the_next_loss_is_restored_in_place_with_the_same_certificate(restored: FakeAws) -> None:
    lost = {**created(restored), "cluster_id": "cluster-22222222222"}
    moved = Provider(restored).diff("id", lost, inputs())
    assert (moved.changes, moved.replaces) == (True, None)
    outs = Provider(restored).update("id", lost, inputs()).outs or {}
    assert (outs["cluster_id"], outs["state"]) == (CLUSTER, "ACTIVE")
    twin = pki.issue("HSM:2", pki.rsa_key("another HSM"), original(), extensions=())
    restored.show(cluster_certificate=twin.pem)
    with pytest.raises(CertificateError, match="another cluster's backup"):
        Provider(restored).update("id", lost, inputs())


@pytest.mark.parametrize(
    ("state", "shown"),
    [("ACTIVE", "ACTIVE"), ("MODIFY_IN_PROGRESS", "ACTIVE"), ("DEGRADED", "DEGRADED")],
)
def test_a_refresh_reports_a_cluster_that_fell(restored: FakeAws, state: str, shown: str) -> None:
    outs = created(restored)
    restored.show(state=state)
    read = Provider(restored).read("id", outs)
    assert read.outs == {**outs, "state": shown}


def test_a_refresh_keeps_what_the_next_cluster_is_compared_with(restored: FakeAws) -> None:
    outs = created(restored)
    restored.state = None
    read = Provider(restored).read("id", outs)
    assert (read.id, read.outs) == ("id", {**outs, "state": "LOST"})


def test_a_destroy_takes_away_the_groups_that_aws_left_of_lost_clusters(
    restored: FakeAws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the client host used one, AWS kept it, and the VPC could not be deleted."""
    deleted: list[tuple[str, str]] = []

    def delete(_: object, cluster_id: str, vpc_id: str) -> str:
        if cluster_id == "cluster-used":
            raise AwsError("deleting it: DependencyViolation")
        deleted.append((cluster_id, vpc_id))
        return "sg-1"

    monkeypatch.setattr(ec2, "delete_group_of_cluster", delete)
    restored.show(vpc_id="vpc-1")
    restored.listed = [Backup(BACKUP, "READY", "cluster-first", None)]
    outs = created(restored)
    assert outs["takes_place_of"] == ["cluster-first"]
    for lost in ("cluster-used", "cluster-third"):
        olds = {**outs, "cluster_id": lost}
        outs = Provider(restored).update("id", olds, inputs()).outs or {}
    restored.lost = {"cluster-first", "cluster-used"}
    Provider(restored).delete("id", {**outs, "takes_place_of": ["cluster-first", "cluster-used"]})
    assert deleted == [("cluster-first", "vpc-1")]
    said = capsys.readouterr().out
    assert "sg-1 of cluster-first, which was lost, is deleted" in said
    assert "the security group of cluster-used stays" in said
    assert outs["takes_place_of"] == ["cluster-first", "cluster-used", "cluster-third"]


def test_a_cluster_from_another_backup_is_refused(restored: FakeAws) -> None:
    restored.show(source_backup_id="backup-22222222222")
    with pytest.raises(StateError, match="was restored from backup-22222222222"):
        created(restored)
    restored.show(source_backup_id=BACKUP)
    arn = f"arn:aws:cloudhsm:eu-central-1:999999999999:backup/{BACKUP}"
    assert created(restored, backup_id=arn)["state"] == "ACTIVE"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"backup_id": "bck-1"}, ("backup_id", "backup-abcdefghijk")),
        ({"ca_certificate": ""}, ("ca_certificate", "PEM certificate")),
    ],
)
def test_values_of_another_stack_are_checked_as_soon_as_they_are_known(
    restored: FakeAws, changes: dict[str, str], told: tuple[str, str]
) -> None:
    provider = Provider(restored)
    (failure,) = provider.check({}, inputs(**changes)).failures
    assert failure.property == told[0]
    assert told[1] in failure.reason
    assert provider.check(created(restored), inputs(**changes)).failures == []
    unknown = dict.fromkeys(changes, Unknown())
    assert provider.check({}, inputs(**unknown)).failures == []
