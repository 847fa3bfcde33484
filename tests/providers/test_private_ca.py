"""A root private CA is brought to ACTIVE from wherever a run stopped; it signs a leaf per CSR."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest
from cryptography import x509
from pulumi.output import Unknown
from pulumi_cloudhsm.aws.acmpca import AcmPca
from pulumi_cloudhsm.errors import (
    AwsError,
    CertificateError,
    DeadlineError,
    StateError,
    ThrottledError,
    TransientError,
)
from pulumi_cloudhsm.providers.base import Props, say
from pulumi_cloudhsm.providers.private_ca_certificate import PrivateCaCertificateProvider
from pulumi_cloudhsm.providers.private_root_ca import PrivateRootCaProvider
from pulumi_cloudhsm.trust_anchor import check_pair
from pulumi_cloudhsm.waiter import Waiter

from tests.providers.fake_pca import CA, CREATED, FakePca
from tests.unit import pki
from tests.unit.clockwork import FakeTime

CSR = pki.request(pki.rsa_key("HSM"))
OTHER = CA[:-4] + "0000"
HOURS = 87_660


class RootProvider(PrivateRootCaProvider):
    """The real one, but for AWS and the clock."""

    def __init__(self, pca: FakePca) -> None:
        self._pca = pca

    def pca(self, props: Props) -> AcmPca:
        return cast(AcmPca, self._pca)

    def waiter(self) -> Waiter:
        return self._pca.time.waiter(say)

    def now(self):
        return pki.NOW


class LeafProvider(PrivateCaCertificateProvider):
    """The real one, but for AWS and the clock."""

    def __init__(self, pca: FakePca) -> None:
        self._pca = pca

    def pca(self, props: Props) -> AcmPca:
        return cast(AcmPca, self._pca)

    def waiter(self) -> Waiter:
        return self._pca.time.waiter(say)

    def now(self):
        return pki.NOW


@pytest.fixture
def pca(time: FakeTime) -> FakePca:
    return FakePca(time)


@pytest.fixture
def root(pca: FakePca) -> RootProvider:
    return RootProvider(pca)


@pytest.fixture
def leaf(pca: FakePca) -> LeafProvider:
    return LeafProvider(pca)


def root_inputs(**changes: Any) -> dict[str, Any]:
    return {
        "__provider": "pickle",
        "region": "eu-central-1",
        "ca_arn": CA,
        "install": True,
        "validity_hours": float(HOURS),
        "usual_seconds": 5.0,
        "deadline_seconds": 600.0,
        **changes,
    }


def leaf_inputs(anchor: str, **changes: Any) -> dict[str, Any]:
    rest = {key: value for key, value in root_inputs().items() if key != "install"}
    own = {"ca_certificate": anchor, "csr": CSR, "validity_hours": 0.0}
    return {**rest, **own, **changes}


def made(root: RootProvider, **changes: Any) -> dict[str, Any]:
    outs = root.create(root_inputs(**changes)).outs
    assert outs is not None
    return outs


def signed(leaf: LeafProvider, anchor: str, **changes: Any) -> dict[str, Any]:
    outs = leaf.create(leaf_inputs(anchor, **changes)).outs
    assert outs is not None
    return outs


def test_a_new_ca_is_given_its_own_certificate(root: RootProvider, pca: FakePca) -> None:
    result = root.create(root_inputs())
    assert result.outs is not None
    assert result.id == f"{CA}/certificate"
    pem = result.outs["certificate_pem"]
    pair = check_pair(pem, pem, None, pki.NOW)
    assert result.outs["certificate_sha256"] == pair.trust_anchor_sha256
    assert "__provider" not in result.outs
    assert pca.shown.status == "ACTIVE"
    assert [call for call in pca.calls if call in ("issue", "install")] == ["issue", "install"]


def test_its_validity_is_exact_and_the_same_at_every_try(root: RootProvider, pca: FakePca) -> None:
    made(root)
    (period,) = pca.periods
    assert period == (CREATED, CREATED + timedelta(hours=HOURS))


def test_a_ca_that_is_being_made_is_waited_for(
    root: RootProvider, pca: FakePca, time: FakeTime, capsys: pytest.CaptureFixture[str]
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
    made(root)
    assert looks == 3
    assert "being made, waiting for there" in capsys.readouterr().out


def test_a_crash_between_issue_and_import_is_gone_on_from(root: RootProvider, pca: FakePca) -> None:
    pca.stumble("install", KeyboardInterrupt())  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        root.create(root_inputs())
    assert pca.shown.status == "PENDING_CERTIFICATE"
    made(root)
    assert pca.tokens[0] == pca.tokens[1], "within five minutes AWS issues one certificate only"
    assert pca.periods[0] == pca.periods[1]


@pytest.mark.parametrize("install", [True, False])
def test_an_active_ca_is_adopted_as_it_is(root: RootProvider, pca: FakePca, install: bool) -> None:
    pem = pca.active()
    assert made(root, install=install)["certificate_pem"] == pem
    assert "issue" not in pca.calls


def test_a_lost_answer_of_the_installation_is_no_failure(root: RootProvider, pca: FakePca) -> None:
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
    made(root)
    assert tries == 2


def test_a_refused_installation_is_told(root: RootProvider, pca: FakePca) -> None:
    pca.stumble("install", AwsError("installing: AWS said: no", "MalformedCertificateException"))
    with pytest.raises(AwsError, match="AWS said: no"):
        root.create(root_inputs())


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
        ({"status": "EXPIRED"}, "is EXPIRED: give another one"),
        ({"status": "FAILED"}, "is FAILED"),
        ({"status": "PENDING_CERTIFICATE"}, "install its root certificate"),
    ],
)
def test_a_given_ca_that_will_not_do_is_refused(
    root: RootProvider, leaf: LeafProvider, pca: FakePca, shown: dict[str, str], told: str
) -> None:
    anchor = pca.active()
    pca.show(**shown)
    for create in (
        lambda: root.create(root_inputs(install=False)),
        lambda: leaf.create(leaf_inputs(anchor)),
    ):
        with pytest.raises(StateError) as refused:
            create()
        assert told in str(refused.value)
        assert "\n" not in str(refused.value)
    (failure,) = root.check({}, root_inputs(install=False)).failures
    assert failure.property == "ca_arn"
    assert told in failure.reason
    assert root.check(root_inputs(), root_inputs(install=False)).failures == []
    assert "issue" not in pca.calls


def test_a_given_ca_under_another_root_is_refused(root: RootProvider, pca: FakePca) -> None:
    pca.active()
    pca.own = pki.issue("Sub", pca.key, pki.issue("Top", pki.rsa_key("top"))).certificate
    with pytest.raises(CertificateError, match="is not self-signed"):
        root.create(root_inputs(install=False))


def test_our_own_new_ca_is_no_problem_in_a_preview(root: RootProvider, pca: FakePca) -> None:
    assert root.check({}, root_inputs()).failures == []
    assert root.check({}, root_inputs(ca_arn=Unknown())).failures == []


def test_a_preview_tells_of_a_missing_ca_and_needs_no_credentials(
    root: RootProvider, pca: FakePca
) -> None:
    given = root_inputs(install=False)
    pca.stumble("authority", AwsError("describing: not there", "ResourceNotFoundException"))
    assert [one.property for one in root.check({}, given).failures] == ["ca_arn"]
    pca.active()
    for trouble in (AwsError("no valid AWS credentials"), TransientError("throttled")):
        pca.stumble("authority", trouble)
        assert root.check({}, given).failures == []


@pytest.mark.parametrize("operation", ["authority", "csr", "issue", "issued", "install"])
def test_what_passes_by_itself_is_waited_through(
    root: RootProvider, pca: FakePca, operation: str
) -> None:
    pca.stumble(operation, ThrottledError("throttled"), TransientError("connection lost"))
    made(root)
    assert pca.shown.status == "ACTIVE"


def test_a_request_that_failed_in_the_end_is_told_at_once(
    root: RootProvider, leaf: LeafProvider, pca: FakePca
) -> None:
    anchor = pca.active()
    failed = AwsError("reading the certificate: AWS said: failed", "RequestFailedException")

    def fails_later(arn: str, certificate_arn: str) -> str | None:
        if pca.calls.count("issued") == 2:
            raise failed
        pca.calls.append("issued")
        return None

    pca.issued = fails_later
    with pytest.raises(AwsError, match="AWS said: failed"):
        leaf.create(leaf_inputs(anchor))


def test_a_certificate_that_never_comes_is_told_with_the_setting(
    leaf: LeafProvider, pca: FakePca
) -> None:
    anchor = pca.active()
    pca.issued = lambda arn, certificate_arn: None
    with pytest.raises(DeadlineError, match="cloudhsm:signingDeadlineSeconds"):
        leaf.create(leaf_inputs(anchor))


def test_the_leaf_is_issued_for_the_csr_and_ends_before_its_ca(
    leaf: LeafProvider, pca: FakePca
) -> None:
    anchor = pca.active()
    outs = signed(leaf, anchor)
    pair = check_pair(outs["certificate_pem"], anchor, CSR)
    assert outs["expires"] == pair.cluster_certificate_expires < pair.trust_anchor_expires
    certificate = x509.load_pem_x509_certificate(outs["certificate_pem"].encode())
    assert pki.ENDS - certificate.not_valid_after_utc == timedelta(days=30)
    assert certificate.not_valid_before_utc <= pki.NOW
    assert len(pca.tokens[0]) >= 36


def test_a_leaf_of_a_new_ca_does_not_begin_before_it(
    root: RootProvider, leaf: LeafProvider
) -> None:
    anchor = made(root)["certificate_pem"]
    outs = signed(leaf, anchor, validity_hours=float(HOURS - 720))
    certificate = x509.load_pem_x509_certificate(outs["certificate_pem"].encode())
    ca = x509.load_pem_x509_certificate(anchor.encode())
    assert ca.not_valid_before_utc <= certificate.not_valid_before_utc <= pki.NOW
    assert certificate.not_valid_after_utc < ca.not_valid_after_utc


def test_a_leaf_that_would_outlive_its_ca_is_not_even_asked_for(
    leaf: LeafProvider, pca: FakePca
) -> None:
    anchor = pca.active(pki.NOW + timedelta(hours=100))
    with pytest.raises(CertificateError, match="clusterCertificateValidityHours"):
        leaf.create(leaf_inputs(anchor, validity_hours=101.0))
    assert "issue" not in pca.calls


def test_a_ca_that_was_exchanged_meanwhile_is_noticed(leaf: LeafProvider, pca: FakePca) -> None:
    anchor = pca.active()
    pca.key = pki.rsa_key("another private CA")
    with pytest.raises(CertificateError, match="was not signed by the trust anchor"):
        leaf.create(leaf_inputs(anchor))


@pytest.mark.parametrize(
    "changes",
    [{"validity_hours": 5.0}, {"install": False}, {"deadline_seconds": 9.0}, {"ca_arn": OTHER}],
)
def test_what_is_made_once_is_never_made_anew(
    root: RootProvider, changes: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    olds = made(root)
    capsys.readouterr()
    assert root.diff("id", olds, root_inputs(**changes)).changes is False
    told = capsys.readouterr().out
    assert told.count("\n") == (1 if "ca_arn" in changes else 0)
    assert root.update("id", olds, root_inputs(**changes)).outs == olds


def test_only_another_csr_is_another_leaf(leaf: LeafProvider, pca: FakePca) -> None:
    anchor = pca.active()
    olds = signed(leaf, anchor)
    for changes in ({}, {"ca_certificate": "other"}, {"validity_hours": 1.0}, {"ca_arn": OTHER}):
        assert leaf.diff("id", olds, leaf_inputs(anchor, **changes)).changes is False
    for csr in (pki.request(pki.rsa_key("HSM 2")), Unknown()):
        result = leaf.diff("id", olds, leaf_inputs(anchor, csr=csr))
        assert (result.changes, result.replaces) == (True, ["csr"])
    assert leaf.update("id", olds, leaf_inputs(anchor)).outs == olds


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (None, ""),
        ("DISABLED", "is DISABLED"),
        ("DELETED", "is DELETED"),
        (AwsError("describing: AWS said: gone", "ResourceNotFoundException"), "AWS said: gone"),
    ],
)
def test_a_refresh_keeps_the_certificate_and_tells_of_its_ca(
    root: RootProvider, pca: FakePca, trouble: Any, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    outs = made(root)
    capsys.readouterr()
    if isinstance(trouble, str):
        pca.show(status=trouble)
    elif trouble is not None:
        pca.stumble("authority", trouble)
    found = root.read("id", outs)
    assert (found.id, found.outs) == ("id", outs)
    shown = capsys.readouterr().out
    assert told in shown
    assert shown.count("\n") == bool(told)


def test_nothing_is_revoked_or_even_asked_when_both_go(
    root: RootProvider, leaf: LeafProvider, pca: FakePca
) -> None:
    outs = signed(leaf, pca.active())
    pca.calls.clear()
    assert leaf.read("id", outs).outs == outs
    leaf.delete("id", outs)
    root.delete("id", {})
    assert pca.calls == []


def test_bad_input_of_a_leaf_is_refused_in_a_preview(leaf: LeafProvider) -> None:
    (failure,) = leaf.check({}, leaf_inputs("anchor", csr="garbage")).failures
    assert failure.property == "csr"
    assert leaf.check({}, leaf_inputs("anchor", csr=Unknown())).failures == []


def test_a_ca_of_another_region_is_asked_there() -> None:
    elsewhere = CA.replace("eu-central-1", "cn-north-1")
    for provider in (PrivateRootCaProvider(), PrivateCaCertificateProvider()):
        found = provider.pca({"region": "eu-central-1", "ca_arn": elsewhere})
        assert found._access.region == "cn-north-1"
