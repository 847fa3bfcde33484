"""Forged and broken chains: each is refused, and the word for it is the right one."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pulumi_cloudhsm.errors import CertificateError, IdentityError
from pulumi_cloudhsm.identity.chains import HsmIdentity, Verdict, Verification, verify
from tests.support import pki


def verified(identity: HsmIdentity, mode: Verification = Verification.FULL) -> Verdict:
    return verify(
        identity, [pki.aws_root().pinned], [pki.manufacturer_root().pinned], mode, pki.NOW
    )


def refused(identity: HsmIdentity, word: str) -> str:
    """Why it is refused; fails if it is not, or if an expected error has more than one line."""
    with pytest.raises(IdentityError, match=word) as error:
        verified(identity)
    assert "\n" not in str(error.value)
    return str(error.value)


def under(aws: pki.Authority, manufacturer: pki.Authority, **changes: str) -> HsmIdentity:
    """An identity whose HSM certificate was issued by the given AWS hardware certificate's key."""
    key = pki.rsa_key("HSM")
    whole = HsmIdentity(
        csr=pki.good_identity().csr,
        hsm_certificate=pki.issue("HSM:1", key, aws).pem,
        aws_hardware_certificate=aws.pem,
        manufacturer_hardware_certificate=manufacturer.pem,
    )
    return replace(whole, **changes)


def self_signed_forgery() -> HsmIdentity:
    """Somebody's own hardware certificate, which issued the HSM certificate of their own key."""
    forged = pki.issue("HSM:hardware", pki.rsa_key("forger"))
    return under(forged, forged)


def weak_key(kind: str) -> pki.PrivateKey:
    return pki.rsa_key("weak", 1024) if kind == "RSA-1024" else pki.ec_key("weak")


