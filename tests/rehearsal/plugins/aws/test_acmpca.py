"""`aws.acmpca.CertificateAuthority`: left waiting for its certificate, frozen, let go."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509

from rehearsal.emulator.process import RunningEmulator
from rehearsal.plugins.core.packages import InstalledPackage
from tests.rehearsal.emulator.acm_pca.test_private_ca import Place
from tests.rehearsal.plugins.driver import Plugin

CA = "aws:acmpca/certificateAuthority:CertificateAuthority"
SUBJECT = {"commonName": "Root", "organization": "Example", "state": "Berlin"}
CONFIGURATION = {
    "keyAlgorithm": "RSA_2048",
    "signingAlgorithm": "SHA256WITHRSA",
    "subject": SUBJECT,
}
INPUTS = {
    "certificateAuthorityConfiguration": CONFIGURATION,
    "type": "ROOT",
    "usageMode": "GENERAL_PURPOSE",
    "permanentDeletionTimeInDays": 30,
    "tags": {"Name": "ca"},
}


@pytest.fixture
def ca(aws: Plugin) -> tuple[str, dict[str, Any]]:
    return aws.create(CA, aws.checked(CA, INPUTS))


def test_it_is_left_waiting_for_its_certificate(
    aws: Plugin, emulator: RunningEmulator, ca: tuple[str, dict[str, Any]]
) -> None:
    arn, outputs = ca
    assert Place(emulator).status(arn) == "PENDING_CERTIFICATE"
    assert (outputs["arn"], outputs["certificate"], outputs["enabled"]) == (arn, "", True)
    csr = x509.load_pem_x509_csr(outputs["certificateSigningRequest"].encode())
    assert csr.subject.rfc4514_string() == "CN=Root,ST=Berlin,O=Example"
    assert outputs["certificateAuthorityConfiguration"] == CONFIGURATION
    assert not aws.diff(CA, outputs, aws.checked(CA, INPUTS)).diffs


def test_the_outputs_are_those_of_the_package(ca: tuple[str, dict[str, Any]]) -> None:
    described = InstalledPackage("aws").resource(CA).outputs
    assert {name for name, given in described.items() if given} <= ca[1].keys() <= described.keys()


def test_a_certificate_that_was_installed_shows_and_is_no_change(
    aws: Plugin, emulator: RunningEmulator, ca: tuple[str, dict[str, Any]]
) -> None:
    place, (arn, outputs) = Place(emulator), ca
    root = place.root(arn)
    seen = aws.read(CA, arn, outputs)[1]
    assert x509.load_pem_x509_certificate(seen["certificate"].encode()) == root
    assert seen["notAfter"].startswith(str(root.not_valid_after_utc.year))
    assert not aws.diff(CA, seen, aws.checked(CA, INPUTS)).diffs


def test_another_subject_replaces_and_being_disabled_does_not(
    aws: Plugin, emulator: RunningEmulator, ca: tuple[str, dict[str, Any]]
) -> None:
    place, (arn, outputs) = Place(emulator), ca
    other = {**CONFIGURATION, "subject": {**SUBJECT, "commonName": "Other"}}
    changed = aws.checked(CA, {**INPUTS, "certificateAuthorityConfiguration": other})
    assert list(aws.diff(CA, outputs, changed).replaces) == ["certificateAuthorityConfiguration"]
    place.root(arn)
    place.pca.update_certificate_authority(CertificateAuthorityArn=arn, Status="DISABLED")
    seen = aws.read(CA, arn, outputs)[1]
    answer = aws.diff(CA, seen, aws.checked(CA, INPUTS))
    assert (set(answer.diffs), list(answer.replaces)) == ({"enabled"}, [])
    tagged = aws.checked(CA, {**INPUTS, "tags": {"other": "tag"}})
    outputs = aws.update(CA, arn, seen, tagged)
    assert (outputs["enabled"], outputs["tags"]) == (True, {"other": "tag"})
    assert place.status(arn) == "ACTIVE"


@pytest.mark.parametrize("active", [True, False])
def test_destroy_disables_deletes_and_leaves_it_restorable(
    aws: Plugin, emulator: RunningEmulator, ca: tuple[str, dict[str, Any]], active: bool
) -> None:
    place, (arn, outputs) = Place(emulator), ca
    if active:
        place.root(arn)
    aws.delete(CA, arn, outputs)
    assert place.status(arn) == "DELETED"
    assert aws.read(CA, arn, outputs)[0] == ""
    assert emulator.resources()["private_cas"] == []


def test_what_there_is_not_is_refused_in_the_preview(aws: Plugin) -> None:
    for changes, told in (
        ({"type": "LEAF"}, "type to be one of"),
        ({"usageMode": "FOREVER"}, "usage_mode"),
        ({"permanentDeletionTimeInDays": 6}, "(7 - 30)"),
        ({"revocationConfiguration": {"crlConfiguration": {"enabled": True}}}, "stand-in"),
    ):
        (reason,) = aws.check(CA, {**INPUTS, **changes})
        assert told in reason
