"""What KMS and AWS Private CA have in common: certificates made once, verified, never renewed."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.output import Unknown

from pulumi_cloudhsm.aws.session import AwsAccess
from pulumi_cloudhsm.errors import (
    AwsError,
    CertificateError,
    DeadlineError,
    StateError,
    ThrottledError,
    TransientError,
)
from pulumi_cloudhsm.trust.anchor import check_pair
from pulumi_cloudhsm.waiting.waiter import Timing
from tests.support import pki
from tests.support.fake_clock import FakeTime
from tests.support.trust_twins import CSR, TWINS, Twin


@pytest.fixture(params=list(TWINS))
def twin(request: pytest.FixtureRequest, time: FakeTime) -> Twin:
    return TWINS[request.param](time)


def test_the_ca_signs_itself_and_nothing_of_its_key_is_kept(twin: Twin) -> None:
    result = twin.ca.create(twin.ca_inputs())
    assert result.outs is not None
    assert result.id == f"{twin.arn}/certificate"
    pem = result.outs["certificate"]
    pair = check_pair(pem, pem, None, pki.NOW)
    assert result.outs["certificate_sha256"] == pair.ca_certificate_sha256
    assert result.outs["expires"] == pair.ca_certificate_expires
    assert "__provider" not in result.outs
    assert "PRIVATE" not in str(result.outs)
    assert twin.service.calls.count(twin.signs) == 1


def test_the_leaf_is_signed_for_the_csr_under_the_ca(twin: Twin) -> None:
    ca_certificate = twin.make_ca()["certificate"]
    outs = twin.make_leaf(ca_certificate)
    pair = check_pair(outs["certificate"], ca_certificate, CSR)
    assert outs["certificate_sha256"] == pair.cluster_certificate_sha256
    assert outs["expires"] == pair.cluster_certificate_expires < pair.ca_certificate_expires
    assert "__provider" not in outs


def test_a_signer_that_is_disabled_is_refused_before_it_is_asked(twin: Twin) -> None:
    ca_certificate = twin.make_ca()["certificate"]
    twin.service.calls.clear()
    twin.service.show(**twin.disabled)
    for create in (twin.make_ca, lambda: twin.make_leaf(ca_certificate)):
        with pytest.raises(StateError, match=f"{twin.arn} is D.*run `pulumi up` again") as refused:
            create()
        assert "\n" not in str(refused.value)
    assert twin.signs not in twin.service.calls


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("kms", "key"),
        ("kms", "public_key"),
        ("kms", "sign"),
        ("acm-pca", "authority"),
        ("acm-pca", "csr"),
        ("acm-pca", "issue"),
        ("acm-pca", "issued"),
        ("acm-pca", "install"),
        ("acm-pca", "certificate"),
    ],
)
def test_what_passes_by_itself_is_waited_through(
    name: str, operation: str, time: FakeTime, capsys: pytest.CaptureFixture[str]
) -> None:
    twin = TWINS[name](time)
    twin.service.stumble(operation, ThrottledError("throttled"), TransientError("connection lost"))
    assert twin.make_ca()["certificate"]
    assert twin.service.calls.count(operation) >= 3
    assert "throttled" in capsys.readouterr().out


def test_an_answer_that_never_comes_is_told_with_the_setting(twin: Twin) -> None:
    twin.service.stumble(twin.signs, *[TransientError("AWS is busy")] * 1000)
    with pytest.raises(DeadlineError, match=r"raise waits\.signing\.deadline_seconds") as late:
        twin.make_ca()
    assert "AWS is busy" in str(late.value)


def test_a_refusal_is_passed_on_at_once(twin: Twin) -> None:
    refused = AwsError("signing: AWS said: not authorized", "AccessDeniedException")
    twin.service.stumble(twin.signs, refused)
    with pytest.raises(AwsError, match="not authorized"):
        twin.make_ca()
    assert twin.service.calls.count(twin.signs) == 1


def test_a_leaf_that_would_outlive_its_ca_is_not_even_asked_for(twin: Twin) -> None:
    ca_certificate = twin.make_ca(validity_hours=1000.0)["certificate"]
    twin.service.calls.clear()
    with pytest.raises(CertificateError, match=r"trust\.cluster_certificate_validity_hours"):
        twin.make_leaf(ca_certificate, validity_hours=1001.0)
    assert twin.signs not in twin.service.calls


@pytest.mark.parametrize("changed", ["validity_hours", "timing", "signer", "unknown signer"])
def test_a_ca_that_is_made_is_never_made_anew(
    twin: Twin, changed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    changes: dict[str, Any] = {
        "validity_hours": {"validity_hours": 48.0},
        "timing": {"timing": Timing(5.0, 7.0)},
        "signer": {twin.signer_input: twin.other_arn},
        "unknown signer": {twin.signer_input: Unknown()},
    }[changed]
    olds = twin.make_ca()
    capsys.readouterr()
    result = twin.ca.diff("id", olds, twin.ca_inputs(**changes))
    assert (result.changes, result.replaces) == (False, None)
    told = capsys.readouterr().out
    if changed == "signer":
        assert (told.count("\n"), twin.other_arn in told, twin.arn in told) == (1, True, True)
        assert "another CA needs a new cluster" in told
    else:
        assert told == ""
    assert twin.ca.update("id", olds, twin.ca_inputs(**changes)).outs == olds


def test_only_another_csr_is_another_leaf(twin: Twin) -> None:
    ca_certificate = twin.make_ca()["certificate"]
    olds = twin.make_leaf(ca_certificate)
    for changes in (
        {},
        {"validity_hours": 1.0},
        {"timing": Timing(5.0, 7.0)},
        {twin.signer_input: twin.other_arn},
    ):
        news = twin.leaf_inputs(ca_certificate, **changes)
        assert twin.leaf.diff("id", olds, news).changes is False
    assert twin.leaf.diff("id", olds, twin.leaf_inputs("another CA")).changes is False
    for csr in (pki.request(pki.rsa_key("HSM 2")), Unknown()):
        result = twin.leaf.diff("id", olds, twin.leaf_inputs(ca_certificate, csr=csr))
        assert (result.changes, result.replaces) == (True, ["csr"])
    assert twin.leaf.update("id", olds, twin.leaf_inputs(ca_certificate)).outs == olds


@pytest.mark.parametrize("trouble", ["none", "disabled", "gone"])
def test_a_refresh_keeps_the_certificate_and_tells_of_its_signer(
    twin: Twin, trouble: str, capsys: pytest.CaptureFixture[str]
) -> None:
    outs = twin.make_ca()
    capsys.readouterr()
    if trouble == "disabled":
        twin.service.show(**twin.disabled)
    elif trouble == "gone":
        gone = AwsError("describing: AWS said: gone", twin.missing)
        twin.service.stumble(twin.looks, gone)
    found = twin.ca.read("id", outs)
    assert (found.id, found.outs) == ("id", outs)
    shown = capsys.readouterr().out
    assert {"none": "", "disabled": f"{twin.arn} is D", "gone": "AWS said: gone"}[trouble] in shown
    assert shown.count("\n") == (trouble != "none")


def test_nothing_is_revoked_or_even_asked_when_both_go(twin: Twin) -> None:
    ca = twin.make_ca()
    leaf = twin.make_leaf(ca["certificate"])
    twin.service.calls.clear()
    assert twin.leaf.read("id", leaf).outs == leaf
    twin.leaf.delete("id", leaf)
    twin.ca.delete("id", ca)
    assert twin.service.calls == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"csr": "garbage"}, "csr"), ({"validity_hours": -1.0}, "validity_hours")],
)
def test_bad_input_of_a_leaf_is_refused_in_a_preview(
    twin: Twin, changes: dict[str, Any], field: str
) -> None:
    (failure,) = twin.leaf.check({}, twin.leaf_inputs("CA", **changes)).failures
    assert failure.property == field


def test_what_is_not_known_yet_is_fine_in_a_preview(twin: Twin) -> None:
    unknown = Unknown()
    assert twin.ca.check({}, twin.ca_inputs(**{twin.signer_input: unknown})).failures == []
    assert twin.leaf.check({}, twin.leaf_inputs("CA", csr=unknown)).failures == []


def test_a_preview_asks_nothing_of_a_region_that_is_not_known_yet(twin: Twin) -> None:
    unknown = AwsAccess(Unknown())  # pyright: ignore[reportArgumentType]
    assert twin.ca.check({}, twin.ca_inputs(access=unknown)).failures == []
    assert twin.service.calls == []


def test_a_given_signer_is_looked_at_in_the_preview_but_only_before_it_is_used(twin: Twin) -> None:
    given = twin.ca_inputs(**twin.given)
    twin.make_ca()  # so that the private CA is ACTIVE
    assert twin.ca.check({}, given).failures == []
    twin.service.show(**twin.disabled)
    (failure,) = twin.ca.check({}, given).failures
    assert failure.property == twin.signer_input
    assert f"{twin.arn} is D" in failure.reason
    assert twin.ca.check(twin.ca_inputs(), twin.ca_inputs()).failures == []


def test_a_preview_tells_of_a_missing_signer_and_needs_no_credentials(twin: Twin) -> None:
    twin.service.stumble(twin.looks, AwsError("describing: not there", twin.missing))
    given = twin.ca_inputs(**twin.given)
    (failure,) = twin.ca.check({}, given).failures
    assert (failure.property, failure.reason) == (twin.signer_input, "describing: not there")
    for trouble in (AwsError("no valid AWS credentials"), TransientError("throttled")):
        twin.service.stumble(twin.looks, trouble)
        assert twin.ca.check({}, given).failures == []


def test_a_signer_that_this_run_makes_is_not_looked_at_before_aws_shows_it(twin: Twin) -> None:
    made = dict.fromkeys(twin.given, True)
    twin.service.stumble(twin.looks, AwsError("describing: not there", twin.missing))
    assert twin.ca.check({}, twin.ca_inputs(**made)).failures == []
    assert twin.service.calls == []


@pytest.mark.parametrize("step", ["looks", "signs"])
def test_a_part_of_aws_that_does_not_know_the_signer_yet_is_asked_again(
    twin: Twin, step: str
) -> None:
    late = [AwsError("AWS said: not there", twin.missing) for _ in range(3)]
    twin.service.stumble(getattr(twin, step), *late)
    ca_certificate = twin.make_ca()["certificate"]
    late = [AwsError("AWS said: not there", twin.missing) for _ in range(3)]
    twin.service.stumble(getattr(twin, step), *late)
    assert twin.make_leaf(ca_certificate)["certificate"]


def test_a_signer_that_stays_missing_for_two_minutes_is_told(twin: Twin, time: FakeTime) -> None:
    began, gone = time.now(), AwsError("AWS said: not there", twin.missing)
    twin.service.stumble(twin.looks, *[gone] * 1000)
    with pytest.raises(AwsError, match="not there"):
        twin.make_ca()
    assert 110 < time.now() - began < 140


def test_a_signer_of_another_region_is_asked_there(twin: Twin) -> None:
    ca_certificate = twin.make_ca()["certificate"]
    elsewhere = {twin.signer_input: twin.arn.replace("eu-central-1", "us-gov-west-1")}
    for provider in (twin.ca, twin.leaf):
        provider.asked_in.clear()
    twin.make_ca(**elsewhere)
    twin.make_leaf(ca_certificate, **elsewhere)
    twin.ca.check({}, twin.ca_inputs(**elsewhere))
    twin.ca.read("id", twin.ca_inputs(**elsewhere))
    asked = {one.region for provider in (twin.ca, twin.leaf) for one in provider.asked_in}
    assert asked == {"us-gov-west-1"}
