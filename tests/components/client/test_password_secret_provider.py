"""A secret with a password: made once, tagged, encrypted under the key that is wanted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from pulumi_cloudhsm.aws.access import AwsAccess
from pulumi_cloudhsm.client.password_secret_provider import (
    PasswordSecretInputs,
    PasswordSecretProvider,
)

REGION = "eu-central-1"
NAME = "cloudhsm/c/admin"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
OTHER_KEY = KEY.replace("1111", "9999")
TAGS = {"team": "keys", "pulumi-cloudhsm-id": "1"}
PLAIN = PasswordSecretInputs(
    access=AwsAccess(REGION), secret_name=NAME, description="Password", tags=TAGS
)
ENCRYPTED = replace(PLAIN, kms_key=KEY)


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield boto3.client("secretsmanager", REGION)


@pytest.fixture
def provider() -> PasswordSecretProvider:
    return PasswordSecretProvider()


def shown(secrets: Any) -> tuple[dict[str, str], str | None]:
    """Tags and KMS key as Secrets Manager shows them."""
    found = secrets.describe_secret(SecretId=NAME)
    return {one["Key"]: one["Value"] for one in found["Tags"]}, found.get("KmsKeyId") or None


def password(secrets: Any) -> tuple[str, str]:
    found = secrets.get_secret_value(SecretId=NAME)
    return found["SecretString"], found["VersionId"]


def test_a_password_is_made_once_and_is_nowhere_but_in_the_secret(
    provider: PasswordSecretProvider, secrets: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    given = PLAIN.props()
    made = provider.create({**given, "__provider": "pickle"})
    text, _ = password(secrets)
    assert len(text) == 32
    assert text.isalnum()
    assert provider.create(given).id == made.id
    assert password(secrets)[0] == text
    assert provider.read(made.id, made.outs or {}).id == made.id
    provider.delete(made.id, made.outs or {})
    told = capsys.readouterr().out
    assert f"restore-secret --secret-id {made.id}" in told
    # The run was killed before the state knew: the next destroy asks once more.
    provider.delete(made.id, made.outs or {})
    assert capsys.readouterr().out in told
    assert text not in told + json.dumps(made.outs)
    assert provider.read(made.id, made.outs or {}).id == ""
    assert provider.create(given).id == made.id, "what was deleted is restored"
    assert password(secrets)[0] == text


@pytest.mark.parametrize(("wanted", "key"), [(PLAIN, None), (ENCRYPTED, KEY)])
def test_a_secret_is_made_with_its_tags_and_under_its_key(
    provider: PasswordSecretProvider,
    secrets: Any,
    wanted: PasswordSecretInputs,
    key: str | None,
) -> None:
    made = provider.create(wanted.props())
    assert shown(secrets) == (TAGS, key)
    # A refresh finds what was given, and an unchanged `up` changes nothing.
    seen = provider.read(made.id, made.outs or {})
    assert seen.outs == made.outs
    assert not provider.diff(made.id, seen.outs or {}, wanted.props()).changes


@pytest.mark.parametrize("there", [PLAIN, replace(ENCRYPTED, tags={"old": "1", **TAGS})])
def test_an_adopted_secret_gets_the_tags_and_the_key_and_keeps_its_password(
    provider: PasswordSecretProvider, secrets: Any, there: PasswordSecretInputs
) -> None:
    provider.create(there.props())
    before = password(secrets)
    provider.create(replace(ENCRYPTED, kms_key=OTHER_KEY).props())
    assert shown(secrets) == (TAGS, OTHER_KEY)
    assert password(secrets) == before


@pytest.mark.parametrize(
    "wanted",
    [replace(PLAIN, tags={"team": "vault"}), replace(PLAIN, kms_key=KEY), PLAIN],
)
def test_other_tags_and_another_key_are_updates_that_keep_the_password(
    provider: PasswordSecretProvider, secrets: Any, wanted: PasswordSecretInputs
) -> None:
    had = replace(PLAIN, kms_key=OTHER_KEY)
    made, before = provider.create(had.props()), password(secrets)
    changed = provider.diff(made.id, made.outs or {}, wanted.props())
    assert changed.changes
    assert not changed.replaces
    updated = provider.update(made.id, made.outs or {}, wanted.props())
    assert shown(secrets) == (wanted.tags, wanted.kms_key)
    assert password(secrets) == before
    assert not provider.diff(made.id, updated.outs or {}, wanted.props()).changes


def test_a_refresh_shows_tags_and_keys_that_somebody_changed_and_an_update_brings_them_back(
    provider: PasswordSecretProvider, secrets: Any
) -> None:
    made = provider.create(ENCRYPTED.props())
    secrets.untag_resource(SecretId=NAME, TagKeys=["team"])
    secrets.tag_resource(SecretId=NAME, Tags=[{"Key": "by", "Value": "hand"}])
    secrets.update_secret(SecretId=NAME, KmsKeyId=OTHER_KEY)
    seen = provider.read(made.id, made.outs or {}).outs or {}
    assert seen["tags"] == {"pulumi-cloudhsm-id": "1", "by": "hand"}
    assert seen["kms_key"] == OTHER_KEY
    assert provider.diff(made.id, seen, ENCRYPTED.props()).changes
    provider.update(made.id, seen, ENCRYPTED.props())
    assert shown(secrets) == (TAGS, KEY)


def test_a_key_that_is_shown_by_its_id_is_no_drift(
    provider: PasswordSecretProvider, secrets: Any
) -> None:
    made = provider.create(ENCRYPTED.props())
    secrets.update_secret(SecretId=NAME, KmsKeyId=KEY.rpartition("/")[2])
    assert provider.read(made.id, made.outs or {}).outs == made.outs


def test_a_secret_of_a_state_without_tags_gets_them(
    provider: PasswordSecretProvider, secrets: Any
) -> None:
    secrets.create_secret(Name=NAME, SecretString="word")
    arn = secrets.describe_secret(SecretId=NAME)["ARN"]
    olds = {key: one for key, one in PLAIN.props().items() if key not in ("tags", "kms_key")}
    assert provider.diff(arn, {**olds, "arn": arn}, PLAIN.props()).changes
    provider.update(arn, {**olds, "arn": arn}, PLAIN.props())
    assert shown(secrets) == (TAGS, None)
    assert password(secrets)[0] == "word"
