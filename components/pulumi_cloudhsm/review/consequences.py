"""What a plan loses, fixes permanently, interrupts, and asks of a person.

Each rule names a fact of AWS. The CloudHSM user guide tells of initialization and backups, the KMS
developer guide of key stores and deleted keys. The rest is from the API references of Secrets
Manager and AWS Private CA, and from the FSx for ONTAP user guide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from ..hsms.cost import cost_of_days
from .plan import Action, Change, Plan
from .words import several

GOING = (Action.DELETE, Action.REPLACE)
COMING = (Action.CREATE, Action.REPLACE)
SECRET_DAYS = 30
"""Days in which Secrets Manager gives a deleted secret back; this package asks for all of them."""
COPY_DAYS = 7
"""Days in which AWS gives a deleted backup back."""
KEY_DAYS = 30
"""Days until KMS deletes a key that names no other."""
CLUSTERS = ("Cluster", "DualStackCluster")
BY_PROGRAM = ("ssm", "ssh")


@dataclass(frozen=True)
class Loss:
    """Data or keys that go with a resource.

    Attributes:
        what: what is lost, with the resource's name.
        back: how it can be had back, and until when.
        final: whether nothing brings it back.
    """

    what: str
    back: str
    final: bool = False


def losses(plan: Plan) -> list[Loss]:
    """The data and keys that a plan deletes, the ones that nothing brings back first."""
    going = [one for one in plan.changes if one.action in GOING]
    found = [loss for change in going for loss in _loss(change, plan)]
    return sorted(found, key=lambda one: not one.final)


def _loss(change: Change, plan: Plan) -> Iterator[Loss]:
    match change.class_name:
        case "Cluster" | "DualStackCluster":
            yield Loss(
                f"the keys and users on the HSMs of {change.name}",
                f"from the cluster's backups{_kept(plan)}: set `restore.backupId`. The restored "
                "cluster has the same trust anchor and users. AWS keeps the newest backup",
            )
        case "Key" if change.old.get("customKeyStoreId"):
            days = change.old.get("deletionWindowInDays") or 30
            yield Loss(
                f"the KMS key {change.name}, and all data that is encrypted under it",
                f"{_days(days)} after the `up`: `aws kms cancel-key-deletion`. Its material stays "
                "on the HSMs until then",
            )
        case "Key":
            days = change.old.get("deletionWindowInDays") or 30
            yield Loss(
                f"the KMS key {change.name}, which signs for the CA",
                f"{_days(days)} after the `up`: `aws kms cancel-key-deletion`. The cluster needs "
                "it no more",
            )
        case "CertificateAuthority":
            days = change.old.get("permanentDeletionTimeInDays") or 30
            yield Loss(
                f"the private CA {change.name}",
                f"{_days(days)} after the `up`: `aws acm-pca restore-certificate-authority`",
            )
        case "CopiedBackup" if change.old.get("delete_on_destroy"):
            yield Loss(
                f"the copies of backups in {change.old.get('region')}",
                f"{_days(COPY_DAYS)} after the `up`: `aws cloudhsmv2 restore-backup`",
            )
        case "PasswordSecret":
            yield Loss(
                f"the secret {change.old.get('secret_name') or change.name}",
                f"{_days(SECRET_DAYS)} after the `up`: `aws secretsmanager restore-secret`. A "
                "cluster from a backup needs this password, and it cannot be reset",
            )
        case "PrivateKey":
            yield Loss(f"the CA's private key {change.name}", "from a backup of the state only")
        case "OntapVolume":
            yield _volume(change)
        case "OntapFileSystem":
            yield Loss(
                f"the daily backups of the file system {change.name}",
                "not at all: they go with the file system",
                final=True,
            )
        case _:
            return


def _volume(change: Change) -> Loss:
    what = f"the data of the volume {change.old.get('name') or change.name}"
    if change.old.get("skipFinalBackup"):
        return Loss(what, "not at all: no final backup is taken", final=True)
    return Loss(
        what,
        "from the final backup, which AWS keeps until you delete it, as long as its KMS key works",
    )


def _kept(plan: Plan) -> str:
    days = next((one.old.get("retention_days") for one in plan.of("BackupRetention")), None)
    return f", each of which AWS keeps for {days:g} days" if isinstance(days, int | float) else ""


def _days(days: object) -> str:
    number = int(days) if isinstance(days, int | float) else 30
    return f"until {several('day', number)}"


def irreversible(plan: Plan) -> list[str]:
    """What a plan does that no later change undoes, losses left out."""
    return [line for change in plan.changes for line in _irreversible(change)]


def _irreversible(change: Change) -> Iterator[str]:
    coming = change.action in COMING
    match change.class_name:
        case "ClusterInitialization" if coming:
            yield (
                "`InitializeCluster` fixes the trust anchor for the cluster's whole life; no call "
                "of AWS changes or renews it"
            )
        case "ClusterActivation" if coming:
            yield "the administrator's password is set; a lost one cannot be reset, not by AWS"
        case "CopiedBackup" if joining := _joining(change):
            yield (
                f"the account {', '.join(joining)} may restore clusters with all keys and users "
                f"from the copies in {change.new.get('region')}; what it has restored stays its own"
            )
        case "OntapFileSystem" if coming:
            yield "the file system's key, zones and generation are fixed; its storage only grows"
        case "OntapFileSystem" if _grows(change, "storageCapacity"):
            yield "the file system's storage grows; it never shrinks again"
        case "BackupRetention" if _grows(change, "retention_days", shrinks=True):
            days = change.new.get("retention_days")
            yield f"AWS deletes the cluster's backups that are older than {days:g} days"
        case _:
            return


def _joining(change: Change) -> list[str]:
    """The accounts that a copy of a backup is newly shared with."""
    before, after = (
        cast("list[str]", side.get("share_with") or []) for side in (change.old, change.new)
    )
    return [str(one) for one in after if one not in before]


def _grows(change: Change, name: str, *, shrinks: bool = False) -> bool:
    before, after = change.old.get(name), change.new.get(name)
    if change.action is not Action.CHANGE:
        return False
    if not isinstance(before, int | float) or not isinstance(after, int | float):
        return False
    return after < before if shrinks else after > before


def hsm_counts(plan: Plan) -> tuple[int, int]:
    """How many HSMs there are before and after."""
    hsms = plan.of("Hsm")
    return sum(bool(one.old) for one in hsms), sum(bool(one.new) for one in hsms)


def interruptions(plan: Plan) -> list[str]:
    """What stops working although nothing is lost."""
    before, after = hsm_counts(plan)
    store = any(one.new for one in plan.of("CustomKeyStore"))
    clusters = [one for one in plan.of(*CLUSTERS) if one.new and one.old]
    lines = [
        f"whatever uses the cluster {one.name} stops, until it is moved to another cluster"
        for one in plan.of(*CLUSTERS)
        if one.action in GOING
    ]
    if before and not after and clusters:
        lines.append(
            "no key can be used until an HSM is back: AWS restores keys and users from the newest "
            "backup when you raise `hsms.count`"
        )
        if store:
            lines.append("every KMS key in the key store is unusable, and so is what it encrypts")
    elif store and after < 2 <= before:
        lines.append("KMS makes no key with fewer than 2 HSMs, and one broken HSM stops all keys")
    if any(change.action in GOING for change in plan.of("CustomKeyStore")):
        lines.append("the key store is disconnected: no key in it can be used from then on")
    return lines


def people(plan: Plan) -> list[str]:
    """What a person has to do, before or during the `up`."""
    lines: list[str] = []
    coming = {one.class_name for one in plan.changes if one.action in COMING}
    clusters = [one for one in plan.of("CloudHsmCluster") if one.action in COMING]
    if any(map(_awaits_certificate, clusters)):
        lines.append(
            "have the CSR signed: the first `up` writes it and stops there, "
            "`trust.clusterCertificate` and `trust.caCertificate` take the answer"
        )
    modes = {str(one.new.get("mode")) for one in plan.of("Activation") if one.new}
    if "ClusterActivation" in coming and "manual" in modes:
        lines.append("activate the cluster while the `up` waits; it prints the commands")
    if "ClusterInitialization" in coming and "none" in modes:
        lines.append("activate the cluster after the `up`; the output `nextStep` has the commands")
    if "CustomKeyStore" in coming and not set(BY_PROGRAM) & modes:
        lines.append("make the crypto user `kmsuser` on the HSMs before the key store connects")
    if _waits_for_a_key(plan):
        lines.append(
            "run the `up` again once KMS has deleted the key. KMS deletes no key store before, so "
            f"the first `up` stops there. AWS charges for the HSMs until then: {_waiting(plan)}"
        )
    protected = [one for one in plan.changes if one.protected and one.action in GOING]
    if protected:
        lines.append(
            f"decide whether the protection is lifted ({_names(protected)}): an `up` that deletes "
            "what is protected is refused"
        )
    return lines


def _waiting(plan: Plan) -> str:
    days = max(int(one.old.get("deletionWindowInDays") or KEY_DAYS) for one in plan.of("Key"))
    return f"{cost_of_days(sum(bool(one.old) for one in plan.of('Hsm')), days)}, in {days} days"


def _waits_for_a_key(plan: Plan) -> bool:
    stores = [one for one in plan.of("CustomKeyStore") if one.action in GOING]
    keys = [one for one in plan.of("Key") if one.old.get("customKeyStoreId")]
    abandoned = all(one.old.get("abandon_pending_keys") for one in stores)
    return bool(stores and keys) and not abandoned


def _awaits_certificate(cluster: Change) -> bool:
    trust = cast("Mapping[str, object]", cluster.new.get("trust") or {})
    return trust.get("mode") == "external" and "cluster_certificate" not in trust


def _names(changes: Iterable[Change]) -> str:
    names = [one.name for one in changes]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
