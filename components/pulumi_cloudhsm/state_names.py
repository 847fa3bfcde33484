"""What the engine stores of a dynamic provider: a name, never a module path. This module stays.

The engine pickles a resource's provider into the state and unpickles it for every later refresh,
update and destroy. The providers pickle to one function of this module and a name of the table
below, so every other module may move. Only this module, `load_provider` and the names are fixed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi.dynamic import ResourceProvider

DYNAMIC = "pulumi-python:dynamic/cloudhsm:"
"""What the type token of each dynamic resource begins with; its class's name follows."""
SERVED = "cloudhsm:index:"
"""The same where the plugin serves the resource to a program in another language."""
PROVIDERS = {
    "ActiveHsms": "hsms.active_hsms_provider:ActiveHsmsProvider",
    "BackupRetention": "cluster.retention_provider:BackupRetentionProvider",
    "CaKeyFile": "initialization.ca_key_file_provider:CaKeyFileProvider",
    "CertificateFiles": "initialization.certificate_files_provider:CertificateFilesProvider",
    "ClusterActivation": "activation.activation_provider:ClusterActivationProvider",
    "ClusterIdentity": "identity.identity_provider:ClusterIdentityProvider",
    "ClusterInitialization": "initialization.initialization_provider:ClusterInitializationProvider",
    "ClusterRestoration": "cluster.restoration_provider:ClusterRestorationProvider",
    "CopiedBackup": "backups.copied_backup_provider:CopiedBackupProvider",
    "CustomKeyStore": "key_store.key_store_provider:CustomKeyStoreProvider",
    "DualStackCluster": "cluster.dual_stack_provider:DualStackClusterProvider",
    "FileSystemPassword": "file_system.password_provider:FileSystemPasswordProvider",
    "KmsSignedCa": "trust.kms_ca_provider:KmsSignedCaProvider",
    "KmsSignedCertificate": "trust.kms_certificate_provider:KmsSignedCertificateProvider",
    "KmsUser": "key_store.kms_user_provider:KmsUserProvider",
    "PasswordSecret": "client.password_secret_provider:PasswordSecretProvider",
    "PrivateCaCertificate": "trust.private_ca_certificate_provider:PrivateCaCertificateProvider",
    "PrivateRootCa": "trust.private_ca_provider:PrivateRootCaProvider",
}
"""Stored name to module and class. A name is API: add names, never change or remove one."""


def load_provider(name: str) -> ResourceProvider:
    """The provider with a stored name; the engine's plugin host calls this when it unpickles.

    Raises:
        KeyError: the state was written by a version of this package that knows more resources.
    """
    module, _, class_name = PROVIDERS[name].partition(":")
    return getattr(import_module(f".{module}", __package__), class_name)()


def stored_name(provider: type[ResourceProvider]) -> str:
    """The stored name of a provider's class.

    Raises:
        LookupError: the table does not lead to this class: its stored state could not be loaded.
    """
    package = f"{__package__}."
    place = f"{provider.__module__.removeprefix(package)}:{provider.__qualname__}"
    for name, target in PROVIDERS.items():
        if target == place:
            return name
    raise LookupError(f"{place} has no name in {__name__}.PROVIDERS: add one")


def dynamic_type(token: str) -> str:
    """The type token that a resource has in a Python program; any other token as it is."""
    name = token.removeprefix(SERVED)
    return f"{DYNAMIC}{name}" if token.startswith(SERVED) and name in PROVIDERS else token
