"""Certificates in, verdict out: is this HSM hardware that AWS and the manufacturer vouch for?

Two chains certify the same hardware key, and the HSM's own certificate has to verify under each:

    AWS root          -> AwsHardwareCertificate          -> HsmCertificate
    manufacturer root -> ManufacturerHardwareCertificate -> HsmCertificate

and the CSR has to ask for the HSM certificate's key. The procedure in AWS's user guide puts the
hardware certificate that came over the API among the trusted ones, so a self-signed forgery
passes it. Here only roots that were pinned beforehand are anchors; each link is checked one by one.
Source: https://docs.aws.amazon.com/cloudhsm/latest/userguide/verify-hsm-identity.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509

from ..errors import CertificateError, IdentityError
from ..x509.reading import (
    csr_signed_by_its_key,
    fingerprint,
    iso,
    issued_by,
    key_label,
    load_certificate,
    load_csr,
    normalized_fingerprint,
    public_key_der,
    rsa_bits,
    why_no_issuer,
)

_SMALLEST_KEY = 2048


class Verification(StrEnum):
    """How much has to be proven before the cluster is initialized."""

    STANDARD = "standard"
    """The AWS chain; the manufacturer's too where its root is given. The default."""
    FULL = "full"
    """Both chains; without a manufacturer root nothing goes on."""
    OFF = "off"
    """Nothing; needs a reason, which lands in the outputs."""


@dataclass(frozen=True)
class HsmIdentity:
    """What one DescribeClusters shows of the first HSM before initialization, all PEM."""

    csr: str
    hsm_certificate: str
    aws_hardware_certificate: str
    manufacturer_hardware_certificate: str


@dataclass(frozen=True)
class TrustedRoot:
    """A root certificate together with the fingerprint it was pinned by."""

    certificate: x509.Certificate
    sha256: str

    @classmethod
    def pinned(cls, pem: str, sha256: str, what: str) -> TrustedRoot:
        """Takes a root only when it is the one its pin says.

        Raises:
            CertificateError: unreadable, a malformed pin, or a pin that names another certificate.
        """
        certificate = load_certificate(pem, what)
        try:
            wanted = normalized_fingerprint(sha256)
        except ValueError as error:
            raise CertificateError(f"{what}: {error}") from error
        actual = fingerprint(certificate)
        if actual != wanted:
            raise CertificateError(
                f"{what} has the SHA-256 fingerprint {actual}, but {wanted} was pinned: "
                "take the right certificate, or correct the pin after checking it by hand"
            )
        return cls(certificate, wanted)


@dataclass(frozen=True)
class Verdict:
    """The outcome of a verification that did not fail.

    Attributes:
        summary: what was proven and what was not, in one line.
        complete: both chains were verified.
        warnings: what a reader should know although it is no failure (an expired root).
    """

    summary: str
    complete: bool
    warnings: tuple[str, ...] = ()


def verify(
    identity: HsmIdentity,
    aws_roots: Sequence[TrustedRoot],
    manufacturer_roots: Sequence[TrustedRoot],
    mode: Verification,
    now: datetime,
) -> Verdict:
    """Verifies an HSM's identity against pinned roots.

    Args:
        identity: the CSR and the three certificates, as captured.
        aws_roots: anchors of the AWS chain; at least one.
        manufacturer_roots: anchors of the manufacturer's chain; may be empty unless mode is FULL.
        mode: STANDARD or FULL. OFF is the caller's business.
        now: time-zone aware; certificates below the root have to be valid at this moment.

    Raises:
        CertificateError: something is unreadable.
        IdentityError: something does not hold; says what.
    """
    if mode is Verification.FULL and not manufacturer_roots:
        raise IdentityError(
            "full verification needs the manufacturer's root: give identity.manufacturer_roots, or "
            "set identity.verification to standard"
        )
    hsm = load_certificate(identity.hsm_certificate, "HsmCertificate")
    csr = load_csr(identity.csr, "ClusterCsr")
    _check_keys(hsm, csr)
    _check_dates(hsm, "HsmCertificate", now)
    warnings = _check_chain(hsm, identity.aws_hardware_certificate, "AWS", aws_roots, now)
    if not manufacturer_roots:
        return Verdict(
            "AWS chain verified, HSM certificate and CSR hold the same key; the manufacturer "
            "chain was NOT verified: no manufacturer root was given",
            complete=False,
            warnings=tuple(warnings),
        )
    warnings += _check_chain(
        hsm,
        identity.manufacturer_hardware_certificate,
        "manufacturer",
        manufacturer_roots,
        now,
    )
    return Verdict(
        "AWS and manufacturer chains verified, HSM certificate and CSR hold the same key",
        complete=True,
        warnings=tuple(warnings),
    )


