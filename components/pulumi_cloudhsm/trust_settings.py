"""The part of the configuration that is about the issuing CA; `settings` asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi

from . import checks
from .activation import BY_PROGRAM
from .client_settings import given
from .external_trust import ExternalTrust, TrustMode
from .issuing import IssuerArgs, Subject
from .kms_trust import KmsIssuingCaArgs
from .private_ca_trust import PrivateCaIssuingCaArgs
from .restore import SourceBackup
from .trust import IssuingCaArgs


def read(
    config: pulumi.Config, region: str, profile: str | None, tags: Mapping[str, str]
) -> dict[str, IssuerArgs | ExternalTrust | SourceBackup]:
    """Where the trust anchor comes from: the one of `ca`, `external`, `source_backup` that it is.

    Raises:
        InputError: names the key and the fix.
    """
    mode = _mode(config)
    external = _external(config, mode)
    _refuse_of_another_mode(config, mode)
    source = _source_backup(config)
    if source is not None:
        return {"source_backup": source}
    if external is not None:
        return {"external": external}
    if mode == TrustMode.KMS:
        return {"ca": _kms(config, region, profile, tags)}
    if mode == TrustMode.PRIVATE_CA:
        return {"ca": _private_ca(config, region, profile, tags)}
    return {"ca": _generated(config)}


def _mode(config: pulumi.Config) -> TrustMode:
    given = config.get("trust") or TrustMode.GENERATED
    if given not in set(TrustMode):
        *most, last = TrustMode
        raise checks.InputError("trust", given, f"use {', '.join(most)} or {last}")
    return TrustMode(given)


def _refuse_of_another_mode(config: pulumi.Config, mode: TrustMode) -> None:
    own = {"ca_kms_key": TrustMode.KMS, "private_ca_arn": TrustMode.PRIVATE_CA}
    for field, wanted in own.items():
        value = config.get(checks.config_key(field))
        if value and mode != wanted:
            raise checks.InputError(
                field, value, f"leave it out, or set cloudhsm:trust to {wanted}: it is {mode}"
            )


def _generated(config: pulumi.Config) -> IssuingCaArgs:
    return IssuingCaArgs(
        subject=_subject(config),
        protect=not config.get_bool("disposable"),
        **_key_and_validity(config),
    )


def _kms(
    config: pulumi.Config, region: str, profile: str | None, tags: Mapping[str, str]
) -> KmsIssuingCaArgs:
    return KmsIssuingCaArgs(
        region=region,
        subject=_subject(config),
        kms_key=config.get("caKmsKey") or None,
        profile=profile,
        protect=not config.get_bool("disposable"),
        tags=tags,
        **_key_and_validity(config),
        **_pace(config),
    )


def _private_ca(
    config: pulumi.Config, region: str, profile: str | None, tags: Mapping[str, str]
) -> PrivateCaIssuingCaArgs:
    arn = config.get("privateCaArn") or None
    return PrivateCaIssuingCaArgs(
        region=region,
        subject=None if arn else _subject(config),
        private_ca=arn,
        profile=profile,
        protect=not config.get_bool("disposable"),
        tags=tags,
        **_key_and_validity(config),
        **_pace(config),
    )


def _key_and_validity(config: pulumi.Config) -> dict[str, Any]:
    return given(
        key_bits=config.get_int("caKeyBits"), validity_hours=config.get_int("caValidityHours")
    )


def _pace(config: pulumi.Config) -> dict[str, Any]:
    return given(
        signing_usual_seconds=config.get_int("signingUsualSeconds"),
        signing_deadline_seconds=config.get_int("signingDeadlineSeconds"),
    )


def _subject(config: pulumi.Config) -> Subject:
    return Subject(
        common_name=config.get("caCommonName") or "",
        organization=config.get("caOrganization") or "",
        organizational_unit=config.get("caOrganizationalUnit") or None,
        country=config.get("caCountry") or None,
        province=config.get("caProvince") or None,
        locality=config.get("caLocality") or None,
    )


def _source_backup(config: pulumi.Config) -> SourceBackup | None:
    backup_id = config.get("sourceBackupId") or ""
    original = _pem(config, "originalCaCertificate")
    if not backup_id:
        if original:
            raise checks.InputError(
                "original_ca_certificate", "[PEM]", "give it together with sourceBackupId"
            )
        return None
    if config.get("activation") in BY_PROGRAM and not config.get("adminSecret"):
        raise checks.InputError(
            "admin_secret",
            "",
            "give the ARN of the secret with the backed-up cluster's password: its users come with "
            "the backup",
        )
    return SourceBackup(backup_id, original)


def _external(config: pulumi.Config, mode: TrustMode) -> ExternalTrust | None:
    given = ExternalTrust(
        _pem(config, "externalClusterCertificate"), _pem(config, "externalCaCertificate")
    )
    if mode == TrustMode.EXTERNAL:
        return given
    if given.cluster_certificate or given.ca_certificate:
        raise checks.InputError("trust", mode, "set external for the certificates that are given")
    return None


def _pem(config: pulumi.Config, key: str) -> str:
    """PEM text, or that of the file which the config names."""
    given = (config.get(key) or "").strip()
    if not given or given.startswith("-----BEGIN"):
        return given
    try:
        return Path(given).read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise pulumi.RunError(
            f"cloudhsm:{key} is {given!r}: no PEM file can be read there ({error}); give its path, "
            "or the PEM text itself"
        ) from None
