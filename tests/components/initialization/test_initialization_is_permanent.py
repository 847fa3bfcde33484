"""An initialization is for ever: what is there is adopted, and nothing replaces or undoes it."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from pulumi.output import Unknown

from pulumi_cloudhsm.aws.cloudhsmv2 import ACTIVE_OR_CHANGING, DELETING_OR_DELETED
from pulumi_cloudhsm.errors import AwsError, CertificateError, StateError
from pulumi_cloudhsm.waiting.waiter import Timing
from tests.support import pki
from tests.support.fake_aws import CLUSTER, NO_IDENTITY, FakeAws
from tests.support.fake_clock import FakeTime
from tests.support.initializing import (
    Provider,
    another_ca,
    another_certificate,
    created,
    inputs,
    our_ca,
    our_certificate,
)


def already(aws: FakeAws, state: str, certificate: str = "") -> None:
    aws.show(state=state, cluster_certificate=certificate, **NO_IDENTITY)


def kept(aws: FakeAws) -> dict[str, Any]:
    """State after a first `up`, with AWS showing the cluster ACTIVE under our certificate."""
    outs = created(aws)
    already(aws, "ACTIVE", our_certificate().pem)
    return {**outs, "__provider": "pickle"}


@functools.cache
def earlier_certificate() -> pki.Authority:
    """The same HSM's certificate, which an interrupted run had our CA sign before."""
    return pki.issue("HSM:1", pki.rsa_key("HSM"), our_ca(), extensions=())


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


# ---- create adopts what an interrupted run, or a person, has left


@pytest.mark.parametrize("state", sorted(ACTIVE_OR_CHANGING | {"INITIALIZED"}))
def test_a_cluster_initialized_under_our_certificate_is_adopted_without_a_call(
    aws: FakeAws, time: FakeTime, state: str
):
    already(aws, state, our_certificate().pem)
    outs = created(aws)
    assert (outs["adopted"], outs["state"]) == (True, state)
    assert outs["certificate_confirmed"] is True
    assert (aws.initialized_with, time.sleeps) == ([], [])


def test_a_cluster_that_is_initializing_is_waited_for_without_a_call(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
):
    already(aws, "INITIALIZE_IN_PROGRESS")
    aws.later(100, state="INITIALIZED")
    outs = created(aws)
    assert (outs["adopted"], outs["state"]) == (True, "INITIALIZED")
    assert aws.initialized_with == []
    assert f"{CLUSTER} is INITIALIZE_IN_PROGRESS already: adopted" in capsys.readouterr().out


@pytest.mark.parametrize("state", ["INITIALIZED", "ACTIVE"])
def test_a_cluster_under_another_certificate_is_an_error_that_names_both(aws: FakeAws, state: str):
    already(aws, state, another_certificate().pem)
    with pytest.raises(CertificateError) as error:
        created(aws)
    said = str(error.value)
    assert f"its cluster certificate is {another_certificate().sha256}" in said
    assert f"ours is {our_certificate().sha256}" in said
    assert "needs a new cluster" in said
    assert aws.initialized_with == []


def test_a_certificate_that_an_earlier_run_signed_with_our_ca_is_ours(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
):
    earlier = earlier_certificate()
    already(aws, "ACTIVE", earlier.pem)
    outs = created(aws)
    assert outs["cluster_certificate"] == earlier.pem
    assert outs["cluster_certificate_sha256"] == earlier.sha256 != our_certificate().sha256
    assert (outs["adopted"], outs["certificate_confirmed"]) == (True, True)
    assert f"another certificate of the same CA, {earlier.sha256}: adopted" in shown(capsys)
    state = {**outs, "__provider": "pickle"}
    assert not Provider(aws).diff("id", state, inputs()).changes
    assert shown(capsys) == "", "the next run has nothing to warn of"
    assert Provider(aws).read("id", state).outs == state


def test_a_refresh_takes_over_what_an_earlier_run_signed(aws: FakeAws):
    already(aws, "INITIALIZED")
    outs = created(aws)
    already(aws, "ACTIVE", earlier_certificate().pem)
    found = Provider(aws).read("id", outs).outs or {}
    assert found["cluster_certificate"] == earlier_certificate().pem
    assert found["cluster_certificate_sha256"] == earlier_certificate().sha256
    assert found["certificate_confirmed"] is True


def test_a_cluster_whose_certificate_aws_does_not_show_yet_is_adopted_but_not_confirmed(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
):
    already(aws, "INITIALIZED")
    outs = created(aws)
    assert (outs["adopted"], outs["certificate_confirmed"]) == (True, False)
    assert "shows no cluster certificate yet" in capsys.readouterr().out


def test_a_twin_with_another_ca_that_was_faster_is_found_out(aws: FakeAws):
    """Somebody else's InitializeCluster came between our look and our call."""

    def refused(fake: FakeAws) -> None:
        already(fake, "ACTIVE", another_certificate().pem)
        raise AwsError("initializing: AWS said: No.", "CloudHsmInvalidRequestException")

    aws.on_initialize = refused
    with pytest.raises(CertificateError, match="initialized by somebody else"):
        created(aws)
    assert len(aws.initialized_with) == 1


def test_a_degraded_cluster_is_not_adopted(
    aws: FakeAws, time: FakeTime, capsys: pytest.CaptureFixture[str]
):
    aws.show(state="DEGRADED", message="internal", **NO_IDENTITY)
    with pytest.raises(StateError, match=r"went to DEGRADED .*: internal"):
        created(aws)
    assert (aws.initialized_with, time.sleeps) == ([], [])
    assert "adopted" not in capsys.readouterr().out


