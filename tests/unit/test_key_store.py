"""The key store in the program: when it is declared, on what it waits, what is refused before."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.recording import Run, bare, config, run

WANTED = {"activation": "manual", "hsmCount": 2, "keyStore": True, "kmsUserSecret": "kmsuser"}
NAMES = {"cloudhsm-keys", "cloudhsm-keys-store", "cloudhsm-keys-key", "cloudhsm-keys-alias"}


def settings(**changes: Any) -> dict[str, str]:
    return config(**{**WANTED, **changes})


def declared(done: Run) -> set[str]:
    return {one.name for one in done.resources} & NAMES


@pytest.mark.parametrize("preview", [True, False])
def test_store_key_and_alias_wait_until_all_hsms_are_active(preview: bool) -> None:
    done = run(settings(), preview=preview).succeeded()
    assert declared(done) == NAMES
    assert "cloudhsm-hsm-active" in done.ancestors("cloudhsm-keys-store")
    assert "cloudhsm-keys-store" in done.ancestors("cloudhsm-keys-key")
    assert "cloudhsm-keys-key" in done.ancestors("cloudhsm-keys-alias")


def test_they_are_what_the_config_says() -> None:
    done = run(settings(keyAlias="files", keyDeletionDays=7, keyStoreName="vault")).succeeded()
    store = bare(done["cloudhsm-keys-store"].inputs)
    assert (store["key_store_name"], store["password_secret_id"]) == ("vault", "kmsuser")
    assert store["trust_anchor"].startswith("-----BEGIN CERTIFICATE")
    key = done["cloudhsm-keys-key"]
    assert key["customKeyStoreId"] == "cks-1234567890abcdef0"
    assert key["deletionWindowInDays"] == 7
    assert "enableKeyRotation" not in key.inputs, "a key in a store cannot be rotated"
    assert done["cloudhsm-keys-alias"]["name"] == "alias/files"
    exports = bare(done.exports)
    assert exports["keyStoreId"] == "cks-1234567890abcdef0"
    assert exports["keyArn"].startswith("arn:aws:kms:")


def test_there_is_none_unless_it_is_wanted_and_can_be_connected() -> None:
    assert declared(run(settings(keyStore=False)).succeeded()) == set()
    waiting = settings(trust="external", caCommonName=None, caOrganization=None)
    assert declared(run(waiting).succeeded()) == set()


def test_all_of_it_is_protected_unless_the_stack_is_disposable() -> None:
    done = run(settings(disposable=False)).succeeded()
    assert {name for name in NAMES if done[name].request.protect} == NAMES
    disposable = run(settings()).succeeded()
    assert not any(disposable[name].request.protect for name in NAMES)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"kmsUserSecret": ""}, ("cloudhsm:kmsUserSecret", "name or ARN")),
        ({"hsmCount": 1}, ("cloudhsm:hsmCount", "at least 2", "allowKeysUnavailable")),
        ({"hsmCount": 0}, ("cloudhsm:hsmCount", "unusable")),
        ({"keyDeletionDays": 6}, ("cloudhsm:keyDeletionDays", "6", "7 to 30")),
        ({"keyAlias": "aws/mine"}, ("cloudhsm:keyAlias", "aws/mine")),
        ({"keyAlias": "with space"}, ("cloudhsm:keyAlias", "with space")),
        ({"keyStoreName": "x" * 257}, ("cloudhsm:keyStoreName", "256")),
        ({"keyStoreUsualSeconds": -1}, ("cloudhsm:keyStoreUsualSeconds", "-1")),
    ],
)
def test_wrong_input_is_one_line_before_anything_is_declared(
    changes: dict[str, Any], told: tuple[str, ...]
) -> None:
    done = run(settings(**changes), preview=True)
    assert done.error is not None
    for part in told:
        assert part in str(done.error)
    assert "\n" not in str(done.error)
    assert done.resources == []


def test_who_confirms_it_may_let_keys_become_unusable() -> None:
    done = run(settings(hsmCount=1, allowKeysUnavailable=True)).succeeded()
    assert declared(done) == NAMES
