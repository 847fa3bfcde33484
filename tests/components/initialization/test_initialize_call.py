"""InitializeCluster: called once, after every check, and never again by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pulumi.output import Unknown

from pulumi_cloudhsm.aws.cloudhsmv2 import CHANGING
from pulumi_cloudhsm.errors import (
    AwsError,
    CertificateError,
    DeadlineError,
    StateError,
    ThrottledError,
    TransientError,
)
from tests.support import pki
from tests.support.fake_aws import CLUSTER, HSM, NO_IDENTITY, FakeAws, hsm, shown
from tests.support.fake_clock import FakeTime
from tests.support.initializing import (
    Provider,
    another_ca,
    created,
    inputs,
    our_ca,
    our_certificate,
)

OTHER_HSM = "hsm-bbbbbbbbbbb"


def test_it_calls_once_with_certificate_and_anchor_and_waits_for_initialized(
    aws: FakeAws, time: FakeTime
):
    outs = created(aws)
    assert aws.initialized_with == [(CLUSTER, our_certificate().pem, our_ca().pem)]
    assert outs["state"] == "INITIALIZED"
    assert outs["adopted"] is False
    assert 240 <= sum(time.sleeps) <= 245
    assert outs["waited_seconds"] == pytest.approx(sum(time.sleeps), abs=0.1)


@pytest.mark.parametrize("state", sorted(CHANGING))
def test_a_change_before_it_is_waited_through_and_taken_for_no_initialization(
    aws: FakeAws, state: str
):
    aws.show(state=state)
    aws.later(60, state="UNINITIALIZED")
    outs = created(aws)
    assert aws.initialized_with == [(CLUSTER, our_certificate().pem, our_ca().pem)]
    assert (outs["state"], outs["adopted"]) == ("INITIALIZED", False)


@pytest.mark.parametrize("state", [*sorted(CHANGING), "DEGRADED"])
def test_a_certificate_proves_an_initialization_in_any_state(aws: FakeAws, state: str):
    aws.show(state=state, cluster_certificate=our_certificate().pem, **NO_IDENTITY)
    outs = created(aws)
    assert (aws.initialized_with, outs["adopted"]) == ([], True)


def test_the_outputs_hold_both_fingerprints_their_ends_and_the_moment(aws: FakeAws):
    outs = created(aws)
    assert outs["ca_certificate_sha256"] == our_ca().sha256
    assert outs["cluster_certificate_sha256"] == our_certificate().sha256
    assert outs["ca_certificate_expires"] == "2045-01-01T00:00:00Z"
    assert outs["cluster_certificate_expires"] == "2045-01-01T00:00:00Z"
    assert outs["initialized_at"] == "2026-12-01T12:00:00Z"
    assert "__provider" not in outs


def test_progress_is_told(aws: FakeAws, capsys: pytest.CaptureFixture[str]):
    created(aws)
    said = capsys.readouterr().out.splitlines()
    assert f"cluster {CLUSTER}: INITIALIZE_IN_PROGRESS, waiting for INITIALIZED" in said[0]
    assert "usually 4 min, deadline 20 min" in said[0]
    assert any(line.startswith(f"cluster {CLUSTER}: INITIALIZED after 4m0") for line in said)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"ca_certificate": another_ca}, "was not signed by the CA certificate"),
        ({"csr": lambda: pki.request(pki.rsa_key("other HSM"))}, "does not hold the CSR's public"),
        ({"cluster_certificate": lambda: "garbage"}, "exactly one PEM certificate"),
    ],
    ids=["wrong CA", "wrong key", "garbage"],
)
def test_certificates_that_do_not_fit_stop_it_before_aws_is_asked_anything(
    aws: FakeAws, changes: dict[str, Any], word: str
):
    made = {key: make() for key, make in changes.items()}
    texts = {key: getattr(value, "pem", value) for key, value in made.items()}
    with pytest.raises(CertificateError, match=word):
        created(aws, **texts)
    assert (aws.describes, aws.initialized_with) == (0, [])


def test_certificates_of_another_stack_are_checked_as_soon_as_both_are_known(aws: FakeAws):
    provider, wrong = Provider(aws), {"ca_certificate": another_ca().pem}
    (failure,) = provider.check({}, inputs(**wrong)).failures
    assert failure.property == "cluster_certificate"
    assert "was not signed by the CA certificate" in failure.reason
    assert provider.check({}, inputs()).failures == []
    assert provider.check({}, inputs(ca_certificate=Unknown())).failures == []


def test_once_it_is_initialized_other_certificates_are_no_failure(aws: FakeAws):
    wrong = inputs(ca_certificate=another_ca().pem)
    assert Provider(aws).check(created(aws), wrong).failures == []


def test_a_csr_that_changed_since_the_capture_stops_it_and_names_both_hsms(aws: FakeAws):
    new = pki.request(pki.rsa_key("replacement HSM"))
    aws.show(hsms=(hsm(hsm_id=OTHER_HSM),), csr=new)
    with pytest.raises(CertificateError) as error:
        created(aws)
    said = str(error.value)
    assert f"AWS replaced HSM {HSM} by {OTHER_HSM}" in said
    assert "nothing was initialized" in said
    assert "run `pulumi up --refresh`" in said
    assert aws.initialized_with == []


def test_a_csr_with_other_line_ends_is_the_same_csr(aws: FakeAws):
    aws.show(csr="\r\n" + pki.good_identity().csr.replace("\n", "\r\n"))
    assert created(aws)["state"] == "INITIALIZED"


def test_a_csr_that_is_not_there_stops_it_and_names_the_live_hsms(aws: FakeAws):
    aws.show(hsms=(hsm("CREATE_IN_PROGRESS", OTHER_HSM),), **NO_IDENTITY)
    with pytest.raises(StateError, match=rf"shows no CSR \(live HSMs: {OTHER_HSM}\)"):
        created(aws)
    assert aws.initialized_with == []


def test_a_cluster_that_is_gone_stops_it(aws: FakeAws):
    aws.state = None
    with pytest.raises(StateError, match=f"{CLUSTER} does not exist"):
        created(aws)
    assert aws.initialized_with == []


def test_a_lost_answer_is_looked_after_and_not_answered_by_calling_again(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
):
    aws.on_initialize = FakeAws.takes_it_but_the_answer_is_lost
    assert created(aws)["state"] == "INITIALIZED"
    assert len(aws.initialized_with) == 1
    assert "connection lost; looking whether AWS carried it out" in capsys.readouterr().out


def test_a_lost_answer_whose_effect_shows_late_is_still_found(aws: FakeAws):
    def slowly(fake: FakeAws) -> None:
        fake.later(20, state="INITIALIZE_IN_PROGRESS", **NO_IDENTITY)
        fake.later(260, state="INITIALIZED")
        raise TransientError("connection lost")

    aws.on_initialize = slowly
    assert created(aws)["state"] == "INITIALIZED"
    assert len(aws.initialized_with) == 1


def test_a_call_that_aws_never_carried_out_fails_after_a_while_and_was_made_once(
    aws: FakeAws, time: FakeTime
):
    aws.on_initialize = FakeAws.loses_the_call
    with pytest.raises(StateError) as error:
        created(aws)
    assert "Internal failure; " in str(error.value)
    assert "still is UNINITIALIZED" in str(error.value)
    assert "run `pulumi up` again" in str(error.value)
    assert len(aws.initialized_with) == 1
    assert 0 < sum(time.sleeps) <= 241, "no longer than an initialization takes"


def test_the_next_up_after_a_lost_call_makes_it(aws: FakeAws):
    aws.on_initialize = FakeAws.loses_the_call
    with pytest.raises(StateError):
        created(aws)
    aws.on_initialize = FakeAws.takes_it
    assert created(aws)["adopted"] is False
    assert len(aws.initialized_with) == 2


def test_trouble_with_looking_after_a_lost_answer_does_not_call_again(aws: FakeAws):
    def lost(fake: FakeAws) -> None:
        fake.stumble(*[TransientError("AWS is busy")] * 3)
        fake.takes_it_but_the_answer_is_lost()

    aws.on_initialize = lost
    assert created(aws)["state"] == "INITIALIZED"
    assert len(aws.initialized_with) == 1


def test_a_refusal_for_its_rate_is_tried_again_as_it_was_certainly_not_carried_out(aws: FakeAws):
    refusals = iter([ThrottledError("too fast"), ThrottledError("too fast")])

    def throttled(fake: FakeAws) -> None:
        refusal = next(refusals, None)
        if refusal:
            raise refusal
        fake.takes_it()

    aws.on_initialize = throttled
    assert created(aws)["state"] == "INITIALIZED"
    assert len(aws.initialized_with) == 3


def test_an_endless_refusal_for_its_rate_ends_within_a_tenth_of_the_deadline(
    aws: FakeAws, time: FakeTime
):
    def throttled(_: FakeAws) -> None:
        raise ThrottledError("too fast")

    aws.on_initialize = throttled
    with pytest.raises(DeadlineError, match="the last look failed: too fast"):
        created(aws)
    assert sum(time.sleeps) <= 121
    assert aws.state is not None
    assert aws.state.state == "UNINITIALIZED"


def refuse(_: FakeAws) -> None:
    raise AwsError("initializing: AWS said: No.", "CloudHsmInvalidRequestException")


def test_a_refusal_of_aws_is_passed_on_at_once(aws: FakeAws, time: FakeTime):
    aws.on_initialize = refuse
    with pytest.raises(AwsError, match=r"AWS said: No\.") as error:
        created(aws)
    assert error.value.code == "CloudHsmInvalidRequestException"
    assert (len(aws.initialized_with), time.sleeps) == (1, [])


def test_a_twin_that_was_faster_is_no_failure(aws: FakeAws, capsys: pytest.CaptureFixture[str]):
    def too_late(fake: FakeAws) -> None:
        fake.takes_it()
        refuse(fake)

    aws.on_initialize = too_late
    assert created(aws)["state"] == "INITIALIZED"
    assert len(aws.initialized_with) == 1
    assert "another run has initialized it meanwhile" in capsys.readouterr().out


def test_trouble_with_looking_after_a_refusal_does_not_call_again(aws: FakeAws):
    def refused(fake: FakeAws) -> None:
        fake.stumble(TransientError("AWS is busy"))
        refuse(fake)

    aws.on_initialize = refused
    with pytest.raises(AwsError, match=r"AWS said: No\."):
        created(aws)
    assert len(aws.initialized_with) == 1


def test_a_cluster_degraded_while_initializing_ends_it_at_once_with_aws_words(aws: FakeAws):
    def fails(fake: FakeAws) -> None:
        fake.show(state="INITIALIZE_IN_PROGRESS", **NO_IDENTITY)
        fake.later(30, state="DEGRADED", message="HSM lost")

    aws.on_initialize = fails
    with pytest.raises(StateError, match=r"went to DEGRADED .* INITIALIZED: HSM lost"):
        created(aws)


def test_a_cluster_deleted_while_initializing_ends_it(aws: FakeAws):
    def vanishes(fake: FakeAws) -> None:
        fake.show(state="INITIALIZE_IN_PROGRESS", **NO_IDENTITY)
        fake.later(30, state="DELETE_IN_PROGRESS")

    aws.on_initialize = vanishes
    with pytest.raises(StateError, match="does not exist"):
        created(aws)


def test_an_endless_initialization_ends_at_the_deadline_and_names_the_input(
    aws: FakeAws, time: FakeTime
):
    aws.on_initialize = lambda fake: fake.show(state="INITIALIZE_IN_PROGRESS", **NO_IDENTITY)
    with pytest.raises(DeadlineError, match=r"waits.initialization.deadline_seconds"):
        created(aws)
    assert sum(time.sleeps) == pytest.approx(1200)
    assert len(aws.initialized_with) == 1


def test_trouble_while_waiting_is_tolerated(aws: FakeAws):
    def busy(fake: FakeAws) -> None:
        fake.takes_it()
        fake.stumble(TransientError("AWS is busy"), ThrottledError("too fast"))

    aws.on_initialize = busy
    assert created(aws)["state"] == "INITIALIZED"


def test_nothing_of_this_changes_the_inputs(aws: FakeAws):
    props = inputs()
    Provider(aws).create(props)
    assert props == inputs()
    assert shown(pki.good_identity())["csr"] == props["csr"]


def outliving() -> str:
    """Our CA's certificate for the HSM, which ends a second after the CA's own."""
    ends = pki.ENDS + timedelta(seconds=1)
    return pki.issue("HSM:1", pki.rsa_key("HSM"), our_ca(), extensions=(), ends=ends).pem


def test_a_certificate_of_our_own_ca_that_outlives_it_is_refused_before_the_call(aws: FakeAws):
    given = inputs(cluster_certificate=outliving())
    (failure,) = Provider(aws).check({}, given).failures
    for part in ("2045-01-01T00:00:01Z", "trust.cluster_certificate_validity_hours"):
        assert part in failure.reason
    with pytest.raises(CertificateError, match="after its CA certificate"):
        created(aws, cluster_certificate=outliving())
    assert aws.initialized_with == []


def test_one_that_was_signed_elsewhere_is_taken_as_it_is(aws: FakeAws):
    given = inputs(cluster_certificate=outliving(), signed_elsewhere=True)
    assert Provider(aws).check({}, given).failures == []
