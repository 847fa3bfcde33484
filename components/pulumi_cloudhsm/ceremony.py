"""From a running HSM to an initialized cluster, or from a backup; the settings of either.

The steps are resources of the cluster component; here is what each of them is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pulumi

from .certificates import normalized_fingerprint
from .pinned_root import PinnedRoot
from .providers.backup_retention import BackupRetention
from .providers.ca_key_file import CaKeyFile
from .providers.certificate_files import CertificateFiles
from .providers.cluster_identity import ClusterIdentity
from .providers.cluster_initialization import ClusterInitialization
from .providers.cluster_restoration import ClusterRestoration
from .providers.hsm_type import HsmType
from .restore import SourceBackup
from .roots import AWS_ROOT_G1_SHA256, aws_root_g1_pem

if TYPE_CHECKING:
    from .cluster import CloudHsmClusterArgs


def keep_settings(
    name: str,
    args: CloudHsmClusterArgs,
    cluster_id: pulumi.Output[str],
    opts: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    """What pulumi-aws cannot set; before the first HSM, so a destroy comes to it after them."""
    own = {"cluster_id": cluster_id, "region": args.region}
    retention = BackupRetention(
        f"{name}-backups",
        {
            **own,
            "retention_days": args.backup_retention_days,
            "usual_seconds": args.hsm_usual_seconds,
            "deadline_seconds": args.hsm_deadline_seconds,
        },
        opts,
    )
    hsm_type = HsmType(
        f"{name}-hsm-type",
        {
            **own,
            "hsm_type": args.hsm_type,
            "usual_seconds": args.migration_usual_seconds,
            "deadline_seconds": args.migration_deadline_seconds,
        },
        opts,
    )
    return [retention, hsm_type]


def restore(
    name: str,
    args: CloudHsmClusterArgs,
    source: SourceBackup,
    cluster_id: pulumi.Output[str],
    opts: pulumi.ResourceOptions,
) -> ClusterRestoration:
    """The restored cluster's trust anchor, checked before an HSM is paid for."""
    return ClusterRestoration(
        f"{name}-restoration",
        {
            "cluster_id": cluster_id,
            "region": args.region,
            "source_backup_id": source.backup_id,
            "trust_anchor": pulumi.Output.secret(source.ca_certificate),
            "usual_seconds": args.hsm_usual_seconds / 3,
            "deadline_seconds": args.hsm_deadline_seconds,
        },
        opts,
    )


