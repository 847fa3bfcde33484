"""`tls.SelfSignedCert` and `tls.LocallySignedCert`.

Like the published plugin they check little. A leaf may outlive its CA, and a CSR that is none fails
only when the certificate is made.
"""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from rehearsal.plugins.core.failures import CheckFailure, ProviderError, one_line
from rehearsal.plugins.core.input_checks import examine, snake_case
from rehearsal.plugins.core.resource_type import Call, Made, ResourceType
from rehearsal.plugins.core.values import UNKNOWN, Properties
from rehearsal.plugins.tls.issuing import (
    USAGES,
    Issued,
    Template,
    issue,
    subject_alternative_names,
    subject_name,
)
from rehearsal.plugins.tls.private_key import algorithm_of, not_one_of, parse_private_key

# The provider's way to say "no limit".
NO_PATH_LENGTH = -1


class _Certificate(ResourceType):
    """What both kinds of certificate share. All inputs replace it but the time of renewal."""

    updatable: ClassVar = frozenset({"earlyRenewalHours"})
    defaults: ClassVar = {
        "earlyRenewalHours": 0,
        "isCaCertificate": False,
        "setSubjectKeyId": False,
    }
    key_input: ClassVar[str]

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Refuse negative numbers, unknown usages, and no key or two."""
        return [
            *_negative_numbers(inputs, resource),
            *_unknown_usages(inputs, resource),
            *self._keys(inputs, resource),
        ]

    def _keys(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        key, write_only = self.key_input, f"{self.key_input}Wo"
        if (key in inputs) == (write_only in inputs):
            names = f"[{snake_case(key)},{snake_case(write_only)}]"
            reason = (
                "Invalid Attribute Combination. "
                f"Exactly one of these attributes must be configured: {names}"
            )
            return [examine(reason, resource, key)]
        if write_only in inputs and f"{write_only}Version" not in inputs:
            reason = (
                f'Invalid Attribute Combination. Attribute "{snake_case(write_only)}_version" '
                f'must be specified when "{snake_case(write_only)}" is specified'
            )
            return [examine(reason, resource, write_only)]
        return []

    def read(self, call: Call, identifier: str, old: Properties) -> Made | None:
        """The state, with a word on whether it is time to renew."""
        super().read(call, identifier, old)
        ready = old.get("readyForRenewal", False) or _ready_for_renewal(old)
        return Made(identifier, {**old, "readyForRenewal": ready})

    def planned(self, inputs: Properties, old: Properties | None) -> Properties:
        """As for all types; without a limit of the path there is no output for it."""
        planned = super().planned(inputs, old)
        if "maxPathLength" not in inputs:
            planned.pop("maxPathLength", None)
        return planned

    def changed_by_itself(self, old: Properties) -> list[str]:
        """A certificate that has ended, or is about to, is replaced."""
        return ["readyForRenewal"] if _ready_for_renewal(old) else []

    def _made(self, inputs: Properties, issued: Issued, **algorithm: str) -> Made:
        outputs = {
            **self.echoed(inputs),
            **algorithm,
            "certPem": issued.pem,
            "readyForRenewal": False,
            "validityStartTime": issued.start.isoformat().replace("+00:00", "Z"),
            "validityEndTime": issued.end.isoformat().replace("+00:00", "Z"),
        }
        return Made(str(issued.serial_number), outputs)

    def _key_pem(self, inputs: Properties) -> str:
        return inputs.get(self.key_input) or inputs[f"{self.key_input}Wo"]

    def _template(self, inputs: Properties) -> Template:
        settings = self.echoed(inputs)
        path_length = settings.get("maxPathLength", NO_PATH_LENGTH)
        return Template(
            hours=settings["validityPeriodHours"],
            usages=tuple(settings["allowedUses"]),
            is_ca=settings["isCaCertificate"],
            path_length=None if path_length == NO_PATH_LENGTH else path_length,
            subject_key_id=settings["setSubjectKeyId"],
            authority_key_id=settings.get("setAuthorityKeyId", False),
        )


class SelfSignedCert(_Certificate):
    """A certificate signed with its own key, for example a root CA."""

    token = "tls:index/selfSignedCert:SelfSignedCert"  # noqa: S105 - a type token
    key_input = "privateKeyPem"
    defaults: ClassVar = {**_Certificate.defaults, "setAuthorityKeyId": False}
    secret_outputs: ClassVar = frozenset({"privateKeyPem"})
    write_only: ClassVar = frozenset({"privateKeyPemWo"})

    def create(self, call: Call, inputs: Properties) -> Made:
        """Issue it, valid from now."""
        del call
        key = parse_private_key(self._key_pem(inputs), "private key")
        subject = subject_name(inputs.get("subject") or {})
        issued = issue(
            self._template(inputs),
            subject=subject,
            public_key=key.public_key(),
            issuer=None,
            issuer_key=key,
            names=subject_alternative_names(
                inputs.get("dnsNames") or [],
                inputs.get("ipAddresses") or [],
                inputs.get("uris") or [],
            ),
        )
        return self._made(inputs, issued, keyAlgorithm=algorithm_of(key))


class LocallySignedCert(_Certificate):
    """A certificate for a signing request, signed with the key of a CA."""

    token = "tls:index/locallySignedCert:LocallySignedCert"  # noqa: S105 - a type token
    key_input = "caPrivateKeyPem"
    secret_outputs: ClassVar = frozenset({"caPrivateKeyPem"})
    write_only: ClassVar = frozenset({"caPrivateKeyPemWo"})

    def create(self, call: Call, inputs: Properties) -> Made:
        """Issue it, valid from now."""
        request = _parse_request(inputs["certRequestPem"])
        key = parse_private_key(self._key_pem(inputs), "CA private key")
        ca = _parse_certificate(inputs["caCertPem"])
        if not _is_ca(ca):
            call.warn(
                "Potentially Invalid Certificate Authority: Certificate provided as Authority does "
                "not appear to be a valid Certificate Authority. The resulting certificate might "
                "fail certificate validation."
            )
        issued = issue(
            self._template(inputs),
            subject=request.subject,
            public_key=_public_key(request),
            issuer=ca,
            issuer_key=key,
            names=_requested_names(request),
        )
        return self._made(inputs, issued, caKeyAlgorithm=algorithm_of(key))


def _negative_numbers(inputs: Properties, resource: str) -> list[CheckFailure]:
    failures: list[CheckFailure] = []
    for name in ("validityPeriodHours", "earlyRenewalHours", "maxPathLength"):
        value = inputs.get(name, UNKNOWN)
        if value is not UNKNOWN and value < 0:
            reason = (
                f"Invalid Attribute Value. Attribute {snake_case(name)} value must be at least 0, "
                f"got: {value}"
            )
            failures.append(examine(reason, resource, name))
    return failures


def _unknown_usages(inputs: Properties, resource: str) -> list[CheckFailure]:
    usages = inputs.get("allowedUses", UNKNOWN)
    if usages is UNKNOWN:
        return []
    return [
        not_one_of(f"allowed_uses[{index}]", usage, USAGES, resource, f"allowedUses[{index}]")
        for index, usage in enumerate(usages)
        if usage is not UNKNOWN and usage not in USAGES
    ]


def _ready_for_renewal(outputs: Properties) -> bool:
    end = outputs.get("validityEndTime")
    if not isinstance(end, str):
        return False
    early = datetime.timedelta(hours=outputs.get("earlyRenewalHours") or 0)
    return datetime.datetime.fromisoformat(end) - early <= datetime.datetime.now(datetime.UTC)


def _parse_request(pem: str) -> x509.CertificateSigningRequest:
    try:
        return x509.load_pem_x509_csr(pem.encode())
    except ValueError as error:
        raise ProviderError(
            f"Failed to parse certificate request PEM: {one_line(error)}"
        ) from error


def _parse_certificate(pem: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise ProviderError(f"Failed to parse CA certificate PEM: {one_line(error)}") from error


def _public_key(request: x509.CertificateSigningRequest) -> Any:  # noqa: ANN401 - any key type
    try:
        return request.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ProviderError(f"Failed to create certificate: {one_line(error)}") from error


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _requested_names(request: x509.CertificateSigningRequest) -> x509.GeneralNames | None:
    """The alternative names asked for; all other wishes in a request are dropped."""
    try:
        found = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return None
    kept = (x509.DNSName, x509.IPAddress, x509.UniformResourceIdentifier)
    names = [name for name in found if isinstance(name, kept)]
    return x509.GeneralNames(names) if names else None
