"""The one place that reads configuration: Pulumi config in, typed Args out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import pulumi
import pulumi_aws as aws

from . import checks
from .cluster import CloudHsmClusterArgs
from .network import NetworkArgs
from .pinned_root import PinnedRoot
from .trust import IssuingCaArgs, Subject


@dataclass(frozen=True)
class Settings:
    """A stack's configuration. Every key is described in Pulumi.yaml."""

    name: str
    """Prefix of all resources, `cloudhsm:clusterName`."""
    cluster: CloudHsmClusterArgs
    """The cluster and everything around it."""


def load() -> Settings:
    """Reads the stack's configuration.

    Raises:
        RunError: a key is missing or has a wrong value; names it and the fix.
    """
    config = pulumi.Config("cloudhsm")
    region = aws.config.region
    if not region:
        raise pulumi.RunError("aws:region is not set: run `pulumi config set aws:region REGION`")
    tags: dict[str, str] = config.get_object("tags") or {}
    subnet_ids: list[str] = config.get_object("subnetIds") or []
    return Settings(
        name=config.get("clusterName") or "cloudhsm",
        cluster=CloudHsmClusterArgs(
            region=region,
            profile=aws.config.profile,
            subnet_ids=subnet_ids or None,
            network=None if subnet_ids else _network(config, tags),
            ca=_ca(config),
            tags=tags,
            protect=not config.get_bool("disposable"),
            aws_roots=_roots(config, "awsRoots"),
            manufacturer_roots=_roots(config, "manufacturerRoots"),
            ca_key_passphrase=_passphrase(config),
            **_given(
                hsm_type=config.get("hsmType"),
                mode=config.get("mode"),
                cluster_certificate_validity_hours=config.get_int("clusterCertificateValidityHours")
                or None,
                identity_verification=config.get("identityVerification"),
                identity_verification_off_reason=config.get("identityVerificationOffReason")
                or None,
                certificate_directory=config.get("certificateDirectory"),
                hsm_usual_seconds=config.get_int("hsmUsualSeconds"),
                hsm_deadline_seconds=config.get_int("hsmDeadlineSeconds"),
                initialization_usual_seconds=config.get_int("initializationUsualSeconds"),
                initialization_deadline_seconds=config.get_int("initializationDeadlineSeconds"),
            ),
        ),
    )


def _network(config: pulumi.Config, tags: Mapping[str, str]) -> NetworkArgs:
    return NetworkArgs(
        availability_zones=config.get_object("availabilityZones") or [],
        tags=tags,
        **_given(vpc_cidr=config.get("vpcCidr")),
    )


def _ca(config: pulumi.Config) -> IssuingCaArgs:
    return IssuingCaArgs(
        subject=Subject(
            common_name=config.get("caCommonName") or "",
            organization=config.get("caOrganization") or "",
            organizational_unit=config.get("caOrganizationalUnit") or None,
            country=config.get("caCountry") or None,
            province=config.get("caProvince") or None,
            locality=config.get("caLocality") or None,
        ),
        protect=not config.get_bool("disposable"),
        **_given(
            key_bits=config.get_int("caKeyBits"), validity_hours=config.get_int("caValidityHours")
        ),
    )


def _roots(config: pulumi.Config, key: str) -> list[PinnedRoot]:
    given: Any = config.get_object(key) or []
    if not isinstance(given, list) or not all(map(_is_root, cast("list[Any]", given))):
        raise pulumi.RunError(
            f"cloudhsm:{key} has to be a list of objects with pem and sha256: the certificate, and "
            "its fingerprint as `openssl x509 -fingerprint -sha256` prints it"
        )
    return [PinnedRoot(pem=root["pem"], sha256=root["sha256"]) for root in cast("list[Any]", given)]


def _is_root(given: Any) -> bool:  # noqa: ANN401
    return isinstance(given, dict) and all(
        isinstance(cast("dict[str, Any]", given).get(part), str) for part in ("pem", "sha256")
    )


def _passphrase(config: pulumi.Config) -> pulumi.Output[str] | None:
    if not config.get_bool("exportCaKey"):
        return None
    passphrase = config.get_secret("caKeyPassphrase")
    if passphrase is None:
        raise checks.InputError(
            "ca_key_passphrase",
            None,
            "exportCaKey needs it; run: pulumi config set --secret cloudhsm:caKeyPassphrase",
        )
    return passphrase


def _given(**fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """Leaves out what is not configured, so that the Args' own defaults hold."""
    return {name: value for name, value in fields.items() if value is not None}
