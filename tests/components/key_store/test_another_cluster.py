"""A lost cluster's key store is pointed at the one that was restored, and at no other."""

from __future__ import annotations

import functools
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from pulumi_cloudhsm.aws.kms import KeyStore
from pulumi_cloudhsm.errors import AwsError, CertificateError, CloudHsmError, StateError
from tests.components.key_store.test_key_store_provider import (
    Provider,
    inputs,
    kms,
    network,
    provider,
)
from tests.support import pki
from tests.support.fake_aws import CLUSTER, FakeAws, hsm
from tests.support.fake_key_store import PASSWORD, STORE, FakeKms, LostAnswerError

__all__ = ["kms", "network", "provider"]
LOST = "cluster-22222222222"


@functools.cache
def ca() -> pki.Authority:
    return pki.issue("Own CA", pki.rsa_key("own CA"))


@functools.cache
def leaf() -> pki.Authority:
    return pki.issue("HSM:1", pki.rsa_key("HSM"), ca(), extensions=())


@pytest.fixture
def lost(provider: Provider, aws: FakeAws, kms: FakeKms) -> Provider:
    """A store that is connected to a lost cluster, and the cluster that was restored."""
    aws.show(cluster_certificate=leaf().pem, source_backup_id="backup-1")
    kms.there("CONNECTED", cluster_id=LOST, trust_anchor=ca().pem)
    return provider


def news(**changes: Any) -> dict[str, Any]:
    return inputs(ca_certificate=ca().pem, **changes)


def olds() -> dict[str, Any]:
    outputs = {"key_store_id": STORE, "connection_state": "CONNECTED", "failure": ""}
    return {**news(cluster_id=LOST), **outputs, "password_version": ""}


def update(provider: Provider, **changes: Any) -> dict[str, Any]:
    return provider.update(STORE, olds(), news(**changes)).outs or {}


def test_it_is_disconnected_pointed_at_the_cluster_with_the_password_and_connected(
    lost: Provider, kms: FakeKms, capsys: pytest.CaptureFixture[str]
) -> None:
    outs = update(lost)
    assert kms.calls == ["disconnect", f"set cluster to {CLUSTER}", "connect"]
    assert kms.passwords == [PASSWORD]
    assert (outs["key_store_id"], outs["connection_state"]) == (STORE, "CONNECTED")
    assert outs["cluster_id"] == CLUSTER
    said = capsys.readouterr().out
    assert f"{STORE} is on {CLUSTER} now, not on {LOST}" in said
    assert PASSWORD not in said


def test_what_an_interrupted_run_has_done_is_not_done_again(lost: Provider, kms: FakeKms) -> None:
    kms.there("DISCONNECTED", cluster_id=CLUSTER)
    assert update(lost)["connection_state"] == "CONNECTED"
    assert kms.calls == ["connect"]


def test_after_a_lost_answer_it_is_asked_for_again(lost: Provider, kms: FakeKms) -> None:
    kms.refusals["set cluster"] = [LostAnswerError("the connection broke")]
    assert update(lost)["connection_state"] == "CONNECTED"
    assert kms.store is not None
    assert kms.store.cluster_id == CLUSTER


def test_a_password_that_the_hsms_refuse_is_told_and_the_store_stays_on_the_cluster(
    lost: Provider, kms: FakeKms
) -> None:
    kms.kmsuser = "another"
    outs = update(lost)
    assert "INVALID_CREDENTIALS" in outs["failure"]
    assert "change-password" in outs["failure"]
    assert (outs["cluster_id"], outs["password_version"]) == (CLUSTER, "v1")


def refuse(what: str, aws: FakeAws, kms: FakeKms, network: SimpleNamespace) -> None:
    other = pki.issue("Own CA", pki.rsa_key("other CA"))
    if what == "no backup":
        aws.show(source_backup_id="")
    elif what == "another CA":
        kms.there("CONNECTED", cluster_id=LOST, trust_anchor=other.pem)
    elif what == "another cluster certificate":
        twin = pki.issue("HSM:1", pki.rsa_key("HSM"), other, extensions=())
        aws.show(cluster_certificate=twin.pem)
    elif what == "one zone":
        aws.show(hsms=(hsm("ACTIVE"),))
    elif what == "gone":
        aws.state = None
    elif what == "another store":
        kms.others = [KeyStore("cks-2", "other", CLUSTER, "DISCONNECTED", "", "PEM")]
    elif what == "password":
        network.password = "with a colon:"


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("no backup", "was made without a backup"),
        ("another CA", "under another CA"),
        ("another cluster certificate", "is not the one that the cluster was initialized under"),
        ("one zone", "KMS needs two in two zones"),
        ("gone", "does not exist"),
        ("another store", "has a key store already, cks-2"),
        ("password", "letters and digits"),
    ],
)
def test_what_kms_would_refuse_is_told_before_the_store_is_disconnected(
    lost: Provider,
    aws: FakeAws,
    kms: FakeKms,
    network: SimpleNamespace,
    what: str,
    told: str,
) -> None:
    refuse(what, aws, kms, network)
    with pytest.raises((StateError, CertificateError)) as refused:
        update(lost)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)
    assert kms.calls == []


def test_another_region_is_refused(lost: Provider, kms: FakeKms) -> None:
    access = {**news()["access"], "region": "eu-west-1"}
    with pytest.raises(CloudHsmError, match="belong to one Region"):
        update(lost, access=access)
    assert kms.calls == []


def test_an_unrelated_backup_is_refused_in_kms_own_words(lost: Provider, kms: FakeKms) -> None:
    code = "CloudHsmClusterNotRelatedException"
    kms.refusals["set cluster"] = [AwsError(f"pointing it: {code}", code)]
    with pytest.raises(AwsError, match=code):
        update(lost)
    kept = replace(kms.store, state="DISCONNECTED") if kms.store else None
    assert kept == kms.store