def openssl(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("no openssl on PATH: the documented recipe cannot be run")
    return subprocess.run(
        [program, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=30
    )


def test_the_forgery_that_the_documented_openssl_recipe_accepts_is_refused(tmp_path: Path):
    """The recipe puts the hardware certificate that came over the API among the trusted ones.

    https://docs.aws.amazon.com/cloudhsm/latest/userguide/verify-hsm-identity.html
    """
    identity = self_signed_forgery()
    chain, hsm = tmp_path / "aws_chain.crt", tmp_path / "HsmCertificate.crt"
    hardware, root = tmp_path / "AwsHardwareCertificate.crt", tmp_path / "root.crt"
    chain.write_text(identity.aws_hardware_certificate + pki.aws_root().pem)
    hsm.write_text(identity.hsm_certificate)
    hardware.write_text(identity.aws_hardware_certificate)
    root.write_text(pki.aws_root().pem)

    recipe = openssl("verify", "-CAfile", chain, hsm)
    assert (recipe.returncode, recipe.stdout) == (0, f"{hsm}: OK\n"), "the recipe is fooled"
    careful = openssl("verify", "-CAfile", root, "-untrusted", hardware, hsm)
    assert careful.returncode != 0, "openssl itself refuses it when the root alone is trusted"

    assert "was not issued by a pinned AWS root" in refused(identity, "AwsHardwareCertificate")


def test_the_refusal_of_a_hardware_certificate_names_it_its_issuer_and_the_pins():
    said = refused(self_signed_forgery(), "not issued by a pinned AWS root")
    forged = pki.issue("HSM:hardware", pki.rsa_key("forger"))
    assert forged.certificate.issuer.rfc4514_string() in said
    assert f"pinned: {pki.aws_root().sha256}" in said
    assert "do not initialize" in said


def test_hardware_certified_by_another_root_of_the_same_name_is_refused():
    impostor = pki.issue("Tests' AWS root", pki.rsa_key("impostor"))
    assert impostor.certificate.subject == pki.aws_root().certificate.subject
    forged = pki.issue("HSM:hardware", pki.rsa_key("hardware"), impostor)
    refused(under(forged, pki.hardware(pki.manufacturer_root())), "not issued by a pinned AWS root")


def test_hardware_certified_by_an_intermediate_of_the_right_root_is_refused():
    """Anyone with some certificate of the root could make one, were chains of any length taken."""
    between = pki.issue("intermediate", pki.rsa_key("intermediate"), pki.aws_root())
    forged = pki.issue("HSM:hardware", pki.rsa_key("hardware"), between)
    refused(under(forged, pki.hardware(pki.manufacturer_root())), "not issued by a pinned AWS root")


def test_an_hsm_certificate_by_another_hardware_key_of_the_same_name_is_refused():
    forger = pki.issue("HSM:hardware", pki.rsa_key("forger"))
    assert forger.certificate.subject == pki.hardware(pki.aws_root()).certificate.subject
    forged = pki.issue("HSM:1", pki.rsa_key("HSM"), forger)
    identity = replace(pki.good_identity(), hsm_certificate=forged.pem)
    refused(identity, "HsmCertificate was not issued by AwsHardwareCertificate")


def test_an_hsm_certificate_that_names_another_issuer_is_refused_though_the_signature_fits():
    other_name = pki.Authority(
        pki.issue("HSM:other", pki.rsa_key("hardware")).certificate, pki.rsa_key("hardware")
    )
    forged = pki.issue("HSM:1", pki.rsa_key("HSM"), other_name)
    identity = replace(pki.good_identity(), hsm_certificate=forged.pem)
    refused(identity, "HsmCertificate was not issued by AwsHardwareCertificate")


def test_a_csr_with_another_key_is_refused():
    identity = replace(pki.good_identity(), csr=pki.request(pki.rsa_key("forger")))
    refused(identity, "different public keys")


def test_a_csr_whose_own_signature_is_broken_is_refused():
    broken = pki.flipped(pki.good_identity().csr, -1, 0x01)
    refused(replace(pki.good_identity(), csr=broken), "CSR's own signature is not valid")


@pytest.mark.parametrize("weak", ["RSA-1024", "EC"])
def test_an_hsm_key_that_no_cloudhsm_makes_is_refused(weak: str):
    key = weak_key(weak)
    hardware = pki.hardware(pki.aws_root())
    identity = replace(
        pki.good_identity(),
        csr=pki.request(key),
        hsm_certificate=pki.issue("HSM:1", key, hardware).pem,
    )
    refused(identity, "key of HsmCertificate is .*, not RSA with at least 2048 bits")


def test_a_csr_alone_with_a_weak_key_is_refused():
    identity = replace(pki.good_identity(), csr=pki.request(pki.rsa_key("weak", 1024)))
    refused(identity, "key of ClusterCsr is RSA 1024, not RSA with at least 2048 bits")


@pytest.mark.parametrize("weak", ["RSA-1024", "EC"])
def test_a_hardware_key_that_is_too_weak_is_refused_though_a_pinned_root_certified_it(
    weak: str,
):
    hardware = pki.issue("HSM:hardware", weak_key(weak), pki.aws_root())
    refused(
        under(hardware, pki.hardware(pki.manufacturer_root())),
        "key of AwsHardwareCertificate is .*, not RSA",
    )


def test_swapped_aws_and_manufacturer_certificates_are_refused():
    good = pki.good_identity()
    swapped = replace(
        good,
        aws_hardware_certificate=good.manufacturer_hardware_certificate,
        manufacturer_hardware_certificate=good.aws_hardware_certificate,
    )
    refused(swapped, "AwsHardwareCertificate .* was not issued by a pinned AWS root")


def test_a_forged_manufacturer_chain_is_refused_though_the_aws_chain_is_good():
    forged = pki.issue("HSM:hardware", pki.rsa_key("hardware"))
    identity = replace(pki.good_identity(), manufacturer_hardware_certificate=forged.pem)
    with pytest.raises(IdentityError, match="not issued by a pinned manufacturer root"):
        verified(identity, Verification.STANDARD)
    said = refused(identity, "ManufacturerHardwareCertificate")
    assert f"pinned: {pki.manufacturer_root().sha256}" in said


def test_a_manufacturer_certificate_of_other_hardware_is_refused():
    """Both chains have to certify the one key that issued the HSM certificate."""
    other = pki.issue("HSM:hardware", pki.rsa_key("other hardware"), pki.manufacturer_root())
    identity = replace(pki.good_identity(), manufacturer_hardware_certificate=other.pem)
    refused(identity, "HsmCertificate was not issued by ManufacturerHardwareCertificate")


_DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("starts", "ends"),
    [(pki.STARTS, pki.NOW - _DAY), (pki.NOW + _DAY, pki.ENDS)],
    ids=["expired", "not yet valid"],
)
@pytest.mark.parametrize("which", ["AWS", "manufacturer", "HSM"])
def test_a_certificate_below_the_root_has_to_be_valid_now(starts, ends, which: str):
    key = pki.rsa_key("hardware")
    span = {"starts": starts, "ends": ends}
    aws = pki.issue("HSM:hardware", key, pki.aws_root(), **(span if which == "AWS" else {}))
    manufacturer = pki.issue(
        "HSM:hardware", key, pki.manufacturer_root(), **(span if which == "manufacturer" else {})
    )
    hsm = pki.issue("HSM:1", pki.rsa_key("HSM"), aws, **(span if which == "HSM" else {}))
    said = refused(under(aws, manufacturer, hsm_certificate=hsm.pem), "is valid from")
    names = {"AWS": "Aws", "manufacturer": "Manufacturer", "HSM": "Hsm"}
    assert said.startswith(names[which]), said
    assert f"{starts:%Y-%m-%d}" in said, said
    assert f"{ends:%Y-%m-%d}" in said, said
    assert "clock" in said


DOCUMENTS = (
    "csr",
    "hsm_certificate",
    "aws_hardware_certificate",
    "manufacturer_hardware_certificate",
)


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize(
    "text",
    ["", "None", "-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n"],
    ids=["empty", "a word", "no base64"],
)
def test_what_cannot_be_read_is_named(document: str, text: str):
    with pytest.raises(CertificateError) as error:
        verified(replace(pki.good_identity(), **{document: text}))
    names = {"csr": "ClusterCsr"}
    expected = names.get(document, "".join(part.title() for part in document.split("_")))
    assert str(error.value).startswith(expected), error.value
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("document", DOCUMENTS[1:])
def test_two_certificates_in_one_pem_are_refused_whichever_comes_first(document: str):
    good = getattr(pki.good_identity(), document)
    for two in (good + pki.aws_root().pem, pki.aws_root().pem + good):
        with pytest.raises(CertificateError, match="exactly one PEM certificate, but holds 2"):
            verified(replace(pki.good_identity(), **{document: two}))


def test_a_certificate_whose_signed_part_was_tampered_with_is_refused():
    """The HSM's name is changed to another of the same length; all else stays as it was."""
    raw = pki.der(pki.good_identity().hsm_certificate)
    assert raw.count(b"HSM:1") == 1
    forged = pki.as_pem(raw.replace(b"HSM:1", b"HSM:2"), "CERTIFICATE")
    identity = replace(pki.good_identity(), hsm_certificate=forged)
    refused(identity, "HsmCertificate was not issued by AwsHardwareCertificate")


# Those that once passed, or escaped as an error without a word for it: the number of unused bits
# in front of the signature (256 bytes and one from the end), the version, a tag inside a name.
@example(document="hsm_certificate", position=-257, mask=0x01)
@example(document="csr", position=-257, mask=0x01)
@example(document="hsm_certificate", position=12, mask=0x01)
@example(document="csr", position=10, mask=0x01)
@example(document="aws_hardware_certificate", position=61, mask=0x10)
@given(
    document=st.sampled_from(DOCUMENTS),
    position=st.integers(0, 2**16),
    mask=st.integers(1, 255),
)
@settings(max_examples=300, deadline=None, derandomize=True)
@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_one_changed_byte_anywhere_never_verifies(document: str, position: int, mask: int):
    good = getattr(pki.good_identity(), document)
    changed = pki.flipped(good, position, mask)
    assert pki.der(changed) != pki.der(good)
    with pytest.raises((CertificateError, IdentityError)):
        verified(replace(pki.good_identity(), **{document: changed}))
