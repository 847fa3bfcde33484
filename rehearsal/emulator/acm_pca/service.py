"""AWS Private CA (acm-pca) as AWS behaves: real keys and certificates, issued a little later.

Nothing of moto's is used. It has keys of 2048 bits and certificates of a year whatever is asked
for, SHA-512, and never a request in progress. Sources: AWS Private CA API reference, user guide
("Understanding certificate templates", "Updating a CA", "Deleting a CA"); texts that are not public
are ours.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from rehearsal.emulator.acm_pca.issuing import (
    TEMPLATES,
    Authority,
    new_key,
    pem,
    request_of,
    sign,
    wrong_state,
)
from rehearsal.emulator.cloudhsmv2.service import CloudHsm
from rehearsal.emulator.core import validation
from rehearsal.emulator.core.call_log import CallLog
from rehearsal.emulator.core.durations import Durations
from rehearsal.emulator.core.errors import ServiceError
from rehearsal.emulator.core.place import Place
from rehearsal.emulator.core.request import AwsRequest

_TOKEN_SECONDS = 300.0


class PrivateCas:
    """Answers the calls to acm-pca."""

    def __init__(self, hsms: CloudHsm, log: CallLog, durations: Durations) -> None:
        self._hsms, self._log, self._durations = hsms, log, durations
        self._authorities: dict[str, Authority] = {}

    def clear(self) -> None:
        """Forget all CAs."""
        self._authorities.clear()

    def remaining(self) -> list[str]:
        """ARNs of the CAs that are charged for: all but those that are DELETED."""
        return sorted(arn for arn, one in self._authorities.items() if one.status != "DELETED")

    def answer(self, asked: AwsRequest) -> dict[str, Any] | None:
        """The answer to a call.

        Raises:
            ServiceError: AWS Private CA would refuse it.
        """
        handlers: dict[str, Callable[[Place, dict[str, Any]], dict[str, Any]]] = {
            "DescribeCertificateAuthority": lambda place, given: {
                "CertificateAuthority": _shown(self._named(place, given))
            },
            "ListCertificateAuthorities": self._list,
            "GetCertificateAuthorityCsr": self._csr,
            "GetCertificateAuthorityCertificate": self._own_certificate,
            "ImportCertificateAuthorityCertificate": self._import,
            "UpdateCertificateAuthority": self._update,
            "DeleteCertificateAuthority": self._delete,
            "RestoreCertificateAuthority": self._restore,
            "IssueCertificate": self._issue,
            "GetCertificate": self._certificate,
            "ListTags": lambda place, given: {"Tags": _listed(self._named(place, given).tags)},
            "TagCertificateAuthority": self._tag,
            "UntagCertificateAuthority": self._untag,
        }
        creates = asked.operation == "CreateCertificateAuthority"
        if asked.operation not in handlers and not creates:
            raise ServiceError("UnknownOperationException", f"{asked.operation} is not rehearsed.")
        validation.check_service_request("acm-pca", asked.operation, asked.parameters)
        # Making a key takes seconds, so not while others wait for an answer.
        key = new_key(asked.parameters) if creates else None
        with self._hsms.lock:
            self._hsms.timeline.advance()
            if key is not None:
                return self._create(asked.place, asked.parameters, key)
            return handlers[asked.operation](asked.place, asked.parameters)

    # The CAs.

    def _create(
        self, place: Place, given: dict[str, Any], key: rsa.RSAPrivateKey
    ) -> dict[str, Any]:
        token = given.get("IdempotencyToken")
        for one in self._authorities.values():
            if token and (one.place, one.given.get("IdempotencyToken")) == (place, token):
                return {"CertificateAuthorityArn": one.arn}
        arn = place.arn("acm-pca", f"certificate-authority/{uuid.uuid4()}")
        made = Authority(arn, place, given, key, self._now())
        made.tags = {tag["Key"]: tag.get("Value", "") for tag in given.get("Tags") or []}
        self._authorities[arn] = made

        def done(at: float) -> None:
            if made.status == "CREATING":
                self._move(made, "PENDING_CERTIFICATE", at)

        timeline = self._hsms.timeline
        timeline.after(self._durations.create_private_ca, done, since=timeline.now())
        return {"CertificateAuthorityArn": arn}

    def _list(self, place: Place, _: dict[str, Any]) -> dict[str, Any]:
        here = [_shown(one) for one in self._authorities.values() if one.place == place]
        return {"CertificateAuthorities": here}

    def _csr(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        authority = self._named(place, given)
        if authority.status == "CREATING":
            raise ServiceError("RequestInProgressException", "The CSR is being made.")
        return {"Csr": pem(authority.csr())}

    def _own_certificate(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        authority = self._named(place, given)
        if authority.certificate is None or authority.status == "DELETED":
            raise wrong_state(authority)
        return {"Certificate": pem(authority.certificate)}

    def _import(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        authority = self._named(place, given)
        if authority.status not in ("PENDING_CERTIFICATE", "ACTIVE", "EXPIRED"):
            raise wrong_state(authority)
        try:
            certificate = x509.load_pem_x509_certificate(base64.b64decode(given["Certificate"]))
        except ValueError:
            raise ServiceError("MalformedCertificateException", "It is no certificate.") from None
        if certificate.public_key() != authority.key.public_key():
            raise ServiceError("CertificateMismatchException", "It is not for this CA's key.")
        if authority.given["CertificateAuthorityType"] == "ROOT" and (
            certificate.issuer != certificate.subject or given.get("CertificateChain")
        ):
            raise ServiceError("ValidationException", "A root CA's certificate is self-signed.")
        authority.certificate = certificate
        self._move(authority, "ACTIVE", self._now())
        return {}

    def _update(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        authority = self._named(place, given)
        if authority.status not in ("ACTIVE", "DISABLED"):
            raise ServiceError(
                "InvalidStateException",
                "The certificate authority must be in the ACTIVE or DISABLED state to be updated",
            )
        if given.get("Status"):
            self._move(authority, given["Status"], self._now())
        return {}

    def _delete(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        authority = self._named(place, given)
        if authority.status in ("ACTIVE", "DELETED"):
            raise wrong_state(authority)
        if authority.status == "CREATING":
            del self._authorities[authority.arn]
            return {}
        days = given.get("PermanentDeletionTimeInDays", 30)
        authority.restorable_until = self._now() + days * 86_400
        self._move(authority, "DELETED", self._now())
        return {}

    def _restore(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        authority = self._named(place, given)
        if authority.status != "DELETED":
            raise wrong_state(authority)
        status = "DISABLED" if authority.certificate else "PENDING_CERTIFICATE"
        self._move(authority, status, self._now())
        return {}

    def _tag(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        self._named(place, given).tags |= {
            tag["Key"]: tag.get("Value", "") for tag in given["Tags"]
        }
        return {}

    def _untag(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        for tag in given["Tags"]:
            self._named(place, given).tags.pop(tag["Key"], None)
        return {}

    # What they issue.

    def _issue(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        authority, now = self._named(place, given), self._now()
        template = TEMPLATES.get(given.get("TemplateArn", "").partition("template/")[2])
        if template is None and given.get("TemplateArn"):
            raise ServiceError(
                "InvalidArgsException", "There is no such template in the rehearsal."
            )
        template = template or TEMPLATES["EndEntityCertificate/V1"]
        csr = request_of(given)
        token = given.get("IdempotencyToken", "")
        known = authority.tokens.get(token)
        if known and now - known[0] < _TOKEN_SECONDS / self._hsms.timeline.speed:
            return {"CertificateArn": known[1]}
        certificate = sign(authority, template, csr, given, now)
        arn = f"{authority.arn}/certificate/{uuid.uuid4().hex}"
        wait = self._durations.issue_private_certificate / self._hsms.timeline.speed
        authority.issued[arn] = (now + wait, certificate)
        if token:
            authority.tokens[token] = (now, arn)
        return {"CertificateArn": arn}

    def _certificate(self, place: Place, given: dict[str, Any]) -> dict[str, Any]:
        authority = self._named(place, given)
        found = authority.issued.get(given["CertificateArn"])
        if found is None:
            raise ServiceError("ResourceNotFoundException", f"No {given['CertificateArn']}.")
        if self._now() < found[0]:
            raise ServiceError("RequestInProgressException", "The certificate is being issued.")
        chain = authority.certificate
        shown = {"Certificate": pem(found[1])}
        return {**shown, "CertificateChain": pem(chain)} if chain else shown

    # Inside.

    def _now(self) -> float:
        return self._hsms.timeline.now()

    def _named(self, place: Place, given: dict[str, Any]) -> Authority:
        authority = self._authorities.get(given["CertificateAuthorityArn"])
        if authority is None or authority.place != place:
            raise ServiceError(
                "ResourceNotFoundException", f"Could not find {given['CertificateAuthorityArn']}."
            )
        return authority

    def _move(self, authority: Authority, status: str, at: float) -> None:
        about = {"CertificateAuthorityArn": authority.arn, "From": authority.status, "To": status}
        authority.status = status
        self._log.add_transition("acm-pca", authority.place, about, at)


def _shown(authority: Authority) -> dict[str, Any]:
    given, certificate = authority.given, authority.certificate
    shown: dict[str, Any] = {
        "Arn": authority.arn,
        "OwnerAccount": authority.place.account,
        "CreatedAt": authority.created_at,
        "Type": given["CertificateAuthorityType"],
        "Status": authority.status,
        "CertificateAuthorityConfiguration": authority.configuration,
        "RevocationConfiguration": given.get("RevocationConfiguration")
        or {"CrlConfiguration": {"Enabled": False}},
        "KeyStorageSecurityStandard": given.get("KeyStorageSecurityStandard")
        or "FIPS_140_2_LEVEL_3_OR_HIGHER",
        "UsageMode": given.get("UsageMode") or "GENERAL_PURPOSE",
    }
    if certificate is not None:
        shown["Serial"] = str(certificate.serial_number)
        shown["NotBefore"] = certificate.not_valid_before_utc.timestamp()
        shown["NotAfter"] = certificate.not_valid_after_utc.timestamp()
    if authority.status == "DELETED":
        shown["RestorableUntil"] = authority.restorable_until
    return shown


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
