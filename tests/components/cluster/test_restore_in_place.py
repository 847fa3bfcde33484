"""A lost cluster comes back in its own stack: one key of the config, and nothing else is made anew.

A refresh has dropped from the state what AWS has no more. What it keeps tells what was lost.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pulumi
import pytest

from pulumi_cloudhsm.aws.cloudhsmv2 import Backup, Hsm
from tests.support.fake_cloud import CLUSTER_ID, World, cluster_seen
from tests.support.recording import OWNER, Run, config, run

MADE = {"activation": {"mode": "ssm"}, "hsms": {"count": 2}, "keyStore": {}}
GONE = {
    "cloudhsm-cluster",
    "cloudhsm-backups",
    "cloudhsm-initialization",
    "cloudhsm-hsm-1",
    "cloudhsm-hsm-2",
    "cloudhsm-hsm-active",
    "cloudhsm-activation-wait",
}
"""What a refresh drops."""
OLD = Backup("backup-22222222222", "READY", CLUSTER_ID, datetime(2026, 11, 1, tzinfo=UTC), "FIPS")
NEW = replace(OLD, backup_id="backup-33333333333", created=datetime(2026, 11, 2, 3, 4, tzinfo=UTC))
UNUSABLE = replace(NEW, backup_id="backup-44444444444", state="PENDING_DELETION")
BACKUPS = [OLD, NEW, replace(UNUSABLE, created=datetime(2026, 11, 3, tzinfo=UTC))]


def wanted(backup_id: str = "newest", **changes: Any) -> dict[str, str]:
    return config(**{**MADE, "restore": {"backupId": backup_id}, **changes})


@pytest.fixture(scope="module")
def first() -> World:
    """The stack as it was before the loss."""
    world = World()
    run(config(**MADE), world=world).succeeded()
    return world


@pytest.fixture
def lost(first: World) -> World:
    """After the loss and a refresh."""
    world = first.as_left()
    for name in GONE:
        world.state.pop(name)
        world.urns.pop(name)
    world.backups = list(BACKUPS)
    return world


def restored(world: World, source: str = NEW.backup_id) -> World:
    """The next run, with the cluster from a backup."""
    later = world.as_left()
    seen = cluster_seen("ACTIVE", owner=OWNER)
    hsms = (Hsm("hsm-a", "ACTIVE", "", "eu-central-1a", "10.42.0.4"),)
    later.sights = [[replace(seen, source_backup_id=source, hsms=hsms)]]
    later.backups = [*world.backups, replace(NEW, backup_id="backup-55555555555")]
    return later


def names(done: Run) -> set[str]:
    return {one.name for one in done.resources}


@pytest.mark.parametrize("preview", [True, False])
def test_the_newest_usable_backup_of_the_lost_cluster_is_taken_and_told(
    lost: World, preview: bool
) -> None:
    done = run(wanted(), preview=preview, world=lost).succeeded()
    assert done["cloudhsm-cluster"]["sourceBackupIdentifier"] == NEW.backup_id
    (told,) = [line for line in done.said("warning") if "is restored from" in line]
    for part in (CLUSTER_ID, NEW.backup_id, "2026-11-02 03:04 UTC", "cannot come back"):
        assert part in told


def test_the_trust_anchor_is_compared_before_an_hsm_is_paid_for(lost: World) -> None:
    done = run(wanted(), world=lost).succeeded()
    compared = done["cloudhsm-restoration"]
    assert compared["cluster_certificate"].startswith("-----BEGIN CERTIFICATE")
    assert compared["ca_certificate"].startswith("-----BEGIN CERTIFICATE")
    before = done.ancestors("cloudhsm-hsm-1")
    assert {"cloudhsm-restoration", "cloudhsm-cluster", "cloudhsm-backups"} <= before
    assert "cloudhsm-initialization" not in done


def test_ca_identity_and_secrets_stay_those_of_the_lost_cluster(lost: World) -> None:
    done = run(wanted(), world=lost).succeeded()
    kept = done["cloudhsm-identity"].request.ignoreChanges
    assert {"cluster_id", "hsm_id"} <= set(kept)
    assert {"cloudhsm-ca", "cloudhsm-certificate"} <= names(done)
    for user in ("admin", "kmsuser"):
        secret = done[f"cloudhsm-client-password-{user}"]
        assert secret["secret_name"] == f"cloudhsm/{CLUSTER_ID}/{user}"


def test_the_next_run_keeps_the_backup_though_a_newer_one_is_there(lost: World) -> None:
    run(wanted(), world=lost).succeeded()
    done = run(wanted(), world=restored(lost)).succeeded()
    assert done["cloudhsm-cluster"]["sourceBackupIdentifier"] == NEW.backup_id
    assert not [line for line in done.said("warning") if "is restored from" in line]


def test_without_a_refresh_it_is_told_that_the_cluster_is_not_made_again(first: World) -> None:
    world = first.as_left()
    world.backups = list(BACKUPS)
    done = run(wanted(), preview=True, world=world).succeeded()
    assert any("without --refresh" in line for line in done.said("warning"))


@pytest.mark.parametrize(
    ("settings", "change", "told"),
    [
        (wanted(), lambda world: world.backups.clear(), "has no READY backup"),
        (wanted(), lambda world: world.state.clear() or world.urns.clear(), "lost no cluster"),
        (wanted(OLD.backup_id), lambda world: world.state.clear() or world.urns.clear(), "`trust`"),
        (wanted(UNUSABLE.backup_id), lambda _: None, "it is PENDING_DELETION"),
        (wanted("latest"), lambda _: None, "give an id like"),
        (
            wanted(restore={"backupId": "newest", "caCertificate": "-----BEGIN CERTIFICATE-----"}),
            lambda _: None,
            "cloudhsm:restore.caCertificate",
        ),
    ],
)
@pytest.mark.parametrize("preview", [True, False])
def test_what_cannot_come_back_is_refused_before_anything_is_made(
    lost: World, preview: bool, settings: dict[str, str], change: Any, told: str
) -> None:
    change(lost)
    lost.begun = True
    done = run(settings, preview=preview, world=lost)
    assert isinstance(done.error, pulumi.RunError)
    assert told in str(done.error)
    assert "\n" not in str(done.error)
    assert done.of("aws") == []


@pytest.mark.parametrize("backup_id", ["newest", NEW.backup_id])
def test_a_cluster_that_is_there_is_never_given_up_for_a_backup(
    first: World, backup_id: str
) -> None:
    done = run(wanted(backup_id), world=restored(first, source=""))
    assert isinstance(done.error, pulumi.RunError)
    assert CLUSTER_ID in str(done.error)
    assert done.of("aws") == []
