"""A key store is brought to CONNECTED from whatever it is found in, or says what is in the way."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pulumi.dynamic import ConfigureRequest
from pulumi.dynamic.config import Config

from pulumi_cloudhsm.aws import ec2
from pulumi_cloudhsm.aws.cloudhsmv2 import CloudHsm
from pulumi_cloudhsm.aws.kms import HeldKey, KeyStore, Kms
from pulumi_cloudhsm.aws.session import AwsAccess
from pulumi_cloudhsm.dynamic_provider import log_line
from pulumi_cloudhsm.errors import (
    AwsError,
    CertificateError,
    StateError,
    TransientError,
)
from pulumi_cloudhsm.key_store import key_store_provider
from pulumi_cloudhsm.key_store.connection_errors import (
    CONNECTION_ADVICE,
    RETRYABLE_CONNECTION_ERRORS,
    connection_advice,
)
from pulumi_cloudhsm.key_store.key_store_provider import (
    CustomKeyStoreInputs,
    CustomKeyStoreProvider,
)
from pulumi_cloudhsm.waiting.waiter import Timing, Waiter
from tests.support import pki
from tests.support.fake_aws import CLUSTER, FakeAws, hsm
from tests.support.fake_clock import FakeTime
from tests.support.fake_key_store import NAME, PASSWORD, STORE, FakeKms


class Provider(CustomKeyStoreProvider):
    """The real provider, but for AWS and the clock."""

    def __init__(self, aws: FakeAws, kms: FakeKms) -> None:
        self._aws, self._kms = aws, kms

    def kms(self, access: AwsAccess) -> Kms:
        return cast(Kms, self._kms)

    def cloudhsm(self, access: AwsAccess) -> CloudHsm:
        return self._aws.api

    def waiter(self) -> Waiter:
        return self._aws.time.waiter(log_line)


@pytest.fixture
def kms(time: FakeTime) -> FakeKms:
    return FakeKms(time)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What EC2 and Secrets Manager say."""
    says = SimpleNamespace(free=10, rules=True, password=PASSWORD, version="v1")
    subnet = ec2.Subnet("subnet-1", "eu-central-1a", "10.0.0.0/24")
    monkeypatch.setattr(ec2, "subnets", lambda *_: [replace(subnet, free_addresses=says.free)])
    monkeypatch.setattr(ec2, "reaches_itself", lambda *_: says.rules)
    monkeypatch.setattr(
        key_store_provider, "secret_value_and_version", lambda *_: (says.password, says.version)
    )
    return says


@pytest.fixture
def provider(aws: FakeAws, kms: FakeKms, network: SimpleNamespace) -> Provider:
    aws.show(
        state="ACTIVE",
        hsms=(hsm(), replace(hsm(hsm_id="hsm-b"), zone="eu-central-1b")),
        security_group="sg-1",
        subnet_ids=("subnet-1",),
    )
    return Provider(aws, kms)


def inputs(**changes: Any) -> dict[str, Any]:
    declared = CustomKeyStoreInputs(
        access=AwsAccess(region="eu-central-1"),
        timing=Timing(1200, 3600),
        cluster_id=CLUSTER,
        key_store_name=NAME,
        ca_certificate="PEM",
        password_secret_id="kmsuser",
    )
    return {"__provider": "pickle", **declared.props(), **changes}


def failure_of(provider: Provider) -> str:
    """Of a creation, which keeps the store in the state."""
    return (provider.create(inputs()).outs or {})["failure"]


