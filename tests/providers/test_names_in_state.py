"""Names in state are API: what the engine stores of a provider, and what importing one loads."""

import base64
import subprocess
import sys

import dill
import pytest
from pulumi.dynamic.dynamic import serialize_provider
from pulumi_cloudhsm.providers.active_hsms import ActiveHsms, ActiveHsmsProvider
from pulumi_cloudhsm.providers.backup_retention import BackupRetention, BackupRetentionProvider
from pulumi_cloudhsm.providers.ca_key_file import CaKeyFile, CaKeyFileProvider
from pulumi_cloudhsm.providers.certificate_files import CertificateFiles, CertificateFilesProvider
from pulumi_cloudhsm.providers.cluster_activation import (
    ClusterActivation,
    ClusterActivationProvider,
)
from pulumi_cloudhsm.providers.cluster_identity import ClusterIdentity, ClusterIdentityProvider
from pulumi_cloudhsm.providers.cluster_initialization import (
    ClusterInitialization,
    ClusterInitializationProvider,
)
from pulumi_cloudhsm.providers.cluster_restoration import (
    ClusterRestoration,
    ClusterRestorationProvider,
)
from pulumi_cloudhsm.providers.custom_key_store import CustomKeyStore, CustomKeyStoreProvider
from pulumi_cloudhsm.providers.dual_stack_cluster import DualStackCluster, DualStackClusterProvider
from pulumi_cloudhsm.providers.file_system_password import (
    FileSystemPassword,
    FileSystemPasswordProvider,
)
from pulumi_cloudhsm.providers.hsm_type import HsmType, HsmTypeProvider
from pulumi_cloudhsm.providers.kms_signed_ca import KmsSignedCa, KmsSignedCaProvider
from pulumi_cloudhsm.providers.kms_signed_certificate import (
    KmsSignedCertificate,
    KmsSignedCertificateProvider,
)
from pulumi_cloudhsm.providers.kms_user import KmsUser, KmsUserProvider
from pulumi_cloudhsm.providers.password_secret import PasswordSecret, PasswordSecretProvider
from pulumi_cloudhsm.providers.private_ca_certificate import (
    PrivateCaCertificate,
    PrivateCaCertificateProvider,
)
from pulumi_cloudhsm.providers.private_root_ca import PrivateRootCa, PrivateRootCaProvider

STORED = [
    (DualStackClusterProvider, "dual_stack_cluster"),
    (BackupRetentionProvider, "backup_retention"),
    (ClusterRestorationProvider, "cluster_restoration"),
    (HsmTypeProvider, "hsm_type"),
    (PrivateCaCertificateProvider, "private_ca_certificate"),
    (PrivateRootCaProvider, "private_root_ca"),
    (KmsSignedCaProvider, "kms_signed_ca"),
    (KmsSignedCertificateProvider, "kms_signed_certificate"),
    (KmsUserProvider, "kms_user"),
    (PasswordSecretProvider, "password_secret"),
    (FileSystemPasswordProvider, "file_system_password"),
    (CustomKeyStoreProvider, "custom_key_store"),
    (ActiveHsmsProvider, "active_hsms"),
    (ClusterActivationProvider, "cluster_activation"),
    (CaKeyFileProvider, "ca_key_file"),
    (CertificateFilesProvider, "certificate_files"),
    (ClusterIdentityProvider, "cluster_identity"),
    (ClusterInitializationProvider, "cluster_initialization"),
]


@pytest.mark.parametrize(("provider", "module"), STORED)
def test_state_holds_a_reference_to_the_class_and_no_code(provider, module):
    stored = serialize_provider(provider())
    raw = base64.b64decode(stored)
    assert f"pulumi_cloudhsm.providers.{module}".encode() in raw
    assert provider.__name__.encode() in raw
    assert len(raw) < 130, "a class by value would bring its code along"
    assert type(dill.loads(raw)) is provider
    assert provider.serialize_as_secret_always is False


