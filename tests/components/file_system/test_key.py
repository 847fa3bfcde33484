"""A key that cannot encrypt is told before FSx is asked for a file system."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pulumi_cloudhsm.aws.cloudhsmv2 import Cluster
from pulumi_cloudhsm.aws.kms import HeldKey, KeyStore
from tests.components.file_system.test_component import SYSTEM, files, make
from tests.support.fake_cloud import CLUSTER_ID, cluster_seen
from tests.support.fake_file_systems import KEY_ARN

STORE = KeyStore("cks-1", "vault", "cluster-a", "FAILED", "USER_LOCKED_OUT", "PEM")
SOON = datetime(2026, 12, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("key", "store", "told"),
    [
        (HeldKey(KEY_ARN, "Unavailable", None, "cks-1"), STORE, ("cks-1 is FAILED", "--refresh")),
        (HeldKey(KEY_ARN, "PendingDeletion", SOON), None, ("cancel-key-deletion",)),
        (HeldKey(KEY_ARN, "Disabled", None), None, ("enable-key",)),
    ],
)
def test_without_a_usable_key_nothing_is_asked_of_fsx(
    key: HeldKey, store: KeyStore | None, told: tuple[str, ...]
) -> None:
    world = files(key=key, store=store)
    done = make(world=world)
    assert all(text in str(done.error) for text in (KEY_ARN, key.state, *told))
    assert "\n" not in str(done.error)
    assert SYSTEM not in world.state


@pytest.mark.parametrize(
    ("cluster", "told"),
    [
        ([cluster_seen("ACTIVE", hsms=[])], "no ACTIVE HSM, so"),
        (
            [cluster_seen("ACTIVE", hsms=["CREATE_IN_PROGRESS", "DEGRADED"])],
            "(CREATE_IN_PROGRESS, DEG",
        ),
        ([], "no ACTIVE HSM, so"),
    ],
)
def test_a_key_without_hsms_is_told_before_fsx_is_asked(cluster: list[Cluster], told: str) -> None:
    """KMS shows such a key as Enabled, in a store that is CONNECTED."""
    connected = replace(STORE, state="CONNECTED", error_code="", cluster_id=CLUSTER_ID)
    world = files(key=HeldKey(KEY_ARN, "Enabled", None, "cks-1"), store=connected)
    world.sights = [cluster]
    done = make(world=world)
    assert told in str(done.error)
    assert "add HSMs (hsms.count)" in str(done.error)
    assert SYSTEM not in world.state


def test_a_key_with_one_active_hsm_is_used() -> None:
    connected = replace(STORE, state="CONNECTED", error_code="", cluster_id=CLUSTER_ID)
    world = files(key=HeldKey(KEY_ARN, "Enabled", None, "cks-1"), store=connected)
    world.sights = [[cluster_seen("ACTIVE", hsms=["ACTIVE", "DELETE_IN_PROGRESS"])]]
    make(world=world).succeeded()