def test_a_trust_anchor_that_is_another_clusters_is_told_before_the_first_call(
    provider: Provider, aws: FakeAws, kms: FakeKms
) -> None:
    """And the cluster's own is not; AWS shows the cluster's certificate, never its anchor."""
    own = pki.issue("Own CA", pki.rsa_key("own CA"))
    other = pki.issue("Own CA", pki.rsa_key("other CA"))
    leaf = pki.issue("HSM:1", pki.rsa_key("HSM"), own, extensions=())
    aws.show(cluster_certificate=leaf.pem)
    with pytest.raises(CertificateError, match="is not the one that the cluster"):
        provider.create(inputs(ca_certificate=other.pem))
    assert kms.calls == []
    provider.create(inputs(ca_certificate=own.pem))
    assert kms.calls == ["create", "connect"]


def test_a_store_is_created_connected_and_waited_for(
    provider: Provider, kms: FakeKms, capsys: pytest.CaptureFixture[str]
) -> None:
    made = provider.create(inputs())
    assert made.id == STORE
    assert made.outs is not None
    assert made.outs["connection_state"] == "CONNECTED"
    assert (kms.calls, kms.passwords) == (["create", "connect"], [PASSWORD])
    shown = capsys.readouterr().out
    assert "CONNECTING, waiting for CONNECTED" in shown
    assert PASSWORD not in shown + str(made.outs)


@pytest.mark.parametrize(
    ("state", "calls"),
    [
        ("CONNECTED", []),
        ("DISCONNECTED", ["connect"]),
        ("FAILED", ["disconnect", "connect"]),
        ("DISCONNECTING", ["connect"]),
    ],
)
def test_what_an_interrupted_run_left_is_adopted_in_any_state(
    provider: Provider, kms: FakeKms, state: str, calls: list[str]
) -> None:
    kms.there(state)
    outs = provider.create(inputs()).outs
    assert outs is not None
    assert outs["connection_state"] == "CONNECTED"
    assert kms.calls == calls


def test_a_twin_that_was_faster_is_adopted(provider: Provider, kms: FakeKms) -> None:
    def beaten(*_: str) -> str:
        kms.there()
        raise AwsError("creating: AWS said: in use", "CloudHsmClusterInUseException")

    kms.create = beaten
    assert provider.create(inputs()).id == STORE


def test_after_a_lost_answer_the_store_is_looked_for_and_not_made_again(
    provider: Provider, kms: FakeKms
) -> None:
    kms.loses_the_answer = True
    assert provider.create(inputs()).id == STORE
    assert kms.calls == ["create", "connect"]


@pytest.mark.parametrize("code", sorted(RETRYABLE_CONNECTION_ERRORS))
def test_what_may_pass_is_tried_again_after_a_disconnect(
    provider: Provider, kms: FakeKms, code: str
) -> None:
    kms.ends = [code, code]
    provider.create(inputs())
    assert kms.calls == ["create", *["connect", "disconnect"] * 2, "connect"]
    kms.there()
    kms.ends = [code] * 3
    assert code in failure_of(provider)


OTHERS = sorted(set(CONNECTION_ADVICE) - RETRYABLE_CONNECTION_ERRORS)


@pytest.mark.parametrize("code", [*OTHERS, "A_NEW_ONE"])
def test_everything_else_stops_at_once_with_advice(
    provider: Provider, kms: FakeKms, code: str
) -> None:
    kms.ends = [code]
    failure = failure_of(provider)
    assert code in failure
    assert connection_advice(code) in failure
    assert "\n" not in failure
    assert kms.calls == ["create", "connect"]


def test_a_store_that_could_not_be_connected_is_in_the_state_and_the_next_up_connects_it(
    provider: Provider, kms: FakeKms
) -> None:
    kms.ends = ["USER_LOCKED_OUT"]
    made = provider.create(inputs())
    olds = made.outs or {}
    assert (made.id, olds["connection_state"]) == (STORE, "NOT_CONNECTED")
    assert provider.diff(STORE, olds, inputs()).changes
    kms.ends = ["USER_LOCKED_OUT"]
    olds = provider.update(STORE, olds, inputs()).outs or {}
    assert "USER_LOCKED_OUT" in olds["failure"], "a creation, too, fails by what depends on it"
    outs = provider.update(STORE, olds, inputs()).outs or {}
    assert (outs["connection_state"], outs["failure"]) == ("CONNECTED", "")
    assert not provider.diff(STORE, outs, inputs()).changes


