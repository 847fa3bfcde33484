"""What every CA has in common: outputs, protection, secrecy, a frozen certificate, told drift."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from pulumi.runtime import rpc

from pulumi_cloudhsm.trust.args import Subject
from pulumi_cloudhsm.trust.authority import Issuer, args_drift
from pulumi_cloudhsm.trust.component import create_issuer
from pulumi_cloudhsm.trust.generated_component import GeneratedCa
from pulumi_cloudhsm.trust.kms_component import KmsCa
from pulumi_cloudhsm.trust.private_ca_component import PrivateCa
from pulumi_cloudhsm.validation import InputError
from pulumi_cloudhsm.x509.reading import load_certificate
from tests.support.fake_authorities import PRIVATE_CA, kms_key_arn
from tests.support.fake_cloud import World, hsm_csr, self_signed
from tests.support.issuing import DISPOSABLE, issue, trust
from tests.support.recording import ACCOUNT, Run, bare, is_secret, strings_in_clear

DYNAMIC = "pulumi-python:dynamic/cloudhsm"
MODES = ["generated", "kms", "acm-pca"]
AT_AWS = ["kms", "acm-pca"]
ARN = {"generated": "", "kms": kms_key_arn(), "acm-pca": PRIVATE_CA}
CERTIFICATES = ("cloudhsm-ca-certificate", "cloudhsm-certificate")
KEY = {
    "generated": "cloudhsm-ca-key",
    "kms": "cloudhsm-ca-key",
    "acm-pca": "cloudhsm-ca-authority",
}
# Types and names are persisted: a change here needs an alias.
DECLARED = {
    "generated": {
        ("cloudhsm:index:GeneratedCa", "cloudhsm-ca", ""),
        ("tls:index/privateKey:PrivateKey", "cloudhsm-ca-key", "cloudhsm-ca"),
        ("tls:index/selfSignedCert:SelfSignedCert", "cloudhsm-ca-certificate", "cloudhsm-ca"),
        ("tls:index/locallySignedCert:LocallySignedCert", "cloudhsm-certificate", "cloudhsm-ca"),
    },
    "kms": {
        ("cloudhsm:index:KmsCa", "cloudhsm-ca", ""),
        ("pulumi:index:Stash", "cloudhsm-ca-id", "cloudhsm-ca"),
        ("aws:kms/key:Key", "cloudhsm-ca-key", "cloudhsm-ca"),
        (f"{DYNAMIC}:KmsSignedCa", "cloudhsm-ca-certificate", "cloudhsm-ca"),
        (f"{DYNAMIC}:KmsSignedCertificate", "cloudhsm-certificate", "cloudhsm-ca"),
    },
    "acm-pca": {
        ("cloudhsm:index:PrivateCa", "cloudhsm-ca", ""),
        ("pulumi:index:Stash", "cloudhsm-ca-id", "cloudhsm-ca"),
        (
            "aws:acmpca/certificateAuthority:CertificateAuthority",
            "cloudhsm-ca-authority",
            "cloudhsm-ca",
        ),
        (f"{DYNAMIC}:PrivateRootCa", "cloudhsm-ca-certificate", "cloudhsm-ca"),
        (f"{DYNAMIC}:PrivateCaCertificate", "cloudhsm-certificate", "cloudhsm-ca"),
    },
}


@pytest.fixture(scope="module", params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def made(mode: str, _no_aws_in_the_shell: None) -> World:
    return World()


@pytest.fixture(scope="module")
def done(mode: str, made: World) -> Run:
    return issue(trust(mode), world=made).succeeded()


@pytest.mark.parametrize("preview", [True, False])
def test_types_and_names_are_fixed_in_update_and_preview(mode: str, preview: bool) -> None:
    done = issue(trust(mode), preview=preview).succeeded()
    parents = {one.urn: one.name for one in done.resources}
    listed = {(one.type, one.name, parents.get(one.request.parent, "")) for one in done.resources}
    assert listed == DECLARED[mode]


@pytest.mark.parametrize(
    ("mode", "kind"), [("generated", GeneratedCa), ("kms", KmsCa), ("acm-pca", PrivateCa)]
)
def test_a_ca_is_not_declared_for_another_mode_than_its_own(mode: str, kind: type[Issuer]) -> None:
    other = trust("kms" if mode != "kms" else "acm-pca")
    with pytest.raises(InputError, match=f"mode is '{other.mode}': a {kind.__name__} needs {mode}"):
        kind("ca", other)


def test_no_ca_is_declared_for_external_trust() -> None:
    with pytest.raises(InputError, match="mode is 'external': use generated, kms, acm-pca"):
        create_issuer("ca", trust("external"))


def test_the_cas_inputs_are_visible_in_the_state(mode: str, done: Run) -> None:
    assert bare(done["cloudhsm-ca"].inputs) == {
        "mode": mode,
        "subject": {
            "common_name": "Development CloudHSM CA",
            "organization": "Example Organization",
        },
        "key_bits": 4096,
        "validity_hours": 87_660,
    }


def test_the_certificates_are_of_the_cas_key(mode: str, done: Run) -> None:
    exports = bare(done.exports)
    ca = x509.load_pem_x509_certificate(exports["caCertificate"].encode())
    leaf = x509.load_pem_x509_certificate(exports["clusterCertificate"].encode())
    leaf.verify_directly_issued_by(ca)
    assert leaf.public_key() == x509.load_pem_x509_csr(hsm_csr().encode()).public_key()
    key = ca.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 4096
    assert {one.rfc4514_string() for one in ca.subject} == {
        "CN=Development CloudHSM CA",
        "O=Example Organization",
    }
    assert exports["issuerArn"] == ARN[mode]
    told = dt.datetime.strptime(exports["caExpires"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.UTC)
    assert told == ca.not_valid_after_utc > leaf.not_valid_after_utc


def test_certificates_and_private_keys_only_are_secret(mode: str, done: Run) -> None:
    secret = {name for name, value in done.exports.items() if is_secret(value)}
    private = {"privateKey"} if mode == "generated" else set[str]()
    assert secret == {"caCertificate", "clusterCertificate"} | private


def test_no_pem_and_no_private_key_is_in_clear(done: Run) -> None:
    for one in done.resources:
        assert "-----BEGIN" not in "\n".join(strings_in_clear(one.inputs)), one.name
    assert "-----BEGIN" not in "\n".join(strings_in_clear(done.exports))
    assert "-----BEGIN" not in str(done.logs)


@pytest.mark.parametrize("mode", AT_AWS)
def test_no_private_key_is_here_at_all_where_aws_holds_it(mode: str) -> None:
    done = issue(trust(mode)).succeeded()
    assert done.of("tls") == []
    texts = [text for one in done.resources for text in strings_in_clear(bare(one.inputs))]
    texts += [*strings_in_clear(bare(done.exports)), *(line for _, line in done.logs)]
    assert not [text for text in texts if "PRIVATE KEY" in text]


@pytest.mark.parametrize("mode", AT_AWS)
def test_the_certificates_are_marked_secret_and_the_providers_are_references(mode: str) -> None:
    done = issue(trust(mode)).succeeded()
    for name in CERTIFICATES:
        one = done[name]
        assert one.request.additionalSecretOutputs == ["certificate"]
        assert isinstance(one.inputs["__provider"], str)
        assert len(one.inputs["__provider"]) < 200
        assert one["access"] == {"region": "eu-central-1", "account_id": ACCOUNT}
        assert one["timing"] == {"expected_seconds": 5, "deadline_seconds": 600}
    leaf = done["cloudhsm-certificate"]
    assert leaf.has_secret("csr")
    assert leaf.has_secret("ca_certificate")


def test_the_ca_waits_for_nothing_but_its_key(mode: str, done: Run) -> None:
    of_the_key = set() if mode == "generated" else {"cloudhsm-ca-id"}
    assert done.ancestors("cloudhsm-ca-certificate") == {KEY[mode], *of_the_key}


@pytest.mark.parametrize("protect", [True, False])
def test_a_protected_stack_keeps_key_and_ca_certificate(mode: str, protect: bool) -> None:
    done = issue(trust(mode), common=replace(DISPOSABLE, protect=protect)).succeeded()
    kept = {one.name for one in done.resources if one.request.protect}
    assert kept == ({KEY[mode], "cloudhsm-ca-certificate"} if protect else set())


def test_only_a_key_in_the_state_is_warned_of(mode: str) -> None:
    done = issue(trust(mode), common=replace(DISPOSABLE, protect=True)).succeeded()
    warned = done.said("warning")
    assert len(warned) == (mode == "generated")
    assert all("decrypt the state owns the cluster" in line for line in warned)


def test_a_second_update_changes_nothing(mode: str, made: World, done: Run) -> None:
    again = issue(trust(mode), world=made.as_left()).succeeded()
    for one in again.resources:
        assert bare(one.inputs) == bare(done[one.name].inputs), one.name
    assert again.exports == done.exports
    preview = issue(trust(mode), world=made.as_left(), preview=True).succeeded()
    assert rpc.UNKNOWN not in json.dumps(preview.exports)
    assert preview.logs == []


WHOLE = Subject("Example CA", "Example Corp", "Security", "DE", "Berlin", "Berlin Mitte")
MADE = trust("generated", subject=WHOLE, key_bits=2048, validity_hours=1000)
CHANGES = [
    ("subject.common_name", "Other CA", "'Other CA', the certificate has 'Example CA'"),
    ("subject.organization", "Other", "'Other', the certificate has 'Example Corp'"),
    ("subject.organizational_unit", "Ops", "'Ops', the certificate has 'Security'"),
    ("subject.organizational_unit", None, "None, the certificate has 'Security'"),
    ("subject.country", "FR", "'FR', the certificate has 'DE'"),
    ("subject.province", "Bremen", "'Bremen', the certificate has 'Berlin'"),
    ("subject.locality", "Bonn", "'Bonn', the certificate has 'Berlin Mitte'"),
    ("key_bits", 4096, "4096, the certificate has 2048"),
    ("validity_hours", 2000, "2000, the certificate has 1000"),
]


def changed(field: str, wanted: Any) -> Any:
    if field.startswith("subject."):
        return replace(MADE, subject=replace(WHOLE, **{field.partition(".")[2]: wanted}))
    return replace(MADE, **{field: wanted})


@pytest.fixture(scope="module")
def whole(mode: str, _no_aws_in_the_shell: None) -> World:
    world = World()
    issue(replace(MADE, mode=mode), world=world).succeeded()
    return world


@pytest.mark.parametrize(("field", "wanted", "line"), CHANGES)
@pytest.mark.parametrize("preview", [False, True])
def test_args_that_differ_from_the_certificate_are_told_once_with_both_values(
    mode: str, whole: World, field: str, wanted: Any, line: str, preview: bool
) -> None:
    args = replace(changed(field, wanted), mode=mode)
    done = issue(args, world=whole.as_left(), preview=preview).succeeded()
    (warning,) = done.said("warning")
    assert f"(trust.{field} is {line})" in warning
    assert "another CA needs a new cluster" in warning
    assert "\n" not in warning


def test_several_differences_are_one_line(mode: str, made: World) -> None:
    args = trust(mode, subject=Subject("Other", "Example Organization"), validity_hours=100)
    (warning,) = issue(args, world=made.as_left()).succeeded().said("warning")
    assert "trust.subject.common_name is 'Other'" in warning
    assert "; trust.validity_hours is 100, the certificate has 87660" in warning


def test_args_that_differ_change_no_output(mode: str, made: World, done: Run) -> None:
    other = issue(trust(mode, validity_hours=5000), world=made.as_left()).succeeded()
    assert other.exports == done.exports


def test_a_certificate_that_matches_its_args_has_no_drift() -> None:
    named = {
        "organization": "Example Corp",
        "organizationalUnit": "Security",
        "country": "DE",
        "province": "Berlin",
        "locality": "Berlin Mitte",
    }
    pem = self_signed("Example CA", 2048, 1000, **named)
    assert args_drift(load_certificate(pem, "the CA certificate"), MADE) == []


def test_a_validity_over_leap_years_and_half_days_is_no_drift() -> None:
    pem = self_signed("Example CA", 2048, 87_660, organization="Example Corp")
    args = trust("generated", subject=Subject("Example CA", "Example Corp"), key_bits=2048)
    assert args_drift(load_certificate(pem, "the CA certificate"), args) == []
