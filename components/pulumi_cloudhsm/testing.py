"""Mocks for the unit tests of a stack that imports these components.

    import pulumi
    from pulumi_cloudhsm.testing import DeploymentMocks

    pulumi.runtime.set_mocks(DeploymentMocks())

The components work with any mocks of your own, too. These ones add what AWS computes, so that ids,
addresses and certificates have values. Nothing here calls AWS or needs credentials.
"""

from __future__ import annotations

import functools
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pulumi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pulumi.runtime import rpc

from .x509.reading import fingerprint, iso, load_certificate

Answer = dict[Any, Any]
"""Names to values, as Pulumi's mocks take them."""

_CLUSTER = {
    "clusterId": "cluster-abcdefghij2",
    "clusterState": "UNINITIALIZED",
    "securityGroupId": "sg-0123456789abcdef0",
    "vpcId": "vpc-0123456789abcdef0",
}
_ARN = "arn:aws:{}:eu-central-1:123456789012:{}"
_KEY = "11112222-3333-4444-5555-666677778888"
_SYSTEM, _SVM = "fs-0123456789abcdef0", "svm-0123456789abcdef0"
_DOMAIN = f"{_SYSTEM}.fsx.eu-central-1.amazonaws.com"
_OUTPUTS: dict[str, dict[str, Any]] = {
    "aws:cloudhsmv2/cluster:Cluster": _CLUSTER,
    "aws:cloudhsmv2/hsm:Hsm": {"ipAddress": "10.42.0.10"},
    "aws:kms/key:Key": {"keyId": _KEY, "arn": _ARN.format("kms", f"key/{_KEY}")},
    "aws:kms/alias:Alias": {"arn": _ARN.format("kms", "alias/mocked")},
    "aws:acmpca/certificateAuthority:CertificateAuthority": {
        "arn": _ARN.format("acm-pca", f"certificate-authority/{_KEY}")
    },
    "aws:iam/role:Role": {"arn": _ARN.format("iam", "role/mocked")},
    "aws:scheduler/scheduleGroup:ScheduleGroup": {
        "arn": _ARN.format("scheduler", "schedule-group/mocked")
    },
    "aws:sfn/stateMachine:StateMachine": {"arn": _ARN.format("states", "stateMachine:mocked")},
    "aws:sns/topic:Topic": {"arn": _ARN.format("sns", "mocked")},
    "aws:sqs/queue:Queue": {"arn": _ARN.format("sqs", "mocked"), "url": "https://mocked"},
    "aws:fsx/ontapFileSystem:OntapFileSystem": {
        "endpoints": [{"managements": [{"dnsName": f"management.{_DOMAIN}"}]}]
    },
    "aws:fsx/ontapStorageVirtualMachine:OntapStorageVirtualMachine": {
        "endpoints": [{"nfs": [{"dnsName": f"{_SVM}.{_DOMAIN}"}]}]
    },
    "ClusterIdentity": {"verdict": "verified", "verified": True},
    "ClusterInitialization": {"state": "INITIALIZED", "adopted": False},
    "ClusterRestoration": {"state": "ACTIVE"},
    "ClusterActivation": {"state": "ACTIVE", "adopted": False},
    "ActiveHsms": {"missing": []},
    "CopiedBackup": {
        "copy_id": "backup-abcdefghij2",
        "copy_arn": _ARN.format("cloudhsm", "backup/backup-abcdefghij2"),
        "source_backup_id": "backup-abcdefghij3",
        "backed_up_at": "2026-11-25T00:00:00+00:00",
    },
    "KmsSignedCa": {"key_arn": _ARN.format("kms", f"key/{_KEY}")},
    "CustomKeyStore": {
        "key_store_id": "cks-1234567890abcdef0",
        "connection_state": "CONNECTED",
        "failure": "",
    },
    "DualStackCluster": {
        "cluster_id": _CLUSTER["clusterId"],
        "security_group_id": _CLUSTER["securityGroupId"],
        "vpc_id": _CLUSTER["vpcId"],
    },
}


class DeploymentMocks(pulumi.runtime.Mocks):
    """Answers for the resources and lookups of a CloudHsmDeployment; derive to change some."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, Answer]:
        """A resource's id and outputs: its inputs, and what its provider computes.

        Args:
            args: type, name and inputs.
        """
        kind = args.typ if args.typ in _OUTPUTS else args.typ.rpartition(":")[2]
        inputs = cast("Answer", args.inputs)  # pyright: ignore[reportUnknownMemberType]
        given = {key: value for key, value in inputs.items() if value is not None}
        computed = {**_OUTPUTS.get(kind, {}), **_certificates(kind), **_named(kind, args.name)}
        if kind == "CertificateFiles":
            files = rpc.unwrap_rpc_secret(given["files"])
            computed["paths"] = {name: f"{given['directory']}/{name}" for name in files}
        return f"{args.name}-id", {**inputs, **computed, **given}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[Answer, list[tuple[str, str]]]:
        """The answer of a lookup, such as the zone of a subnet.

        Args:
            args: token and arguments.
        """
        if args.token == "aws:ec2/getSubnet:getSubnet":  # noqa: S105
            given = cast("Answer", args.args)  # pyright: ignore[reportUnknownMemberType]
            # Another subnet, another zone and range, whatever its id.
            number = sum(str(given.get("id", "")).encode()) % 200
            subnet = {
                "id": given.get("id"),
                "vpcId": _CLUSTER["vpcId"],
                "availabilityZone": f"eu-central-1{chr(ord('a') + number % 26)}",
                "cidrBlock": f"10.42.{number}.0/24",
            }
            return subnet, []
        if args.token == "aws:index/getRegion:getRegion":  # noqa: S105
            return {"region": "eu-central-1"}, []
        return {}, []


def _named(kind: str, name: str) -> dict[str, Any]:
    """What is another one for each resource."""
    if kind == "aws:cloudhsmv2/hsm:Hsm":
        return {"hsmId": f"hsm-{hashlib.sha256(name.encode()).hexdigest()[:11]}"}
    if kind == "PasswordSecret":
        return {"arn": _ARN.format("secretsmanager", f"secret:{name}")}
    if kind == "aws:cloudwatch/metricAlarm:MetricAlarm":
        return {"arn": _ARN.format("cloudwatch", f"alarm:{name}")}
    return {}


def _certificates(kind: str) -> dict[str, Any]:
    """The certificates of what signs or captures one; all of them are one root for tests."""
    names = {
        "SelfSignedCert": ("certPem",),
        "LocallySignedCert": ("certPem",),
        "ClusterIdentity": (
            "csr",
            "hsm_certificate",
            "aws_hardware_certificate",
            "manufacturer_hardware_certificate",
        ),
        "ClusterInitialization": ("cluster_certificate", "ca_certificate"),
        "ClusterRestoration": ("cluster_certificate", "ca_certificate"),
        "KmsSignedCa": ("certificate",),
        "KmsSignedCertificate": ("certificate",),
        "PrivateRootCa": ("certificate",),
        "PrivateCaCertificate": ("certificate",),
    }
    found: dict[str, Any] = dict.fromkeys(names.get(kind, ()), certificate())
    if kind in ("ClusterInitialization", "ClusterRestoration"):
        root = load_certificate(certificate(), "the mocked certificate")
        for one in names[kind]:
            found[f"{one}_sha256"] = fingerprint(root)
            found[f"{one}_expires"] = iso(root.not_valid_after_utc)
    return found


@functools.cache
def certificate() -> str:
    """A self-signed CA certificate as PEM, the same for a whole process; for tests only."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A root for unit tests")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(hours=87_660))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    signed = built.sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()
