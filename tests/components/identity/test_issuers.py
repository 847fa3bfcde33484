"""Who may issue: a certificate that is no CA vouches for nothing, though its signature fits.

Each case is also given to `openssl verify`, which has to come to the same verdict.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509

from pulumi_cloudhsm.errors import IdentityError
from pulumi_cloudhsm.identity.chains import HsmIdentity, Verification, verify
from tests.support import pki

Extensions = tuple[x509.ExtensionType, ...]
CA: Extensions = (x509.BasicConstraints(True, None),)
SIGNS, SIGNS_NOT = pki.key_usage(signs=True), pki.key_usage(signs=False)

# Extensions of the root and of the hardware certificate, and the word of the refusal.
REFUSED: dict[str, tuple[Extensions, Extensions, str]] = {
    "hardware CA:FALSE": (CA, (x509.BasicConstraints(False, None),), "CA:FALSE"),
    "hardware CA:FALSE though it may sign": (
        CA,
        (x509.BasicConstraints(False, None), SIGNS),
        "CA:FALSE",
    ),
    "hardware without extensions": (CA, (), "no Basic Constraints"),
    "hardware with Certificate Sign alone": (CA, (SIGNS,), "no Basic Constraints"),
    "hardware without Certificate Sign": (CA, (*CA, SIGNS_NOT), "keyCertSign"),
    "root CA:FALSE": ((x509.BasicConstraints(False, None),), CA, "CA:FALSE"),
    "root without extensions": ((), CA, "no Basic Constraints"),
    "root without Certificate Sign": ((*CA, SIGNS_NOT), CA, "keyCertSign"),
    "root with no CA below it": ((x509.BasicConstraints(True, 0),), CA, "path length allows 0"),
}
TAKEN: dict[str, tuple[Extensions, Extensions]] = {
    "CA:TRUE": (CA, CA),
    "CA:TRUE and Certificate Sign": ((*CA, SIGNS), (*CA, SIGNS)),
    "root with Certificate Sign alone": ((SIGNS,), CA),
    "path lengths that fit": (
        (x509.BasicConstraints(True, 1),),
        (x509.BasicConstraints(True, 0),),
    ),
}


class Chain:
    """A root, a hardware certificate and an HSM certificate."""

    def __init__(self, root: Extensions, hardware: Extensions) -> None:
        self.root = pki.issue("a root", pki.rsa_key("a root"), extensions=root)
        self.hardware = pki.issue(
            "HSM:hardware", pki.rsa_key("hardware"), self.root, extensions=hardware
        )
        leaf = (x509.BasicConstraints(False, None),)
        self.hsm = pki.issue("HSM:1", pki.rsa_key("HSM"), self.hardware, extensions=leaf)

    def verified(self, *, as_manufacturer: bool) -> bool:
        """Whether both chains are verified, with this one as the manufacturer's or as AWS's."""
        # One hardware key has a certificate under each root, so the other chain holds as it is.
        good = pki.good_identity()
        identity = HsmIdentity(
            csr=good.csr,
            hsm_certificate=self.hsm.pem,
            aws_hardware_certificate=good.aws_hardware_certificate,
            manufacturer_hardware_certificate=self.hardware.pem,
        )
        aws, manufacturer = pki.aws_root(), self.root
        if not as_manufacturer:
            identity = HsmIdentity(
                csr=good.csr,
                hsm_certificate=self.hsm.pem,
                aws_hardware_certificate=self.hardware.pem,
                manufacturer_hardware_certificate=good.manufacturer_hardware_certificate,
            )
            aws, manufacturer = self.root, pki.manufacturer_root()
        mode = Verification.FULL
        return verify(identity, [aws.pinned], [manufacturer.pinned], mode, pki.NOW).complete

    def openssl_takes_it(self, folder: Path) -> bool:
        """What `openssl verify` says, with the root alone trusted."""
        program = shutil.which("openssl")
        if program is None:
            pytest.skip("no openssl on PATH: there is nothing to compare with")
        files = {"root": self.root, "hardware": self.hardware, "hsm": self.hsm}
        for name, authority in files.items():
            (folder / name).write_text(authority.pem)
        chain = ["-CAfile", folder / "root", "-untrusted", folder / "hardware", folder / "hsm"]
        moment = ["-attime", str(int(pki.NOW.timestamp()))]
        command = [program, "verify", *moment, *map(str, chain)]
        return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0


@pytest.mark.parametrize("as_manufacturer", [False, True], ids=["AWS", "manufacturer"])
@pytest.mark.parametrize("case", REFUSED)
def test_an_issuer_that_is_no_ca_is_refused(case: str, as_manufacturer: bool):
    root, hardware, word = REFUSED[case]
    with pytest.raises(IdentityError, match="may not issue certificates") as error:
        Chain(root, hardware).verified(as_manufacturer=as_manufacturer)
    assert word in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("as_manufacturer", [False, True], ids=["AWS", "manufacturer"])
@pytest.mark.parametrize("case", TAKEN)
def test_an_issuer_that_may_issue_is_taken(case: str, as_manufacturer: bool):
    assert Chain(*TAKEN[case]).verified(as_manufacturer=as_manufacturer)


@pytest.mark.parametrize("case", REFUSED)
def test_openssl_refuses_the_same_issuers(case: str, tmp_path: Path):
    root, hardware, _ = REFUSED[case]
    assert not Chain(root, hardware).openssl_takes_it(tmp_path)


@pytest.mark.parametrize("case", TAKEN)
def test_openssl_takes_the_same_issuers(case: str, tmp_path: Path):
    assert Chain(*TAKEN[case]).openssl_takes_it(tmp_path)
