"""The HSM's certificates verify to the emulator's roots, and the forged ones do not."""

import shutil
import subprocess

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from rehearsal.emulator.cloudhsmv2.pki import HsmKeys
from rehearsal.emulator.core.faults import FORGERIES


@pytest.fixture(scope="module")
def keys():
    return HsmKeys.generate()


def verdicts(pki, identity):
    """What a careful client finds: the name of every check that fails."""
    csr = x509.load_pem_x509_csr(identity.cluster_csr.encode())
    hsm = x509.load_pem_x509_certificate(identity.hsm_certificate.encode())
    failed = set()
    for name, root, pem in (
        ("aws", pki.aws, identity.aws_hardware_certificate),
        ("manufacturer", pki.manufacturer, identity.manufacturer_hardware_certificate),
    ):
        hardware = x509.load_pem_x509_certificate(pem.encode())
        for what, child, issuer in (
            ("root", hardware, root.certificate),
            ("hardware", hsm, hardware),
        ):
            try:
                child.verify_directly_issued_by(issuer)
            except (ValueError, TypeError, InvalidSignature):
                failed.add(f"{name} {what}")
    if csr.public_key() != hsm.public_key():
        failed.add("csr key")
    if not csr.is_signature_valid:
        failed.add("csr signature")
    if hsm.public_key().key_size < 2048:
        failed.add("key size")
    return failed


def test_a_genuine_identity_passes_every_check_and_has_aws_subject(pki, keys):
    identity = pki.identity(keys, "hsm-aaaaaaaaaaa")
    assert verdicts(pki, identity) == set()
    csr = x509.load_pem_x509_csr(identity.cluster_csr.encode())
    assert [len(list(part)) for part in csr.subject.rdns] == [5, 1], "as public CSRs have it"
    subject = {part.oid._name: part.value for part in csr.subject}
    assert subject["organizationName"] == "Cavium"
    assert subject["organizationalUnitName"] == "N3FIPS"
    assert subject["localityName"] == "SanJose"
    assert subject["commonName"].startswith("HSM:hsm-aaaaaaaaaaa:PARTN:")
    assert subject["commonName"].endswith(", for FIPS mode")


EXPECTED = {
    "self_signed_hardware": {"aws root", "manufacturer root"},
    "other_root": {"aws root", "manufacturer root"},
    "other_hardware": {"aws hardware", "manufacturer hardware"},
    "csr_other_key": {"csr key"},
    "csr_bad_signature": {"csr signature"},
    "weak_key": {"key size"},
}


def test_every_forgery_is_tested():
    assert set(EXPECTED) == set(FORGERIES)


@pytest.mark.parametrize("forgery", EXPECTED)
def test_a_forgery_fails_exactly_the_check_it_is_about(pki, keys, forgery):
    assert verdicts(pki, pki.identity(keys, "hsm-a", forgery)) == EXPECTED[forgery]


@pytest.mark.parametrize("chain", ["aws", "manufacturer"])
def test_a_forgery_can_be_limited_to_one_chain(pki, keys, chain):
    found = verdicts(pki, pki.identity(keys, "hsm-a", "other_root", chain))
    assert found == {f"{chain} root"}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")
def test_the_documented_openssl_recipe_accepts_the_self_signed_hardware(pki, keys, tmp_path):
    identity = pki.identity(keys, "hsm-a", "self_signed_hardware")
    files = {
        "root": pki.aws.pem,
        "hardware": identity.aws_hardware_certificate,
        "hsm": identity.hsm_certificate,
        "chain": identity.aws_hardware_certificate + pki.aws.pem,
    }
    for name, pem in files.items():
        (tmp_path / name).write_text(pem)

    def accepted(*arguments):
        done = subprocess.run(
            ["openssl", "verify", *arguments], cwd=tmp_path, capture_output=True, check=False
        )
        return done.returncode == 0

    assert accepted("-CAfile", "chain", "hsm"), "this forgery exists to fool that recipe"
    assert not accepted("-CAfile", "root", "-untrusted", "hardware", "hsm")


def test_the_service_shows_the_forged_identity_once_and_then_genuine_ones(account, pki):
    account.service.faults.add({"kind": "forged_identity", "forgery": "csr_other_key", "count": 1})

    def shown():
        found = account.describe(account.with_csr())["Certificates"]
        return type("Identity", (), {
            "cluster_csr": found["ClusterCsr"],
            "hsm_certificate": found["HsmCertificate"],
            "aws_hardware_certificate": found["AwsHardwareCertificate"],
            "manufacturer_hardware_certificate": found["ManufacturerHardwareCertificate"],
        })  # fmt: skip

    assert verdicts(pki, shown()) == {"csr key"}
    assert verdicts(pki, shown()) == set()
