"""The key store in the program: when it is declared, on what it waits, what is refused before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from pulumi_cloudhsm.key_store.args import KeyStoreArgs
from pulumi_cloudhsm.key_store.component import KeyStore
from pulumi_cloudhsm.validation import InputError
from tests.support import fake_cloud
from tests.support.cluster_facts import known_cluster
from tests.support.fake_cloud import CLUSTER_ID
from tests.support.recording import Run, bare, config, run

WANTED = {
    "activation": {"mode": "manual"},
    "hsms": {"count": 2},
    "keyStore": {"kmsUserSecret": "kmsuser"},
}
NAMES = {"cloudhsm-keys", "cloudhsm-keys-store", "cloudhsm-keys-key", "cloudhsm-keys-alias"}


def settings(hsms: int = 2, **changes: Any) -> dict[str, str]:
    """The stack's config with so many HSMs; `changes` are keys of `keyStore`."""
    wanted = {**WANTED["keyStore"], **changes}
    return config(**{**WANTED, "hsms": {"count": hsms}, "keyStore": wanted})


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
    done = run(settings(keyAlias="files", keyDeletionDays=7, name="vault")).succeeded()
    store = bare(done["cloudhsm-keys-store"].inputs)
    assert (store["key_store_name"], store["password_secret_id"]) == ("vault", "kmsuser")
    assert store["ca_certificate"].startswith("-----BEGIN CERTIFICATE")
    key = done["cloudhsm-keys-key"]
    assert key["customKeyStoreId"] == "cks-1234567890abcdef0"
    assert key["deletionWindowInDays"] == 7
    assert "enableKeyRotation" not in key.inputs, "a key in a store cannot be rotated"
    assert done["cloudhsm-keys-alias"]["name"] == "alias/files"
    exports = bare(done.exports)
    assert exports["keyStoreId"] == "cks-1234567890abcdef0"
    assert exports["keyArn"].startswith("arn:aws:kms:")


@pytest.mark.parametrize("preview", [True, False])
def test_a_store_that_could_not_be_connected_is_in_the_state_and_fails_the_run(
    monkeypatch: pytest.MonkeyPatch, preview: bool
) -> None:
    told = "cks-1 could not be connected (USER_LOCKED_OUT): do this"
    outs = {"key_store_id": "cks-1", "connection_state": "NOT_CONNECTED", "failure": told}
    monkeypatch.setitem(fake_cloud.MAKERS, "CustomKeyStore", lambda *_: ("cks-1", outs))
    world = fake_cloud.World()
    done = run(settings(), preview=preview, world=world)
    assert (str(done.error) if done.error else "") == ("" if preview else told)
    if not preview:
        assert "cloudhsm-keys-store" in world.state
        assert "cloudhsm-keys-key" not in world.state


def test_a_preview_of_a_changed_store_shows_no_other_key() -> None:
    """It knows no output of what is updated, and another store would be another key."""
    world = fake_cloud.World()
    run(settings(), world=world).succeeded()
    done = run(settings(name="vault"), preview=True, world=world.as_left()).succeeded()
    assert done["cloudhsm-keys-key"]["customKeyStoreId"] == "cks-1234567890abcdef0"


def test_there_is_none_unless_it_is_wanted_and_can_be_connected() -> None:
    assert declared(run(config(**{**WANTED, "keyStore": None})).succeeded()) == set()
    waiting = config(**WANTED, trust={"mode": "external", "subject": None})
    assert declared(run(waiting).succeeded()) == set()


def test_all_of_it_is_protected_unless_the_stack_is_disposable() -> None:
    done = run(config(**WANTED, disposable=False)).succeeded()
    assert {name for name in NAMES if done[name].request.protect} == NAMES
    disposable = run(settings()).succeeded()
    assert not any(disposable[name].request.protect for name in NAMES)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"kmsUserSecret": None}, ("cloudhsm:keyStore.kmsUserSecret", "name or ARN")),
        ({"kmsUserSecret": ""}, ("cloudhsm:keyStore.kmsUserSecret", "name or ARN")),
        (
            {"hsms": 1},
            ("cloudhsm:hsms.count", "at least 2", "cloudhsm:keyStore.allowKeysUnavailable"),
        ),
        ({"hsms": 0}, ("cloudhsm:hsms.count", "unusable")),
        ({"keyDeletionDays": 6}, ("cloudhsm:keyStore.keyDeletionDays", "6", "7 to 30")),
        ({"keyAlias": "aws/mine"}, ("cloudhsm:keyStore.keyAlias", "aws/mine")),
        ({"keyAlias": "with space"}, ("cloudhsm:keyStore.keyAlias", "with space")),
        ({"name": "x" * 257}, ("cloudhsm:keyStore.name", "256")),
        ({"name": "with space"}, ("cloudhsm:keyStore.name", "alias")),
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


def test_fewer_hsms_are_taken_where_unusable_keys_are_accepted() -> None:
    done = run(settings(hsms=1, allowKeysUnavailable=True)).succeeded()
    assert declared(done) == NAMES


def in_another_stack(args: Callable[[], KeyStoreArgs]) -> Run:
    """A store on a cluster of which only the facts are known."""

    def program() -> None:
        store = KeyStore("keys", args(), cluster=known_cluster(state="ACTIVE"))
        pulumi.export("keyArn", store.key_arn)
        pulumi.export("aliasArn", store.alias_arn)

    return run({}, program=program)


def test_a_store_needs_no_more_of_a_cluster_than_its_facts() -> None:
    done = in_another_stack(lambda: KeyStoreArgs(kms_user_secret="kmsuser")).succeeded()
    store = bare(done["keys-store"].inputs)
    assert (store["key_store_name"], store["cluster_id"]) == ("vault", CLUSTER_ID)
    assert store["access"]["region"] == "eu-central-1"
    assert done["keys-key"]["tags"]["team"] == "keys"
    assert bare(done.exports)["aliasArn"].endswith(":alias/vault")


def test_a_name_and_a_secret_may_come_as_outputs() -> None:
    def args() -> KeyStoreArgs:
        return KeyStoreArgs(
            name=pulumi.Output.from_input("shared"),
            key_policy=pulumi.Output.from_input("{}"),
            kms_user_secret=pulumi.Output.from_input("arn:kmsuser"),
        )

    done = in_another_stack(args).succeeded()
    store = bare(done["keys-store"].inputs)
    assert (store["key_store_name"], store["password_secret_id"]) == ("shared", "arn:kmsuser")
    assert done["keys-alias"]["name"] == "alias/shared"


def test_a_store_without_kmsusers_password_is_refused() -> None:
    error = in_another_stack(KeyStoreArgs).error
    assert isinstance(error, InputError)
    assert error.field == "kms_user_secret"
