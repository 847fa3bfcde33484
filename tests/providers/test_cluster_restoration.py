"""A cluster from a backup: whose trust anchor it has is known before an HSM is paid for."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from pulumi_cloudhsm.aws.cloudhsmv2 import CloudHsm
from pulumi_cloudhsm.certificates import fingerprint, load_certificate
from pulumi_cloudhsm.errors import CertificateError, DeadlineError, StateError, TransientError
from pulumi_cloudhsm.providers.base import Props, say
from pulumi_cloudhsm.providers.cluster_restoration import ClusterRestorationProvider
from pulumi_cloudhsm.waiter import Waiter

from tests.providers.fake_aws import CLUSTER, NO_IDENTITY, FakeAws
from tests.unit import pki
from tests.unit.clockwork import FakeTime

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


class Provider(ClusterRestorationProvider):
    """The real provider, but for AWS and the clock."""

    def __init__(self, aws: FakeAws) -> None:
        self._aws = aws

    def cloudhsm(self, props: Props) -> CloudHsm:
        return self._aws.api

    def waiter(self) -> Waiter:
        return self._aws.time.waiter(say)


@pytest.fixture
def restored(aws: FakeAws) -> FakeAws:
    aws.show(state="ACTIVE", hsms=(), cluster_certificate=leaf().pem, **NO_IDENTITY)
    return aws


def inputs(**changes: Any) -> dict[str, Any]:
    return {
        "__provider": "pickle",
        "cluster_id": CLUSTER,
        "region": "eu-central-1",
        "source_backup_id": BACKUP,
        "trust_anchor": original().pem,
        "usual_seconds": 200.0,
        "deadline_seconds": 3600.0,
        **changes,
    }


def created(aws: FakeAws, **changes: Any) -> dict[str, Any]:
    outs = Provider(aws).create(inputs(**changes)).outs
    assert outs is not None
    return outs


def sha256(of: pki.Authority) -> str:
    return fingerprint(load_certificate(of.pem, "it"))


def test_the_original_ca_is_taken_and_its_fingerprint_kept(restored: FakeAws) -> None:
    outs = created(restored)
    assert outs["state"] == "ACTIVE"
    assert outs["trust_anchor_sha256"] == sha256(original())
    assert outs["cluster_certificate_sha256"] == sha256(leaf())
    assert outs["cluster_certificate"] == leaf().pem
    assert "__provider" not in outs


def test_another_ca_is_refused_with_both_fingerprints(restored: FakeAws) -> None:
    with pytest.raises(CertificateError) as refused:
        created(restored, trust_anchor=other().pem)
    line = str(refused.value)
    assert sha256(other()) in line
    assert sha256(leaf()) in line
    assert "Original CA" in line
    assert "\n" not in line


def test_a_ca_of_the_same_name_but_another_key_is_refused(restored: FakeAws) -> None:
    twin = pki.issue("Original CA", pki.rsa_key("another CA"))
    with pytest.raises(CertificateError):
        created(restored, trust_anchor=twin.pem)


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
        ("DELETE_IN_PROGRESS", "does not exist"),
        ("DELETED", "does not exist"),
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
    assert not provider.diff("id", outs, inputs(trust_anchor=other().pem)).changes
    said = capsys.readouterr().out
    assert sha256(other()) in said
    assert sha256(original()) in said


def test_another_cluster_is_another_restoration(restored: FakeAws) -> None:
    outs = created(restored)
    news = inputs(cluster_id="cluster-22222222222")
    assert Provider(restored).diff("id", outs, news).replaces == ["cluster_id"]


@pytest.mark.parametrize(
    ("state", "shown"),
    [("ACTIVE", "ACTIVE"), ("MODIFY_IN_PROGRESS", "ACTIVE"), ("DEGRADED", "DEGRADED")],
)
def test_a_refresh_reports_a_cluster_that_fell(restored: FakeAws, state: str, shown: str) -> None:
    outs = created(restored)
    restored.show(state=state)
    read = Provider(restored).read("id", outs)
    assert read.outs == {**outs, "state": shown}


def test_a_refresh_forgets_a_cluster_that_is_gone(restored: FakeAws) -> None:
    outs = created(restored)
    restored.state = None
    assert Provider(restored).read("id", outs).id == ""
