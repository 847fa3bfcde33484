import datetime as dt
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from rehearsal.plugins.core.packages import InstalledPackage
from rehearsal.plugins.core.values import UNKNOWN, Secret
from tests.rehearsal.plugins.driver import Plugin, RefusedError

KEY = "tls:index/privateKey:PrivateKey"
CA = "tls:index/selfSignedCert:SelfSignedCert"
LEAF = "tls:index/locallySignedCert:LocallySignedCert"
TEN_YEARS = 87_660


@pytest.fixture(scope="module")
def ca_key(tls: Plugin) -> str:
    return tls.create(KEY, {"algorithm": "RSA"})[1]["privateKeyPem"].value


@pytest.fixture(scope="module")
def ca_inputs(ca_key: str) -> dict:
    return {
        "privateKeyPem": Secret(ca_key),
        "isCaCertificate": True,
        "allowedUses": ["cert_signing", "crl_signing", "digital_signature"],
        "validityPeriodHours": TEN_YEARS,
        "subject": {"commonName": "Root", "organization": "Example", "country": "DE"},
    }


@pytest.fixture(scope="module")
def ca(tls: Plugin, ca_inputs: dict) -> tuple[str, dict]:
    return tls.create(CA, ca_inputs)


@pytest.fixture(scope="module")
def leaf_inputs(ca: tuple[str, dict], ca_key: str) -> dict:
    # CN before O, as CloudHSM's own requests do not follow any order either.
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "HSM:1"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Cavium"),
        ]
    )
    key = rsa.generate_private_key(65537, 2048)
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    pem = request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return {
        "caCertPem": ca[1]["certPem"],
        "caPrivateKeyPem": Secret(ca_key),
        "certRequestPem": pem.decode(),
        "allowedUses": ["client_auth", "digital_signature", "server_auth"],
        "validityPeriodHours": TEN_YEARS - 24,
    }


def certificate(outputs: dict) -> x509.Certificate:
    return x509.load_pem_x509_certificate(outputs["certPem"].encode())


def critical(cert: x509.Certificate) -> dict[str, bool]:
    return {each.oid._name: each.critical for each in cert.extensions}


def test_a_ca_has_the_published_extensions_and_no_others(ca: tuple[str, dict]):
    cert = certificate(ca[1])
    assert critical(cert) == {
        "keyUsage": True,
        "basicConstraints": True,
        "subjectKeyIdentifier": False,
    }
    usage = cert.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.key_cert_sign, usage.crl_sign, usage.digital_signature) == (True, True, True)
    assert not usage.key_encipherment
    constraints = cert.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length) == (True, None)
    assert isinstance(cert.signature_hash_algorithm, hashes.SHA256)


def test_the_subject_has_the_providers_order_and_the_id_is_the_serial_number(ca: tuple[str, dict]):
    cert = certificate(ca[1])
    assert cert.subject.rfc4514_string() == "CN=Root,O=Example,C=DE"  # last one first
    assert cert.subject == cert.issuer
    assert ca[0] == str(cert.serial_number)


def test_validity_counts_from_now_and_ends_ten_years_later(ca: tuple[str, dict]):
    cert = certificate(ca[1])
    assert abs(cert.not_valid_before_utc - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=5)
    assert cert.not_valid_after_utc - cert.not_valid_before_utc == dt.timedelta(hours=TEN_YEARS)
    end = dt.datetime.fromisoformat(ca[1]["validityEndTime"])
    assert end.replace(microsecond=0) == cert.not_valid_after_utc


def test_the_outputs_are_those_of_the_package(tls: Plugin, ca, leaf_inputs: dict):
    for token, outputs in ((CA, ca[1]), (LEAF, tls.create(LEAF, leaf_inputs)[1])):
        described = InstalledPackage("tls").resource(token).outputs
        always = {name for name, given in described.items() if given} - {"maxPathLength"}
        assert always <= outputs.keys() <= described.keys()
        assert (outputs["readyForRenewal"], outputs["earlyRenewalHours"]) == (False, 0)
        assert "maxPathLength" not in outputs, "without a limit there is none"


