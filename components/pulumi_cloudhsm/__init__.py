"""AWS CloudHSM v2 as Pulumi components.

    from pulumi_cloudhsm import CloudHsmCluster, CloudHsmClusterArgs, Subject

The names load on first use: the host of the dynamic providers imports this package too, and must
load neither a component nor the large pulumi_aws package.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .activation import Activation, ActivationArgs, ActivationMode
    from .client import Client, ClientArgs
    from .client_host import ClientHost, ClientHostArgs
    from .cluster import CloudHsmCluster, CloudHsmClusterArgs
    from .external_trust import ExternalTrust
    from .hsms import AdditionalHsms, AdditionalHsmsArgs
    from .issuing import Subject
    from .key_store import KeyStore, KeyStoreArgs
    from .kms_trust import KmsIssuingCa, KmsIssuingCaArgs
    from .kms_user import KmsCryptoUser, KmsCryptoUserArgs
    from .network import Network, NetworkArgs
    from .passwords import Passwords, PasswordsArgs
    from .pinned_root import PinnedRoot
    from .placement import Place
    from .private_ca_trust import PrivateCaIssuingCa, PrivateCaIssuingCaArgs
    from .restore import SourceBackup
    from .ssh_host import SshHost
    from .storage import Storage, StorageArgs, VolumeArgs
    from .trust import IssuingCa, IssuingCaArgs

__all__ = [
    "Activation",
    "ActivationArgs",
    "ActivationMode",
    "AdditionalHsms",
    "AdditionalHsmsArgs",
    "Client",
    "ClientArgs",
    "ClientHost",
    "ClientHostArgs",
    "CloudHsmCluster",
    "CloudHsmClusterArgs",
    "ExternalTrust",
    "IssuingCa",
    "IssuingCaArgs",
    "KeyStore",
    "KeyStoreArgs",
    "KmsCryptoUser",
    "KmsCryptoUserArgs",
    "KmsIssuingCa",
    "KmsIssuingCaArgs",
    "Network",
    "NetworkArgs",
    "Passwords",
    "PasswordsArgs",
    "PinnedRoot",
    "Place",
    "PrivateCaIssuingCa",
    "PrivateCaIssuingCaArgs",
    "SourceBackup",
    "SshHost",
    "Storage",
    "StorageArgs",
    "Subject",
    "VolumeArgs",
]

_HOME = {
    "Activation": "activation",
    "ActivationArgs": "activation",
    "ActivationMode": "activation",
    "AdditionalHsms": "hsms",
    "AdditionalHsmsArgs": "hsms",
    "Client": "client",
    "ClientArgs": "client",
    "ClientHost": "client_host",
    "ClientHostArgs": "client_host",
    "CloudHsmCluster": "cluster",
    "CloudHsmClusterArgs": "cluster",
    "ExternalTrust": "external_trust",
    "IssuingCa": "trust",
    "IssuingCaArgs": "trust",
    "KeyStore": "key_store",
    "KeyStoreArgs": "key_store",
    "KmsCryptoUser": "kms_user",
    "KmsCryptoUserArgs": "kms_user",
    "KmsIssuingCa": "kms_trust",
    "KmsIssuingCaArgs": "kms_trust",
    "Network": "network",
    "NetworkArgs": "network",
    "Passwords": "passwords",
    "PasswordsArgs": "passwords",
    "PinnedRoot": "pinned_root",
    "Place": "placement",
    "SourceBackup": "restore",
    "PrivateCaIssuingCa": "private_ca_trust",
    "PrivateCaIssuingCaArgs": "private_ca_trust",
    "Storage": "storage",
    "StorageArgs": "storage",
    "SshHost": "ssh_host",
    "Subject": "issuing",
    "VolumeArgs": "storage",
}


def __getattr__(name: str) -> object:
    """Loads a public name from its module (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
