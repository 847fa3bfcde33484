"""What AWS would refuse, or worse, take, is stopped before InitializeCluster with the fix named."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509

from pulumi_cloudhsm.errors import CertificateError
from pulumi_cloudhsm.trust.anchor import MAX_PEM_LENGTH, check_pair, ends_after_its_ca
from tests.support import pki

CSR_KEY = "HSM"
NO_CA = (x509.BasicConstraints(False, None),)
SIGNING = x509.KeyUsage(True, False, False, False, False, True, True, False, False)


def root(bits: int = 2048, **changes) -> pki.Authority:
    return pki.issue("Our CA", pki.rsa_key("our CA", bits), **changes)


def leaf(issuer: pki.Authority, key: str = CSR_KEY, **changes) -> pki.Authority:
    extensions = {"extensions": NO_CA, **changes}
    return pki.issue("HSM:1", pki.rsa_key(key), issuer, **extensions)


def check(cluster_certificate: pki.Authority, ca_certificate: pki.Authority):
    csr = pki.request(pki.rsa_key(CSR_KEY))
    return check_pair(cluster_certificate.pem, ca_certificate.pem, csr)


def refused(cluster_certificate: pki.Authority, ca_certificate: pki.Authority) -> str:
    with pytest.raises(CertificateError) as error:
        check(cluster_certificate, ca_certificate)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("bits", [2048, 4096])
@pytest.mark.parametrize(
    "extensions",
    [(), (x509.BasicConstraints(True, None),), (x509.BasicConstraints(True, 0), SIGNING)],
    ids=["no extensions", "CA:TRUE", "CA:TRUE and key usage"],
)
def test_a_fitting_pair_passes_and_is_described(bits: int, extensions):
    ca = root(bits, extensions=extensions)
    certificate = leaf(ca, ends=pki.ENDS - timedelta(days=1))
    pair = check(certificate, ca)
    assert pair.ca_certificate_sha256 == ca.sha256
    assert pair.cluster_certificate_sha256 == certificate.sha256
    assert pair.cluster_certificate_expires == "2044-12-31T00:00:00Z"
    assert pair.ca_certificate_expires == "2045-01-01T00:00:00Z"


def test_a_root_of_version_1_is_a_fitting_ca_certificate():
    ca = pki.as_version_1(root(extensions=()))
    assert check(leaf(ca), ca).ca_certificate_sha256 == ca.sha256


def test_a_leaf_that_outlives_its_ca_is_told_with_both_ends_as_aws_takes_it():
    ca = root()
    same, longer = leaf(ca, ends=pki.ENDS), leaf(ca, ends=pki.ENDS + timedelta(seconds=1))
    assert ends_after_its_ca(same.pem, ca.pem) is None
    assert check(longer, ca)
    assert ends_after_its_ca(longer.pem, ca.pem) == (
        "the cluster certificate ends 2045-01-01T00:00:01Z, after its CA certificate "
        "(2045-01-01T00:00:00Z)"
    )


@pytest.mark.parametrize("which", ["cluster certificate", "CA certificate"])
def test_a_pem_of_5000_characters_passes_and_one_more_does_not(which: str):
    ca = root()
    certificate = leaf(ca).pem
    csr = pki.request(pki.rsa_key(CSR_KEY))

    def padded(text: str, length: int) -> str:
        return text + "\n" * (length - len(text))

    pair = {"cluster certificate": certificate, "CA certificate": ca.pem}
    fits = {**pair, which: padded(pair[which], MAX_PEM_LENGTH)}
    assert check_pair(fits["cluster certificate"], fits["CA certificate"], csr)
    long = {**pair, which: padded(pair[which], MAX_PEM_LENGTH + 1)}
    with pytest.raises(CertificateError) as error:
        check_pair(long["cluster certificate"], long["CA certificate"], csr)
    assert str(error.value).startswith(f"the {which} has 5001 characters")
    assert "shorten its subject" in str(error.value)


def test_a_leaf_of_another_ca_of_the_same_name_is_refused_with_both_fingerprints():
    other = pki.issue("Our CA", pki.rsa_key("other CA"))
    certificate, ca = leaf(other), root()
    said = refused(certificate, ca)
    assert "was not signed by the CA certificate" in said
    assert certificate.sha256 in said
    assert ca.sha256 in said


def test_a_leaf_signed_by_an_intermediate_is_refused():
    ca = root()
    between = pki.issue("intermediate", pki.rsa_key("intermediate"), ca)
    assert "has to sign the CSR directly" in refused(leaf(between), ca)


def test_a_leaf_for_another_hsm_is_refused():
    ca = root()
    said = refused(leaf(ca, key="other HSM"), ca)
    assert "does not hold the CSR's public key" in said
    assert "sign the captured CSR" in said


def test_an_intermediate_as_ca_certificate_is_refused():
    between = pki.issue("intermediate", pki.rsa_key("intermediate"), root())
    said = refused(leaf(between), between)
    assert "not self-signed: AWS requires a root" in said
    assert between.sha256 in said


def test_a_self_issued_root_whose_signature_is_anothers_is_refused():
    """Its subject and issuer are one name, but somebody else signed it."""
    ca = root()
    same_name = pki.issue("Our CA", pki.rsa_key("other CA"), ca)
    assert same_name.certificate.subject == same_name.certificate.issuer
    assert "not self-signed" in refused(leaf(same_name), same_name)


def test_a_root_with_rsa_3072_is_refused_with_its_size():
    ca = root(3072)
    assert "RSA with 2048 or 4096 bits, not 3072" in refused(leaf(ca), ca)


def test_a_root_with_an_elliptic_curve_key_is_refused():
    ca = pki.issue("Our CA", pki.ec_key("our CA"))
    assert "has to be RSA with 2048 or 4096 bits" in refused(leaf(ca), ca)


def test_a_root_that_says_it_is_no_ca_is_refused():
    ca = root(extensions=NO_CA)
    assert "CA:FALSE" in refused(leaf(ca), ca)


def test_a_root_with_extensions_but_no_basic_constraints_is_refused():
    ca = root(extensions=(SIGNING,))
    assert "no readable Basic Constraints" in refused(leaf(ca), ca)


def test_a_root_whose_key_usage_forbids_signing_is_refused_before_the_initialization_only():
    ca = root(extensions=(x509.BasicConstraints(True, None), pki.key_usage(signs=False)))
    pair = leaf(ca).pem, ca.pem
    assert check_pair(*pair, None), "AWS may have taken it, and it cannot be changed then"
    with pytest.raises(CertificateError, match="keyCertSign"):
        check_pair(*pair, None, pki.NOW)


@pytest.mark.parametrize("which", ["cluster certificate", "CA certificate"])
def test_two_certificates_in_one_pem_are_refused(which: str):
    ca = root()
    pair = {"cluster certificate": leaf(ca).pem, "CA certificate": ca.pem}
    pair[which] += ca.pem
    with pytest.raises(CertificateError, match=f"the {which} has to be exactly one PEM"):
        check_pair(
            pair["cluster certificate"], pair["CA certificate"], pki.request(pki.rsa_key(CSR_KEY))
        )


def test_a_captured_csr_that_cannot_be_read_is_named():
    ca = root()
    with pytest.raises(CertificateError, match="the captured CSR is not a readable"):
        check_pair(leaf(ca).pem, ca.pem, "garbage")


def test_without_a_csr_the_two_are_still_checked_against_each_other() -> None:
    ca, other = root(), pki.issue("Other CA", pki.rsa_key("other CA"))
    pair = check_pair(leaf(ca).pem, ca.pem, csr=None)
    assert pair.ca_certificate_sha256 == ca.sha256
    with pytest.raises(CertificateError, match="was not signed by the CA certificate"):
        check_pair(leaf(ca).pem, other.pem, csr=None)


@pytest.mark.parametrize("which", ["cluster certificate", "CA certificate"])
@pytest.mark.parametrize("late", [True, False], ids=["expired", "not yet valid"])
def test_what_is_about_to_be_used_has_to_be_valid_now(which: str, late: bool) -> None:
    times = {"ends": pki.NOW - timedelta(days=1)} if late else {"starts": pki.NOW + timedelta(1)}
    of_root = times if which == "CA certificate" else {}
    of_leaf = times if which == "cluster certificate" or late else {}
    ca = root(**of_root)
    pair = leaf(ca, **of_leaf).pem, ca.pem
    assert check_pair(*pair, csr=None)
    with pytest.raises(CertificateError, match=f"(cluster certificate|{which}) .* is valid from"):
        check_pair(*pair, csr=None, now=pki.NOW)
