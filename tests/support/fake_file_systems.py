"""FSx and KMS as the program looks at them in unit tests, and what the aws provider makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi_cloudhsm.aws.fsx import Part
from pulumi_cloudhsm.aws.kms import HeldKey, KeyStore
from pulumi_cloudhsm.errors import CloudHsmError

KEY_ARN = "arn:aws:kms:eu-central-1:123456789012:key/11112222-3333-4444-5555-666677778888"
FILE_SYSTEM, SVM = "fs-0123456789abcdef0", "svm-0123456789abcdef0"
_ARN = "arn:aws:fsx:eu-central-1:123456789012"
HOST = f"{SVM}.{FILE_SYSTEM}.fsx.eu-central-1.amazonaws.com"


@dataclass
class Files:
    """What is at AWS; every list may be changed by a test.

    Attributes:
        sights: what successive looks at the file systems show; the last one stays.
        key: the key that every look finds.
        store: its key store.
        stores: all key stores.
        trouble: what every look at FSx raises instead.
        calls: what FSx was asked.
    """

    sights: list[list[Part]] = field(default_factory=lambda: [[]])
    svms: list[Part] = field(default_factory=list[Part])
    volumes: list[Part] = field(default_factory=list[Part])
    key: HeldKey = field(default_factory=lambda: HeldKey(KEY_ARN, "Enabled", None, "cks-1"))
    store: KeyStore | None = None
    stores: list[KeyStore] = field(default_factory=list[KeyStore])
    trouble: CloudHsmError | None = None
    calls: list[str] = field(default_factory=list[str])


class FakeFsx:
    """Stands in for pulumi_cloudhsm.aws.fsx.Fsx within the program."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def file_systems(self) -> list[Part]:
        self._files.calls.append("DescribeFileSystems")
        if self._files.trouble:
            raise self._files.trouble
        sights = self._files.sights
        return sights.pop(0) if len(sights) > 1 else sights[0]

    def file_system(self, identifier: str) -> Part | None:
        return next((one for one in self.file_systems() if one.identifier == identifier), None)

    def svms(self, file_system_id: str = "") -> list[Part]:
        self._files.calls.append("DescribeStorageVirtualMachines")
        return self._files.svms

    def volumes(self, svm_id: str = "") -> list[Part]:
        self._files.calls.append("DescribeVolumes")
        return self._files.volumes


class FakeKms:
    """Stands in for pulumi_cloudhsm.aws.kms.Kms within the program."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def key(self, key_id: str) -> HeldKey:
        return self._files.key

    def key_stores(self) -> list[KeyStore]:
        return self._files.stores

    def key_store(self, key_store_id: str) -> KeyStore | None:
        return self._files.store


def _group(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return "sg-0fedcba9876543210", {"arn": f"arn:aws:ec2:::security-group/{name}"}


def _rule(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return f"sgr-{name}", {}


def _file_system(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    host = f"management.{FILE_SYSTEM}.fsx.eu-central-1.amazonaws.com"
    management = [{"dnsName": host, "ipAddresses": ["10.42.0.20"]}]
    return FILE_SYSTEM, {"endpoints": [{"managements": management, "interclusters": []}]}


def _svm(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    nfs = [{"dnsName": HOST, "ipAddresses": ["10.42.0.20"]}]
    return SVM, {
        "arn": f"{_ARN}:storage-virtual-machine/{FILE_SYSTEM}/{SVM}",
        "endpoints": [{"nfs": nfs, "iscsis": [], "managements": nfs, "smbs": []}],
    }


def _volume(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    identifier = f"fsvol-{given['name']}"
    arn = f"{_ARN}:volume/{FILE_SYSTEM}/{identifier}"
    return identifier, {"arn": arn, "fileSystemId": FILE_SYSTEM}


def _password(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return given["file_system_id"], {"version": "v1", "is_current": True}


MAKERS = {
    "SecurityGroup": _group,
    "SecurityGroupIngressRule": _rule,
    "SecurityGroupEgressRule": _rule,
    "OntapFileSystem": _file_system,
    "OntapStorageVirtualMachine": _svm,
    "OntapVolume": _volume,
    "FileSystemPassword": _password,
}
