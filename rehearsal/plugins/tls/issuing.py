"""Builds and signs X.509 certificates with the extensions the published tls plugin sets."""

from __future__ import annotations

import datetime
import ipaddress
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from rehearsal.plugins.core.failures import ProviderError, one_line
from rehearsal.plugins.tls.private_key import Key

SERIAL_NUMBER_BITS = 128

# Name in the provider: name of the flag in x509.KeyUsage.
_KEY_USAGES = {
    "digital_signature": "digital_signature",
    "content_commitment": "content_commitment",
    "key_encipherment": "key_encipherment",
    "data_encipherment": "data_encipherment",
    "key_agreement": "key_agreement",
    "cert_signing": "key_cert_sign",
    "crl_signing": "crl_sign",
    "encipher_only": "encipher_only",
    "decipher_only": "decipher_only",
}
_EXTENDED_KEY_USAGES = {
    "any_extended": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    "client_auth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "code_signing": ExtendedKeyUsageOID.CODE_SIGNING,
    "email_protection": ExtendedKeyUsageOID.EMAIL_PROTECTION,
    "ipsec_end_system": ObjectIdentifier("1.3.6.1.5.5.7.3.5"),
    "ipsec_tunnel": ObjectIdentifier("1.3.6.1.5.5.7.3.6"),
    "ipsec_user": ObjectIdentifier("1.3.6.1.5.5.7.3.7"),
    "microsoft_commercial_code_signing": ObjectIdentifier("1.3.6.1.4.1.311.2.1.22"),
    "microsoft_kernel_code_signing": ObjectIdentifier("1.3.6.1.4.1.311.61.1.1"),
    "microsoft_server_gated_crypto": ObjectIdentifier("1.3.6.1.4.1.311.10.3.3"),
    "netscape_server_gated_crypto": ObjectIdentifier("2.16.840.1.113730.4.1"),
    "ocsp_signing": ExtendedKeyUsageOID.OCSP_SIGNING,
    "server_auth": ExtendedKeyUsageOID.SERVER_AUTH,
    "timestamping": ExtendedKeyUsageOID.TIME_STAMPING,
}
#: Every usage that can be asked for, sorted as the provider lists them.
USAGES = tuple(sorted({*_KEY_USAGES, *_EXTENDED_KEY_USAGES}))

# The order of Go's pkix.Name, whatever order the program gives them in.
_SUBJECT_ORDER = {
    "country": NameOID.COUNTRY_NAME,
    "organization": NameOID.ORGANIZATION_NAME,
    "organizationalUnit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "locality": NameOID.LOCALITY_NAME,
    "province": NameOID.STATE_OR_PROVINCE_NAME,
    "streetAddresses": NameOID.STREET_ADDRESS,
    "postalCode": NameOID.POSTAL_CODE,
    "commonName": NameOID.COMMON_NAME,
    "serialNumber": NameOID.SERIAL_NUMBER,
    "emailAddress": NameOID.EMAIL_ADDRESS,
}


@dataclass(frozen=True)
class Template:
    """What a certificate is to say.

    Attributes:
        hours: how long it is valid, counted from the moment it is made.
        usages: names out of `USAGES`.
        path_length: how many CAs may follow; None for no limit.
    """

    hours: int
    usages: Sequence[str]
    is_ca: bool
    path_length: int | None
    subject_key_id: bool
    authority_key_id: bool


@dataclass(frozen=True)
class Issued:
    """A certificate; the times are those of its making, finer than the certificate can say."""

    pem: str
    serial_number: int
    start: datetime.datetime
    end: datetime.datetime


