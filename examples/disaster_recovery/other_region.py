"""The Region is lost: a stack elsewhere restores from a backup's copy, with what was put aside.

The HSMs come back with their users and keys. KMS keys do not: they belong to their Region.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from .report import Recovery
from .site import RUN, DrillError, Site, Stack

FIRST, SECOND = "other-region", "elsewhere"
ELSEWHERE = ("eu-west-1", "eu-central-1")
"""Where the copy goes: the first of them that is not lost."""
TEXT = b"encrypted before the loss"
KEYS: dict[str, Any] = {"keyDeletionDays": 7, "abandonPendingKeys": True}
MADE: dict[str, Any] = {
    "trust": {"subject": {"commonName": "Drill CA", "organization": "Drill"}, "keyBits": 2048},
    "disposable": True,
    "activation": {"mode": "ssm"},
    "hsms": {"count": 2},
    "keyStore": {"name": f"drill-lost-{RUN}", **KEYS},
}
"""What the lost stack has, its network aside."""


@dataclass(frozen=True)
class PutAside:
    """What was put in the other Region before the loss.

    Attributes:
        config: of the stack there, by full key.
        key: ARN of a KMS key there, outside of any key store.
        ciphertext: the text, encrypted under that key.
        secret: ARN of the administrator's secret in the lost Region, which has a replica there.
    """

    config: dict[str, Any]
    key: str
    ciphertext: bytes
    secret: str


def drill(site: Site, say: Callable[[str], None]) -> Recovery:
    """Makes a stack, puts aside what another Region needs, restores there, takes all away.

    Args:
        site: where; its Region is the one that counts as lost.
        say: takes a line of progress.

    Raises:
        DrillError: a step failed, or something did not come back.
    """
    there = next(region for region in ELSEWHERE if region != site.region)
    first = site.stack(FIRST, {**MADE, "network": {"availabilityZones": site.zones()}})
    first.up()
    say("a cluster with two HSMs, a key store and a KMS key is there")
    copy_newest(first, there)
    before = first.outputs()
    kept = put_aside(site, first, there)
    old = site.client("kms").encrypt(KeyId=before["keyArn"], Plaintext=TEXT)["CiphertextBlob"]
    lost_at = site.clock()
    say(f"a copy is in {there}; from now on {site.region} is asked for nothing")
    second = restore(site, kept, there)
    after = second.outputs()
    back = came_back(site, there, before, after, kept)
    rto = site.clock() - lost_at
    say(f"{after['clusterId']} serves in {there}")
    lost = [stayed_behind(site, there, before["keyArn"], old)]
    made_at = datetime.fromisoformat(before["backupCopiesByRegion"][there]["backed_up_at"])
    stays = take_away(site, there, (first, second), kept)
    say("everything is taken away again")
    return Recovery(
        drill=FIRST,
        rto_seconds=rto,
        rpo_seconds=max(0.0, lost_at - made_at.timestamp() * site.speed),
        back=back,
        lost=[*lost, "users and keys that are newer than the copied backup"],
        kept=stays,
    )


def copy_newest(stack: Stack, region: str) -> None:
    """Adds an HSM, at which AWS backs up users and keys as they are now; copies that backup."""
    stack.set("hsms.count", "3")
    stack.set("backupCopies.regions[0]", region)
    stack.up()


def put_aside(site: Site, stack: Stack, region: str) -> PutAside:
    """What an operator keeps in the other Region, and does again after each change."""
    outputs = stack.outputs()
    printed = subprocess.run(
        [sys.executable, "-m", "pulumi_cloudhsm.put_aside", region, *site.zones(region)],
        input=json.dumps(outputs),
        capture_output=True,
        text=True,
        check=False,
    )
    if printed.returncode != 0:
        raise DrillError(printed.stderr.strip())
    secret = outputs["adminSecret"]
    site.client("secretsmanager").replicate_secret_to_regions(
        SecretId=secret, AddReplicaRegions=[{"Region": region}]
    )
    # What must be read in both Regions is encrypted under a key of each.
    kms = site.client("kms", region)
    key = kms.create_key(Description="drill: outlives a lost Region")["KeyMetadata"]["Arn"]
    ciphertext = kms.encrypt(KeyId=key, Plaintext=TEXT)["CiphertextBlob"]
    return PutAside(json.loads(printed.stdout)["config"], key, ciphertext, secret)


def restore(site: Site, kept: PutAside, region: str) -> Stack:
    """What an operator does: the stack that was put aside, and a key store if KMS is to use it."""
    prefix = "cloudhsm:"
    sections = {
        key.removeprefix(prefix): value
        for key, value in kept.config.items()
        if key.startswith(prefix)
    }
    wanted = {"disposable": True, "keyStore": {"name": f"drill-elsewhere-{RUN}", **KEYS}}
    stack = site.stack(SECOND, {**sections, **wanted}, region)
    stack.up()
    return stack


def came_back(
    site: Site, region: str, before: dict[str, Any], after: dict[str, Any], kept: PutAside
) -> list[str]:
    """What is as it was, or serves anew.

    Raises:
        DrillError: names what does not.
    """
    for name in ("caCertificateSha256", "clusterCertificateSha256"):
        if not before.get(name) or before[name] != after.get(name):
            raise DrillError(f"{name} was {before.get(name)}, and is {after.get(name)}")
    zones = {one["zone"] for one in after["hsms"]}
    if len(zones) < 2:
        raise DrillError(f"{after['clusterId']} has HSMs in {len(zones)} zones")
    kms = site.client("kms", region)
    anew = kms.encrypt(KeyId=after["keyArn"], Plaintext=TEXT)["CiphertextBlob"]
    for blob in (anew, kept.ciphertext):
        if kms.decrypt(CiphertextBlob=blob)["Plaintext"] != TEXT:
            raise DrillError(f"KMS in {region} decrypts to another text")
    return [
        f"the trust anchor {after['caCertificateSha256'][:23]}…",
        f"users and keys in {len(after['hsms'])} HSMs, under the old administrator's password",
        f"a new key store {after['keyStoreId']} with a new KMS key",
        "what was encrypted under a key of each Region",
    ]


def stayed_behind(site: Site, region: str, key: str, ciphertext: bytes) -> str:
    """What cannot be decrypted there.

    Raises:
        DrillError: it can be.
    """
    try:
        site.client("kms", region).decrypt(CiphertextBlob=ciphertext)
    except ClientError:
        return f"the KMS key {key.rpartition('/')[2]}, and all that only it encrypted"
    raise DrillError(f"{key} of {site.region} decrypts in {region}: this is not a lost Region")


def take_away(site: Site, region: str, stacks: tuple[Stack, Stack], kept: PutAside) -> list[str]:
    """Destroys both stacks, and deletes what AWS keeps of them; gives what stays."""
    first, second = stacks
    lost = first.outputs()
    clusters = {site.region: lost["clusterId"], region: second.outputs()["clusterId"]}
    second.destroy()
    # AWS deletes no secret that has a replica.
    site.client("secretsmanager").remove_regions_from_replication(
        SecretId=kept.secret, RemoveReplicaRegions=[region]
    )
    first.destroy()
    site.client("cloudhsmv2", region).delete_backup(
        BackupId=lost["backupCopiesByRegion"][region]["id"]
    )
    for where, cluster_id in clusters.items():
        site.delete_records(cluster_id, where)
    key_id = kept.key.rpartition("/")[2]
    site.client("kms", region).schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    return [
        f"key stores in {site.region} and {region}, empty after 7 days: "
        "aws kms delete-custom-key-store",
        "backups and the copy, pending deletion for 7 days",
        "secrets, pending deletion for 30 days",
    ]
