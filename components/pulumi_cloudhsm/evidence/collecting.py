"""Puts a bundle together: the record, the certificates, the checks, the page."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib import metadata, resources
from typing import Any

import cryptography
from cryptography.hazmat.primitives import hashes, serialization

from ..aws.cloudtrail import CloudTrail
from ..aws.kms_signing import KmsSigning
from ..aws.session import AwsAccess, account_of
from ..errors import AwsError
from ..x509.reading import fingerprint, iso, load_certificate, moment
from . import bundle, checks
from .ceremony import Ceremony
from .page import page

SCRIPT = "verify.sh"
_BEFORE, _AFTER = timedelta(minutes=5), timedelta(minutes=5)


def collect(
    held: Ceremony, *, ask_aws: bool, kms_key: str | None, now: datetime
) -> dict[str, bytes]:
    """The files of a bundle.

    Args:
        held: what the state holds.
        ask_aws: whether CloudTrail and STS are asked.
        kms_key: id or ARN of a KMS key RSA for SIGN_VERIFY that signs the manifest.
        now: the moment of collecting; UTC.

    Raises:
        AwsError: KMS refuses to sign.
        CertificateError: a certificate in the state is unreadable.
    """
    files = {name: pem.encode() for name, pem in _certificates(held).items()}
    files[SCRIPT] = (resources.files(bundle.__package__ or "") / SCRIPT).read_bytes()
    event, told = _event(held) if ask_aws else (None, "CloudTrail was not asked")
    if event is not None:
        files[checks.EVENT] = _json(event)
    record = _record(held, files, told, now)
    record["collected"]["by"] = account_of(held.access)[1] if ask_aws else "AWS was not asked"
    files[checks.RECORD] = _json(record)
    files["index.html"] = page(record, files).encode()
    files[bundle.MANIFEST] = bundle.manifest(files)
    return {**files, **_signature(held.access, kms_key, files[bundle.MANIFEST])}


def _certificates(held: Ceremony) -> dict[str, str]:
    captured, initialized = held.identity, held.initialization
    roots = {
        pattern.format(number): pem
        for pattern, pems in (
            (checks.AWS_ROOT, captured.aws_roots),
            (checks.MANUFACTURER_ROOT, captured.manufacturer_roots),
        )
        for number, pem in enumerate(pems, start=1)
    }
    return {
        checks.CSR: captured.csr,
        checks.HSM: captured.hsm_certificate,
        checks.AWS_HARDWARE: captured.aws_hardware_certificate,
        checks.MANUFACTURER_HARDWARE: captured.manufacturer_hardware_certificate,
        checks.CLUSTER: initialized.cluster_certificate,
        checks.CA: initialized.ca_certificate,
        **roots,
    }


def _record(
    held: Ceremony, files: Mapping[str, bytes], cloudtrail: str, now: datetime
) -> dict[str, Any]:
    captured, initialized = held.identity, held.initialization
    return {
        "format": bundle.FORMAT,
        "stack": {"project": held.project, "name": held.stack},
        "cluster": {"id": captured.cluster_id, "region": held.access.region},
        "identity": {
            "hsm_id": captured.captured_hsm_id,
            "captured_at": captured.captured_at,
            "captured_at_epoch": _epoch(captured.captured_at),
            "verification": captured.verification,
            "off_reason": captured.off_reason,
            "verdict": captured.verdict,
        },
        "initialization": {
            "initialized_at": initialized.initialized_at,
            "initialized_at_epoch": _epoch(initialized.initialized_at),
            "adopted": initialized.adopted,
            "certificate_confirmed": initialized.certificate_confirmed,
        },
        "certificates_sha256": {
            name: fingerprint(load_certificate(content.decode(), name))
            for name, content in files.items()
            if name.endswith(".crt")
        },
        "cloudtrail": cloudtrail,
        "collected": {"at": iso(now)},
        "versions": {
            "pulumi-cloudhsm": metadata.version("pulumi-cloudhsm"),
            "python": platform.python_version(),
            "cryptography": cryptography.__version__,
            **held.versions,
        },
    }


def _event(held: Ceremony) -> tuple[dict[str, Any] | None, str]:
    """CloudTrail's event of the initialization, and what to say of it."""
    since = moment(held.identity.captured_at) - _BEFORE
    until = moment(held.initialization.initialized_at) + _AFTER
    cluster_id = held.identity.cluster_id
    try:
        events = CloudTrail(held.access).calls("InitializeCluster", since, until)
    except AwsError as error:
        return None, str(error)
    for event in events:
        given: dict[str, Any] = event.get("requestParameters") or {}
        if given.get("clusterId") == cluster_id and not event.get("errorCode"):
            return event, f"event {event.get('eventID')}"
    return None, (
        f"CloudTrail shows no InitializeCluster of {cluster_id}: it shows an event some minutes "
        "late, and for 90 days"
    )


def _signature(access: AwsAccess, kms_key: str | None, manifest: bytes) -> dict[str, bytes]:
    if kms_key is None:
        return {}
    kms = KmsSigning(access.at(kms_key))
    digest = hashes.Hash(hashes.SHA256())
    digest.update(manifest)
    return {
        bundle.SIGNATURE: kms.sign(kms_key, digest.finalize()),
        bundle.PUBLIC_KEY: _public_pem(kms.public_key(kms_key)),
    }


def _public_pem(der: bytes) -> bytes:
    return serialization.load_der_public_key(der).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _epoch(text: str) -> int:
    return int(moment(text).timestamp())


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, sort_keys=True) + "\n").encode()