def capture_identity(
    name: str,
    args: CloudHsmClusterArgs,
    cluster_id: pulumi.Output[str],
    hsm_id: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> ClusterIdentity:
    """The first HSM's CSR and certificates, verified as the args demand."""
    aws_roots = [PinnedRoot(aws_root_g1_pem(), AWS_ROOT_G1_SHA256), *args.aws_roots]
    return ClusterIdentity(
        f"{name}-identity",
        {
            "cluster_id": cluster_id,
            "hsm_id": hsm_id,
            "region": args.region,
            "verification": str(args.identity_verification),
            "reason": args.identity_verification_off_reason,
            "aws_roots": pulumi.Output.secret([root.pem for root in aws_roots]),
            "aws_pins": [normalized_fingerprint(root.sha256) for root in aws_roots],
            "manufacturer_roots": pulumi.Output.secret(
                [root.pem for root in args.manufacturer_roots]
            ),
            "manufacturer_pins": [
                normalized_fingerprint(root.sha256) for root in args.manufacturer_roots
            ],
            "usual_seconds": args.hsm_usual_seconds,
            "deadline_seconds": args.hsm_deadline_seconds,
        },
        opts,
    )


def initialize(
    name: str,
    args: CloudHsmClusterArgs,
    identity: ClusterIdentity,
    cluster_id: pulumi.Output[str],
    certificate_pem: pulumi.Input[str],
    trust_anchor_pem: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> ClusterInitialization:
    """InitializeCluster, once, and the wait for it."""
    return ClusterInitialization(
        f"{name}-initialization",
        {
            "cluster_id": cluster_id,
            "region": args.region,
            "csr": identity.csr,
            "captured_hsm_id": identity.captured_hsm_id,
            "cluster_certificate": certificate_pem,
            "trust_anchor": trust_anchor_pem,
            "usual_seconds": args.initialization_usual_seconds,
            "deadline_seconds": args.initialization_deadline_seconds,
        },
        opts,
    )


def identity_files(cluster_id: str, identity: Sequence[str]) -> dict[str, str]:
    """CSR and certificates of the HSM, under AWS's own names (user guide, verify the identity)."""
    csr, hsm, aws_hardware, manufacturer_hardware = identity
    return {
        f"{cluster_id}_ClusterCsr.csr": csr,
        f"{cluster_id}_HsmCertificate.crt": hsm,
        f"{cluster_id}_AwsHardwareCertificate.crt": aws_hardware,
        f"{cluster_id}_ManufacturerHardwareCertificate.crt": manufacturer_hardware,
    }


def trust_files(cluster_id: str, certificate_pem: str, trust_anchor_pem: str) -> dict[str, str]:
    """What the cluster is initialized with; clients look for exactly `customerCA.crt`."""
    return {
        f"{cluster_id}_CustomerHsmCertificate.crt": certificate_pem,
        "customerCA.crt": trust_anchor_pem,
    }


def write_files(
    name: str,
    directory: str,
    identity: ClusterIdentity,
    cluster_id: pulumi.Output[str],
    certificate_pem: pulumi.Input[str],
    trust_anchor_pem: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> CertificateFiles:
    """All certificates, once the cluster is initialized."""
    contents = pulumi.Output.all(
        cluster_id, _captured(identity), certificate_pem, trust_anchor_pem
    ).apply(
        lambda known: {
            **identity_files(known[0], known[1]),
            **trust_files(known[0], known[2], known[3]),
        }
    )
    return CertificateFiles(f"{name}-files", {"directory": directory, "files": contents}, opts)


def write_identity_files(
    name: str,
    directory: str,
    identity: ClusterIdentity,
    cluster_id: pulumi.Output[str],
    opts: pulumi.ResourceOptions,
) -> CertificateFiles:
    """The CSR and what vouches for it, for somebody who signs elsewhere."""
    contents = pulumi.Output.all(cluster_id, _captured(identity)).apply(
        lambda known: identity_files(known[0], known[1])
    )
    return CertificateFiles(f"{name}-files", {"directory": directory, "files": contents}, opts)


def write_trust_files(
    name: str,
    directory: str,
    cluster_id: pulumi.Output[str],
    trust: ClusterInitialization | ClusterRestoration,
    opts: pulumi.ResourceOptions,
) -> CertificateFiles:
    """What somebody else signed, as the cluster was initialized with it."""
    contents = pulumi.Output.all(cluster_id, trust.cluster_certificate, trust.trust_anchor).apply(
        lambda known: trust_files(*known)
    )
    return CertificateFiles(
        f"{name}-trust-files", {"directory": directory, "files": contents}, opts
    )


def _captured(identity: ClusterIdentity) -> pulumi.Output[list[str]]:
    return pulumi.Output.all(
        identity.csr,
        identity.hsm_certificate,
        identity.aws_hardware_certificate,
        identity.manufacturer_hardware_certificate,
    ).apply(list)


def write_ca_key(
    name: str,
    directory: str,
    private_key_pem: pulumi.Input[str],
    passphrase: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> CaKeyFile:
    """The CA's private key, encrypted with the passphrase."""
    return CaKeyFile(
        f"{name}-ca-key-file",
        {
            "path": f"{directory}/customerCA.key",
            "private_key_pem": private_key_pem,
            "passphrase": pulumi.Output.secret(passphrase),
        },
        opts,
    )
