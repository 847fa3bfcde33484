"""AWS Private CA as the providers see it: one root CA over a fake time, with real certificates."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from pulumi_cloudhsm.aws.acmpca import ROOT_TEMPLATE, PrivateCa
from tests.support import pki
from tests.support.fake_clock import FakeTime

CA = (
    "arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/"
    "11112222-3333-4444-5555-666677778888"
)
CREATED = pki.NOW - timedelta(minutes=5)
ISSUING_TAKES = 8.0


class FakePca:
    """Stands in for `pulumi_cloudhsm.aws.acmpca.AcmPca`; failures are those a test asks for."""

    def __init__(self, time: FakeTime) -> None:
        self.time = time
        self.key = pki.rsa_key("private CA")
        self.shown = PrivateCa(
            CA,
            "ROOT",
            "PENDING_CERTIFICATE",
            "RSA_2048",
            "SHA256WITHRSA",
            "GENERAL_PURPOSE",
            CREATED,
        )
        self.calls: list[str] = []
        self.tokens: list[str] = []
        self.periods: list[tuple[datetime, datetime]] = []
        self.own: x509.Certificate | None = None
        self._issued: dict[str, tuple[float, x509.Certificate]] = {}
        self._troubles: dict[str, list[Exception]] = {}

    def show(self, **changes: str) -> None:
        self.shown = replace(self.shown, **changes)

    def stumble(self, operation: str, *troubles: Exception) -> None:
        """Lets the next calls of an operation fail."""
        self._troubles[operation] = list(troubles)

    def active(self, ends: datetime = pki.ENDS) -> str:
        """A root that has its certificate; returns its PEM."""
        self.own = pki.issue("Root", self.key, ends=ends).certificate
        self.show(status="ACTIVE")
        return pki.pem(self.own)

    def authority(self, arn: str) -> PrivateCa:
        self._called("authority")
        return self.shown

    def certificate(self, arn: str) -> str:
        self._called("certificate")
        assert self.own is not None
        return pki.pem(self.own)

    def csr(self, arn: str) -> str | None:
        self._called("csr")
        return None if self.shown.status == "CREATING" else pki.request(self.key, "Root")

    def issue(
        self, arn: str, csr: str, template: str, period: tuple[datetime, datetime], token: str
    ) -> str:
        self._called("issue")
        self.tokens.append(token)
        self.periods.append(period)
        certificate_arn = f"{arn}/certificate/{len(self._issued)}"
        request = x509.load_pem_x509_csr(csr.encode())
        root = template == ROOT_TEMPLATE
        issuer = request.subject if root else self.own.subject if self.own else None
        assert issuer is not None, "AWS refuses a leaf of a CA without a certificate"
        certificate = (
            x509.CertificateBuilder()
            .subject_name(request.subject)
            .issuer_name(issuer)
            .public_key(request.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(period[0])
            .not_valid_after(period[1])
            .add_extension(x509.BasicConstraints(root, None), critical=True)
            .sign(self.key, hashes.SHA256())
        )
        self._issued[certificate_arn] = (self.time.now() + ISSUING_TAKES, certificate)
        return certificate_arn

    def issued(self, arn: str, certificate_arn: str) -> str | None:
        self._called("issued")
        ready, certificate = self._issued[certificate_arn]
        return pki.pem(certificate) if self.time.now() >= ready else None

    def install(self, arn: str, certificate: str) -> None:
        self._called("install")
        self.own = x509.load_pem_x509_certificate(certificate.encode())
        self.show(status="ACTIVE")

    def _called(self, operation: str) -> None:
        self.calls.append(operation)
        waiting = self._troubles.get(operation)
        if waiting:
            raise waiting.pop(0)
