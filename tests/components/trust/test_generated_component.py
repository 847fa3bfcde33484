"""A CA of the tls provider: made as the args say, then frozen."""

from __future__ import annotations

import pytest

from pulumi_cloudhsm.trust.args import Subject
from tests.support.fake_cloud import hsm_csr
from tests.support.issuing import issue, trust
from tests.support.recording import Run, bare


@pytest.fixture(scope="module")
def done(_no_aws_in_the_shell: None) -> Run:
    return issue(trust("generated")).succeeded()


def test_the_key_is_rsa_4096_and_the_certificate_lasts_ten_years(done: Run) -> None:
    assert done["cloudhsm-ca-key"].inputs == {"algorithm": "RSA", "rsaBits": 4096}
    assert done["cloudhsm-ca-certificate"]["validityPeriodHours"] == 87_660


def test_the_private_key_is_an_output_for_who_writes_it_to_a_file(done: Run) -> None:
    assert "PRIVATE KEY" in bare(done.exports["privateKey"])


def test_the_ca_may_sign_certificates_and_revocations(done: Run) -> None:
    certificate = done["cloudhsm-ca-certificate"]
    assert certificate["isCaCertificate"] is True
    assert certificate["allowedUses"] == ["cert_signing", "crl_signing", "digital_signature"]


def test_the_subject_is_the_given_one_without_empty_parts(done: Run) -> None:
    assert done["cloudhsm-ca-certificate"]["subject"] == {
        "commonName": "Development CloudHSM CA",
        "organization": "Example Organization",
    }
    whole = Subject("Example CA", "Example Corp", "Security", "DE", "Berlin", "Berlin Mitte")
    other = issue(trust("generated", subject=whole, key_bits=2048, validity_hours=1000))
    assert other.succeeded()["cloudhsm-ca-certificate"]["subject"] == {
        "commonName": "Example CA",
        "organization": "Example Corp",
        "organizationalUnit": "Security",
        "country": "DE",
        "province": "Berlin",
        "locality": "Berlin Mitte",
    }
    assert other["cloudhsm-ca-certificate"]["validityPeriodHours"] == 1000
    assert other["cloudhsm-ca-key"]["rsaBits"] == 2048


def test_the_cluster_certificate_is_signed_for_the_csr(done: Run) -> None:
    leaf = done["cloudhsm-certificate"]
    assert leaf["certRequestPem"] == hsm_csr()
    assert leaf["allowedUses"] == ["client_auth", "digital_signature", "server_auth"]


def test_the_cluster_certificate_ends_before_its_ca_even_when_it_is_signed_weeks_later(
    done: Run,
) -> None:
    leaf = done["cloudhsm-certificate"]["validityPeriodHours"]
    assert done["cloudhsm-ca-certificate"]["validityPeriodHours"] - leaf == 30 * 24


def test_a_given_validity_of_the_cluster_certificate_is_taken() -> None:
    done = issue(trust("generated", cluster_certificate_validity_hours=8766)).succeeded()
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
def test_what_is_made_once_is_never_replaced_by_changed_args(
    done: Run, name: str, ignored: set[str]
) -> None:
    one = done[name]
    assert set(one.request.ignoreChanges) == ignored
    assert set(one.inputs) - ignored == (
        # A new CSR is a replaced HSM: only that may give another cluster certificate.
        {"certRequestPem"} if name == "cloudhsm-certificate" else set()
    )
