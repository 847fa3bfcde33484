"""A KMS key that an interrupted run left is taken over, so that none is billed unseen."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi_cloudhsm.aws.kms import HeldKey
from pulumi_cloudhsm.errors import AwsError

from tests.unit.recording import OWNER, Run, config, run
from tests.unit.world import KEY_STORE_ID, World

IN_STORE = config(activation="manual", hsmCount=2, keyStore=True, kmsUserSecret="kmsuser")
OF_CA = config(trust="kms")
CASES = [
    (IN_STORE, "cloudhsm-keys-key", "cloudhsm-keys", KEY_STORE_ID),
    (OF_CA, "cloudhsm-ca-key", "cloudhsm-ca", ""),
]


def interrupted(settings: dict[str, str], name: str, keys: Any) -> World:
    """After a run that was killed as AWS had just made the key."""
    world = World()
    run(settings, world=world).succeeded()
    later = world.as_left()
    for lost in (name, name.replace("-key", "-alias")):
        later.state.pop(lost, None)
        later.urns.pop(lost, None)
    later.keys = keys
    return later


def imported(done: Run, name: str) -> str:
    return done[name].request.importId


@pytest.mark.parametrize(("settings", "name", "component", "store"), CASES)
@pytest.mark.parametrize("preview", [True, False])
def test_it_is_imported(
    settings: dict[str, str], name: str, component: str, store: str, preview: bool
) -> None:
    world = interrupted(settings, name, [HeldKey("key-1", "Enabled", None, store)])
    done = run(settings, world=world, preview=preview).succeeded()
    assert imported(done, name) == "key-1"
    # KMS never tells it, so the import would fail at the difference.
    assert "deletionWindowInDays" in done[name].request.ignoreChanges
    owner = OWNER.removesuffix("cloudhsm") + component
    assert done[name]["tags"]["pulumi-cloudhsm"] == owner


@pytest.mark.parametrize(("settings", "name", "component", "store"), CASES)
def test_a_first_run_asks_kms_for_nothing(
    settings: dict[str, str], name: str, component: str, store: str
) -> None:
    world = World(keys=AwsError("must not be asked"))
    done = run(settings, world=world).succeeded()
    assert imported(done, name) == ""
    assert "ListKeys" not in world.calls


@pytest.mark.parametrize(("settings", "name", "component", "store"), CASES)
def test_a_key_that_the_state_holds_is_never_imported(
    settings: dict[str, str], name: str, component: str, store: str
) -> None:
    world = World()
    run(settings, world=world).succeeded()
    later = world.as_left()
    later.keys = [HeldKey("key-1", "Enabled", None, store)]
    done = run(settings, world=later).succeeded()
    assert imported(done, name) == ""
    assert "deletionWindowInDays" not in done[name].request.ignoreChanges
    assert "ListKeys" not in later.calls


@pytest.mark.parametrize(("settings", "name", "component", "store"), CASES)
def test_a_key_of_another_store_is_left_alone(
    settings: dict[str, str], name: str, component: str, store: str
) -> None:
    world = interrupted(settings, name, [HeldKey("key-1", "Enabled", None, "cks-other")])
    assert imported(run(settings, world=world).succeeded(), name) == ""


@pytest.mark.parametrize(("settings", "name", "component", "store"), CASES)
def test_of_two_keys_none_is_picked_by_chance(
    settings: dict[str, str], name: str, component: str, store: str
) -> None:
    keys = [HeldKey(f"key-{number}", "Enabled", None, store) for number in (1, 2)]
    done = run(settings, world=interrupted(settings, name, keys))
    assert isinstance(done.error, pulumi.RunError)
    assert "key-1, key-2" in str(done.error)


@pytest.mark.parametrize(("settings", "name", "component", "store"), CASES)
def test_who_may_not_look_is_told_so_and_goes_on(
    settings: dict[str, str], name: str, component: str, store: str
) -> None:
    world = interrupted(settings, name, AwsError("looking for keys: AWS said: no"))
    done = run(settings, world=world).succeeded()
    assert imported(done, name) == ""
    assert any("AWS said: no" in line for line in done.said("warning"))
