"""The issuing CA: as configured, frozen once made, and a config that drifted away is told."""

import datetime as dt
from typing import Any

import pytest
from cryptography import x509
from pulumi_cloudhsm.issuing import Subject, config_drift
from pulumi_cloudhsm.trust import IssuingCaArgs

from tests.unit.recording import Run, bare, config, run
from tests.unit.world import World, hsm_csr, self_signed

WHOLE = {
    "organization": "Example Corp",
    "organizationalUnit": "Security",
    "country": "DE",
    "province": "Berlin",
    "locality": "Berlin Mitte",
}
WHOLE_ARGS = IssuingCaArgs(
    Subject("Example CA", "Example Corp", "Security", "DE", "Berlin", "Berlin Mitte"),
    key_bits=2048,
    validity_hours=1000,
)


def test_the_key_is_rsa_4096_and_the_certificate_lasts_ten_years(deployed: Run) -> None:
    assert deployed["cloudhsm-ca-key"].inputs == {"algorithm": "RSA", "rsaBits": 4096}
    assert deployed["cloudhsm-ca-certificate"]["validityPeriodHours"] == 87_660


def test_the_ca_may_sign_certificates_and_revocations(deployed: Run) -> None:
    certificate = deployed["cloudhsm-ca-certificate"]
    assert certificate["isCaCertificate"] is True
    assert certificate["allowedUses"] == ["cert_signing", "crl_signing", "digital_signature"]


def test_the_subject_is_the_configured_one_without_empty_parts(deployed: Run) -> None:
    assert deployed["cloudhsm-ca-certificate"]["subject"] == {
        "commonName": "Development CloudHSM CA",
        "organization": "Example Organization",
    }
    done = run(
        config(
            caOrganizationalUnit="Security",
            caCountry="DE",
            caProvince="Berlin",
            caLocality="Berlin Mitte",
            caKeyBits=2048,
            caValidityHours=1000,
        )
    ).succeeded()
    assert done["cloudhsm-ca-certificate"]["subject"] == {
        "commonName": "Development CloudHSM CA",
        **WHOLE,
        "organization": "Example Organization",
    }
    assert done["cloudhsm-ca-certificate"]["validityPeriodHours"] == 1000
    assert done["cloudhsm-ca-key"]["rsaBits"] == 2048


def test_the_cluster_certificate_is_signed_for_the_captured_csr(deployed: Run) -> None:
    leaf = deployed["cloudhsm-certificate"]
    assert leaf["certRequestPem"] == hsm_csr()
    assert leaf["allowedUses"] == ["client_auth", "digital_signature", "server_auth"]


def test_the_cluster_certificate_ends_before_its_ca_even_when_it_is_signed_weeks_later(
    deployed: Run,
) -> None:
    leaf = deployed["cloudhsm-certificate"]["validityPeriodHours"]
    ca = deployed["cloudhsm-ca-certificate"]["validityPeriodHours"]
    assert ca - leaf == 30 * 24


@pytest.mark.parametrize(("ca_hours", "leaf_hours"), [(1441, 721), (1440, 1416), (48, 24)])
def test_a_short_lived_ca_leaves_a_day_for_its_cluster_certificate(
    ca_hours: int, leaf_hours: int
) -> None:
    done = run(config(caValidityHours=ca_hours)).succeeded()
    assert done["cloudhsm-certificate"]["validityPeriodHours"] == leaf_hours


def test_a_given_validity_of_the_cluster_certificate_is_taken() -> None:
    done = run(config(clusterCertificateValidityHours=8766)).succeeded()
    assert done["cloudhsm-certificate"]["validityPeriodHours"] == 8766


