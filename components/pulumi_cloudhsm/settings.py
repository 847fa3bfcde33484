"""The one place that reads configuration: Pulumi config in, typed Args out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import pulumi
import pulumi_aws as aws

from . import checks, client_settings, storage_settings, trust_settings
from .activation import BY_PROGRAM, Activation, ActivationArgs, ActivationMode
from .client import Client, ClientArgs
from .client_settings import given
from .cluster import CloudHsmCluster, CloudHsmClusterArgs
from .hsms import AdditionalHsms, AdditionalHsmsArgs
from .key_store import KeyStore, KeyStoreArgs
from .kms_user import KmsCryptoUser, KmsCryptoUserArgs
from .network import NetworkArgs, NetworkType
from .pinned_root import PinnedRoot
from .placement import Place
from .storage import StorageArgs


@dataclass(frozen=True)
class Settings:
    """A stack's configuration. Every key is described in Pulumi.yaml."""

    name: str
    """Prefix of all resources, `cloudhsm:clusterName`."""
    cluster: CloudHsmClusterArgs
    """The cluster, up to its initialization."""
    activation: ActivationArgs
    """Who activates it; `activation_of` fills the cluster in."""
    hsms: AdditionalHsmsArgs
    """The HSMs besides the first; `hsms_of` fills the cluster in."""

    client: ClientArgs | None
    """Where a program runs commands on the HSMs; `client_of` fills the cluster in."""
    key_store: KeyStoreArgs | None
    """The key store, if one is wanted; `key_store_of` fills the cluster in."""
    storage: StorageArgs | None
    """The file system, if one is wanted; `storage_of` fills cluster and key in."""

    def client_of(self, cluster: CloudHsmCluster) -> ClientArgs | None:
        """This cluster's client; None where a person does it, or nothing can be done yet."""
        if self.client is None or cluster.what_to_sign is not None:
            return None
        host = self.client.host and replace(
            self.client.host,
            vpc_id=cluster.vpc_id,
            security_group_id=cluster.security_group_id,
        )
        return replace(
            self.client,
            cluster_id=cluster.cluster_id,
            trust_anchor=cluster.ca_certificate_pem,
            host=host,
        )

    def kms_user_of(
        self, cluster: CloudHsmCluster, hsms: AdditionalHsms, client: Client | None
    ) -> KmsCryptoUserArgs | None:
        """This cluster's kmsuser; None where a person makes it, or none is wanted."""
        if self.key_store is None or client is None or hsms.gate is None:
            return None
        return KmsCryptoUserArgs(
            cluster_id=cluster.cluster_id,
            hsms=hsms.hsms,
            client=client,
            after=[hsms.gate],
            usual_seconds=self.activation.activation_usual_seconds,
            deadline_seconds=self.activation.activation_deadline_seconds,
            protect=self.activation.protect,
        )

    def key_store_of(
        self,
        cluster: CloudHsmCluster,
        hsms: AdditionalHsms,
        client: Client | None = None,
        kms_user: KmsCryptoUser | None = None,
    ) -> KeyStoreArgs | None:
        """This cluster's key store; None as long as nothing can be connected."""
        if self.key_store is None or hsms.gate is None:
            return None
        given = {"kms_user_secret": client.kms_user_secret} if client else {}
        return replace(
            self.key_store,
            cluster_id=cluster.cluster_id,
            ca_certificate_pem=cluster.ca_certificate_pem,
            after=[hsms.gate, *([kms_user.resource] if kms_user else [])],
            **given,
        )

    def storage_of(self, cluster: CloudHsmCluster, keys: KeyStore | None) -> StorageArgs | None:
        """The file system in the cluster's subnets; None as long as it has no key."""
        wanted = self.storage
        if wanted is None or (keys is None and wanted.kms_key_arn == ""):
            return None
        two = wanted.deployment.in_two_zones
        if keys is not None and wanted.kms_key_arn == "":
            wanted = replace(wanted, kms_key_arn=keys.key_arn, after=[keys.resource])
        return replace(
            wanted,
            preferred_subnet_id=wanted.preferred_subnet_id or cluster.subnet_ids[0],
            standby_subnet_id=cluster.subnet_ids[1] if two else None,
            file_system_clients=wanted.file_system_clients or [cluster.security_group_id],
        )

    def activation_of(
        self, cluster: CloudHsmCluster, client: Client | None = None
    ) -> ActivationArgs:
        """How this cluster becomes ACTIVE."""
        return replace(
            self.activation,
            cluster_id=cluster.cluster_id,
            cluster_state=cluster.state,
            security_group_id=cluster.security_group_id,
            hsm_ips=cluster.hsms.apply(lambda hsms: [hsm["ip"] for hsm in hsms]),
            ca_file=cluster.files.apply(lambda files: files.get("customerCA.crt", "")),
            blocked_by=cluster.what_to_sign,
            client=client,
            after=[cluster.initialization] if cluster.initialization else [],
            activated=cluster.restoration,
        )

    def hsms_of(self, cluster: CloudHsmCluster, activation: Activation) -> AdditionalHsmsArgs:
        """This cluster's HSMs besides the first."""
        # A cluster that waits for its certificate has its first HSM, which made the CSR.
        fewer = {} if cluster.what_to_sign is None else {"hsm_count": 1, "hsm_places": ()}
        return replace(
            self.hsms,
            **fewer,
            cluster_id=cluster.cluster_id,
            zones=cluster.zones,
            subnet_cidrs=cluster.subnet_cidrs,
            first_hsm=cluster.hsms,
            left_behind=cluster.active_hsms,
            known_places=cluster.known_places,
            after=[activation.resource] if activation.resource else [],
        )


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
    first, others = _places(config)
    trust = trust_settings.read(config, region, aws.config.profile, tags)
    cluster = CloudHsmClusterArgs(
        region=region,
        profile=aws.config.profile,
        subnet_ids=subnet_ids or None,
        network=None if subnet_ids else _network(config, tags),
        **trust,
        tags=tags,
        protect=not config.get_bool("disposable"),
        aws_roots=_roots(config, "awsRoots"),
        manufacturer_roots=_roots(config, "manufacturerRoots"),
        ca_key_passphrase=_passphrase(config),
        hsm_count=_hsm_count(config),
        first_hsm_zone=first.zone if first else None,
        first_hsm_ip=first.ip or None if first else None,
        hsm_places=others,
        **given(
            hsm_type=config.get("hsmType"),
            mode=config.get("mode"),
            network_type=config.get("networkType"),
            cluster_certificate_validity_hours=config.get_int("clusterCertificateValidityHours")
            or None,
            identity_verification=config.get("identityVerification"),
            identity_verification_off_reason=config.get("identityVerificationOffReason") or None,
            certificate_directory=config.get("certificateDirectory"),
            hsm_usual_seconds=config.get_int("hsmUsualSeconds"),
            hsm_deadline_seconds=config.get_int("hsmDeadlineSeconds"),
            initialization_usual_seconds=config.get_int("initializationUsualSeconds"),
            initialization_deadline_seconds=config.get_int("initializationDeadlineSeconds"),
            backup_retention_days=config.get_int("backupRetentionDays"),
            migration_usual_seconds=config.get_int("migrationUsualSeconds"),
            migration_deadline_seconds=config.get_int("migrationDeadlineSeconds"),
        ),
    )
    settings = Settings(
        name=config.get("clusterName") or "cloudhsm",
        cluster=cluster,
        activation=_activation(config, cluster),
        hsms=_hsms(cluster),
        client=client_settings.read(config, cluster),
        key_store=_key_store(config, cluster),
        storage=storage_settings.read(config, cluster),
    )
    # What comes later is refused now: before the first thing is declared.
    settings.activation.check()
    settings.hsms.check()
    if settings.client is not None:
        settings.client.check()
    if settings.key_store is not None:
        settings.key_store.check()
    if settings.storage is not None:
        storage_settings.checkable(settings.storage).check()
    return settings


