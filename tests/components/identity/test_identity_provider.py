"""The capture of an HSM's identity: once, whole, verified, and kept whatever AWS shows later."""

from __future__ import annotations

import functools
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from pulumi.output import Unknown

from pulumi_cloudhsm.aws.cloudhsmv2 import (
    ACTIVE_OR_CHANGING,
    CHANGING,
    DELETING_OR_DELETED,
)
from pulumi_cloudhsm.aws.session import AwsAccess
from pulumi_cloudhsm.errors import DeadlineError, IdentityError, StateError, TransientError
from pulumi_cloudhsm.identity.chains import HsmIdentity
from pulumi_cloudhsm.identity.identity_provider import (
    ClusterIdentityInputs,
    ClusterIdentityProvider,
)
from pulumi_cloudhsm.waiting.waiter import Timing
from pulumi_cloudhsm.x509.reading import csr_fingerprint, fingerprint, load_certificate, load_csr
from tests.support import pki
from tests.support.fake_aws import (
    CLUSTER,
    HSM,
    NO_IDENTITY,
    REGION,
    FakeAws,
    hsm,
    on_fake_aws,
    shown,
)
from tests.support.fake_clock import FakeTime

OTHER_HSM = "hsm-bbbbbbbbbbb"


Provider = functools.partial(on_fake_aws, ClusterIdentityProvider)


def inputs(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "access": AwsAccess(REGION),
        "timing": Timing(600.0, 1800.0),
        "cluster_id": CLUSTER,
        "hsm_id": HSM,
        "verification": "full",
        "off_reason": None,
        "aws_roots": [pki.aws_root().pem],
        "aws_pins": [pki.aws_root().sha256],
        "manufacturer_roots": [pki.manufacturer_root().pem],
        "manufacturer_pins": [pki.manufacturer_root().sha256],
        **changes,
    }
    return {"__provider": "pickle", **ClusterIdentityInputs(**given).props()}


def other_identity() -> HsmIdentity:
    """What AWS shows after it has replaced the first HSM: another key, another CSR."""
    key = pki.rsa_key("replacement HSM")
    hardware = pki.hardware(pki.aws_root())
    return replace(
        pki.good_identity(),
        csr=pki.request(key),
        hsm_certificate=pki.issue("HSM:2", key, hardware).pem,
    )


def created(aws: FakeAws, **changes: Any) -> dict[str, Any]:
    """State after a first `up`."""
    outs = Provider(aws).create(inputs(**changes)).outs
    assert outs is not None
    return {**outs, "__provider": "pickle"}


def updated(aws: FakeAws, olds: dict[str, Any], **changes: Any) -> dict[str, Any]:
    outs = Provider(aws).update("id", olds, inputs(**changes)).outs
    assert outs is not None
    return outs


def test_an_identity_that_is_there_is_captured_in_one_call(aws: FakeAws, time: FakeTime):
    outs = created(aws)
    good = pki.good_identity()
    assert {name: outs[name] for name in shown(good)} == shown(good)
    assert (aws.describes, time.sleeps) == (1, [])


def test_the_outputs_say_whose_it_is_when_it_was_and_what_was_proven(aws: FakeAws):
    outs, good = created(aws), pki.good_identity()
    assert outs["captured_hsm_id"] == HSM
    assert outs["captured_at"] == "2026-12-01T12:00:00Z"
    assert outs["verified"] is True
    assert outs["verdict"].startswith("AWS and manufacturer chains verified")
    assert outs["warnings"] == []
    assert outs["csr_sha256"] == csr_fingerprint(load_csr(good.csr, "CSR"))
    assert outs["hsm_certificate_sha256"] == fingerprint(
        load_certificate(good.hsm_certificate, "certificate")
    )