@pytest.mark.parametrize(
    ("name", "ignored"),
    [
        ("cloudhsm-ca-key", {"algorithm", "rsaBits"}),
        (
            "cloudhsm-ca-certificate",
            {
                "privateKeyPem",
                "isCaCertificate",
                "allowedUses",
                "validityPeriodHours",
                "subject",
            },
        ),
        (
            "cloudhsm-certificate",
            {"caPrivateKeyPem", "caCertPem", "allowedUses", "validityPeriodHours"},
        ),
    ],
)
def test_what_is_made_once_is_never_replaced_by_a_changed_config(
    deployed: Run, name: str, ignored: set[str]
) -> None:
    one = deployed[name]
    assert set(one.request.ignoreChanges) == ignored
    assert set(one.inputs) - ignored == (
        # A new CSR is a replaced HSM: only that may give another cluster certificate.
        {"certRequestPem"} if name == "cloudhsm-certificate" else set()
    )


def test_a_certificate_that_matches_its_config_has_no_drift() -> None:
    pem = self_signed("Example CA", 2048, 1000, **WHOLE)
    assert config_drift(pem, WHOLE_ARGS) == []


def test_a_validity_over_leap_years_and_half_days_is_no_drift() -> None:
    pem = self_signed("Example CA", 2048, 87_660, organization="Example Corp")
    args = IssuingCaArgs(Subject("Example CA", "Example Corp"), key_bits=2048)
    assert config_drift(pem, args) == []


@pytest.mark.parametrize(
    ("key", "wanted", "line"),
    [
        ("caCommonName", "Other CA", "'Other CA', the certificate has 'Example CA'"),
        ("caOrganization", "Other", "'Other', the certificate has 'Example Corp'"),
        ("caOrganizationalUnit", "Ops", "'Ops', the certificate has 'Security'"),
        ("caOrganizationalUnit", None, "None, the certificate has 'Security'"),
        ("caCountry", "FR", "'FR', the certificate has 'DE'"),
        ("caProvince", "Bremen", "'Bremen', the certificate has 'Berlin'"),
        ("caLocality", "Bonn", "'Bonn', the certificate has 'Berlin Mitte'"),
        ("caKeyBits", 4096, "4096, the certificate has 2048"),
        ("caValidityHours", 2000, "2000, the certificate has 1000"),
    ],
)
@pytest.mark.parametrize("preview", [False, True])
def test_a_config_that_left_its_certificate_is_told_once_with_both_values(
    key: str, wanted: Any, line: str, preview: bool
) -> None:
    made = {
        "caCommonName": "Example CA",
        "caOrganization": "Example Corp",
        "caOrganizationalUnit": "Security",
        "caCountry": "DE",
        "caProvince": "Berlin",
        "caLocality": "Berlin Mitte",
        "caKeyBits": 2048,
        "caValidityHours": 1000,
    }
    world = World()
    run(config(**made), world=world).succeeded()
    changed = run(config(**{**made, key: wanted}), world=world, preview=preview).succeeded()
    (warning,) = changed.said("warning")
    assert f"(cloudhsm:{key} is {line})" in warning
    assert "new cluster" in warning
    assert "\n" not in warning


def test_several_differences_are_one_line() -> None:
    world = World()
    run(config(), world=world).succeeded()
    changed = run(config(caCommonName="Other", caValidityHours=100), world=world).succeeded()
    (warning,) = changed.said("warning")
    assert "cloudhsm:caCommonName is 'Other'" in warning
    assert "cloudhsm:caValidityHours is 100, the certificate has 87660" in warning


def test_a_drifted_config_changes_neither_outputs_nor_files(world: World, deployed: Run) -> None:
    changed = run(config(caCommonName="Other"), world=world.as_left()).succeeded()
    for export in ("caCertificate", "caCertificateSha256", "caExpires", "clusterCertificate"):
        assert changed.exports[export] == deployed.exports[export], export


def test_expiry_and_fingerprint_are_those_of_the_certificate(deployed: Run) -> None:
    exports = bare(deployed.exports)
    for pem, expires in (
        ("caCertificate", "caExpires"),
        ("clusterCertificate", "clusterCertificateExpires"),
    ):
        certificate = x509.load_pem_x509_certificate(exports[pem].encode())
        told = dt.datetime.strptime(exports[expires], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.UTC)
        assert told == certificate.not_valid_after_utc
    assert exports["caExpires"] > exports["clusterCertificateExpires"]
