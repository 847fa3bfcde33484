"""Names in state are API: what the engine stores of a provider, and what loading one imports."""

from __future__ import annotations

import base64
import subprocess
import sys
from importlib import import_module

import dill
import pytest
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider

from pulumi_cloudhsm.dynamic_provider import StoredProvider
from pulumi_cloudhsm.state_names import PROVIDERS, load_provider, stored_name

# As stacks hold them. A name may be added; none may be changed or removed.
NAMES = {
    "ActiveHsms",
    "BackupRetention",
    "CaKeyFile",
    "CertificateFiles",
    "ClusterActivation",
    "ClusterIdentity",
    "ClusterInitialization",
    "ClusterRestoration",
    "CopiedBackup",
    "CustomKeyStore",
    "DualStackCluster",
    "FileSystemPassword",
    "KmsSignedCa",
    "KmsSignedCertificate",
    "KmsUser",
    "PasswordSecret",
    "PrivateCaCertificate",
    "PrivateRootCa",
}
# What the state of every stack holds of `ClusterInitialization`, byte by byte.
INITIALIZATION_IN_STATE = (
    b"\x80\x04\x95M\x00\x00\x00\x00\x00\x00\x00\x8c\x1bpulumi_cloudhsm.state_names\x94\x8c\rload"
    b"_provider\x94\x93\x94\x8c\x15ClusterInitialization\x94\x85\x94R\x94."
)


def provider_of(name: str) -> ResourceProvider:
    return load_provider(name)


def test_the_table_holds_exactly_the_names_that_stacks_know() -> None:
    assert set(PROVIDERS) == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_state_holds_a_name_and_neither_a_module_path_nor_code(name: str) -> None:
    raw = base64.b64decode(serialize_provider(provider_of(name)))
    assert name.encode() in raw
    assert b"_provider:" not in raw, "no module path of the table"
    assert raw.count(b"pulumi_cloudhsm.") == 1, "only the module that never moves"
    assert len(raw) < 110, "a class by value would bring its code along"
    assert type(dill.loads(raw)) is type(provider_of(name))


def test_what_stacks_hold_is_what_is_stored_and_still_loads() -> None:
    provider = provider_of("ClusterInitialization")
    assert base64.b64decode(serialize_provider(provider)) == INITIALIZATION_IN_STATE
    assert type(dill.loads(INITIALIZATION_IN_STATE)) is type(provider)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_stored_provider_is_no_secret_and_leads_back_to_its_name(name: str) -> None:
    provider = provider_of(name)
    assert isinstance(provider, StoredProvider)
    assert provider.serialize_as_secret_always is False
    assert stored_name(type(provider)) == name


def test_a_provider_that_the_table_does_not_know_is_refused_before_it_enters_a_state() -> None:
    class Unknown(StoredProvider):
        pass

    with pytest.raises(LookupError, match=r"has no name in .*PROVIDERS: add one"):
        Unknown().__reduce__()


@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_type_tokens_are_fixed(name: str) -> None:
    module = import_module(f"pulumi_cloudhsm.{PROVIDERS[name].partition(':')[0]}")
    assert getattr(module, name)._resource_type_name == f"dynamic/cloudhsm:{name}"


@pytest.mark.parametrize("name", sorted(NAMES))
def test_loading_a_provider_loads_no_component_and_no_large_package(name: str) -> None:
    """The plugin host loads it in a process of its own; a loaded component would declare."""
    code = (
        "import sys; from pulumi_cloudhsm.state_names import load_provider;"
        f"load_provider({name!r});"
        "print([m for m in sys.modules if m in ('pulumi_aws', 'pulumi_tls', 'pulumi_command')"
        " or m.startswith('pulumi_cloudhsm.') and m.endswith('component')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