def _activation(config: pulumi.Config, cluster: CloudHsmClusterArgs) -> ActivationArgs:
    return ActivationArgs(
        region=cluster.region,
        cluster_id="",
        security_group_id="",
        hsm_ips=[],
        protect=cluster.protect,
        **given(
            activation=config.get("activation"),
            activation_usual_seconds=config.get_int("activationUsualSeconds"),
            activation_deadline_seconds=config.get_int("activationDeadlineSeconds"),
        ),
    )


def _hsms(cluster: CloudHsmClusterArgs) -> AdditionalHsmsArgs:
    return AdditionalHsmsArgs(
        region=cluster.region,
        profile=cluster.profile,
        cluster_id="",
        zones=[],
        subnet_cidrs=[],
        hsm_count=cluster.hsm_count,
        first_hsm_zone=cluster.first_hsm_zone,
        hsm_places=cluster.hsm_places,
        protect=cluster.protect,
        hsm_usual_seconds=cluster.hsm_usual_seconds,
        hsm_deadline_seconds=cluster.hsm_deadline_seconds,
    )


def _key_store(config: pulumi.Config, cluster: CloudHsmClusterArgs) -> KeyStoreArgs | None:
    unavailable = config.get_bool("allowKeysUnavailable")
    if not config.get_bool("keyStore"):
        return None
    if cluster.network_type == NetworkType.DUALSTACK:
        raise checks.InputError(
            "network_type",
            str(cluster.network_type),
            "KMS cannot use IPv6 to reach HSMs; use IPV4 for a cluster with a key store",
        )
    # While the cluster waits for its certificate, the configured number is still to come.
    wanted = max(cluster.hsm_count, 1 + len(cluster.hsm_places) if cluster.hsm_places else 0)
    if wanted < 2 and not unavailable:
        raise checks.InputError(
            "hsm_count",
            wanted,
            "KMS needs 2 HSMs in two zones to make a key, and with none every key in the store is "
            "unusable; give at least 2, or set cloudhsm:allowKeysUnavailable to true",
        )
    by_program = config.get("activation") in BY_PROGRAM
    return KeyStoreArgs(
        region=cluster.region,
        cluster_id="",
        ca_certificate_pem="",
        kms_user_secret=config.get("kmsUserSecret") or ("generated" if by_program else ""),
        key_store_name=config.get("keyStoreName") or config.get("clusterName") or "cloudhsm",
        profile=cluster.profile,
        protect=cluster.protect,
        tags=cluster.tags,
        **given(
            key_alias=config.get("keyAlias"),
            key_deletion_days=config.get_int("keyDeletionDays"),
            abandon_pending_keys=config.get_bool("abandonPendingKeys"),
            key_store_usual_seconds=config.get_int("keyStoreUsualSeconds"),
            key_store_deadline_seconds=config.get_int("keyStoreDeadlineSeconds"),
        ),
    )


