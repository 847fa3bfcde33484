"""Names that KMS gives only once: refused in the preview, before an HSM is paid for."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_cloudhsm.aws.found import Found
from pulumi_cloudhsm.aws.kms import KeyStore
from pulumi_cloudhsm.validation import InputError
from tests.support.fake_cloud import CLUSTER_ID, World, cluster_seen
from tests.support.recording import OWNER, Run, config, run

WANTED: dict[str, Any] = {
    "activation": {"mode": "manual"},
    "hsms": {"count": 2},
    "keyStore": {"name": "vault", "keyAlias": "files", "kmsUserSecret": "kmsuser"},
}


def store(name: str = "vault", cluster_id: str = "cluster-other") -> KeyStore:
    return KeyStore("cks-other", name, cluster_id, "CONNECTED", "", "")


def begun(world: World) -> World:
    """The same, where an earlier run has made the cluster."""
    world.begun = True
    world.sights = [[cluster_seen("UNINITIALIZED", owner=OWNER)]]
    return world


@pytest.mark.parametrize("preview", [True, False])
def test_another_clusters_key_store_of_the_name_is_refused_with_what_it_is(preview: bool) -> None:
    world = World()
    world.files.stores = [store()]
    done = run(config(**WANTED), world=world, preview=preview)
    assert isinstance(done.error, InputError)
    line = str(done.error)
    for part in ("cloudhsm:keyStore.name is 'vault'", "cks-other on cluster-other has this name"):
        assert part in line
    assert "cloudhsm-keys-store" not in done


def test_the_store_that_an_interrupted_run_left_on_our_cluster_is_none_of_them() -> None:
    world = begun(World())
    world.files.stores = [store(cluster_id=CLUSTER_ID)]
    run(config(**WANTED), world=world, preview=True).succeeded()


@pytest.mark.parametrize("preview", [True, False])
def test_another_keys_alias_is_refused_with_the_key(preview: bool) -> None:
    world = World()
    world.owned.aliases = [("alias/files", "key-of-somebody")]
    done = run(config(**WANTED), world=world, preview=preview)
    line = str(done.error)
    for part in (
        "cloudhsm:keyStore.keyAlias is 'files'",
        "another key's (key-of-somebody)",
        "aws kms delete-alias --alias-name alias/files",
    ):
        assert part in line


def test_the_alias_that_an_interrupted_run_left_is_none_of_them() -> None:
    world = begun(World())
    world.owned.aliases = [("alias/files", "key-1")]
    world.owned.keys = [Found("key-1", "cloudhsm-keys-key", "Enabled")]
    done = run(config(**WANTED), world=world, preview=True).succeeded()
    assert done["cloudhsm-keys-alias"].request.importId == "alias/files"


def test_the_eleventh_store_is_told() -> None:
    world = World()
    world.files.stores = [store(f"store-{number}") for number in range(10)]
    done = run(config(**WANTED), world=world, preview=True).succeeded()
    assert [line for line in done.said("warning") if "there are 10 custom key stores" in line]


def test_an_unchanged_up_asks_kms_nothing() -> None:
    world = World()
    run(config(**WANTED), world=world).succeeded()
    again = world.as_left()
    done: Run = run(config(**WANTED), world=again).succeeded()
    assert done.error is None
    assert again.owned.calls == []