def test_the_csr_of_an_active_hsm_is_taken_as_soon_as_it_is_there(aws: FakeAws, time: FakeTime):
    """It comes within seconds, and the HSM took ten minutes: no time to sleep for five."""
    aws.show(**NO_IDENTITY)
    aws.later(15, **shown(pki.good_identity()))
    assert created(aws)["verified"]
    assert 15 <= sum(time.sleeps) <= 25
    assert aws.describes <= 30


def test_it_waits_through_an_hsm_in_creation_and_one_without_its_csr_yet(
    aws: FakeAws, time: FakeTime, capsys: pytest.CaptureFixture[str]
):
    aws.show(hsms=(), **NO_IDENTITY)
    aws.later(60, hsms=(hsm("CREATE_IN_PROGRESS"),))
    aws.later(550, hsms=(hsm(),))
    aws.later(580, csr=pki.good_identity().csr)
    aws.later(620, **shown(pki.good_identity()))
    aws.stumble(TransientError("AWS is busy"))
    assert created(aws)["verified"]
    assert 620 <= sum(time.sleeps) <= 640
    said = capsys.readouterr().out
    for state in ("CREATE_IN_PROGRESS", "ACTIVE without CSR, waiting", "ACTIVE with CSR after"):
        assert f"first HSM of {CLUSTER}: {state}" in said


@pytest.mark.parametrize("missing", shown(pki.HsmIdentity("", "", "", "")))
def test_it_never_takes_an_identity_with_a_part_missing(aws: FakeAws, missing: str):
    aws.show(**{missing: ""})
    with pytest.raises(DeadlineError, match="is still ACTIVE without CSR after 30m00s"):
        created(aws)


def test_time_up_names_the_input_that_gives_more(aws: FakeAws):
    aws.show(hsms=(hsm("CREATE_IN_PROGRESS"),), **NO_IDENTITY)
    with pytest.raises(DeadlineError, match=r"waits.hsm.deadline_seconds"):
        created(aws)


def test_a_degraded_hsm_ends_it_at_once_with_aws_words(aws: FakeAws, time: FakeTime):
    aws.show(hsms=(hsm("DEGRADED", message="no capacity in this zone"),), **NO_IDENTITY)
    with pytest.raises(StateError, match=r"went to DEGRADED .*: no capacity in this zone"):
        created(aws)
    assert not time.sleeps


def test_a_degraded_cluster_ends_it_at_once_with_aws_words(aws: FakeAws, time: FakeTime):
    aws.show(state="DEGRADED", message="internal", hsms=(), **NO_IDENTITY)
    with pytest.raises(StateError, match=r"went to DEGRADED .*: internal"):
        created(aws)
    assert not time.sleeps


@pytest.mark.parametrize("state", sorted(DELETING_OR_DELETED))
def test_a_cluster_on_its_way_out_ends_it_at_once(aws: FakeAws, time: FakeTime, state: str):
    aws.show(state=state)
    with pytest.raises(StateError, match=state):
        created(aws)
    assert not time.sleeps


def test_a_cluster_that_aws_does_not_know_ends_it_and_names_where_to_look(aws: FakeAws):
    aws.state = None
    with pytest.raises(StateError, match=f"{CLUSTER} does not exist .* check Region"):
        created(aws)


def test_two_hsms_before_activation_end_it_as_no_csr_ever_comes_then(aws: FakeAws, time: FakeTime):
    aws.show(hsms=(hsm(), hsm("CREATE_IN_PROGRESS", OTHER_HSM)), **NO_IDENTITY)
    with pytest.raises(StateError) as error:
        created(aws)
    assert HSM in str(error.value)
    assert OTHER_HSM in str(error.value)
    assert "delete them all" in str(error.value)
    assert not time.sleeps


def test_a_deleted_hsm_that_is_still_listed_does_not_count_as_the_second(aws: FakeAws):
    aws.show(hsms=(hsm("DELETED", OTHER_HSM, "gone"), hsm()))
    assert created(aws)["captured_hsm_id"] == HSM


