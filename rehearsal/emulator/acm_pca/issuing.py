"""What a private CA is, and how it makes certificates, with the extensions of AWS's templates.

Source: AWS Private CA user guide, "Template definitions"; API reference, IssueCertificate.
"""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.core.place import Place

_BITS = {"RSA_2048": 2048, "RSA_3072": 3072, "RSA_4096": 4096}
_HASHES = {
    "SHA256WITHRSA": hashes.SHA256(),
    "SHA384WITHRSA": hashes.SHA384(),
    "SHA512WITHRSA": hashes.SHA512(),
}
_SUBJECT = {
    "Country": NameOID.COUNTRY_NAME,
    "Organization": NameOID.ORGANIZATION_NAME,
    "OrganizationalUnit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "State": NameOID.STATE_OR_PROVINCE_NAME,
    "CommonName": NameOID.COMMON_NAME,
    "Locality": NameOID.LOCALITY_NAME,
}
_EARLIER = dt.timedelta(minutes=60)
_SHORT_LIVED = dt.timedelta(days=7)
_NO_USAGE = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


@dataclass(frozen=True)
class Template:
    """One template."""

    is_root: bool
    usages: frozenset[str]
    extended: tuple[Any, ...] = ()

    def extensions(
        self,
        key: Any,  # noqa: ANN401 - any public key
        issuer_key: Any,  # noqa: ANN401
    ) -> list[tuple[x509.ExtensionType, bool]]:
        """Extensions and whether they are critical, for a key under an issuer's key."""
        usage = {name: name in self.usages for name in _NO_USAGE}
        found: list[tuple[x509.ExtensionType, bool]] = [
            (x509.BasicConstraints(ca=self.is_root, path_length=None), True),
            (x509.SubjectKeyIdentifier.from_public_key(key), False),
            (x509.KeyUsage(**usage), True),
        ]
        if not self.is_root:
            issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key)
            found += [(issuer, False), (x509.ExtendedKeyUsage(self.extended), False)]
        return found


TEMPLATES = {
    "RootCACertificate/V1": Template(
        True, frozenset({"digital_signature", "key_cert_sign", "crl_sign"})
    ),
    "EndEntityCertificate/V1": Template(
        False,
        frozenset({"digital_signature", "key_encipherment"}),
        (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH),
    ),
}
"""Name to template, as it stands at the end of a template's ARN."""


@dataclass
class Authority:
    """One private CA."""

    arn: str
    place: Place
    given: dict[str, Any]
    key: rsa.RSAPrivateKey
    created_at: float
    status: str = "CREATING"
    certificate: x509.Certificate | None = None
    restorable_until: float | None = None
    tags: dict[str, str] = field(default_factory=dict)
    issued: dict[str, tuple[float, x509.Certificate]] = field(default_factory=dict)
    """Certificate ARN to the moment from which it is shown, and itself."""
    tokens: dict[str, tuple[float, str]] = field(default_factory=dict)

    @property
    def configuration(self) -> dict[str, Any]:
        """Key, signing algorithm and subject."""
        return self.given["CertificateAuthorityConfiguration"]

    @property
    def subject(self) -> x509.Name:
        """The subject of the CA's own certificate."""
        given = self.configuration["Subject"]
        named = ((oid, given[name]) for name, oid in _SUBJECT.items() if name in given)
        return x509.Name([x509.NameAttribute(oid, value) for oid, value in named])

    def csr(self) -> x509.CertificateSigningRequest:
        """The request for its own certificate."""
        builder = x509.CertificateSigningRequestBuilder().subject_name(self.subject)
        return builder.sign(self.key, _HASHES[self.configuration["SigningAlgorithm"]])


def new_key(given: dict[str, Any]) -> rsa.RSAPrivateKey:
    """A key as CreateCertificateAuthority asks for it.

    Raises:
        ServiceError: it is no RSA key.
    """
    algorithm = given["CertificateAuthorityConfiguration"]["KeyAlgorithm"]
    if algorithm not in _BITS:
        raise ServiceError("InvalidArgsException", f"{algorithm} is not rehearsed; use RSA.")
    return rsa.generate_private_key(65537, _BITS[algorithm])


def request_of(given: dict[str, Any]) -> x509.CertificateSigningRequest:
    """The CSR of IssueCertificate.

    Raises:
        ServiceError: it cannot be read.
    """
    try:
        csr = x509.load_pem_x509_csr(base64.b64decode(given["Csr"]))
    except ValueError:
        csr = None
    if csr is None or not csr.is_signature_valid:
        raise ServiceError("MalformedCSRException", "The CSR cannot be read.")
    return csr


def sign(
    authority: Authority,
    template: Template,
    csr: x509.CertificateSigningRequest,
    given: dict[str, Any],
    now: float,
) -> x509.Certificate:
    """What IssueCertificate makes.

    Raises:
        ServiceError: AWS Private CA would not make it.
    """
    own = csr.public_key() == authority.key.public_key()
    makes_itself = template.is_root and own and authority.status == "PENDING_CERTIFICATE"
    if not makes_itself and authority.status != "ACTIVE":
        raise wrong_state(authority)
    if given["SigningAlgorithm"] not in _HASHES:
        raise ServiceError("InvalidArgsException", "The algorithm does not fit the CA's RSA key.")
    moment = dt.datetime.fromtimestamp(now, dt.UTC).replace(microsecond=0)
    starts = moment - _EARLIER
    if "ValidityNotBefore" in given:
        starts = _moment(given["ValidityNotBefore"], moment)
    ends = _moment(given["Validity"], moment)
    issuer = authority.certificate
    if not template.is_root:
        if issuer is None or ends > issuer.not_valid_after_utc:
            raise ServiceError(
                "ValidationException",
                "The certificate validity specified exceeds the certificate authority validity",
            )
        short = authority.given.get("UsageMode") == "SHORT_LIVED_CERTIFICATE"
        if short and ends - moment > _SHORT_LIVED:
            raise ServiceError("ValidationException", "Certificates are valid for at most 7 days.")
    if ends <= starts:
        raise ServiceError("ValidationException", "The certificate would end before it begins.")
    builder = (
        x509.CertificateBuilder()
        .subject_name(csr.subject)
        .issuer_name(csr.subject if template.is_root else authority.subject)
        .public_key(csr.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends)
    )
    for extension, critical in template.extensions(csr.public_key(), authority.key.public_key()):
        builder = builder.add_extension(extension, critical)
    return builder.sign(authority.key, _HASHES[given["SigningAlgorithm"]])


def _moment(validity: dict[str, Any], now: dt.datetime) -> dt.datetime:
    kind, value = validity["Type"], validity["Value"]
    if kind == "ABSOLUTE":
        return dt.datetime.fromtimestamp(value, dt.UTC)
    if kind == "END_DATE":
        text = str(value)
        form = "%Y%m%d%H%M%S" if len(text) == 14 else "%y%m%d%H%M%S"
        return dt.datetime.strptime(text, form).replace(tzinfo=dt.UTC)
    # Months and years as the calendar has them, roughly: nothing here depends on the day.
    return now + dt.timedelta(days=value * {"DAYS": 1, "MONTHS": 30, "YEARS": 365}[kind])


def pem(thing: x509.Certificate | x509.CertificateSigningRequest) -> str:
    """As AWS sends it, without a new line at its end."""
    return thing.public_bytes(serialization.Encoding.PEM).decode().strip()


def wrong_state(authority: Authority) -> ServiceError:
    """The refusal of what a CA cannot do in its state."""
    return ServiceError("InvalidStateException", f"{authority.arn} is {authority.status}.")
