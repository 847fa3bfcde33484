"""AWS CloudHSM v2 as Pulumi components.

    from pulumi_cloudhsm import CloudHsmDeployment, CloudHsmDeploymentArgs, NetworkArgs, TrustArgs

The names load on first use. The host of the dynamic providers imports this package too. It must
load neither a component nor the large pulumi_aws package.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .activation.args import ActivationArgs as ActivationArgs
    from .activation.args import ActivationMode as ActivationMode
    from .activation.component import Activation as Activation
    from .aws.access import AssumedRole as AssumedRole
    from .aws.access import AwsAccessArgs as AwsAccessArgs
    from .aws.access import WebIdentityRole as WebIdentityRole
    from .backups.args import BackupCopiesArgs as BackupCopiesArgs
    from .backups.component import BackupCopies as BackupCopies
    from .client.args import ClientArgs as ClientArgs
    from .client.args import SshArgs as SshArgs
    from .client.component import Client as Client
    from .cluster.args import CloudHsmClusterArgs as CloudHsmClusterArgs
    from .cluster.args import RestoreArgs as RestoreArgs
    from .cluster.component import CloudHsmCluster as CloudHsmCluster
    from .common import CommonArgs as CommonArgs
    from .common import WaitsArgs as WaitsArgs
    from .deployment.args import CloudHsmDeploymentArgs as CloudHsmDeploymentArgs
    from .deployment.component import CloudHsmDeployment as CloudHsmDeployment
    from .facts import ClusterFacts as ClusterFacts
    from .file_system.args import FileSystemArgs as FileSystemArgs
    from .file_system.args import VolumeArgs as VolumeArgs
    from .file_system.component import FileSystem as FileSystem
    from .hsms.args import HsmPlace as HsmPlace
    from .hsms.args import HsmsArgs as HsmsArgs
    from .hsms.component import AdditionalHsms as AdditionalHsms
    from .identity.args import IdentityArgs as IdentityArgs
    from .identity.args import PinnedRoot as PinnedRoot
    from .initialization.args import FilesArgs as FilesArgs
    from .key_store.args import KeyStoreArgs as KeyStoreArgs
    from .key_store.component import KeyStore as KeyStore
    from .key_store.kms_user_component import KmsCryptoUser as KmsCryptoUser
    from .monitoring.args import MonitoringArgs as MonitoringArgs
    from .monitoring.component import Monitoring as Monitoring
    from .network.args import NetworkArgs as NetworkArgs
    from .network.args import NetworkType as NetworkType
    from .network.component import Network as Network
    from .trust.args import Subject as Subject
    from .trust.args import TrustArgs as TrustArgs
    from .trust.args import TrustMode as TrustMode
    from .waiting.waiter import Timing as Timing

_HOME = {
    "Activation": "activation.component",
    "ActivationArgs": "activation.args",
    "ActivationMode": "activation.args",
    "AdditionalHsms": "hsms.component",
    "AssumedRole": "aws.access",
    "AwsAccessArgs": "aws.access",
    "BackupCopies": "backups.component",
    "BackupCopiesArgs": "backups.args",
    "Client": "client.component",
    "ClientArgs": "client.args",
    "CloudHsmCluster": "cluster.component",
    "CloudHsmClusterArgs": "cluster.args",
    "CloudHsmDeployment": "deployment.component",
    "CloudHsmDeploymentArgs": "deployment.args",
    "ClusterFacts": "facts",
    "CommonArgs": "common",
    "FileSystem": "file_system.component",
    "FileSystemArgs": "file_system.args",
    "FilesArgs": "initialization.args",
    "HsmPlace": "hsms.args",
    "HsmsArgs": "hsms.args",
    "IdentityArgs": "identity.args",
    "KeyStore": "key_store.component",
    "KeyStoreArgs": "key_store.args",
    "KmsCryptoUser": "key_store.kms_user_component",
    "Monitoring": "monitoring.component",
    "MonitoringArgs": "monitoring.args",
    "Network": "network.component",
    "NetworkArgs": "network.args",
    "NetworkType": "network.args",
    "PinnedRoot": "identity.args",
    "RestoreArgs": "cluster.args",
    "SshArgs": "client.args",
    "Subject": "trust.args",
    "Timing": "waiting.waiter",
    "TrustArgs": "trust.args",
    "TrustMode": "trust.args",
    "VolumeArgs": "file_system.args",
    "WaitsArgs": "common",
    "WebIdentityRole": "aws.access",
}

__all__ = list(_HOME)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> object:
    """Loads a public name from its module (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    """The public names, loaded or not, for `help()` and completion."""
    return sorted(_HOME)