def _hsm_count(config: pulumi.Config) -> int:
    given = config.get_int("hsmCount")
    count = 1 if given is None else given
    listed = len(config.get_object("hsmPlaces") or [])
    if listed and count != 1:
        raise checks.InputError(
            "hsm_count", count, "leave it out: hsmPlaces lists every HSM already"
        )
    wanted = max(count, listed)
    restored = bool(config.get("sourceBackupId"))
    if (
        wanted > 1
        and not restored
        and (config.get("activation") or ActivationMode.NONE) == ActivationMode.NONE
    ):
        raise checks.InputError(
            "activation",
            "none",
            "use ssm, ssh or manual: AWS takes one HSM until the cluster is ACTIVE, and "
            f"{wanted} are wanted",
        )
    return count


def _places(config: pulumi.Config) -> tuple[Place | None, list[Place]]:
    given: Any = config.get_object("hsmPlaces") or []
    if not isinstance(given, list) or not all(map(_is_place, cast("list[Any]", given))):
        raise pulumi.RunError(
            "cloudhsm:hsmPlaces has to be a list of objects with zone and ip, the first HSM first "
            "(its ip may be left out)"
        )
    found = [Place(one["zone"], one.get("ip") or "") for one in cast("list[Any]", given)]
    return (found[0] if found else None), found[1:]


def _is_place(given: Any) -> bool:  # noqa: ANN401
    if not isinstance(given, dict):
        return False
    fields = cast("dict[str, Any]", given)
    return isinstance(fields.get("zone"), str) and isinstance(fields.get("ip", ""), str)


def _network(config: pulumi.Config, tags: Mapping[str, str]) -> NetworkArgs:
    return NetworkArgs(
        availability_zones=config.get_object("availabilityZones") or [],
        tags=tags,
        ipv6=config.get("networkType") == NetworkType.DUALSTACK,
        **given(vpc_cidr=config.get("vpcCidr")),
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
