"""Account and Region of the aws provider and of our own calls are one, or nothing is made."""

from __future__ import annotations

import json

import pulumi
import pytest

from pulumi_cloudhsm import (
    AwsAccessArgs,
    CloudHsmDeployment,
    CloudHsmDeploymentArgs,
    CommonArgs,
    Network,
    NetworkArgs,
    Subject,
    TrustArgs,
)
from pulumi_cloudhsm.aws.regions import why_without_cloudhsm
from pulumi_cloudhsm.errors import AwsError
from tests.support.fake_cloud import World
from tests.support.recording import ACCOUNT, config, run

OTHER = "222222222222"


@pytest.mark.parametrize("preview", [True, False])
def test_another_account_than_the_providers_is_one_line_with_both_and_makes_nothing(
    preview: bool,
) -> None:
    done = run(config(), preview=preview, world=World(account=OTHER))

    said = str(done.error)
    assert f"account {OTHER} (arn:aws:iam::{OTHER}:user/somebody)" in said
    assert f"aws provider acts in account {ACCOUNT}" in said
    assert "\n" not in said
    assert done.of("aws") == []


def test_credentials_that_aws_refuses_end_the_run_before_anything_is_made() -> None:
    done = run(config(), world=World(account=AwsError("asking STS: AWS said: expired")))

    assert "expired; nothing was made" in str(done.error)
    assert done.of("aws") == []


@pytest.mark.parametrize(
    ("key", "accounts", "refused"),
    [
        ("allowedAccountIds", [OTHER], True),
        ("allowedAccountIds", [OTHER, ACCOUNT], False),
        ("forbiddenAccountIds", [ACCOUNT], True),
        ("forbiddenAccountIds", [OTHER], False),
    ],
)
def test_allowed_and_forbidden_accounts_count_for_our_own_calls(
    key: str, accounts: list[str], refused: bool
) -> None:
    done = run({**config(), f"aws:{key}": json.dumps(accounts)})

    assert (done.error is not None) is refused
    if refused:
        assert str(done.error).startswith(f"aws:{key} is ")
        assert f"account {ACCOUNT}" in str(done.error)


@pytest.mark.parametrize(
    ("region", "there"),
    [
        ("ap-southeast-4", "take one of af-south-1"),
        ("cn-north-1", "no Region of its partition has it"),
    ],
)
def test_a_region_without_cloudhsm_is_told_in_the_preview_and_nothing_is_made(
    region: str, there: str
) -> None:
    given = config(network={"availabilityZones": [f"{region}a"]})
    done = run({**given, "aws:region": region}, preview=True, world=World(region=region))

    assert f"is '{region}': AWS has no CloudHSM there" in str(done.error)
    assert there in str(done.error)
    assert "\n" not in str(done.error)
    assert done.of("aws") == []


def test_an_endpoint_that_is_given_counts_more_than_the_table_of_endpoints() -> None:
    by = AwsAccessArgs(endpoints={"cloudhsmv2": "https://cloudhsmv2.ap-southeast-4.example"})
    assert why_without_cloudhsm("ap-southeast-4", AwsAccessArgs()) is not None
    assert why_without_cloudhsm("ap-southeast-4", by) is None


@pytest.mark.parametrize("region", ["eu-central-1", "us-gov-west-1", "xx-future-1"])
def test_a_region_with_cloudhsm_and_an_unknown_one_are_let_through(region: str) -> None:
    assert why_without_cloudhsm(region, AwsAccessArgs()) is None


def test_the_provider_is_asked_once_for_all_parts() -> None:
    done = run(config(hsms={"count": 2}, activation={"mode": "ssm"}, keyStore={})).succeeded()

    assert done.invokes.count("aws:index/getCallerIdentity:getCallerIdentity") == 1
    assert done.invokes.count("aws:index/getRegion:getRegion") == 1