def issue(
    template: Template,
    *,
    subject: x509.Name,
    public_key: Any,  # noqa: ANN401 - any public key cryptography knows
    issuer: x509.Certificate | None,
    issuer_key: Key,
    names: x509.GeneralNames | None,
) -> Issued:
    """Make and sign a certificate; ``issuer`` is None for a self-signed one.

    Raises:
        ProviderError: it can't be made, for example a CA without a subject.
    """
    if template.is_ca and not list(subject):
        raise ProviderError(
            "Invalid Certificate Subject: Must contain at least one Distinguished Name when "
            "creating Certificate Authority (CA)"
        )
    if issuer is not None and not _belongs_to(issuer_key, issuer):
        raise ProviderError(
            "Failed to create certificate: x509: provided PrivateKey doesn't match parent's "
            "PublicKey: caPrivateKeyPem is not the key of caCertPem"
        )
    start = datetime.datetime.now(datetime.UTC)
    try:
        end = start + datetime.timedelta(hours=template.hours)
    except OverflowError as error:
        raise ProviderError(
            f"Failed to create certificate: validityPeriodHours {template.hours} ends after the "
            "year 9999, give fewer"
        ) from error
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(public_key)
        .serial_number(secrets.randbits(SERIAL_NUMBER_BITS) or 1)
        .not_valid_before(start)
        .not_valid_after(end)
    )
    for extension, critical in _extensions(template, public_key, issuer, names):
        builder = builder.add_extension(extension, critical)
    try:
        certificate = builder.sign(issuer_key, _hash_for(issuer_key))
    except (ValueError, TypeError) as error:
        raise ProviderError(f"Failed to create certificate: {one_line(error)}") from error
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return Issued(pem, certificate.serial_number, start, end)


def subject_name(subject: Mapping[str, Any]) -> x509.Name:
    """The distinguished name of the inputs ``subject`` of a certificate."""
    attributes: list[x509.NameAttribute[str]] = []
    for name, oid in _SUBJECT_ORDER.items():
        value = subject.get(name)
        values = value if isinstance(value, list) else [value]
        try:
            attributes += [x509.NameAttribute(oid, text) for text in values if text]
        except ValueError as error:
            raise ProviderError(
                f"Failed to create certificate: subject.{name} {value!r}: {one_line(error)}"
            ) from error
    return x509.Name(attributes)


def subject_alternative_names(
    dns_names: Sequence[str], ip_addresses: Sequence[str], uris: Sequence[str]
) -> x509.GeneralNames | None:
    """The alternative names, or None without any."""
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in dns_names]
    for address in ip_addresses:
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(address)))
        except ValueError as error:
            raise ProviderError(f'Invalid IP address: Failed to parse "{address}"') from error
    names += [x509.UniformResourceIdentifier(uri) for uri in uris]
    return x509.GeneralNames(names) if names else None


def _extensions(
    template: Template,
    public_key: Any,  # noqa: ANN401
    issuer: x509.Certificate | None,
    names: x509.GeneralNames | None,
) -> list[tuple[x509.ExtensionType, bool]]:
    found: list[tuple[x509.ExtensionType, bool]] = []
    flags = {_KEY_USAGES[usage] for usage in template.usages if usage in _KEY_USAGES}
    if flags:
        usage = {flag: flag in flags for flag in _KEY_USAGES.values()}
        if not usage["key_agreement"]:  # these two mean something with key agreement only
            usage |= {"encipher_only": False, "decipher_only": False}
        found.append((x509.KeyUsage(**usage), True))
    extended = [_EXTENDED_KEY_USAGES[use] for use in template.usages if use in _EXTENDED_KEY_USAGES]
    if extended:
        found.append((x509.ExtendedKeyUsage(extended), False))
    path_length = template.path_length if template.is_ca else None
    found.append((x509.BasicConstraints(ca=template.is_ca, path_length=path_length), True))
    own_id = x509.SubjectKeyIdentifier.from_public_key(public_key)
    if template.is_ca or template.subject_key_id:
        found.append((own_id, False))
    issuer_id = _key_id(issuer) if issuer else own_id if template.authority_key_id else None
    if issuer_id is not None:
        found.append(
            (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_id), False)
        )
    if names is not None:
        found.append((x509.SubjectAlternativeName(names), False))
    return found


def _key_id(certificate: x509.Certificate) -> x509.SubjectKeyIdentifier | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except (x509.ExtensionNotFound, ValueError):
        return None


def _belongs_to(key: Key, certificate: x509.Certificate) -> bool:
    encoding = serialization.Encoding.DER
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(encoding, form) == certificate.public_key().public_bytes(
        encoding, form
    )


def _hash_for(key: Key) -> hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None:
    """What Go's crypto/x509 signs with by default."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return None
    if isinstance(key, ec.EllipticCurvePrivateKey):
        by_curve = {"secp384r1": hashes.SHA384, "secp521r1": hashes.SHA512}
        return by_curve.get(key.curve.name, hashes.SHA256)()
    return hashes.SHA256()