@pytest.mark.parametrize(
    "state", [*sorted(ACTIVE_OR_CHANGING), "INITIALIZED", "INITIALIZE_IN_PROGRESS"]
)
def test_an_initialized_cluster_has_no_identity_any_more(aws: FakeAws, time: FakeTime, state: str):
    aws.show(state=state, **NO_IDENTITY)
    if state in CHANGING:
        aws.show(cluster_certificate="PEM")
    with pytest.raises(StateError, match=f"{CLUSTER} is {state}: its CSR no longer exists"):
        created(aws)
    assert not time.sleeps


@pytest.mark.parametrize("state", sorted(CHANGING))
def test_a_change_before_the_initialization_is_waited_through(aws: FakeAws, state: str):
    """The retention of backups, for example, is set on an uninitialized cluster, too."""
    aws.show(state=state, **NO_IDENTITY)
    aws.later(30, state="UNINITIALIZED", **shown(pki.good_identity()))
    assert created(aws)["captured_hsm_id"] == HSM


def test_a_forged_identity_is_not_captured(aws: FakeAws):
    forged = pki.issue("HSM:hardware", pki.rsa_key("forger"))
    aws.show(aws_hardware_certificate=forged.pem)
    with pytest.raises(IdentityError, match="not issued by a pinned AWS root"):
        created(aws)


def test_verification_switched_off_lands_in_the_verdict_with_its_reason(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
):
    forged = pki.issue("HSM:hardware", pki.rsa_key("forger"))
    aws.show(aws_hardware_certificate=forged.pem)
    outs = created(aws, verification="off", off_reason="laboratory, ticket 12")
    assert outs["verdict"] == "NOT verified: switched off (laboratory, ticket 12)"
    assert outs["verified"] is False
    assert "NOT verified" in capsys.readouterr().out


def test_a_missing_manufacturer_root_is_said_in_progress_and_output(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
):
    outs = created(aws, verification="standard", manufacturer_roots=[], manufacturer_pins=[])
    assert outs["verified"] is False
    assert "manufacturer chain was NOT verified" in outs["verdict"]
    assert outs["verdict"] in capsys.readouterr().out


def test_an_expired_root_is_warned_of_in_progress_and_output(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
):
    old = pki.issue("old root", pki.rsa_key("old root"), ends=datetime(2026, 1, 1, tzinfo=pki.UTC))
    hardware = pki.issue("HSM:hardware", pki.rsa_key("hardware"), old)
    aws.show(manufacturer_hardware_certificate=hardware.pem)
    outs = created(aws, manufacturer_roots=[old.pem], manufacturer_pins=[old.sha256])
    assert outs["verified"] is True
    assert outs["warnings"] == [
        f"the manufacturer root {old.sha256} expired on 2026-01-01T00:00:00Z"
    ]
    assert f"warning: {outs['warnings'][0]}" in capsys.readouterr().out


def test_the_pickled_provider_is_no_part_of_the_outputs(aws: FakeAws):
    outs = Provider(aws).create(inputs()).outs
    assert outs is not None
    assert "__provider" not in outs


# ---- what comes after the first `up`


def test_a_second_up_with_the_same_inputs_is_no_change(aws: FakeAws):
    diff = Provider(aws).diff("id", created(aws), inputs(timing=Timing(60.0, 1800.0)))
    assert (diff.changes, diff.replaces) == (False, [])


def test_another_cluster_is_another_identity(aws: FakeAws):
    diff = Provider(aws).diff("id", created(aws), inputs(cluster_id="cluster-other"))
    assert (diff.changes, diff.replaces) == (True, ["cluster_id"])


