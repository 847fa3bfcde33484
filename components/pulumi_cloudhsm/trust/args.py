"""What a user chooses about the cluster's trust: who signs, and under which CA certificate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

import pulumi
from cryptography.x509.oid import NameOID

from ..validation import InputError, check_plain, check_policy, section
from .anchor import KEY_BITS, MAX_HOURS, MIN_CA_HOURS
from .external import check_certificates

SUBJECT_PARTS = {
    "common_name": NameOID.COMMON_NAME,
    "organization": NameOID.ORGANIZATION_NAME,
    "organizational_unit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "country": NameOID.COUNTRY_NAME,
    "province": NameOID.STATE_OR_PROVINCE_NAME,
    "locality": NameOID.LOCALITY_NAME,
}
MAX_POLICY_LENGTH = 32_768
"""Characters of a key policy. Source: KMS developer guide, quotas."""
_MAX_SHOWN = 150
_MAX_SUBJECT_LENGTH = 64
_ROOM_HOURS = 720
"""The HSM takes minutes and a person may take weeks: the cluster certificate ends 30 days early."""
_MIN_ROOM_HOURS = 24
_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_KMS_KEY = re.compile(
    rf"(arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{{12}}:key/)?(mrk-[0-9a-f]{{32}}|{_UUID})"
)
_PRIVATE_CA = re.compile(
    rf"arn:aws[a-z-]*:acm-pca:[a-z0-9-]+:\d{{12}}:certificate-authority/{_UUID}"
)


class TrustMode(StrEnum):
    """Who signs the cluster certificate."""

    GENERATED = "generated"
    """A CA that the stack makes; its key is in the encrypted state."""
    EXTERNAL = "external"
    """A CA elsewhere: a first `up` hands out the CSR, a second one takes the certificates."""
    KMS = "kms"
    """A CA that the stack makes; its key is in KMS."""
    PRIVATE_CA = "acm-pca"
    """A root CA of AWS Private CA."""


_MODE_OF_FIELD = {
    "kms_key": TrustMode.KMS,
    "key_policy": TrustMode.KMS,
    "private_ca_arn": TrustMode.PRIVATE_CA,
    "cluster_certificate": TrustMode.EXTERNAL,
    "ca_certificate": TrustMode.EXTERNAL,
}


@dataclass(frozen=True)
class Subject:
    """The X.509 subject of the CA that is made; each part has at most 64 characters (RFC 5280)."""

    common_name: str
    """For example `Example Corp CloudHSM CA`. Cannot be changed."""
    organization: str
    """For example `Example Corp`. Cannot be changed."""
    organizational_unit: str | None = None
    """Organizational unit; none when left out. Cannot be changed."""
    country: str | None = None
    """Two capital letters; none when left out. Cannot be changed."""
    province: str | None = None
    """State or province; none when left out. Cannot be changed."""
    locality: str | None = None
    """Town; none when left out. Cannot be changed."""

    @property
    def parts(self) -> dict[str, str]:
        """The parts that are given, by their name."""
        given = {part: getattr(self, part) for part in SUBJECT_PARTS}
        return {part: value for part, value in given.items() if value is not None}

    def check(self) -> None:
        """Refuses a missing or too long part.

        Raises:
            InputError: names the part, the value and the fix.
        """
        for part in SUBJECT_PARTS:
            value: str | None = getattr(self, part)
            if value is not None or part in ("common_name", "organization"):
                _check_part(part, value or "")
        if self.country is not None and not re.fullmatch("[A-Z]{2}", self.country):
            raise InputError("country", self.country, "give two capital letters, for example DE")


@dataclass(frozen=True, kw_only=True)
class TrustArgs:
    """Who signs the cluster certificate, and under which CA.

    A CA is made once. Later changes of its subject, key or validity change nothing, and a warning
    tells so. An initialized cluster keeps its CA certificate for life.
    """

    mode: str = TrustMode.GENERATED
    """`generated`, `kms`, `acm-pca` or `external`, see TrustMode. Plain: it decides which resources
    exist. Cannot be changed: once the cluster is initialized, another mode is refused."""
    subject: Subject | None = None
    """Subject of the CA that is made. Required, except with `private_ca_arn` and in mode
    `external`, which make no CA. Cannot be changed."""
    key_bits: int = 4096
    """RSA key size of the CA that is made, in bits: 4096 or 2048. Cannot be changed. Source:
    CloudHSM user guide, "Initialize the cluster"."""
    validity_hours: int = 87_660
    """Validity of the CA that is made, in hours; at least 48. The default is ten years, as a
    cluster's CA certificate cannot be renewed. Cannot be changed."""
    cluster_certificate_validity_hours: int | None = None
    """Validity of the cluster certificate, in hours. Left out, it is 30 days less than the CA's, or
    24 hours less where the CA has 60 days or fewer. Cannot be changed."""
    kms_key: pulumi.Input[str] | None = None
    """Mode `kms`: ARN or id of an existing KMS key, RSA_4096 or RSA_2048 for SIGN_VERIFY. A key is
    made when left out. Cannot be changed. Plain: whether it is given."""
    key_policy: pulumi.Input[str] | None = None
    """Mode `kms`: policy of the key that is made, JSON. KMS's default when left out: the account's
    IAM decides who may sign. Can be changed."""
    private_ca_arn: pulumi.Input[str] | None = None
    """Mode `acm-pca`: ARN of an existing root CA, ACTIVE, RSA_4096 or RSA_2048 with SHA256WITHRSA.
    A CA is made when left out. Cannot be changed. Plain: whether it is given."""
    cluster_certificate: pulumi.Input[str] | None = None
    """Mode `external`: PEM of the certificate that your CA signed for the CSR; until it is given,
    the cluster waits for it. Cannot be changed. Plain: whether it is given."""
    ca_certificate: pulumi.Input[str] | None = None
    """Mode `external`: PEM of that CA's self-signed certificate, together with
    `cluster_certificate`. Cannot be changed. Plain: whether it is given."""

    @property
    def awaits_certificate(self) -> bool:
        """Whether an external CA has to sign the CSR first."""
        return self.mode == TrustMode.EXTERNAL and self.cluster_certificate is None

    @property
    def makes_ca(self) -> bool:
        """Whether the stack makes the CA, so that `subject` and `validity_hours` count."""
        return self.mode != TrustMode.EXTERNAL and self.private_ca_arn is None

    @property
    def certificate_hours(self) -> int:
        """Validity of the cluster certificate, in hours; 0: follows from an existing CA's end."""
        if self.cluster_certificate_validity_hours is not None:
            return self.cluster_certificate_validity_hours
        if not self.makes_ca:
            return 0
        room = _ROOM_HOURS if self.validity_hours > 2 * _ROOM_HOURS else _MIN_ROOM_HOURS
        return self.validity_hours - room

    def check(self) -> None:
        """Refuses what X.509, AWS or another field contradicts.

        Raises:
            InputError: names the field, the value and the fix.
        """
        check_plain(self)
        if self.mode not in set(TrustMode):
            *most, last = TrustMode
            raise InputError("mode", self.mode, f"use {', '.join(most)} or {last}")
        self._check_fields_of_modes()
        if self.mode == TrustMode.EXTERNAL:
            check_certificates(self.cluster_certificate, self.ca_certificate)
            return
        if self.makes_ca:
            with section("subject"):
                (self.subject or Subject("", "")).check()
            if self.key_bits not in KEY_BITS:
                raise InputError("key_bits", self.key_bits, "use 4096 (the default) or 2048")
        self._check_validity()

    def _check_fields_of_modes(self) -> None:
        for field, mode in _MODE_OF_FIELD.items():
            value = getattr(self, field)
            if value is not None and self.mode != mode:
                fix = f"leave it out, or set trust.mode to {mode}: it is {self.mode}"
                raise InputError(field, _shown(value), fix)
        if isinstance(self.kms_key, str) and not _KMS_KEY.fullmatch(self.kms_key):
            fix = "give the ARN or the id of a KMS key; an alias may move to another key"
            raise InputError("kms_key", self.kms_key, fix)
        if self.kms_key is not None and self.key_policy is not None:
            fix = "leave it out: the policy is for a key that is made, and trust.kms_key names one"
            raise InputError("key_policy", _shown(self.key_policy), fix)
        check_policy("key_policy", self.key_policy, MAX_POLICY_LENGTH)
        if isinstance(self.private_ca_arn, str) and not _PRIVATE_CA.fullmatch(self.private_ca_arn):
            raise InputError(
                "private_ca_arn",
                self.private_ca_arn,
                "give a root CA's ARN, arn:aws:acm-pca:REGION:ACCOUNT:certificate-authority/ID",
            )

    def _check_validity(self) -> None:
        """The cluster certificate ends before its CA, although it is signed later."""
        if self.makes_ca and not MIN_CA_HOURS <= self.validity_hours <= MAX_HOURS:
            fix = f"give {MIN_CA_HOURS} to {MAX_HOURS}, which is 100 years; 87660 is ten"
            raise InputError("validity_hours", self.validity_hours, fix)
        field, hours = "cluster_certificate_validity_hours", self.cluster_certificate_validity_hours
        if hours is None:
            return
        if not (1 if self.makes_ca else 0) <= hours <= MAX_HOURS:
            fix = f"give 1 to {MAX_HOURS}, or leave it out for 30 days less than the CA"
            raise InputError(field, hours, fix)
        longest = self.validity_hours - _MIN_ROOM_HOURS
        if self.makes_ca and hours > longest:
            raise InputError(
                field,
                hours,
                f"the certificate is signed later and would end after its CA of "
                f"{self.validity_hours} hours: give at most {longest}",
            )


def _check_part(part: str, value: str) -> None:
    if not value.strip():
        raise InputError(part, value, "give it; the CA's subject cannot be changed later")
    if len(value) > _MAX_SUBJECT_LENGTH:
        raise InputError(part, value, "X.509 takes at most 64 characters (RFC 5280)")
    if not value.isprintable():
        raise InputError(part, value, "leave out control characters and line breaks")


def _shown(value: object) -> str:
    """A value for an error line: no PEM, no policy, no Output's own text."""
    if isinstance(value, str) and len(value) <= _MAX_SHOWN and not value.startswith(("-", "{")):
        return value
    return "[given]"
