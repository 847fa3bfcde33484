"""Everything that a bundle has to prove, one check after the other. Pure: no network, no stack."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509 import Certificate

from ..errors import CloudHsmError, IdentityError
from ..identity.chains import HsmIdentity, TrustedRoot, Verification, verify
from ..trust.anchor import check_pair
from ..x509.reading import fingerprint, load_certificate, moment
from . import bundle

RECORD = "record.json"
EVENT = "cloudtrail-InitializeCluster.json"
CSR = "ClusterCsr.csr"
HSM = "HsmCertificate.crt"
AWS_HARDWARE = "AwsHardwareCertificate.crt"
MANUFACTURER_HARDWARE = "ManufacturerHardwareCertificate.crt"
CLUSTER = "CustomerHsmCertificate.crt"
CA = "customerCA.crt"
AWS_ROOT, MANUFACTURER_ROOT = "aws-root-{}.crt", "manufacturer-root-{}.crt"

_CLOCKS = timedelta(minutes=5)
"""How far the clocks of AWS and of the machine that ran `pulumi up` may be apart."""


class Result(StrEnum):
    """What came of a check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class Check:
    """One check of a bundle.

    Attributes:
        what: what has to hold.
        result: whether it does.
        detail: what was found; what to give where it was not checked.
    """

    what: str
    result: Result
    detail: str


@dataclass(frozen=True)
class Anchors:
    """What the verifying person trusts, taken from elsewhere than the bundle.

    Attributes:
        aws_roots: roots of AWS.
        manufacturer_roots: roots of the HSM's manufacturer.
        signing_key: PEM of the public key that has to have signed the bundle; None for any or none.
    """

    aws_roots: Sequence[TrustedRoot]
    manufacturer_roots: Sequence[TrustedRoot] = ()
    signing_key: bytes | None = None


class _NotCheckedError(Exception):
    """The check cannot be made; the text says what is missing."""


def run(files: Mapping[str, bytes], anchors: Anchors) -> list[Check]:
    """All checks of a bundle, none left out after a failure.

    Args:
        files: name to content, as read.
        anchors: what is trusted.
    """
    subject = _Subject(files, anchors)
    named: dict[str, Callable[[], str]] = {
        "the files are those of the manifest": subject.files_agree,
        "the manifest is signed": subject.signed,
        "an AWS root vouches for the HSM and its CSR": subject.aws_chain,
        "the manufacturer's root vouches for the HSM": subject.manufacturer_chain,
        "the cluster certificate is the CA's, for this CSR": subject.pair,
        "everything was valid when the cluster was initialized": subject.dates,
        "the record names the certificates of the bundle": subject.record_agrees,
        "AWS showed the signed certificate after the initialization": subject.confirmed,
        "CloudTrail shows this one InitializeCluster": subject.event_agrees,
    }
    return [_check(what, made) for what, made in named.items()]


def passed(checks: Sequence[Check]) -> bool:
    """Whether no check failed."""
    return all(check.result is not Result.FAILED for check in checks)


def _check(what: str, made: Callable[[], str]) -> Check:
    try:
        return Check(what, Result.PASSED, made())
    except _NotCheckedError as missing:
        return Check(what, Result.NOT_CHECKED, str(missing))
    except CloudHsmError as error:
        return Check(what, Result.FAILED, str(error))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # A bundle is a stranger's file: what cannot be read does not prove anything.
        return Check(what, Result.FAILED, f"unreadable: {type(error).__name__} {error}")


