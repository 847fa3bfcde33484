"""A CA certificate and a cluster certificate by a KMS key: made once, verified, never renewed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest
from pulumi.output import Unknown
from pulumi_cloudhsm.aws.kms_signing import KmsSigning
from pulumi_cloudhsm.errors import (
    AwsError,
    CertificateError,
    DeadlineError,
    StateError,
    ThrottledError,
    TransientError,
)
from pulumi_cloudhsm.providers.base import Props, say
from pulumi_cloudhsm.providers.kms_signed_ca import KmsSignedCaProvider
from pulumi_cloudhsm.providers.kms_signed_certificate import KmsSignedCertificateProvider
from pulumi_cloudhsm.trust_anchor import check_pair
from pulumi_cloudhsm.waiter import Waiter

from tests.providers.fake_kms import KEY, FakeKms
from tests.unit import pki
from tests.unit.clockwork import FakeTime

CSR = pki.request(pki.rsa_key("HSM"))
OTHER_KEY = KEY.replace("11112222", "99992222")


class CaProvider(KmsSignedCaProvider):
    """The real one, but for KMS and the clock."""

    def __init__(self, kms: FakeKms, time: FakeTime) -> None:
        self._kms, self._time = kms, time

    def kms(self, props: Props) -> KmsSigning:
        return cast(KmsSigning, self._kms)

    def waiter(self) -> Waiter:
        return self._time.waiter(say)

    def now(self):
        return pki.NOW


class LeafProvider(KmsSignedCertificateProvider):
    """The real one, but for KMS and the clock."""

    def __init__(self, kms: FakeKms, time: FakeTime) -> None:
        self._kms, self._time = kms, time

    def kms(self, props: Props) -> KmsSigning:
        return cast(KmsSigning, self._kms)

    def waiter(self) -> Waiter:
        return self._time.waiter(say)

    def now(self):
        return pki.NOW + timedelta(days=14)


@pytest.fixture
def kms() -> FakeKms:
    return FakeKms()


@pytest.fixture
def ca(kms: FakeKms, time: FakeTime) -> CaProvider:
    return CaProvider(kms, time)


@pytest.fixture
def leaf(kms: FakeKms, time: FakeTime) -> LeafProvider:
    return LeafProvider(kms, time)


def ca_inputs(**changes: Any) -> dict[str, Any]:
    return {
        "__provider": "pickle",
        "region": "eu-central-1",
        "key_id": KEY,
        "subject": {"common_name": "Example CA", "organization": "Example Corp"},
        "validity_hours": 87_660.0,
        "usual_seconds": 5.0,
        "deadline_seconds": 600.0,
        **changes,
    }


def made(ca: CaProvider, **changes: Any) -> dict[str, Any]:
    outs = ca.create(ca_inputs(**changes)).outs
    assert outs is not None
    return outs


def leaf_inputs(anchor: str, **changes: Any) -> dict[str, Any]:
    own = {"ca_certificate": anchor, "csr": CSR, "validity_hours": 86_940.0}
    rest = {key: value for key, value in ca_inputs().items() if key != "subject"}
    return {**rest, **own, **changes}


def test_the_ca_signs_itself_and_nothing_of_its_key_is_kept(ca: CaProvider, kms: FakeKms) -> None:
    result = ca.create(ca_inputs())
    assert result.outs is not None
    assert result.id == f"{KEY}/certificate"
    pem = result.outs["certificate_pem"]
    pair = check_pair(pem, pem, None, pki.NOW)
    assert result.outs["certificate_sha256"] == pair.trust_anchor_sha256
    assert result.outs["expires"] == pair.trust_anchor_expires
    assert result.outs["key_arn"] == KEY
    assert "__provider" not in result.outs
    assert "PRIVATE" not in str(result.outs)
    assert kms.calls == ["key", "public_key", "sign"]


def test_the_leaf_is_signed_for_the_csr_under_the_ca(ca: CaProvider, leaf: LeafProvider) -> None:
    anchor = made(ca)["certificate_pem"]
    outs = leaf.create(leaf_inputs(anchor)).outs
    assert outs is not None
    pair = check_pair(outs["certificate_pem"], anchor, CSR)
    assert outs["certificate_sha256"] == pair.cluster_certificate_sha256
    assert outs["expires"] == pair.cluster_certificate_expires < pair.trust_anchor_expires


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        ({"state": "Disabled"}, "aws kms enable-key"),
        ({"state": "PendingDeletion"}, "aws kms cancel-key-deletion"),
        ({"state": "PendingImport"}, "is PendingImport"),
        ({"spec": "RSA_3072"}, "RSA_4096 or RSA_2048 for SIGN_VERIFY (cloudhsm:caKmsKey)"),
        ({"spec": "ECC_NIST_P256"}, "ECC_NIST_P256 for SIGN_VERIFY"),
        ({"usage": "ENCRYPT_DECRYPT"}, "for ENCRYPT_DECRYPT"),
    ],
)
def test_a_key_that_cannot_sign_is_refused_before_it_is_asked(
    ca: CaProvider, leaf: LeafProvider, kms: FakeKms, shown: dict[str, str], told: str
) -> None:
    anchor = made(ca)["certificate_pem"]
    kms.calls.clear()
    kms.show(**shown)
    for create in (lambda: ca.create(ca_inputs()), lambda: leaf.create(leaf_inputs(anchor))):
        with pytest.raises(StateError) as refused:
            create()
        assert told in str(refused.value)
        assert "\n" not in str(refused.value)
    assert "sign" not in kms.calls


@pytest.mark.parametrize("operation", ["key", "public_key", "sign"])
def test_what_passes_by_itself_is_waited_through(
    ca: CaProvider, kms: FakeKms, operation: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kms.stumble(operation, ThrottledError("throttled"), TransientError("connection lost"))
    made(ca)
    assert kms.calls.count(operation) == 3
    assert "throttled" in capsys.readouterr().out


def test_an_answer_that_never_comes_is_told_with_the_setting(ca: CaProvider, kms: FakeKms) -> None:
    kms.stumble("sign", *[TransientError("AWS is busy")] * 1000)
    with pytest.raises(DeadlineError, match=r"cloudhsm:signingDeadlineSeconds") as late:
        ca.create(ca_inputs())
    assert "AWS is busy" in str(late.value)


def test_a_refusal_is_passed_on_at_once(ca: CaProvider, kms: FakeKms) -> None:
    kms.stumble("sign", AwsError("signing: AWS said: not authorized", "AccessDeniedException"))
    with pytest.raises(AwsError, match="not authorized"):
        ca.create(ca_inputs())
    assert kms.calls.count("sign") == 1


def test_a_leaf_that_would_outlive_its_ca_is_refused(ca: CaProvider, leaf: LeafProvider) -> None:
    anchor = made(ca, validity_hours=1000.0)["certificate_pem"]
    with pytest.raises(CertificateError, match="clusterCertificateValidityHours"):
        leaf.create(leaf_inputs(anchor, validity_hours=999.0))


def test_another_key_than_the_cas_signs_nothing(
    ca: CaProvider, leaf: LeafProvider, kms: FakeKms
) -> None:
    anchor = made(ca)["certificate_pem"]
    kms.holds = pki.rsa_key("another KMS key")
    with pytest.raises(StateError, match="not that of the CA certificate"):
        leaf.create(leaf_inputs(anchor))


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": {"common_name": "Other", "organization": "Other"}},
        {"validity_hours": 48.0},
        {"deadline_seconds": 7.0},
        {"key_id": OTHER_KEY},
        {"key_id": Unknown()},
    ],
)
def test_a_ca_that_is_made_is_never_made_anew(
    ca: CaProvider, changes: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    olds = made(ca)
    capsys.readouterr()
    result = ca.diff("id", olds, ca_inputs(**changes))
    assert (result.changes, result.replaces) == (False, None)
    told = capsys.readouterr().out
    if changes.get("key_id") == OTHER_KEY:
        assert (told.count("\n"), OTHER_KEY in told, KEY in told) == (1, True, True)
    else:
        assert told == ""
    assert ca.update("id", olds, ca_inputs(**changes)).outs == olds


def test_only_another_csr_is_another_leaf(ca: CaProvider, leaf: LeafProvider) -> None:
    anchor = made(ca)["certificate_pem"]
    olds = leaf.create(leaf_inputs(anchor)).outs
    assert olds is not None
    for changes in (
        {},
        {"ca_certificate": "another"},
        {"validity_hours": 1.0},
        {"key_id": OTHER_KEY},
    ):
        assert leaf.diff("id", olds, leaf_inputs(anchor, **changes)).changes is False
    for csr in (pki.request(pki.rsa_key("HSM 2")), Unknown()):
        result = leaf.diff("id", olds, leaf_inputs(anchor, csr=csr))
        assert (result.changes, result.replaces) == (True, ["csr"])
    assert leaf.update("id", olds, leaf_inputs(anchor)).outs == olds


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (None, ""),
        ({"state": "PendingDeletion"}, "is PendingDeletion"),
        ({"state": "Disabled"}, "is Disabled"),
        (AwsError("describing the key: AWS said: gone", "NotFoundException"), "AWS said: gone"),
    ],
)
def test_a_refresh_keeps_the_certificate_and_tells_of_its_key(
    ca: CaProvider, kms: FakeKms, trouble: Any, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    outs = made(ca)
    capsys.readouterr()
    if isinstance(trouble, dict):
        kms.show(**cast("dict[str, str]", trouble))
    elif trouble is not None:
        kms.stumble("key", trouble)
    found = ca.read("id", outs)
    assert (found.id, found.outs) == ("id", outs)
    shown = capsys.readouterr().out
    assert told in shown
    assert shown.count("\n") == bool(told)


def test_a_refresh_keeps_the_leaf_and_asks_nobody(
    ca: CaProvider, leaf: LeafProvider, kms: FakeKms
) -> None:
    outs = leaf.create(leaf_inputs(made(ca)["certificate_pem"])).outs
    assert outs is not None
    kms.calls.clear()
    assert leaf.read("id", outs).outs == outs
    leaf.delete("id", outs)
    ca.delete("id", outs)
    assert kms.calls == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subject": {"common_name": "A"}}, "subject"),
        ({"subject": {"common_name": "é" * 33, "organization": "B"}}, "subject"),
        ({"validity_hours": 47.0}, "validity_hours"),
        ({"validity_hours": "many"}, "validity_hours"),
    ],
)
def test_bad_input_is_refused_in_a_preview(
    ca: CaProvider, changes: dict[str, Any], field: str
) -> None:
    (failure,) = ca.check({}, ca_inputs(**changes)).failures
    assert failure.property == field
    assert "\n" not in failure.reason


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"csr": "garbage"}, "csr"), ({"validity_hours": -1.0}, "validity_hours")],
)
def test_bad_input_of_a_leaf_is_refused_in_a_preview(
    leaf: LeafProvider, changes: dict[str, Any], field: str
) -> None:
    (failure,) = leaf.check({}, leaf_inputs("anchor", **changes)).failures
    assert failure.property == field


def test_what_is_not_known_yet_is_fine_in_a_preview(ca: CaProvider, leaf: LeafProvider) -> None:
    unknown = Unknown()
    assert ca.check({}, ca_inputs(key_id=unknown, subject=unknown)).failures == []
    assert leaf.check({}, leaf_inputs("anchor", csr=unknown)).failures == []


def test_a_given_key_is_looked_at_in_the_preview_but_only_before_it_is_used(
    ca: CaProvider, kms: FakeKms
) -> None:
    assert ca.check({}, ca_inputs()).failures == []
    kms.show(spec="RSA_3072")
    (failure,) = ca.check({}, ca_inputs()).failures
    assert (failure.property, "RSA_3072" in failure.reason) == ("key_id", True)
    assert ca.check(ca_inputs(), ca_inputs()).failures == []


def test_a_preview_tells_of_a_missing_key_and_needs_no_credentials(
    ca: CaProvider, kms: FakeKms
) -> None:
    kms.stumble("key", AwsError("describing: not there", "NotFoundException"))
    assert [one.property for one in ca.check({}, ca_inputs()).failures] == ["key_id"]
    kms.stumble("key", AwsError("opening kms: no valid AWS credentials"))
    assert ca.check({}, ca_inputs()).failures == []
    kms.stumble("key", TransientError("throttled"))
    assert ca.check({}, ca_inputs()).failures == []


def test_a_key_of_another_region_is_asked_there() -> None:
    elsewhere = KEY.replace("eu-central-1", "us-gov-west-1")
    for provider in (KmsSignedCaProvider(), KmsSignedCertificateProvider()):
        assert provider.kms({"region": "eu-central-1", "key_id": elsewhere})._access.region == (
            "us-gov-west-1"
        )
        bare = provider.kms({"region": "eu-central-1", "key_id": KEY.rpartition("/")[2]})
        assert bare._access.region == "eu-central-1"