# As stacks hold it today, character by character: a class that moves needs an alias under its old
# name before its line here may change.
IN_STACKS = {
    DualStackClusterProvider: (
        "gASVUAAAAAAAAACMLHB1bHVtaV9jbG91ZGhzbS5wcm92aWRlcnMuZHVhbF9zdGFja19jbHVzdGVylIwYRHVhbFN0YWNrQ2x1c3RlclByb3ZpZGVylJOUKYGULg=="
    ),
    BackupRetentionProvider: (
        "gASVTQAAAAAAAACMKnB1bHVtaV9jbG91ZGhzbS5wcm92aWRlcnMuYmFja3VwX3JldGVudGlvbpSMF0JhY2t1cFJldGVudGlvblByb3ZpZGVylJOUKYGULg=="
    ),
    ClusterRestorationProvider: (
        "gASVUwAAAAAAAACMLXB1bHVtaV9jbG91ZGhzbS5wcm92aWRlcnMuY2x1c3Rlcl9yZXN0b3JhdGlvbpSMGkNsdXN0ZXJSZXN0b3JhdGlvblByb3ZpZGVylJOUKYGULg=="
    ),
    HsmTypeProvider: (
        "gASVPQAAAAAAAACMInB1bHVtaV9jbG91ZGhzbS5wcm92aWRlcnMuaHNtX3R5cGWUjA9Ic21UeXBlUHJvdmlkZXKUk5QpgZQu"
    ),
    PrivateCaCertificateProvider: (
        "gASVWAAAAAAAAACMMHB1bHVtaV9jbG91ZGhzbS5wcm92aWRlcnMucHJpdmF0ZV9jYV9jZXJ0aWZpY2F0"
        "ZZSMHFByaXZhdGVDYUNlcnRpZmljYXRlUHJvdmlkZXKUk5QpgZQu"
    ),
    PrivateRootCaProvider: (
        "gASVSgAAAAAAAACMKXB1bHVtaV9jbG91ZGhzbS5wcm92aWRlcnMucHJpdmF0ZV9yb290X2NhlIwVUHJp"
        "dmF0ZVJvb3RDYVByb3ZpZGVylJOUKYGULg=="
    ),
    KmsSignedCaProvider: (
        "gASVRgAAAAAAAACMJ3B1bHVtaV9jbG91ZGhzbS5wcm92aWRlcnMua21zX3NpZ25lZF9jYZSME0ttc1Np"
        "Z25lZENhUHJvdmlkZXKUk5QpgZQu"
    ),
    KmsSignedCertificateProvider: (
        "gASVWAAAAAAAAACMMHB1bHVtaV9jbG91ZGhzbS5wcm92aWRlcnMua21zX3NpZ25lZF9jZXJ0aWZpY2F0"
        "ZZSMHEttc1NpZ25lZENlcnRpZmljYXRlUHJvdmlkZXKUk5QpgZQu"
    ),
    KmsUserProvider: (
        "gASVPQAAAAAAAACMInB1bHVtaV9jbG91ZGhzbS5wcm92aWRlcnMua21zX3VzZXKUjA9LbXNVc2VyUHJvdmlkZXKUk5QpgZQu"
    ),
    PasswordSecretProvider: (
        "gASVSwAAAAAAAACMKXB1bHVtaV9jbG91ZGhzbS5wcm92aWRlcnMucGFzc3dvcmRfc2VjcmV0lIwWUGFzc3dvcmRTZWNyZXRQcm92aWRlcpSTlCmBlC4="
    ),
    FileSystemPasswordProvider: (
        "gASVVAAAAAAAAACMLnB1bHVtaV9jbG91ZGhzbS5wcm92aWRlcnMuZmlsZV9zeXN0ZW1fcGFzc3dvcmSU"
        "jBpGaWxlU3lzdGVtUGFzc3dvcmRQcm92aWRlcpSTlCmBlC4="
    ),
    CustomKeyStoreProvider: (
        "gASVTAAAAAAAAACMKnB1bHVtaV9jbG91ZGhzbS5wcm92aWRlcnMuY3VzdG9tX2tleV9zdG9yZZSMFkN1"
        "c3RvbUtleVN0b3JlUHJvdmlkZXKUk5QpgZQu"
    ),
    ActiveHsmsProvider: (
        "gASVQwAAAAAAAACMJXB1bHVtaV9jbG91ZGhzbS5wcm92aWRlcnMuYWN0aXZlX2hzbXOUjBJBY3RpdmVI"
        "c21zUHJvdmlkZXKUk5QpgZQu"
    ),
    ClusterActivationProvider: (
        "gASVUQAAAAAAAACMLHB1bHVtaV9jbG91ZGhzbS5wcm92aWRlcnMuY2x1c3Rlcl9hY3RpdmF0aW9ulIwZ"
        "Q2x1c3RlckFjdGl2YXRpb25Qcm92aWRlcpSTlCmBlC4="
    ),
    CaKeyFileProvider: (
        "gASVQgAAAAAAAACMJXB1bHVtaV9jbG91ZGhzbS5wcm92aWRlcnMuY2Ffa2V5X2ZpbGWUjBFDYUtleUZp"
        "bGVQcm92aWRlcpSTlCmBlC4="
    ),
    CertificateFilesProvider: (
        "gASVTwAAAAAAAACMK3B1bHVtaV9jbG91ZGhzbS5wcm92aWRlcnMuY2VydGlmaWNhdGVfZmlsZXOUjBhD"
        "ZXJ0aWZpY2F0ZUZpbGVzUHJvdmlkZXKUk5QpgZQu"
    ),
    ClusterIdentityProvider: (
        "gASVTQAAAAAAAACMKnB1bHVtaV9jbG91ZGhzbS5wcm92aWRlcnMuY2x1c3Rlcl9pZGVudGl0eZSMF0Ns"
        "dXN0ZXJJZGVudGl0eVByb3ZpZGVylJOUKYGULg=="
    ),
    ClusterInitializationProvider: (
        "gASVWQAAAAAAAACMMHB1bHVtaV9jbG91ZGhzbS5wcm92aWRlcnMuY2x1c3Rlcl9pbml0aWFsaXphdGlv"
        "bpSMHUNsdXN0ZXJJbml0aWFsaXphdGlvblByb3ZpZGVylJOUKYGULg=="
    ),
}


