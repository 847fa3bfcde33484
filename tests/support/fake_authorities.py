"""What KMS and a private CA make in unit tests: real certificates, by keys of the test."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from pulumi_cloudhsm.aws.acmpca import PrivateCa
from pulumi_cloudhsm.aws.found import Found, resource_name
from pulumi_cloudhsm.errors import CloudHsmError
from pulumi_cloudhsm.trust.signed_certificate_provider import facts_of
from pulumi_cloudhsm.x509 import signing
from pulumi_cloudhsm.x509.reading import load_certificate, rsa_bits
from tests.support import pki

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
KMS_KEY = "11112222-3333-4444-5555-66667777{bits:04}"

PRIVATE_CA = (
    "arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/"
    "11112222-3333-4444-5555-666677778888"
)
_CONFIGURATIONS: dict[str, Mapping[str, Any]] = {}
"""What AWS knows of the CAs that were made: a root's certificate has its CA's subject and key."""
_PARTS = {
    "commonName": "common_name",
    "organizationalUnit": "organizational_unit",
    "state": "province",
}


@dataclass
class PrivateCas:
    """What AWS Private CA holds before this run; every field may be changed by a test.

    Attributes:
        sights: what successive lists show; the last one stays.
        tags: of the CAs, by ARN.
        trouble: what every list raises instead.
        asked: how often it was asked for a list.
    """

    sights: list[list[PrivateCa]] = field(default_factory=lambda: [[]])
    tags: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    trouble: CloudHsmError | None = None
    asked: int = 0


class FakePca:
    """Stands in for pulumi_cloudhsm.aws.acmpca.AcmPca within the program."""

    def __init__(self, cas: PrivateCas) -> None:
        self._cas = cas

    def authorities(self) -> list[PrivateCa]:
        self._cas.asked += 1
        if self._cas.trouble:
            raise self._cas.trouble
        sights = self._cas.sights
        return sights.pop(0) if len(sights) > 1 else sights[0]

    def authority(self, arn: str) -> PrivateCa:
        return next(one for one in self.authorities() if one.arn == arn)

    def owned(self, deployment_id: str) -> list[Found]:
        tagged = [(one, self.tags(one.arn)) for one in self.authorities()]
        return [
            Found(one.arn, resource_name(tags), one.status)
            for one, tags in tagged
            if tags.get("pulumi-cloudhsm-id") == deployment_id and one.status != "DELETED"
        ]

    def tags(self, arn: str) -> dict[str, str]:
        return self._cas.tags.get(arn, {})


def private_ca(status: str, arn: str = PRIVATE_CA) -> PrivateCa:
    """A root CA in that state."""
    return PrivateCa(arn, "ROOT", status, "RSA_4096", "SHA256WITHRSA", "GENERAL_PURPOSE", NOW)


def kms_key_arn(bits: int = 4096) -> str:
    """The ARN of the signing key of that size."""
    return f"arn:aws:kms:eu-central-1:123456789012:key/{KMS_KEY.format(bits=bits)}"


def _ca_key(key_id: str) -> rsa.RSAPrivateKey:
    return pki.rsa_key("ca", int(key_id[-4:]))


def _kms_ca(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    key = _ca_key(given["key_id"])
    hours = int(given["validity_hours"])
    pem = signing.ca_certificate(given["subject"], key, hours, NOW)
    return f"{given['key_id']}/certificate", {**facts_of(pem), "key_arn": given["key_id"]}


def _kms_leaf(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    hours = int(given["validity_hours"])
    pem = signing.cluster_certificate(
        given["csr"], given["ca_certificate"], _ca_key(given["key_id"]), hours, NOW
    )
    return "leaf", facts_of(pem)


def _authority(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    # As terraform-provider-aws leaves it: waiting for its certificate.
    _CONFIGURATIONS[PRIVATE_CA] = given["certificateAuthorityConfiguration"]
    return PRIVATE_CA, {"arn": PRIVATE_CA, "certificate": "", "certificateSigningRequest": "CSR"}


def _root(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    existing = {"keyAlgorithm": "RSA_4096", "subject": {"commonName": "Corporate Root"}}
    made = _CONFIGURATIONS[given["ca_arn"]] if given["install"] else existing
    named = {_PARTS.get(part, part): value for part, value in made["subject"].items()}
    key = pki.rsa_key("ca", int(made["keyAlgorithm"].removeprefix("RSA_")))
    pem = signing.ca_certificate(named, key, int(given["validity_hours"]) or 100_000, NOW)
    return f"{given['ca_arn']}/certificate", facts_of(pem)


def _issued_leaf(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    ca = load_certificate(given["ca_certificate"], "the CA certificate")
    key = pki.rsa_key("ca", rsa_bits(ca))
    hours = int(given["validity_hours"])
    pem = signing.cluster_certificate(given["csr"], given["ca_certificate"], key, hours, NOW)
    return "leaf", facts_of(pem)


MAKERS = {
    "CertificateAuthority": _authority,
    "PrivateRootCa": _root,
    "PrivateCaCertificate": _issued_leaf,
    "KmsSignedCa": _kms_ca,
    "KmsSignedCertificate": _kms_leaf,
}