def test_a_cluster_that_is_still_being_created_is_not_adopted(aws: FakeAws, time: FakeTime):
    aws.show(state="CREATE_IN_PROGRESS", **NO_IDENTITY)
    with pytest.raises(StateError, match="still being created"):
        created(aws)
    assert (aws.initialized_with, time.sleeps) == ([], [])


@pytest.mark.parametrize("state", sorted(DELETING_OR_DELETED))
def test_a_cluster_on_its_way_out_is_not_adopted(aws: FakeAws, state: str):
    aws.show(state=state)
    with pytest.raises(StateError, match="does not exist"):
        created(aws)
    assert aws.initialized_with == []


def test_an_interrupted_wait_goes_on_in_the_next_run_with_one_call_in_all(aws: FakeAws):
    aws.on_initialize = FakeAws.takes_it

    class KilledError(Exception):
        pass

    look = aws.cluster
    looks = iter(range(100))

    def killed(cluster_id: str):
        if next(looks) == 3:
            raise KilledError
        return look(cluster_id)

    aws.cluster = killed
    with pytest.raises(KilledError):
        created(aws)
    aws.cluster = look
    outs = created(aws)
    assert (outs["adopted"], outs["state"]) == (True, "INITIALIZED")
    assert len(aws.initialized_with) == 1


# ---- diff, update, refresh, delete


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"cluster_certificate": "another PEM"},
        {"cluster_certificate": Unknown()},
        {"ca_certificate": Unknown()},
        {"csr": "another"},
        {"csr": Unknown()},
        {"captured_hsm_id": "hsm-bbbbbbbbbbb"},
        {"timing": Timing(1.0, 2.0)},
    ],
    ids=lambda change: ", ".join(change) or "nothing",
)
def test_no_changed_input_replaces_or_updates_it(aws: FakeAws, change: dict[str, Any]):
    diff = Provider(aws).diff("id", kept(aws), inputs(**change))
    assert (diff.changes, diff.replaces) == (False, [])


def test_another_ca_changes_nothing_but_is_told_with_both_fingerprints(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
):
    olds = kept(aws)
    capsys.readouterr()
    news = inputs(ca_certificate=another_ca().pem, cluster_certificate=another_certificate().pem)
    diff = Provider(aws).diff("id", olds, news)
    assert (diff.changes, diff.replaces) == (False, [])
    said = capsys.readouterr().out
    assert another_ca().sha256 in said
    assert our_ca().sha256 in said
    assert "needs a new cluster" in said
    assert len(said.splitlines()) == 1


def test_the_same_ca_is_told_nothing(aws: FakeAws, capsys: pytest.CaptureFixture[str]):
    olds = kept(aws)
    capsys.readouterr()
    Provider(aws).diff("id", olds, inputs())
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("cluster_id", ["cluster-other", Unknown()], ids=["other", "unknown"])
def test_only_another_cluster_is_another_initialization(aws: FakeAws, cluster_id: object):
    diff = Provider(aws).diff("id", kept(aws), inputs(cluster_id=cluster_id))
    assert (diff.changes, diff.replaces) == (True, ["cluster_id"])


def test_an_update_that_is_asked_for_all_the_same_calls_nothing(aws: FakeAws):
    olds = kept(aws)
    calls, looks = len(aws.initialized_with), aws.describes
    news = inputs(ca_certificate=another_ca().pem)
    assert Provider(aws).update("id", olds, news).outs == olds
    assert (len(aws.initialized_with), aws.describes) == (calls, looks)


def test_delete_asks_aws_nothing(aws: FakeAws):
    olds = kept(aws)
    calls, looks = len(aws.initialized_with), aws.describes
    Provider(aws).delete("id", olds)
    assert (len(aws.initialized_with), aws.describes) == (calls, looks)


def test_a_refresh_confirms_the_certificate_once_aws_shows_it(aws: FakeAws):
    olds = created(aws)
    assert olds["certificate_confirmed"] is False
    assert Provider(aws).read("id", olds).outs == olds, "nothing has changed yet"
    already(aws, "ACTIVE", our_certificate().pem)
    result = Provider(aws).read("id", olds)
    assert result.id == "id"
    assert result.outs == {**olds, "certificate_confirmed": True}, "that it is ACTIVE is no drift"


def test_a_refresh_reports_a_cluster_that_fell(aws: FakeAws):
    olds = created(aws)
    already(aws, "DEGRADED")
    result = Provider(aws).read("id", olds)
    assert result.outs is not None
    assert result.outs["state"] == "DEGRADED"
    already(aws, "ACTIVE")
    healed = Provider(aws).read("id", result.outs).outs
    assert healed is not None
    assert healed["state"] == "ACTIVE"


def test_a_refresh_tells_when_the_certificate_is_not_ours(aws: FakeAws):
    olds = kept(aws)
    already(aws, "ACTIVE", another_certificate().pem)
    outs = Provider(aws).read("id", olds).outs
    assert outs is not None
    assert outs["certificate_confirmed"] is False
    assert outs["cluster_certificate_sha256"] == our_certificate().sha256


def test_a_refresh_keeps_what_was_confirmed_while_aws_shows_no_certificate(aws: FakeAws):
    already(aws, "ACTIVE", our_certificate().pem)
    olds = created(aws)
    already(aws, "UPDATE_IN_PROGRESS")
    outs = Provider(aws).read("id", olds).outs
    assert outs == olds


@pytest.mark.parametrize("state", [None, *sorted(DELETING_OR_DELETED)])
def test_a_refresh_finds_a_deleted_cluster_gone(aws: FakeAws, state: str | None):
    olds = kept(aws)
    if state is None:
        aws.state = None
    else:
        aws.show(state=state)
    assert Provider(aws).read("id", olds).id == ""
