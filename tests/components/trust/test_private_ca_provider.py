"""A root private CA is brought to ACTIVE from wherever a run stopped; it signs a leaf per CSR."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509

from pulumi_cloudhsm.errors import (
    AwsError,
    CertificateError,
    DeadlineError,
    StateError,
    TransientError,
)
from tests.support import pki
from tests.support.fake_clock import FakeTime
from tests.support.fake_pca import CREATED, FakePca
from tests.support.trust_twins import HOURS, Twin, private_ca_twin


@pytest.fixture
def twin(time: FakeTime) -> Twin:
    return private_ca_twin(time)


@pytest.fixture
def pca(twin: Twin) -> FakePca:
    return twin.service


def test_a_new_ca_is_given_its_own_certificate(twin: Twin, pca: FakePca) -> None:
    twin.make_ca()
    assert pca.shown.status == "ACTIVE"
    assert [call for call in pca.calls if call in ("issue", "install")] == ["issue", "install"]


def test_its_validity_is_exact_and_the_same_at_every_try(twin: Twin, pca: FakePca) -> None:
    twin.make_ca()
    (period,) = pca.periods
    assert period == (CREATED, CREATED + timedelta(hours=HOURS))


def test_a_ca_that_is_being_made_is_waited_for(
    twin: Twin, pca: FakePca, capsys: pytest.CaptureFixture[str]
) -> None:
    pca.show(status="CREATING")
    looks = 0
    real = pca.csr

    def later(arn: str) -> str | None:
        nonlocal looks
        looks += 1
        if looks == 3:
            pca.show(status="PENDING_CERTIFICATE")
        return real(arn)

    pca.csr = later
    twin.make_ca()
    assert looks == 3
    assert "being made, waiting for ready" in capsys.readouterr().out


def test_a_crash_between_issue_and_import_is_gone_on_from(twin: Twin, pca: FakePca) -> None:
    pca.stumble("install", KeyboardInterrupt())  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        twin.make_ca()
    assert pca.shown.status == "PENDING_CERTIFICATE"
    twin.make_ca()
    assert pca.tokens[0] == pca.tokens[1], "within five minutes AWS issues one certificate only"
    assert pca.periods[0] == pca.periods[1]


@pytest.mark.parametrize("install", [True, False])
def test_an_active_ca_is_adopted_as_it_is(twin: Twin, pca: FakePca, install: bool) -> None:
    pem = pca.active()
    assert twin.make_ca(install=install)["certificate"] == pem
    assert "issue" not in pca.calls


def test_a_lost_answer_of_the_installation_is_no_failure(twin: Twin, pca: FakePca) -> None:
    real = pca.install
    tries = 0

    def lost(arn: str, certificate: str) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            real(arn, certificate)
            raise TransientError("connection lost")
        raise AwsError("installing: AWS said: wrong state", "InvalidStateException")

    pca.install = lost
    twin.make_ca()
    assert tries == 2


def test_a_refused_installation_is_told(twin: Twin, pca: FakePca) -> None:
    pca.stumble("install", AwsError("installing: AWS said: no", "MalformedCertificateException"))
    with pytest.raises(AwsError, match="AWS said: no"):
        twin.make_ca()


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        ({"kind": "SUBORDINATE"}, "the root has to sign the CSR directly"),
        ({"key_algorithm": "RSA_3072"}, "RSA_3072 with SHA256WITHRSA"),
        ({"key_algorithm": "EC_prime256v1", "signing_algorithm": "SHA256WITHECDSA"}, "EC_prime"),
        ({"signing_algorithm": "SHA512WITHRSA"}, "RSA_2048 with SHA512WITHRSA"),
        ({"usage_mode": "SHORT_LIVED_CERTIFICATE"}, "at most 7 days"),
        ({"status": "DISABLED"}, "update-certificate-authority --status ACTIVE"),
        ({"status": "DELETED"}, "restore-certificate-authority"),
        ({"status": "EXPIRED"}, "is EXPIRED: give another one (trust.private_ca_arn)"),
        ({"status": "FAILED"}, "is FAILED"),
        ({"status": "PENDING_CERTIFICATE"}, "install its root certificate"),
    ],
)
def test_a_given_ca_that_cannot_sign_is_refused(
    twin: Twin, pca: FakePca, shown: dict[str, str], told: str
) -> None:
    ca_certificate = pca.active()
    pca.show(**shown)
    for create in (
        lambda: twin.make_ca(install=False),
        lambda: twin.make_leaf(ca_certificate),
    ):
        with pytest.raises(StateError) as refused:
            create()
        assert told in str(refused.value)
        assert "\n" not in str(refused.value)
    given = twin.ca_inputs(install=False)
    (failure,) = twin.ca.check({}, given).failures
    assert failure.property == "ca_arn"
    assert told in failure.reason
    assert twin.ca.check(twin.ca_inputs(), given).failures == []
    assert "issue" not in pca.calls


def test_a_given_ca_under_another_root_is_refused(twin: Twin, pca: FakePca) -> None:
    pca.active()
    pca.own = pki.issue("Sub", pca.key, pki.issue("Top", pki.rsa_key("top"))).certificate
    with pytest.raises(CertificateError, match="is not self-signed"):
        twin.make_ca(install=False)


def test_a_request_that_failed_in_the_end_is_told_at_once(twin: Twin, pca: FakePca) -> None:
    ca_certificate = pca.active()
    failed = AwsError("reading the certificate: AWS said: failed", "RequestFailedException")

    def fails_later(arn: str, certificate_arn: str) -> str | None:
        if pca.calls.count("issued") == 2:
            raise failed
        pca.calls.append("issued")
        return None

    pca.issued = fails_later
    with pytest.raises(AwsError, match="AWS said: failed"):
        twin.make_leaf(ca_certificate)


def test_a_certificate_that_never_comes_is_told_with_the_setting(twin: Twin, pca: FakePca) -> None:
    ca_certificate = pca.active()
    pca.issued = lambda arn, certificate_arn: None
    with pytest.raises(DeadlineError, match=r"waits\.signing\.deadline_seconds"):
        twin.make_leaf(ca_certificate)


def test_a_leaf_without_a_validity_ends_30_days_before_its_ca(twin: Twin, pca: FakePca) -> None:
    outs = twin.make_leaf(pca.active(), validity_hours=0.0)
    certificate = x509.load_pem_x509_certificate(outs["certificate"].encode())
    assert pki.ENDS - certificate.not_valid_after_utc == timedelta(days=30)
    assert certificate.not_valid_before_utc <= pki.NOW
    assert len(pca.tokens[0]) >= 36


def test_a_leaf_of_a_new_ca_does_not_begin_before_it(twin: Twin) -> None:
    ca_certificate = twin.make_ca()["certificate"]
    outs = twin.make_leaf(ca_certificate)
    certificate = x509.load_pem_x509_certificate(outs["certificate"].encode())
    ca = x509.load_pem_x509_certificate(ca_certificate.encode())
    assert ca.not_valid_before_utc <= certificate.not_valid_before_utc <= pki.NOW
    assert certificate.not_valid_after_utc < ca.not_valid_after_utc


def test_a_ca_that_was_exchanged_meanwhile_is_noticed(twin: Twin, pca: FakePca) -> None:
    ca_certificate = pca.active()
    pca.key = pki.rsa_key("another private CA")
    with pytest.raises(CertificateError, match="was not signed by the CA certificate"):
        twin.make_leaf(ca_certificate)


def test_a_ca_that_is_given_later_is_no_other_certificate(twin: Twin) -> None:
    assert twin.ca.diff("id", twin.make_ca(), twin.ca_inputs(install=False)).changes is False