class _Subject:
    """The bundle that is checked."""

    def __init__(self, files: Mapping[str, bytes], anchors: Anchors) -> None:
        self._files, self._anchors = files, anchors

    def files_agree(self) -> str:
        told = bundle.differences(self._files)
        if told:
            raise IdentityError("; ".join(told))
        return f"{len(self._files)} files"

    def signed(self) -> str:
        signature = self._files.get(bundle.SIGNATURE)
        if signature is None:
            if self._anchors.signing_key is None:
                raise _NotCheckedError("the bundle has no signature")
            raise IdentityError("the bundle has no signature, and a signing key was given")
        wanted = self._anchors.signing_key or self._files[bundle.PUBLIC_KEY]
        key = serialization.load_pem_public_key(wanted)
        if not isinstance(key, rsa.RSAPublicKey):
            raise IdentityError("the signing key is no RSA key")
        try:
            key.verify(signature, self._files[bundle.MANIFEST], padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise IdentityError("the signature is not that of the key over this manifest") from None
        if self._anchors.signing_key is None:
            raise _NotCheckedError(
                "signed by the key inside the bundle; give --signing-key to hold it against yours"
            )
        return "signed by the given key"

    def aws_chain(self) -> str:
        record = self._record["identity"]
        if record["verification"] == Verification.OFF:
            raise IdentityError(f"the identity was not verified: {record['off_reason']}")
        verdict = verify(
            self._identity, self._anchors.aws_roots, [], Verification.STANDARD, self._captured_at
        )
        return "; ".join(("verified from the root to the CSR", *verdict.warnings))

    def manufacturer_chain(self) -> str:
        roots = self._anchors.manufacturer_roots
        if not roots:
            raise _NotCheckedError("give --manufacturer-root with the manufacturer's root")
        aws = self._anchors.aws_roots
        verify(self._identity, aws, roots, Verification.FULL, self._captured_at)
        return "verified from the root to the CSR"

    def pair(self) -> str:
        checked = check_pair(self._text(CLUSTER), self._text(CA), self._text(CSR))
        return f"trust anchor {checked.ca_certificate_sha256}"

    def dates(self) -> str:
        begun = moment(self._record["initialization"]["initialized_at"])
        if begun < self._captured_at:
            raise IdentityError("the initialization is earlier than the capture of the CSR")
        for name in (HSM, AWS_HARDWARE, CLUSTER, CA):
            held = self._certificate(name)
            if not held.not_valid_before_utc <= begun <= held.not_valid_after_utc:
                raise IdentityError(f"{name} was not valid on {begun.isoformat()}")
        return f"initialized {begun.isoformat()}"

    def record_agrees(self) -> str:
        recorded = self._record["certificates_sha256"]
        found = {
            name: fingerprint(self._certificate(name))
            for name in self._files
            if name.endswith(".crt")
        }
        if recorded != found:
            raise IdentityError(
                "the record and the files differ in: "
                + ", ".join(sorted(key for key, _ in recorded.items() ^ found.items()))
            )
        return f"{len(found)} certificates"

    def confirmed(self) -> str:
        if self._record["initialization"]["certificate_confirmed"] is not True:
            raise _NotCheckedError(
                "AWS shows the cluster certificate only of an ACTIVE cluster; activate it, run "
                "`pulumi refresh`, collect again"
            )
        return "the same fingerprint"

    def event_agrees(self) -> str:
        if EVENT not in self._files:
            raise _NotCheckedError(self._record["cloudtrail"])
        event = cast("dict[str, Any]", json.loads(self._files[EVENT]))
        given = event["requestParameters"]
        if event["eventName"] != "InitializeCluster" or event.get("errorCode"):
            raise IdentityError("the event is not that of a successful InitializeCluster")
        if given["clusterId"] != self._record["cluster"]["id"]:
            raise IdentityError(f"the event is about {given['clusterId']}")
        at = moment(event["eventTime"])
        until = moment(self._record["initialization"]["initialized_at"])
        if not self._captured_at - _CLOCKS <= at <= until + _CLOCKS:
            raise IdentityError(f"the event is of {at.isoformat()}, outside of this run")
        for field, name in (("signedCert", CLUSTER), ("trustAnchor", CA)):
            # Whether AWS records the certificates in full is not public.
            if str(given.get(field, "")).startswith("-----BEGIN CERTIFICATE"):
                shown = fingerprint(load_certificate(given[field], f"the event's {field}"))
                if shown != fingerprint(self._certificate(name)):
                    raise IdentityError(f"the event's {field} is {shown}, not {name}")
        return f"by {event['userIdentity'].get('arn', 'an unnamed caller')} on {at.isoformat()}"

    @property
    def _record(self) -> dict[str, Any]:
        return cast("dict[str, Any]", json.loads(self._files[RECORD]))

    @property
    def _captured_at(self) -> datetime:
        return moment(self._record["identity"]["captured_at"])

    @property
    def _identity(self) -> HsmIdentity:
        return HsmIdentity(
            csr=self._text(CSR),
            hsm_certificate=self._text(HSM),
            aws_hardware_certificate=self._text(AWS_HARDWARE),
            manufacturer_hardware_certificate=self._text(MANUFACTURER_HARDWARE),
        )

    def _certificate(self, name: str) -> Certificate:
        return load_certificate(self._text(name), name)

    def _text(self, name: str) -> str:
        if name not in self._files:
            raise IdentityError(f"the bundle holds no {name}")
        return self._files[name].decode("ascii")
