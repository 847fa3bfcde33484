"""The type tokens that rules look for are those of the program and of the aws provider."""

from importlib import import_module

import pytest

from policy.rules import tokens
from policy.rules.model import Resource
from policy.rules.trust import IDENTITY_VERIFICATION
from pulumi_cloudhsm.state_names import DYNAMIC, PROVIDERS
from tests.policy.stacks import WHOLE, planned

ALL = {
    token
    for value in vars(tokens).values()
    for token in (value if isinstance(value, tuple) else [value])
    if isinstance(token, str) and ":" in token and not token.endswith(":")
}


def test_dynamic_resources_have_the_names_of_the_state() -> None:
    names = {one.removeprefix(DYNAMIC) for one in ALL if one.startswith(DYNAMIC)}
    assert names
    assert names <= set(PROVIDERS)


def test_a_resource_of_a_program_in_another_language_is_looked_at_as_well() -> None:
    off = Resource("cloudhsm:index:ClusterIdentity", "urn:pulumi:prod", {"verification": "off"})
    assert IDENTITY_VERIFICATION.violations([off])
    component = Resource("cloudhsm:index:KeyStore", "urn:pulumi:prod", {})
    assert component.type == component.token


def test_components_are_those_of_the_program() -> None:
    components = {one for one in ALL if one.startswith("cloudhsm:index:")}
    assert components
    assert components <= {one.type for one in planned(**WHOLE)}


@pytest.mark.parametrize("token", sorted(one for one in ALL if one.startswith(("aws:", "tls:"))))
def test_resources_are_those_of_the_published_providers(token: str) -> None:
    package, path, name = token.split(":")
    module = import_module(f"pulumi_{package}.{path.partition('/')[0]}".removesuffix(".index"))
    assert getattr(module, name).pulumi_type == token