@pytest.mark.parametrize("state", ["UPDATE_IN_PROGRESS", "DEGRADED"])
def test_a_cluster_that_aws_is_working_on_is_waited_for(
    provider: Provider, aws: FakeAws, state: str
) -> None:
    aws.show(state=state)
    aws.later(60, state="ACTIVE")
    outs = provider.create(inputs()).outs or {}
    assert outs["connection_state"] == "CONNECTED"


def test_a_store_that_falls_back_without_an_error_is_no_endless_wait(
    provider: Provider, kms: FakeKms
) -> None:
    kms.ends = [""]
    assert "fell back to DISCONNECTED" in failure_of(provider)


def test_a_connection_that_never_ends_is_told_with_the_setting(
    provider: Provider, kms: FakeKms
) -> None:
    outs = provider.create(inputs(timing=Timing(100, 200))).outs or {}
    assert "waits.key_store.deadline_seconds" in outs["failure"]


def without(aws: FakeAws, network: SimpleNamespace, kms: FakeKms, what: str) -> None:
    if what == "active":
        aws.show(state="INITIALIZED")
    elif what == "zones":
        aws.show(hsms=(hsm(), hsm(hsm_id="hsm-b")))
    elif what == "hsm":
        aws.show(hsms=(hsm(), replace(hsm("CREATE_IN_PROGRESS", "hsm-b"), zone="other")))
    elif what == "addresses":
        network.free = 0
    elif what == "rules":
        network.rules = False
    elif what == "name":
        kms.there(cluster_id="cluster-other")
    elif what == "cluster":
        kms.there(name="another")
    elif what == "password":
        network.password = "with: colon"


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("active", "is INITIALIZED: a key store needs an ACTIVE cluster"),
        ("zones", "eu-central-1a only: KMS needs two in two zones"),
        ("hsm", "hsms.count"),
        ("addresses", "no free address"),
        ("rules", "2223-2225"),
        ("name", "key_store.name"),
        ("cluster", "has a key store already"),
        ("password", "7 to 32 letters and digits"),
    ],
)
def test_a_missing_precondition_is_told_before_anything_is_created(
    provider: Provider,
    aws: FakeAws,
    kms: FakeKms,
    network: SimpleNamespace,
    what: str,
    told: str,
) -> None:
    without(aws, network, kms, what)
    with pytest.raises(StateError) as stopped:
        provider.create(inputs())
    assert told in str(stopped.value)
    assert "colon" not in str(stopped.value), "a password is never shown"
    assert kms.calls == []


def test_what_changes_and_what_does_not(provider: Provider) -> None:
    olds = provider.create(inputs()).outs
    assert olds is not None
    same = inputs(password_secret_id="elsewhere", timing=Timing(1, 2), ca_certificate="other")
    assert provider.diff(STORE, olds, same).changes is False
    moved = provider.diff(STORE, olds, inputs(cluster_id="cluster-x"))
    assert (moved.changes, moved.replaces) == (True, None), "another store would have other keys"
    renamed = provider.diff(STORE, olds, inputs(key_store_name="other"))
    assert (renamed.changes, renamed.replaces) == (True, None)


def test_a_lost_connection_is_drift_that_the_next_up_repairs(
    provider: Provider, kms: FakeKms
) -> None:
    olds = provider.create(inputs()).outs
    assert olds is not None
    assert provider.read(STORE, olds).outs == olds
    kms.there("FAILED", "USER_LOCKED_OUT")
    found = provider.read(STORE, olds).outs
    assert found is not None
    assert found["connection_state"] == "FAILED (USER_LOCKED_OUT)"
    assert provider.diff(STORE, found, inputs()).changes is True
    outs = provider.update(STORE, found, inputs(key_store_name="other")).outs
    assert outs is not None
    assert outs["connection_state"] == "CONNECTED"
    assert kms.calls[-4:] == ["rename to other", "disconnect", "set password", "connect"]
    kms.store = None
    assert provider.read(STORE, olds).id == ""