@pytest.mark.parametrize("provider", IN_STACKS, ids=lambda provider: provider.__name__)
def test_what_stacks_hold_today_is_what_is_stored_and_still_loads(provider):
    assert serialize_provider(provider()) == IN_STACKS[provider]
    assert type(dill.loads(base64.b64decode(IN_STACKS[provider]))) is provider


def test_a_provider_that_has_been_used_is_stored_as_before():
    """It keeps no client, clock or lock that would change, or not fit into, the state."""
    fresh, used = ClusterIdentityProvider(), ClusterIdentityProvider()
    before = serialize_provider(fresh)
    used.cloudhsm({"region": "eu-central-1"})
    used.waiter()
    assert serialize_provider(used) == before


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        (BackupRetention, "BackupRetention"),
        (ClusterRestoration, "ClusterRestoration"),
        (HsmType, "HsmType"),
        (DualStackCluster, "DualStackCluster"),
        (CaKeyFile, "CaKeyFile"),
        (ActiveHsms, "ActiveHsms"),
        (CertificateFiles, "CertificateFiles"),
        (ClusterActivation, "ClusterActivation"),
        (KmsSignedCa, "KmsSignedCa"),
        (KmsSignedCertificate, "KmsSignedCertificate"),
        (PrivateCaCertificate, "PrivateCaCertificate"),
        (PrivateRootCa, "PrivateRootCa"),
        (KmsUser, "KmsUser"),
        (PasswordSecret, "PasswordSecret"),
        (CustomKeyStore, "CustomKeyStore"),
        (FileSystemPassword, "FileSystemPassword"),
        (ClusterIdentity, "ClusterIdentity"),
        (ClusterInitialization, "ClusterInitialization"),
    ],
)
def test_the_type_tokens_are_fixed(resource, name):
    assert resource._resource_type_name == f"dynamic/cloudhsm:{name}"


@pytest.mark.parametrize(("_provider", "module"), STORED)
def test_importing_a_provider_loads_no_component(_provider, module):
    code = (
        f"import sys, pulumi_cloudhsm.providers.{module};"
        "print([m for m in ('pulumi_aws', 'pulumi_tls', 'pulumi_cloudhsm.cluster',"
        " 'pulumi_cloudhsm.trust') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "module",
    [
        "aws.acmpca",
        "aws.advice",
        "aws.cloudhsmv2",
        "aws.ec2",
        "aws.fsx",
        "aws.kms",
        "aws.logs",
        "aws.ownership",
        "aws.kms_signing",
        "aws.secretsmanager",
        "aws.session",
        "certificates",
        "identity",
        "issuance",
        "local_files",
        "ontap",
        "placement",
        "roots",
        "trust_anchor",
        "waiter",
    ],
)
def test_what_knows_no_pulumi_loads_none(module):
    code = (
        f"import sys, pulumi_cloudhsm.{module};"
        "print([m for m in sys.modules if m.partition('.')[0] in ('pulumi', 'grpc', 'dill')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
