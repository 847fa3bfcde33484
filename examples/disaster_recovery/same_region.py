"""The cluster is lost, the account is not: everything comes back in the same stack.

The KMS key stays the same key, since its key store is pointed at the restored cluster.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from .report import Recovery
from .site import RUN, DrillError, Site, Stack

STACK = "same-region"
TEXT = b"encrypted before the loss"
MADE: dict[str, Any] = {
    "trust": {"subject": {"commonName": "Drill CA", "organization": "Drill"}},
    "disposable": False,
    "activation": {"mode": "ssm"},
    "hsms": {"count": 2},
    "keyStore": {"name": f"drill-here-{RUN}", "keyDeletionDays": 7, "abandonPendingKeys": True},
}
"""What the stack has, its network aside. As one of production, it is protected."""


def restore(stack: Stack) -> None:
    """What an operator does: one key of the config, one command."""
    stack.set("restore.backupId", "newest")
    stack.up("--refresh")


def drill(
    site: Site, say: Callable[[str], None], restore: Callable[[Stack], None] = restore
) -> Recovery:
    """Makes a stack, loses its cluster, restores it, and takes everything away.

    Args:
        site: where.
        say: takes a line of progress.
        restore: what the operator does.

    Raises:
        DrillError: a step failed, or something did not come back.
    """
    stack = make(site)
    say("a cluster with two HSMs, a key store and a KMS key is there")
    before = stack.outputs()
    ciphertext = encrypt(site, before["keyArn"])
    lost_at = lose(site, before["clusterId"])
    say(f"{before['clusterId']} and its HSMs are gone")
    restore(stack)
    after = stack.outputs()
    back = came_back(site, before, after, ciphertext)
    rto = site.clock() - lost_at
    say(f"{after['clusterId']} serves: the key decrypts what it encrypted before")
    made_at = restored_from(site, after["clusterId"])
    kept = take_away(site, stack, [before["clusterId"], after["clusterId"]])
    say("everything is taken away again")
    return Recovery(
        drill=STACK,
        rto_seconds=rto,
        rpo_seconds=max(0.0, lost_at - made_at.timestamp() * site.speed),
        back=back,
        lost=["keys made after that backup; AWS makes one a day, and when an HSM comes or goes"],
        kept=kept,
    )


def make(site: Site) -> Stack:
    """A stack with everything, up."""
    stack = site.stack(STACK, {**MADE, "network": {"availabilityZones": site.zones()}})
    stack.up()
    return stack


def encrypt(site: Site, key: str) -> bytes:
    """A ciphertext of the key that is going to be lost."""
    return site.client("kms").encrypt(KeyId=key, Plaintext=TEXT)["CiphertextBlob"]


def lose(site: Site, cluster_id: str) -> float:
    """Deletes all HSMs and the cluster behind Pulumi's back; gives the moment of the loss."""
    api = site.client("cloudhsmv2")

    def shown() -> dict[str, Any]:
        found = api.describe_clusters(Filters={"clusterIds": [cluster_id]})["Clusters"]
        return found[0] if found else {"State": "DELETED", "Hsms": []}

    for hsm in shown()["Hsms"]:
        api.delete_hsm(ClusterId=cluster_id, HsmId=hsm["HsmId"])
    lost_at = site.clock()
    while shown()["Hsms"]:
        site.pause()
    api.delete_cluster(ClusterId=cluster_id)
    while shown()["State"] != "DELETED":
        site.pause()
    return lost_at


def came_back(
    site: Site, before: dict[str, Any], after: dict[str, Any], ciphertext: bytes
) -> list[str]:
    """What is as it was.

    Raises:
        DrillError: names what is not.
    """
    for name in ("keyArn", "keyStoreId", "caCertificate", "clusterCertificate"):
        if not before.get(name) or before[name] != after.get(name):
            raise DrillError(f"{name} was {before.get(name)}, and is {after.get(name)}")
    text = site.client("kms").decrypt(CiphertextBlob=ciphertext)["Plaintext"]
    if text != TEXT:
        raise DrillError(f"{after['keyArn']} decrypts to another text")
    return [
        f"the KMS key {after['keyArn'].rpartition('/')[2]}: decrypts a ciphertext from before",
        f"its key store {after['keyStoreId']}",
        f"the trust anchor {after['caCertificateSha256'][:23]}…",
        "the users on the HSMs, with the same secrets",
    ]


def restored_from(site: Site, cluster_id: str) -> datetime:
    """When AWS made the backup that a cluster is from."""
    api = site.client("cloudhsmv2")
    (cluster,) = api.describe_clusters(Filters={"clusterIds": [cluster_id]})["Clusters"]
    asked = {"backupIds": [cluster["SourceBackupId"]]}
    (backup,) = api.describe_backups(Filters=asked)["Backups"]
    return backup["CreateTimestamp"].astimezone(UTC)


def take_away(site: Site, stack: Stack, cluster_ids: list[str]) -> list[str]:
    """Destroys the stack and what AWS keeps of its clusters; gives what stays."""
    store = stack.outputs()["keyStoreId"]
    stack.set("disposable", "true")
    stack.up()
    stack.destroy()
    for cluster_id in cluster_ids:
        site.delete_records(cluster_id)
    return [
        f"key store {store}, empty after 7 days: aws kms delete-custom-key-store",
        "backups, pending deletion for 7 days",
        "secrets, pending deletion for 30 days",
    ]