@pytest.mark.parametrize("found", ["CONNECTED", "FAILED"])
def test_delete_disconnects_waits_and_deletes_and_is_content_when_it_is_gone(
    provider: Provider, kms: FakeKms, found: str
) -> None:
    kms.there(found)
    provider.delete(STORE, inputs())
    assert kms.calls == ["disconnect", "delete"]
    provider.delete(STORE, inputs())
    assert kms.calls == ["disconnect", "delete"]


def test_keys_hold_the_store_and_are_named_with_the_date(provider: Provider, kms: FakeKms) -> None:
    kms.there("CONNECTED")
    kms.keys = [HeldKey("key-1", "Enabled", None)]
    with pytest.raises(StateError, match="key-1; delete them"):
        provider.delete(STORE, inputs(abandon_pending_keys=True))
    kms.keys = [HeldKey("key-1", "PendingDeletion", datetime(2026, 12, 24, tzinfo=UTC))]
    with pytest.raises(StateError, match=r"until 2026-12-24.*destroy --run-program"):
        provider.delete(STORE, inputs())
    assert kms.calls == [], "it stays connected: other keys may be in use"


def test_an_abandoned_key_leaves_the_store_at_aws_and_says_which_command_deletes_it(
    provider: Provider, kms: FakeKms, capsys: pytest.CaptureFixture[str]
) -> None:
    kms.there("CONNECTED")
    kms.keys = [HeldKey("key-1", "PendingDeletion", datetime(2026, 12, 24, tzinfo=UTC))]
    provider.delete(STORE, inputs(abandon_pending_keys=True))
    assert kms.calls == ["disconnect"]
    assert f"delete-custom-key-store --custom-key-store-id {STORE}" in capsys.readouterr().out


@pytest.mark.parametrize("value", ["true", '"true"'])
def test_a_destroy_may_be_told_by_the_config_of_today(
    provider: Provider, kms: FakeKms, value: str
) -> None:
    """With --run-program, a destroy has the inputs of the last up, and today's config."""
    kms.there("CONNECTED")
    kms.keys = [HeldKey("key-1", "PendingDeletion", datetime(2026, 12, 24, tzinfo=UTC))]
    section = {"cloudhsm:keyStore": f'{{"abandonPendingKeys": {value}}}'}
    provider.configure(ConfigureRequest(config=Config(section, "cloudhsm")))
    provider.delete(STORE, inputs())
    assert kms.calls == ["disconnect"]


@pytest.mark.parametrize(
    "section",
    [{}, {"cloudhsm:keyStore": "{}"}, {"cloudhsm:keyStore": '{"abandonPendingKeys": false}'}],
)
def test_a_config_that_does_not_abandon_keys_keeps_them(
    provider: Provider, kms: FakeKms, section: dict[str, str]
) -> None:
    kms.there("CONNECTED")
    kms.keys = [HeldKey("key-1", "PendingDeletion", datetime(2026, 12, 24, tzinfo=UTC))]
    provider.configure(ConfigureRequest(config=Config(section, "cloudhsm")))
    with pytest.raises(StateError, match=r"key_store\.abandon_pending_keys"):
        provider.delete(STORE, inputs())


def test_trouble_while_waiting_is_waited_through(provider: Provider, kms: FakeKms) -> None:
    look, looks = kms.key_stores, itertools.count()

    def shaky() -> list[KeyStore]:
        if next(looks) == 4:
            raise TransientError("describing: AWS said: Rate exceeded")
        return look()

    kms.key_stores = shaky
    assert provider.create(inputs()).id == STORE