@pytest.mark.parametrize(
    "change",
    [
        {"hsm_id": OTHER_HSM},
        {"verification": "standard"},
        {"off_reason": "another"},
        {"aws_pins": ["AB"]},
        {"manufacturer_pins": []},
        {"hsm_id": Unknown()},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_hsm_or_another_trust_is_an_update(aws: FakeAws, change: dict[str, Any]):
    diff = Provider(aws).diff("id", created(aws), inputs(**change))
    assert (diff.changes, diff.replaces) == (True, [])


def test_a_cluster_id_that_is_not_known_yet_is_planned_as_another_cluster(aws: FakeAws):
    diff = Provider(aws).diff("id", created(aws), inputs(cluster_id=Unknown()))
    assert (diff.changes, diff.replaces) == (True, ["cluster_id"])


def test_a_replaced_hsm_is_captured_anew_before_the_initialization(aws: FakeAws):
    olds = created(aws)
    aws.show(hsms=(hsm(hsm_id=OTHER_HSM),), **shown(other_identity()))
    outs = updated(aws, olds, hsm_id=OTHER_HSM)
    assert outs["csr"] == other_identity().csr
    assert outs["captured_hsm_id"] == OTHER_HSM
    assert outs["hsm_id"] == OTHER_HSM


def test_a_replaced_hsm_in_creation_is_waited_for(aws: FakeAws):
    olds = created(aws)
    aws.show(hsms=(hsm("CREATE_IN_PROGRESS", OTHER_HSM),), **NO_IDENTITY)
    aws.later(500, hsms=(hsm(hsm_id=OTHER_HSM),), **shown(other_identity()))
    assert updated(aws, olds, hsm_id=OTHER_HSM)["csr"] == other_identity().csr


@pytest.mark.parametrize(
    "state", [*sorted(ACTIVE_OR_CHANGING), "INITIALIZED", "INITIALIZE_IN_PROGRESS"]
)
def test_an_hsm_replaced_after_the_initialization_leaves_the_capture_as_it_was(
    aws: FakeAws, state: str
):
    """Then the HSM is a copy of the cluster, and AWS shows no CSR any more."""
    olds = created(aws)
    aws.show(state=state, hsms=(hsm(hsm_id=OTHER_HSM),), **NO_IDENTITY)
    outs = updated(aws, olds, hsm_id=OTHER_HSM)
    assert outs["csr"] == pki.good_identity().csr
    assert outs["captured_hsm_id"] == HSM
    assert outs["captured_at"] == olds["captured_at"]
    assert outs["hsm_id"] == OTHER_HSM, "or the next `up` would see the change again"


def test_other_roots_verify_the_capture_again_without_asking_aws(aws: FakeAws):
    olds = created(aws, verification="standard", manufacturer_roots=[], manufacturer_pins=[])
    aws.state, before = None, aws.describes
    outs = updated(aws, olds)
    assert (olds["verified"], outs["verified"]) == (False, True)
    assert aws.describes == before


def test_roots_that_do_not_fit_the_capture_are_refused(aws: FakeAws):
    olds = created(aws)
    other = pki.issue("other root", pki.rsa_key("other"))
    with pytest.raises(IdentityError, match="not issued by a pinned AWS root"):
        updated(aws, olds, aws_roots=[other.pem], aws_pins=[other.sha256])


def test_a_refresh_keeps_the_capture_though_the_csr_is_gone(aws: FakeAws):
    olds = created(aws)
    aws.show(state="ACTIVE", **NO_IDENTITY)
    result = Provider(aws).read("id", olds)
    assert (result.id, result.outs) == ("id", olds)


@pytest.mark.parametrize("state", [None, *sorted(DELETING_OR_DELETED)])
def test_a_refresh_keeps_it_of_a_lost_cluster_which_may_come_back(aws: FakeAws, state: str | None):
    olds = created(aws)
    if state is None:
        aws.state = None
    else:
        aws.show(state=state)
    read = Provider(aws).read("id", olds)
    assert (read.id, read.outs) == ("id", olds)


def test_delete_asks_aws_nothing(aws: FakeAws):
    olds = created(aws)
    before = aws.describes
    Provider(aws).delete("id", olds)
    assert aws.describes == before