def test_a_part_of_another_region_is_refused_although_its_deployment_fits() -> None:
    def program() -> None:
        network = NetworkArgs(availability_zones=["eu-central-1a"])
        trust = TrustArgs(subject=Subject("Example CA", "Example Corp"))
        whole = CloudHsmDeployment("keys", CloudHsmDeploymentArgs(network=network, trust=trust))
        elsewhere = CommonArgs(region="us-east-1")
        inside = pulumi.ResourceOptions(parent=whole)
        zones = NetworkArgs(availability_zones=["us-east-1a"])
        Network("more", zones, common=elsewhere, opts=inside)

    done = run(config(), program=program)

    assert str(done.error).startswith("region is 'us-east-1': the component's aws provider is in")
    assert "more-vpc" not in done


def test_accounts_are_not_compared_where_they_may_not_be_asked_for() -> None:
    given = {**config(), "aws:skipRequestingAccountId": "true"}
    done = run(given, world=World(account=OTHER)).succeeded()

    assert done["cloudhsm-identity"]["access"] == {
        "region": "eu-central-1",
        "by": {"skip_requesting_account_id": True},
    }


def test_everything_that_the_provider_is_configured_with_reaches_our_own_calls() -> None:
    role = {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/deploys", "externalId": "x", "duration": "2h"}
    given = {
        **config(),
        "aws:profile": "security",
        "aws:assumeRoles": json.dumps([role]),
        "aws:endpoints": json.dumps(
            [{"kms": "https://kms.example", "acmpca": "https://p.example"}]
        ),
        "aws:useFipsEndpoint": "true",
        "aws:sharedConfigFiles": json.dumps(["~/.aws/other"]),
        "aws:stsRegion": "eu-west-1",
    }
    by = run(given).succeeded()["cloudhsm-identity"]["access"]["by"]

    assert by == {
        "profile": "security",
        "assume_roles": [
            {"role_arn": role["roleArn"], "external_id": "x", "duration": "2h"},
        ],
        "endpoints": {"kms": "https://kms.example", "acmpca": "https://p.example"},
        "use_fips_endpoint": True,
        "shared_config_files": ["~/.aws/other"],
        "sts_region": "eu-west-1",
    }


def test_keys_are_secret_in_every_resource_and_in_no_component() -> None:
    given = {**config(), "aws:accessKey": "AKIAEXAMPLE", "aws:secretKey": "verysecret"}
    done = run(given, secrets=("aws:secretKey",)).succeeded()

    identity = done["cloudhsm-identity"]
    assert identity.has_secret("access")
    assert "access" in identity.request.additionalSecretOutputs
    assert identity["access"]["by"]["secret_key"] == "verysecret"
    for one in done.resources:
        if not one.has_secret("access") if "access" in one.inputs else True:
            assert "verysecret" not in json.dumps(one.inputs), one.name


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("assumeRoles", "arn:aws:iam::1:role/x", "give JSON"),
        ("assumeRoles", "5", "give a list"),
        ("assumeRoles", '{"roleArn": "x"}', "give a list"),
        ("assumeRoles[0]", "[5]", "give an object with duration"),
        ("assumeRoles[0].roleArn", "[{}]", "give it"),
        ("assumeRoles[0].roleArn", '[{"roleArn": 5}]', "give text"),
        ("assumeRoles[0].rolearn", '[{"roleArn": "x", "rolearn": "y"}]', "use roleArn"),
        ("assumeRoles[0].policyArns", '[{"roleArn": "x", "policyArns": "y"}]', "give a list"),
        ("assumeRoleWithWebIdentity", "[]", "give an object with duration"),
        ("endpoints", '"https://kms.example"', "give an object"),
        ("endpoints", "[5]", "give an object"),
        ("sharedConfigFiles", '["one", "two"]', "give one that holds all profiles"),
        ("accessKey", "AKIAEXAMPLE", "give key and secret"),
    ],
)
def test_what_our_own_calls_cannot_follow_is_refused_with_its_key(
    key: str, value: str, words: str
) -> None:
    done = run({**config(), f"aws:{key.partition('[')[0]}": value})

    assert str(done.error).startswith(f"aws:{key} is ")
    assert words in str(done.error)
    assert isinstance(done.error, pulumi.RunError)
    assert done.of("aws") == []
