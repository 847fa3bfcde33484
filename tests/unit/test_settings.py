"""Configuration: everything described is read, everything read is described, defaults agree."""

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pulumi
import pytest
import yaml
from pulumi_cloudhsm import CloudHsmClusterArgs, settings
from pulumi_cloudhsm.settings import Settings

from tests.unit.recording import ROOT, config, run

# A secret may have no default in Pulumi.yaml, and without one every stack would have to set it.
NOT_DECLARED = {"caKeyPassphrase", "sshPrivateKey"}
SSH = {"sshAddress": "host", "sshHostKey": "ssh-ed25519 AAAA"}


def described() -> dict[str, dict[str, Any]]:
    return yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]


def loaded(given: dict[str, str]) -> Settings:
    found: list[Settings] = []
    run(given, program=lambda: found.append(settings.load())).succeeded()
    return found[0]


@contextlib.contextmanager
def keys_read() -> Iterator[set[tuple[str, str]]]:
    """Records every key that is asked of any Config, as (namespace, key)."""
    seen: set[tuple[str, str]] = set()
    with contextlib.ExitStack() as patches:
        for method in [name for name in vars(pulumi.Config) if name.startswith(("get", "require"))]:
            real = getattr(pulumi.Config, method)

            def recorded(self: pulumi.Config, key: str, *rest: Any, real: Any = real) -> Any:
                seen.add((self.name, key))
                return real(self, key, *rest)

            patches.enter_context(patch.object(pulumi.Config, method, recorded))
        yield seen


@pytest.mark.parametrize("extra", [{}, {"availabilityZones": [], "subnetIds": ["subnet-01234567"]}])
def test_the_program_reads_no_key_that_is_not_described(extra: dict[str, Any]) -> None:
    with keys_read() as seen:
        loaded(config(exportCaKey=True, caKeyPassphrase="correct horse battery", **extra))
    own = {key for namespace, key in seen if namespace == "cloudhsm"}
    assert own - NOT_DECLARED <= set(described())


def test_every_described_key_is_read() -> None:
    with keys_read() as seen:
        loaded(
            config(
                exportCaKey=True,
                caKeyPassphrase="correct horse battery",
                activation="manual",
                hsmCount=2,
                keyStore=True,
                kmsUserSecret="kmsuser",
                fileSystem=True,
            )
        )
        loaded(config(activation="ssm"))
        loaded(config(trust="kms"))
        loaded(config(trust="acm-pca"))
        loaded(config(activation="ssh", sshPrivateKey="key", **SSH))
    assert {key for namespace, key in seen if namespace == "cloudhsm"} == {
        *described(),
        *NOT_DECLARED,
    }
    assert ("aws", "region") in seen
    assert ("aws", "profile") in seen


def test_every_key_has_a_default() -> None:
    """The CLI refuses a stack that leaves out a described key without one, whatever the mode."""
    assert [key for key, about in described().items() if "default" not in about] == []


def test_defaults_of_the_description_are_those_of_the_args() -> None:
    """Another stack that imports the component gets what this program's user gets."""
    only = {
        "aws:region": "eu-central-1",
        "cloudhsm:caCommonName": "Example CA",
        "cloudhsm:caOrganization": "Example Corp",
        "cloudhsm:availabilityZones": '["eu-central-1a"]',
    }
    with_defaults = config(
        caCommonName="Example CA",
        caOrganization="Example Corp",
        availabilityZones=["eu-central-1a"],
        disposable=False,
        tags={},
    )
    assert set(with_defaults) > set(only)
    from_description, from_args = loaded(with_defaults), loaded(only)
    assert from_description == from_args


def test_an_unset_option_leaves_the_args_own_default() -> None:
    args = loaded(
        {
            "aws:region": "eu-central-1",
            "cloudhsm:caCommonName": "Example CA",
            "cloudhsm:caOrganization": "Example Corp",
            "cloudhsm:subnetIds": '["subnet-01234567"]',
        }
    ).cluster
    plain = CloudHsmClusterArgs(
        region="eu-central-1", subnet_ids=["subnet-01234567"], ca=args.ca, aws_roots=[]
    )
    for field in (
        "hsm_type",
        "mode",
        "identity_verification",
        "certificate_directory",
        "hsm_usual_seconds",
        "hsm_deadline_seconds",
        "initialization_usual_seconds",
        "initialization_deadline_seconds",
        "protect",
    ):
        assert getattr(args, field) == getattr(plain, field), field


def test_every_key_has_a_type_and_a_description_that_says_something() -> None:
    for key, about in described().items():
        assert about["type"] in {"string", "integer", "boolean", "array", "object"}, key
        assert len(about["description"]) > 20, key


def test_the_development_stack_sets_only_described_keys() -> None:
    stack = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"]
    own = {key.removeprefix("cloudhsm:") for key in stack if key.startswith("cloudhsm:")}
    assert own <= set(described())
    assert set(stack) - {f"cloudhsm:{key}" for key in own} == {"aws:region"}


def test_the_profile_goes_to_the_calls_that_no_aws_resource_covers() -> None:
    given = {**config(), "aws:profile": "security"}
    assert loaded(given).cluster.profile == "security"


def test_existing_subnets_mean_no_network() -> None:
    with_subnets = loaded(config(subnetIds=["subnet-01234567"])).cluster
    assert with_subnets.network is None
    assert with_subnets.subnet_ids == ["subnet-01234567"]
    without = loaded(config()).cluster
    assert without.subnet_ids is None
    assert without.network is not None
    assert without.network.availability_zones == ["eu-central-1a", "eu-central-1b"]
    assert without.network.tags == {"environment": "dev"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("caKeyBits", "many"),
        ("disposable", "perhaps"),
        ("availabilityZones", "eu-central-1a"),
        ("tags", "{not json"),
        ("hsmUsualSeconds", "1.5"),
    ],
)
def test_a_value_of_the_wrong_type_is_one_line_with_its_key(key: str, value: str) -> None:
    done = run(config(**{key: value}))
    assert isinstance(done.error, pulumi.RunError)
    assert f"cloudhsm:{key}" in str(done.error)
    assert done.of("aws") == []
