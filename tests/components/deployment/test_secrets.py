"""Secrets of the user's are looked at before anything is declared, and named by their ARN."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pulumi_cloudhsm.errors import AwsError, StateError, ThrottledError
from tests.support.fake_cloud import World
from tests.support.recording import Run, config, run

CHAIN: dict[str, Any] = {
    "activation": {"mode": "ssm", "adminSecret": "boss"},
    "hsms": {"count": 2},
    "keyStore": {"kmsUserSecret": "user"},
    "fileSystem": {"passwordSecret": "files"},
}
KEYS = {
    "boss": "cloudhsm:activation.adminSecret",
    "user": "cloudhsm:keyStore.kmsUserSecret",
    "files": "cloudhsm:fileSystem.passwordSecret",
}
GONE = AwsError("no", "ResourceNotFoundException")
GOING = AwsError("no: marked for deletion", "InvalidRequestException")
DENIED = AwsError("no", "AccessDeniedException")
BYTES = StateError("the secret holds no text: store the password as plaintext")
BROKEN: list[tuple[str, str | Exception, str]] = [
    ("boss", GONE, "there is no such secret in this account and Region"),
    ("boss", BYTES, "holds no text"),
    ("boss", "Adm1n!", "6 characters: store 7 to 32 printable ASCII"),
    ("boss", "Adm1n:Password", "without a colon"),
    ("boss", "Adm1n-Password\n", "begins or ends with a space or a line break"),
    ("user", GONE, "aws secretsmanager create-secret"),
    ("user", GOING, "aws secretsmanager restore-secret"),
    ("user", BYTES, "store the password as plaintext"),
    ("user", '{"kmsuser": "Fitting1"}', "JSON (key/value pairs), no plaintext"),
    ("user", "with-hyphen", "7 to 32 letters and digits"),
    ("user", "A1" * 17, "34 characters: store 7 to 32 letters and digits"),
    ("files", GONE, "there is no such secret"),
    ("files", "seven77", "7 characters: store 8 to 50 characters in one line"),
    ("files", "two lines\nof text", "8 to 50 characters in one line"),
]


def made(world: World, *, preview: bool = False, **changes: Any) -> Run:
    return run(config(**{**CHAIN, **changes}), preview=preview, world=world)


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize(("secret", "held", "told"), BROKEN)
def test_a_broken_secret_is_told_before_anything_is_declared(
    secret: str, held: str | Exception, told: str, preview: bool
) -> None:
    world = World()
    world.secrets.held[secret] = held
    done = made(world, preview=preview)
    line = str(done.error)
    assert line.startswith(f"{KEYS[secret]} is '{secret}': ")
    assert told in line
    assert "\n" not in line
    assert isinstance(held, Exception) or held not in line
    assert not [one for one in done.of("aws") if "Vpc" in one.type]


def test_each_fitting_secret_is_read_once_and_the_host_gets_its_arn() -> None:
    world = World()
    done = made(world).succeeded()
    assert sorted(world.secrets.calls) == [
        "DescribeSecret boss",
        "DescribeSecret user",
        "GetSecretValue boss",
        "GetSecretValue files",
        "GetSecretValue user",
    ]
    (rights,) = [one for one in done.of("aws") if one.name.endswith("-host-rights")]
    (reading,) = [
        one["Resource"]
        for one in json.loads(rights["policy"])["Statement"]
        if "secretsmanager" in str(one["Action"])
    ]
    assert [arn.rsplit(":", 1)[1] for arn in reading] == ["boss-AbCdEf", "user-AbCdEf"]


def test_a_used_secret_is_not_read_again() -> None:
    """KMS has another password by then, and so may fsxadmin and admin."""
    world = World()
    made(world).succeeded()
    world.secrets.calls.clear()
    world.secrets.held = dict.fromkeys(KEYS, "no: good")
    made(world).succeeded()
    assert [call for call in world.secrets.calls if "GetSecretValue" in call] == []


@pytest.mark.parametrize("preview", [True, False])
def test_who_may_not_read_a_secret_goes_on_if_it_is_there(preview: bool) -> None:
    world = World()
    world.secrets.held = dict.fromkeys(KEYS, DENIED)
    made(world, preview=preview).succeeded()
    world = World()
    world.secrets.held["files"] = DENIED
    world.secrets.described["files"] = GONE
    assert "there is no such secret" in str(made(world, preview=preview).error)


def test_a_name_that_may_not_be_looked_up_is_refused_where_a_host_needs_the_arn() -> None:
    world = World()
    world.secrets.described["boss"] = DENIED
    line = str(made(world).error)
    assert line.startswith("cloudhsm:activation.adminSecret is 'boss': give its ARN")


def test_a_preview_that_cannot_ask_warns_and_an_update_stops() -> None:
    world = World()
    world.secrets.held["files"] = ThrottledError("AWS is busy")
    done = made(world, preview=True).succeeded()
    assert any("is not known yet" in line for line in done.said("warning"))
    assert "AWS is busy" in str(made(world).error)
