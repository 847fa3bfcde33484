"""Genuine HSMs pass, what was not proven is said, and roots are taken by their pins only."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509

from pulumi_cloudhsm.errors import CertificateError, IdentityError
from pulumi_cloudhsm.identity.chains import HsmIdentity, TrustedRoot, Verdict, Verification, verify
from tests.support import pki


def verified(
    identity: HsmIdentity | None = None,
    mode: Verification = Verification.STANDARD,
    aws: tuple[pki.Authority, ...] | None = None,
    manufacturer: tuple[pki.Authority, ...] | None = None,
) -> Verdict:
    return verify(
        identity or pki.good_identity(),
        [root.pinned for root in (aws if aws is not None else (pki.aws_root(),))],
        [
            root.pinned
            for root in (manufacturer if manufacturer is not None else (pki.manufacturer_root(),))
        ],
        mode,
        pki.NOW,
    )


@pytest.mark.parametrize("mode", [Verification.STANDARD, Verification.FULL])
def test_both_chains_of_a_genuine_hsm_verify(mode: Verification):
    verdict = verified(mode=mode)
    assert verdict.complete
    assert verdict.summary.startswith("AWS and manufacturer chains verified")
    assert verdict.warnings == ()


def test_without_a_manufacturer_root_the_missing_half_is_said_and_not_passed_over():
    verdict = verified(manufacturer=())
    assert not verdict.complete
    assert "AWS chain verified" in verdict.summary
    assert "manufacturer chain was NOT verified: no manufacturer root" in verdict.summary


def test_full_verification_without_a_manufacturer_root_stops_and_names_the_input():
    with pytest.raises(IdentityError, match="manufacturer_roots"):
        verified(mode=Verification.FULL, manufacturer=())


def test_without_a_manufacturer_root_a_garbled_manufacturer_certificate_does_not_matter():
    identity = replace(pki.good_identity(), manufacturer_hardware_certificate="")
    assert not verified(identity, manufacturer=()).complete


def test_any_one_of_several_pinned_roots_will_do():
    other = pki.issue("another root", pki.rsa_key("other"))
    assert verified(aws=(other, pki.aws_root())).complete
    assert verified(manufacturer=(pki.manufacturer_root(), other)).complete


def test_a_root_of_x509_version_1_serves_as_an_anchor():
    """Cavium's root of 2015 is one: no extensions, so nothing says CA:TRUE."""
    plain = pki.issue("root of version 1", pki.rsa_key("version 1"), extensions=())
    old = pki.as_version_1(plain)
    assert old.certificate.version is x509.Version.v1
    hardware = pki.issue("HSM:hardware", pki.rsa_key("hardware"), old)
    identity = replace(pki.good_identity(), manufacturer_hardware_certificate=hardware.pem)
    assert verified(identity, manufacturer=(old,), mode=Verification.FULL).complete


def test_an_expired_root_is_a_warning_with_its_date_for_each_chain():
    ends = pki.NOW - timedelta(days=1)
    roots = {
        whose: pki.issue(f"expired {whose}", pki.rsa_key(f"expired {whose}"), ends=ends)
        for whose in ("AWS", "manufacturer")
    }
    key = pki.rsa_key("hardware")
    by = {whose: pki.issue("HSM:hardware", key, root) for whose, root in roots.items()}
    identity = HsmIdentity(
        csr=pki.good_identity().csr,
        hsm_certificate=pki.issue("HSM:1", pki.rsa_key("HSM"), by["AWS"]).pem,
        aws_hardware_certificate=by["AWS"].pem,
        manufacturer_hardware_certificate=by["manufacturer"].pem,
    )
    verdict = verified(identity, aws=(roots["AWS"],), manufacturer=(roots["manufacturer"],))
    assert verdict.complete, "an expired root is no compromise"
    assert verdict.warnings == (
        f"the AWS root {roots['AWS'].sha256} expired on 2026-11-30T12:00:00Z",
        f"the manufacturer root {roots['manufacturer'].sha256} expired on 2026-11-30T12:00:00Z",
    )


def test_a_root_is_taken_by_its_pin_in_any_usual_spelling():
    root = pki.aws_root()
    for spelling in (root.sha256, root.sha256.lower(), root.sha256.replace(":", "")):
        assert TrustedRoot.pinned(root.pem, spelling, "AWS root 1").sha256 == root.sha256


def test_a_root_whose_pin_names_another_certificate_is_refused_with_both_fingerprints():
    root, other = pki.aws_root(), pki.manufacturer_root()
    with pytest.raises(CertificateError) as refused:
        TrustedRoot.pinned(root.pem, other.sha256, "AWS root 2")
    assert str(refused.value).startswith("AWS root 2 has the SHA-256 fingerprint")
    assert root.sha256 in str(refused.value)
    assert other.sha256 in str(refused.value)


@pytest.mark.parametrize("pin", ["", "AB:CD", "zz" * 32, "00" * 31, "00" * 33])
def test_a_malformed_pin_is_refused_and_shown(pin: str):
    with pytest.raises(CertificateError, match="64 hexadecimal digits") as refused:
        TrustedRoot.pinned(pki.aws_root().pem, pin, "AWS root 1")
    assert repr(pin) in str(refused.value)


def test_a_pem_with_two_roots_is_refused_even_if_the_first_one_is_pinned():
    two = pki.aws_root().pem + pki.manufacturer_root().pem
    with pytest.raises(CertificateError, match="exactly one PEM certificate, but holds 2"):
        TrustedRoot.pinned(two, pki.aws_root().sha256, "AWS root 1")