def test_a_leaf_keeps_the_subject_and_key_of_its_request(tls: Plugin, ca, leaf_inputs: dict):
    identifier, outputs = tls.create(LEAF, leaf_inputs)
    cert, request = (
        certificate(outputs),
        x509.load_pem_x509_csr(leaf_inputs["certRequestPem"].encode()),
    )
    assert cert.subject == request.subject
    assert cert.public_key() == request.public_key()
    assert identifier == str(cert.serial_number)
    assert critical(cert) == {
        "keyUsage": True,
        "extendedKeyUsage": False,
        "basicConstraints": True,
        "authorityKeyIdentifier": False,
    }
    extended = cert.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(extended) == [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    own = cert.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    root = certificate(ca[1]).extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert own.key_identifier == root.digest


def test_openssl_accepts_the_chain_and_shows_a_ca(tls: Plugin, ca, leaf_inputs: dict, tmp_path):
    _, outputs = tls.create(LEAF, leaf_inputs)
    root, leaf = tmp_path / "root.pem", tmp_path / "leaf.pem"
    root.write_text(ca[1]["certPem"])
    leaf.write_text(outputs["certPem"])
    checked = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-CAfile", root, leaf],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    shown = subprocess.run(
        ["openssl", "x509", "-in", root, "-noout", "-text"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "CA:TRUE" in shown
    assert "sha256WithRSAEncryption" in shown


def test_a_leaf_may_outlive_its_ca_as_with_the_published_plugin(tls: Plugin, ca, leaf_inputs: dict):
    _, outputs = tls.create(LEAF, leaf_inputs | {"validityPeriodHours": 2 * TEN_YEARS})
    assert certificate(outputs).not_valid_after_utc > certificate(ca[1]).not_valid_after_utc


def test_private_keys_stay_secret_in_the_outputs(tls: Plugin, ca, leaf_inputs: dict):
    assert isinstance(ca[1]["privateKeyPem"], Secret)
    assert isinstance(tls.create(LEAF, leaf_inputs)[1]["caPrivateKeyPem"], Secret)
    assert "PRIVATE KEY" not in str(ca[1])


@pytest.mark.parametrize(
    ("change", "attribute"),
    [
        ({"validityPeriodHours": 5}, "validityPeriodHours"),
        ({"subject": {"commonName": "Other"}}, "subject"),
        ({"privateKeyPem": "other"}, "privateKeyPem"),
        ({"allowedUses": ["cert_signing"]}, "allowedUses"),
        ({"privateKeyPem": UNKNOWN}, "privateKeyPem"),
    ],
)
def test_every_change_replaces_a_certificate(tls: Plugin, ca, ca_inputs, change, attribute: str):
    assert not tls.diff(CA, ca[1], ca_inputs).diffs
    answer = tls.diff(CA, ca[1], ca_inputs | change)
    assert list(answer.replaces) == [attribute]


def test_the_time_of_renewal_is_the_one_thing_that_updates(tls: Plugin, ca, ca_inputs: dict):
    new = ca_inputs | {"earlyRenewalHours": 24}
    answer = tls.diff(CA, ca[1], new)
    assert (list(answer.diffs), list(answer.replaces)) == (["earlyRenewalHours"], [])
    updated = tls.update(CA, ca[0], ca[1], new)
    assert updated["earlyRenewalHours"] == 24
    assert updated["certPem"] == ca[1]["certPem"]


def test_a_certificate_that_has_ended_is_replaced(tls: Plugin, ca_inputs: dict):
    inputs = ca_inputs | {"validityPeriodHours": 0}
    identifier, outputs = tls.create(CA, inputs)
    assert list(tls.diff(CA, outputs, inputs).replaces) == ["readyForRenewal"]
    assert tls.read(CA, identifier, outputs, inputs)[1]["readyForRenewal"] is True


def test_negative_hours_are_refused_in_the_published_words(tls: Plugin, ca_inputs: dict):
    [reason] = tls.check(CA, ca_inputs | {"validityPeriodHours": -5}, name="ca")
    assert reason == (
        "Invalid Attribute Value. Attribute validity_period_hours value must be at least 0, "
        "got: -5. Examine values at 'ca.validityPeriodHours'."
    )
    assert tls.check(CA, ca_inputs | {"validityPeriodHours": 0}) == []


def test_usages_there_are_not_and_a_missing_key_are_refused(tls: Plugin, ca_inputs: dict):
    [reason] = tls.check(CA, ca_inputs | {"allowedUses": ["sign_everything"]})
    assert 'got: "sign_everything"' in reason
    [reason] = tls.check(CA, {k: v for k, v in ca_inputs.items() if k != "privateKeyPem"})
    assert "[private_key_pem,private_key_pem_wo]" in reason


def test_a_request_that_is_none_plans_as_a_replacement_and_fails_only_when_made(
    tls: Plugin, leaf_inputs: dict
):
    _, old = tls.create(LEAF, leaf_inputs)
    garbage = leaf_inputs | {"certRequestPem": "garbage"}
    assert tls.check(LEAF, garbage) == []
    assert list(tls.diff(LEAF, old, garbage).replaces) == ["certRequestPem"]
    assert tls.preview(LEAF, garbage)["certPem"] is UNKNOWN
    with pytest.raises(RefusedError) as refused:
        tls.create(LEAF, garbage)
    assert str(refused.value).startswith("Failed to parse certificate request PEM")
    assert "\n" not in str(refused.value)


def test_a_key_that_is_not_the_cas_is_refused_when_made(tls: Plugin, leaf_inputs: dict):
    _, other = tls.create(KEY, {"algorithm": "RSA"})
    with pytest.raises(RefusedError, match="doesn't match parent's PublicKey"):
        tls.create(LEAF, leaf_inputs | {"caPrivateKeyPem": other["privateKeyPem"]})


def test_a_key_that_is_none_is_refused_without_showing_it(tls: Plugin, ca_inputs: dict):
    with pytest.raises(RefusedError) as refused:
        tls.create(CA, ca_inputs | {"privateKeyPem": Secret("hunter2")})
    assert str(refused.value).startswith("Failed to parse private key PEM")
    assert "hunter2" not in str(refused.value)


def test_unknown_inputs_give_unknown_outputs_in_a_preview(tls: Plugin, leaf_inputs: dict):
    inputs = leaf_inputs | {"certRequestPem": UNKNOWN, "caPrivateKeyPem": Secret(UNKNOWN)}
    outputs = tls.preview(LEAF, inputs)
    assert outputs["certPem"] is UNKNOWN
    assert outputs["certRequestPem"] is UNKNOWN
    assert isinstance(outputs["caPrivateKeyPem"], Secret)
