"""AWS Private CA (acm-pca): one root CA, its certificate, and what it issues.

Sources: AWS Private CA API reference and user guide, "Understanding certificate templates" and
"Updating a CA" (states).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from .advice import refusal
from .found import ID_TAG, Found, resource_name
from .session import AwsAccess, client

if TYPE_CHECKING:
    from mypy_boto3_acm_pca import ACMPCAClient
    from mypy_boto3_acm_pca.type_defs import CertificateAuthorityTypeDef

ROOT_TEMPLATE = "RootCACertificate/V1"
LEAF_TEMPLATE = "EndEntityCertificate/V1"
PENDING = ("CREATING", "PENDING_CERTIFICATE")
"""States of a CA that has no certificate yet."""
_KEYS = ("RSA_2048", "RSA_4096")
_SIGNING = "SHA256WITHRSA"
_NOT_YET = "RequestInProgressException"
_MAX_TOKEN_LENGTH = 36
_REMEDIES = {
    "DISABLED": "enable it (aws acm-pca update-certificate-authority --status ACTIVE)",
    "DELETED": "restore it (aws acm-pca restore-certificate-authority) and enable it",
    "PENDING_CERTIFICATE": "install its root certificate",
}


@dataclass(frozen=True)
class PrivateCa:
    """A private CA as DescribeCertificateAuthority shows it."""

    arn: str
    kind: str
    status: str
    key_algorithm: str
    signing_algorithm: str
    usage_mode: str
    created_at: datetime

    def problem(self, *, install: bool = False) -> str | None:
        """Why it cannot sign a cluster certificate, and what to do; None if it can.

        Args:
            install: whether a CA will do, too, that waits for its own certificate.
        """
        instead = "give another one (trust.private_ca_arn), or leave it out and one is made"
        if self.kind != "ROOT":
            return f"{self.arn} is {self.kind}: the root has to sign the CSR directly; {instead}"
        if self.key_algorithm not in _KEYS or self.signing_algorithm != _SIGNING:
            return (
                f"{self.arn} has {self.key_algorithm} with {self.signing_algorithm}, and CloudHSM "
                f"takes RSA_4096 or RSA_2048 with {_SIGNING}: {instead}"
            )
        if self.usage_mode == "SHORT_LIVED_CERTIFICATE":
            return f"{self.arn} issues certificates of at most 7 days: {instead}"
        if self.status == "ACTIVE" or (install and self.status in PENDING):
            return None
        remedy = _REMEDIES.get(self.status, "give another one (trust.private_ca_arn)")
        return f"{self.arn} is {self.status}: {remedy}, then run `pulumi up` again"


class AcmPca:
    """The calls this project makes to AWS Private CA, with refusals turned into advice.

    Every method raises TransientError when another try is worth it, and AwsError when not.
    """

    def __init__(self, access: AwsAccess) -> None:
        self._access = access

    def authority(self, arn: str) -> PrivateCa:
        """One private CA."""
        try:
            found = self._client().describe_certificate_authority(CertificateAuthorityArn=arn)
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"describing the private CA {arn}", error) from error
        return _authority(found["CertificateAuthority"])

    def authorities(self) -> list[PrivateCa]:
        """All private CAs of the account in the Region, deleted ones included."""
        try:
            pages = self._client().get_paginator("list_certificate_authorities").paginate()
            return [_authority(raw) for page in pages for raw in page["CertificateAuthorities"]]
        except (ClientError, BotoCoreError) as error:
            raise refusal("listing private CAs", error) from error

    def owned(self, deployment_id: str) -> list[Found]:
        """The private CAs of a deployment that are not deleted."""
        living = [one for one in self.authorities() if one.status != "DELETED"]
        tagged = [(one, self.tags(one.arn)) for one in living]
        return [
            Found(one.arn, resource_name(tags), one.status)
            for one, tags in tagged
            if tags.get(ID_TAG) == deployment_id
        ]

    def tags(self, arn: str) -> dict[str, str]:
        """The tags of a CA."""
        try:
            pages = self._client().get_paginator("list_tags").paginate(CertificateAuthorityArn=arn)
            return {tag["Key"]: tag.get("Value", "") for page in pages for tag in page["Tags"]}
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"listing the tags of {arn}", error) from error

    def certificate(self, arn: str) -> str:
        """The CA's own certificate, PEM."""
        try:
            found = self._client().get_certificate_authority_certificate(
                CertificateAuthorityArn=arn
            )
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"reading the certificate of {arn}", error) from error
        return _pem(found["Certificate"])

    def csr(self, arn: str) -> str | None:
        """The CSR for the CA's own certificate, PEM; None while it is being made."""
        try:
            found = self._client().get_certificate_authority_csr(CertificateAuthorityArn=arn)
        except (ClientError, BotoCoreError) as error:
            return _none_yet(f"reading the CSR of {arn}", error)
        return _pem(found["Csr"])

    def issue(
        self, arn: str, csr: str, template: str, period: tuple[datetime, datetime], token: str
    ) -> str:
        """Asks for a certificate; returns its ARN. It is there a little later.

        Args:
            arn: the CA's.
            csr: PEM.
            template: ROOT_TEMPLATE or LEAF_TEMPLATE.
            period: from when to when it is valid. The API takes days, years or moments, but no
                hours. By default the validity begins 60 minutes ago, which may be before its CA's.
            token: the same token within five minutes is the same certificate.
        """
        partition = arn.split(":")[1]
        starts, ends = (int(moment.timestamp()) for moment in period)
        try:
            issued = self._client().issue_certificate(
                CertificateAuthorityArn=arn,
                Csr=csr.encode(),
                SigningAlgorithm=_SIGNING,
                TemplateArn=f"arn:{partition}:acm-pca:::template/{template}",
                Validity={"Type": "ABSOLUTE", "Value": ends},
                ValidityNotBefore={"Type": "ABSOLUTE", "Value": starts},
                IdempotencyToken=token[:_MAX_TOKEN_LENGTH],
            )
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"asking {arn} for a certificate", error) from error
        return issued["CertificateArn"]

    def issued(self, arn: str, certificate_arn: str) -> str | None:
        """A certificate that was asked for, PEM; None while it is being made."""
        try:
            found = self._client().get_certificate(
                CertificateAuthorityArn=arn, CertificateArn=certificate_arn
            )
        except (ClientError, BotoCoreError) as error:
            return _none_yet(f"reading {certificate_arn}", error)
        return _pem(found["Certificate"])

    def install(self, arn: str, certificate: str) -> None:
        """Gives a root CA its own certificate, which makes it ACTIVE."""
        try:
            self._client().import_certificate_authority_certificate(
                CertificateAuthorityArn=arn, Certificate=certificate.encode()
            )
        except (ClientError, BotoCoreError) as error:
            raise refusal(f"installing the certificate of {arn}", error) from error

    def _client(self) -> ACMPCAClient:
        return client(self._access, "acm-pca")


def _authority(raw: CertificateAuthorityTypeDef) -> PrivateCa:
    configuration = raw.get("CertificateAuthorityConfiguration")
    return PrivateCa(
        arn=raw.get("Arn", ""),
        kind=raw.get("Type", ""),
        status=raw.get("Status", ""),
        key_algorithm=configuration["KeyAlgorithm"] if configuration else "",
        signing_algorithm=configuration["SigningAlgorithm"] if configuration else "",
        usage_mode=raw.get("UsageMode", "GENERAL_PURPOSE"),
        created_at=raw.get("CreatedAt", datetime.now(UTC)),
    )


def _none_yet(doing: str, error: Exception) -> None:
    if isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") == _NOT_YET:
        return
    raise refusal(doing, error) from error


def _pem(text: str) -> str:
    return text.strip() + "\n"