def _check_keys(hsm: x509.Certificate, csr: x509.CertificateSigningRequest) -> None:
    for subject, what in ((hsm, "HsmCertificate"), (csr, "ClusterCsr")):
        if rsa_bits(subject) < _SMALLEST_KEY:
            raise IdentityError(
                f"the key of {what} is {key_label(subject)}, not RSA with at least "
                f"{_SMALLEST_KEY} bits: this is not what a CloudHSM makes; do not initialize, "
                "ask AWS Support"
            )
    if not csr_signed_by_its_key(csr):
        raise IdentityError(
            "the CSR's own signature is not valid: it was changed on its way, or its sender does "
            "not hold the key; do not initialize, ask AWS Support"
        )
    if public_key_der(hsm) != public_key_der(csr):
        raise IdentityError(
            "HsmCertificate and ClusterCsr hold different public keys: the CSR does not come from "
            "the HSM that the certificate names; do not initialize, ask AWS Support"
        )


def _check_chain(
    hsm: x509.Certificate,
    hardware_pem: str,
    vouching: str,
    roots: Sequence[TrustedRoot],
    now: datetime,
) -> list[str]:
    what = f"{vouching[0].upper()}{vouching[1:]}HardwareCertificate".replace("AWS", "Aws")
    hardware = load_certificate(hardware_pem, what)
    root = next((root for root in roots if issued_by(hardware, root.certificate)), None)
    if root is None:
        pins = ", ".join(root.sha256 for root in roots) or "none"
        raise IdentityError(
            f"{what} {fingerprint(hardware)} (issuer `{hardware.issuer.rfc4514_string()}`) "
            f"was not issued by a pinned {vouching} root (pinned: {pins}); do not initialize: give "
            "the right root, or ask AWS Support"
        )
    if rsa_bits(hardware) < _SMALLEST_KEY:
        raise IdentityError(
            f"the key of {what} is {key_label(hardware)}, not RSA with at least {_SMALLEST_KEY} "
            "bits; do not initialize, ask AWS Support"
        )
    _check_dates(hardware, what, now)
    if not issued_by(hsm, hardware):
        raise IdentityError(
            f"HsmCertificate was not issued by {what}: the HSM cannot prove its hardware to the "
            f"{vouching} root; do not initialize, ask AWS Support"
        )
    _check_issuer(hardware, what)
    # A self-issued certificate does not count for a path length (RFC 5280, 4.2.1.9).
    _check_issuer(
        root.certificate,
        f"the {vouching} root {root.sha256}",
        root=True,
        below=int(hardware.subject != hardware.issuer),
    )
    ends = root.certificate.not_valid_after_utc
    if ends < now:
        # An expired root is no compromise: its key still proves what it signed.
        return [f"the {vouching} root {root.sha256} expired on {iso(ends)}"]
    return []


def _check_issuer(
    issuer: x509.Certificate, what: str, *, root: bool = False, below: int = 0
) -> None:
    """A signature alone makes no CA: every key can sign a certificate."""
    reason = why_no_issuer(issuer, root=root, below=below)
    if reason is not None:
        raise IdentityError(
            f"{what} may not issue certificates: {reason}; do not initialize, ask AWS Support"
        )


def _check_dates(certificate: x509.Certificate, what: str, now: datetime) -> None:
    starts, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not starts <= now <= ends:
        raise IdentityError(
            f"{what} is valid from {iso(starts)} to {iso(ends)}, and it is {iso(now)} now: check "
            "this machine's clock, then ask AWS Support"
        )
