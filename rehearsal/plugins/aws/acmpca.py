"""`aws.acmpca.CertificateAuthority`, as Terraform's aws_acmpca_certificate_authority does it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from rehearsal.plugins.aws.core.errors import code_of
from rehearsal.plugins.aws.core.resource import AwsResource
from rehearsal.plugins.aws.core.tags import tag_list
from rehearsal.plugins.aws.core.waiting import Seen, wait_for
from rehearsal.plugins.core.failures import CheckFailure
from rehearsal.plugins.core.input_checks import examine
from rehearsal.plugins.core.refusals import not_allowed, not_supported
from rehearsal.plugins.core.resource_type import Call, Made
from rehearsal.plugins.core.values import Properties

WRONG_STATE = "InvalidStateException"
DEFAULT_WINDOW = 30
ALLOWED = {
    "type": ("ROOT", "SUBORDINATE"),
    "usageMode": ("GENERAL_PURPOSE", "SHORT_LIVED_CERTIFICATE"),
}
# What Go prints for a moment that was never set.
_NEVER = "0001-01-01T00:00:00Z"


class CertificateAuthority(AwsResource):
    """A private CA; it is left waiting for its certificate, which somebody else installs."""

    token = "aws:acmpca/certificateAuthority:CertificateAuthority"  # noqa: S105 - a type token
    service = "acm-pca"
    noun = "ACM PCA Certificate Authority"
    not_found = "ResourceNotFoundException"
    updatable: ClassVar = frozenset(
        {"tags", "enabled", "permanentDeletionTimeInDays", "revocationConfiguration", "usageMode"}
    )
    defaults: ClassVar = {
        "enabled": True,
        "permanentDeletionTimeInDays": DEFAULT_WINDOW,
        "type": "SUBORDINATE",
    }

    def check(self, inputs: Properties, resource: str) -> list[CheckFailure]:
        """Refuse what there is not, and what only the published plugin can do."""
        failures = not_allowed(inputs, ALLOWED, resource)
        days = inputs.get("permanentDeletionTimeInDays", DEFAULT_WINDOW)
        if isinstance(days, int | float) and not 7 <= days <= 30:
            reason = f"expected permanent_deletion_time_in_days to be in the range (7 - 30), {days}"
            failures.append(examine(reason, resource, "permanentDeletionTimeInDays"))
        if inputs.get("revocationConfiguration"):
            failures += not_supported(["revocationConfiguration"], "aws", resource)
        return failures

    def start_create(self, inputs: Properties) -> str:
        """CreateCertificateAuthority."""
        configuration = inputs["certificateAuthorityConfiguration"]
        request: dict[str, Any] = {
            "CertificateAuthorityType": inputs["type"],
            # A call whose answer was lost is sent again, and must not make a second CA.
            "IdempotencyToken": uuid.uuid4().hex,
            "CertificateAuthorityConfiguration": {
                "KeyAlgorithm": configuration["keyAlgorithm"],
                "SigningAlgorithm": configuration["signingAlgorithm"],
                "Subject": {
                    name[0].upper() + name[1:]: value
                    for name, value in configuration["subject"].items()
                    if value and not name.startswith("__")
                },
            },
        }
        if inputs.get("usageMode"):
            request["UsageMode"] = inputs["usageMode"]
        if inputs.get("tagsAll"):
            request["Tags"] = tag_list(inputs["tagsAll"])
        return self.client(inputs).create_certificate_authority(**request)[
            "CertificateAuthorityArn"
        ]

    def finish_create(self, call: Call, identifier: str, inputs: Properties) -> None:
        """It waits for its certificate then."""

        def look() -> Seen | None:
            found = self._described(identifier, inputs)
            return found and Seen(found["Status"], found.get("FailureReason", ""))

        wait_for("PENDING_CERTIFICATE", frozenset({"CREATING"}), look, call)

    def find(self, identifier: str, old: Properties) -> Made | None:
        """DescribeCertificateAuthority; a deleted one is gone, though it can be restored."""
        found = self._described(identifier, old)
        if found is None:
            return None
        client = self.client(old)
        tags = client.list_tags(CertificateAuthorityArn=identifier).get("Tags")
        raw = found["CertificateAuthorityConfiguration"]
        configuration: Properties = {
            "keyAlgorithm": raw["KeyAlgorithm"],
            "signingAlgorithm": raw["SigningAlgorithm"],
            "subject": {
                name[0].lower() + name[1:]: value for name, value in raw["Subject"].items()
            },
        }
        outputs: Properties = {
            "arn": found["Arn"],
            "certificate": self._text(client.get_certificate_authority_certificate, identifier),
            "certificateAuthorityConfiguration": configuration,
            "certificateChain": "",
            "certificateSigningRequest": self._text(
                client.get_certificate_authority_csr, identifier
            ),
            "enabled": found["Status"] != "DISABLED",
            "keyStorageSecurityStandard": found.get("KeyStorageSecurityStandard", ""),
            "notAfter": _rfc3339(found.get("NotAfter")),
            "notBefore": _rfc3339(found.get("NotBefore")),
            "permanentDeletionTimeInDays": old.get("permanentDeletionTimeInDays", DEFAULT_WINDOW),
            "serial": found.get("Serial", ""),
            **self.shown_tags(tags),
            "type": found["Type"],
            "usageMode": found.get("UsageMode", ""),
        }
        return Made(identifier, outputs)

    def change(self, identifier: str, old: Properties, inputs: Properties) -> None:
        """UpdateCertificateAuthority."""
        enabled = inputs.get("enabled", True)
        if enabled != old.get("enabled", True):
            self.client(old).update_certificate_authority(
                CertificateAuthorityArn=identifier, Status="ACTIVE" if enabled else "DISABLED"
            )

    def set_tags(self, identifier: str, properties: Properties, tags: dict[str, str]) -> None:
        """TagCertificateAuthority."""
        self.client(properties).tag_certificate_authority(
            CertificateAuthorityArn=identifier, Tags=tag_list(tags)
        )

    def remove_tags(self, identifier: str, properties: Properties, keys: list[str]) -> None:
        """UntagCertificateAuthority."""
        self.client(properties).untag_certificate_authority(
            CertificateAuthorityArn=identifier, Tags=[{"Key": key} for key in keys]
        )

    def start_delete(self, call: Call, identifier: str, old: Properties) -> bool:
        """Disable it, as an ACTIVE one cannot be deleted, then delete it."""
        del call
        client = self.client(old)
        try:
            client.update_certificate_authority(
                CertificateAuthorityArn=identifier, Status="DISABLED"
            )
        except client.exceptions.ClientError as error:
            if code_of(error) == self.not_found:
                return False
            if code_of(error) != WRONG_STATE:
                raise
        client.delete_certificate_authority(
            CertificateAuthorityArn=identifier,
            PermanentDeletionTimeInDays=int(
                old.get("permanentDeletionTimeInDays") or DEFAULT_WINDOW
            ),
        )
        return False

    def _described(self, identifier: str, properties: Properties) -> Any | None:  # noqa: ANN401
        found = self.if_found(
            properties,
            lambda client: client.describe_certificate_authority(
                CertificateAuthorityArn=identifier
            )["CertificateAuthority"],
        )
        return None if found is None or found["Status"] == "DELETED" else found

    def _text(self, get: Any, identifier: str) -> str:  # noqa: ANN401 - a boto3 method
        from botocore.exceptions import ClientError

        try:
            answer = get(CertificateAuthorityArn=identifier)
        except ClientError as error:
            if code_of(error) == WRONG_STATE:
                return ""
            raise
        return answer.get("Certificate") or answer.get("Csr") or ""


def _rfc3339(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else _NEVER
