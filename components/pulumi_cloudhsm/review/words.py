"""What people call each type of resource, and a few ways to write numbers for them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

NOUNS = {
    "ActiveHsms": "wait for the HSMs",
    "Alias": "key alias",
    "BackupRetention": "backup retention",
    "CaKeyFile": "file with the CA's key",
    "CertificateAuthority": "private CA",
    "CertificateFiles": "set of certificate files",
    "ClusterActivation": "activation",
    "ClusterIdentity": "proof of the first HSM's identity",
    "ClusterInitialization": "initialization",
    "ClusterRestoration": "restoration from a backup",
    "CopiedBackup": "copy of the newest backup",
    "CustomKeyStore": "key store",
    "DualStackCluster": "cluster",
    "Eip": "public IPv4 address",
    "FileSystemPassword": "password of the file system",
    "Hsm": "HSM",
    "Instance": "client host",
    "Key": "KMS key",
    "KmsSignedCa": "CA certificate",
    "KmsSignedCertificate": "cluster certificate",
    "KmsUser": "crypto user",
    "LocallySignedCert": "cluster certificate",
    "LogMetricFilter": "metric filter",
    "MetricAlarm": "alarm",
    "NatGateway": "NAT gateway",
    "OntapFileSystem": "file system",
    "OntapStorageVirtualMachine": "storage virtual machine",
    "OntapVolume": "volume",
    "PasswordSecret": "secret",
    "PrivateCaCertificate": "cluster certificate",
    "PrivateKey": "CA key",
    "PrivateRootCa": "CA certificate",
    "RolePolicy": "policy of a role",
    "SecurityGroupEgressRule": "security group rule",
    "SecurityGroupIngressRule": "security group rule",
    "SelfSignedCert": "CA certificate",
    "Stash": "id of the deployment",
    "Vpc": "VPC",
}
_WEIGHTY = (
    "Cluster",
    "DualStackCluster",
    "Hsm",
    "ClusterInitialization",
    "ClusterActivation",
    "CustomKeyStore",
    "Key",
    "OntapFileSystem",
    "OntapVolume",
    "PasswordSecret",
    "PrivateKey",
    "CertificateAuthority",
    "NatGateway",
    "Instance",
)
_PLURALS = {
    "backup retention": "backup retentions",
    "copy of the newest backup": "copies of the newest backup",
    "file with the CA's key": "files with the CA's key",
    "id of the deployment": "ids of deployments",
    "key alias": "key aliases",
    "loss": "losses",
    "metric of a filter": "metrics of filters",
    "password of the file system": "passwords of file systems",
    "policy of a role": "policies of roles",
    "proof of the first HSM's identity": "proofs of identity",
    "public IPv4 address": "public IPv4 addresses",
    "restoration from a backup": "restorations from backups",
    "set of certificate files": "sets of certificate files",
    "wait for the HSMs": "waits for the HSMs",
}


def noun(class_name: str) -> str:
    """What a person calls a resource, by the last part of its type token: `Hsm` is an HSM."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", class_name).lower()
    return NOUNS.get(class_name, spaced)


def several(what: str, count: int) -> str:
    """`1 HSM`, `3 HSMs`."""
    plural = _PLURALS.get(what, f"{what[:-1]}ies" if re.search("[^aeiou]y$", what) else f"{what}s")
    return f"{count} {what if count == 1 else plural}"


def by_weight(class_name: str) -> int:
    """Sorts types: first what holds keys or data, or costs money; the rest alike."""
    return _WEIGHTY.index(class_name) if class_name in _WEIGHTY else len(_WEIGHTY)


def counted(class_names: Sequence[str]) -> str:
    """`2 HSMs, 1 key store and 12 others`: what holds keys or data, or costs money, by name."""
    named = sorted((one for one in class_names if one in _WEIGHTY), key=by_weight)
    counts = Counter(map(noun, named or class_names))
    rest = len(class_names) - sum(counts.values())
    listed = ", ".join(several(what, count) for what, count in counts.items())
    return f"{listed} and {several('other', rest)}" if rest else listed


def dollars(usd: float) -> str:
    """Whole dollars from 10 on, cents below: `2,336`, `0.40`."""
    return f"{usd:,.0f}" if abs(usd) >= 10 else f"{usd:,.2f}"


def duration(seconds: float) -> str:
    """`seconds`, `about 5 minutes`, `about 1 hour and 25 minutes`; in steps of five minutes."""
    if seconds < 60:
        return "seconds"
    minutes = round(seconds / 60) if seconds < 600 else 5 * round(seconds / 300)
    hours, rest = divmod(minutes, 60)
    parts = [several(what, count) for what, count in (("hour", hours), ("minute", rest)) if count]
    return f"about {' and '.join(parts)}"
