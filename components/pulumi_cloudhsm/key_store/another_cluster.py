"""Whether a key store can be pointed at another cluster: one that came back from its backup.

KMS demands the same account and Region, the same cluster certificate, a shared backup history, and
two ACTIVE HSMs in two zones. Source: UpdateCustomKeyStore in the KMS API reference.
"""

from __future__ import annotations

from collections.abc import Callable

from ..aws.cloudhsmv2 import CloudHsm, Cluster
from ..aws.kms import KeyStore, Kms
from ..dynamic_provider import log_line
from ..errors import CertificateError, StateError
from ..trust.anchor import check_original
from ..waiting.waiter import Waiter
from .connection import StoreConnection
from .preconditions import Target, check_cluster


def check_region(store_id: str, was: str | None, now: str | None) -> None:
    """Refuses another Region than the store's.

    Raises:
        StateError: names both.
    """
    if was != now:
        raise StateError(
            f"{store_id} is in {was}, and the cluster in {now}: a key store and its keys belong to "
            "one Region; make another key store there, in another stack"
        )


def point_at_cluster(
    connection: StoreConnection,
    kms: Kms,
    api: CloudHsm,
    target: Target,
    waiter: Waiter,
    password: Callable[[], tuple[str, str]],
) -> str:
    """Points a store at a cluster, after a check; it is disconnected then.

    Args:
        connection: the store's.
        kms: KMS.
        api: CloudHSM v2.
        target: the cluster.
        waiter: waits and reports.
        password: gives kmsuser's on it, and the id of the secret's version.

    Returns:
        The version that KMS was given; empty where an interrupted run has done it, and it is not
        known which one that gave.

    Raises:
        StateError, CertificateError: KMS would refuse it; says why, and what to do.
    """
    store, cluster_id = connection.existing(), target.cluster_id
    if store.cluster_id == cluster_id:
        return ""
    check_related(api, kms, store, target, waiter)
    text, version = password()
    connection.disconnect()
    connection.set_cluster(cluster_id, text)
    log_line(
        f"{store.key_store_id} is on {cluster_id} now, not on {store.cluster_id}: its keys are the "
        "same, as far as the backup has them"
    )
    return version


def check_related(api: CloudHsm, kms: Kms, store: KeyStore, target: Target, waiter: Waiter) -> None:
    """Checks that KMS can point a store at a cluster, before the store is disconnected.

    Whether both share a backup history, only KMS knows of any backup.

    Args:
        api: CloudHSM v2.
        kms: KMS.
        store: the key store, as KMS shows it.
        target: the cluster.
        waiter: waits and reports.

    Raises:
        StateError: KMS would refuse it; says why, and what to do.
        CertificateError: the trust anchor is not the cluster's.
    """
    cluster_id = target.cluster_id
    check_cluster(api, target, waiter)
    cluster = api.cluster(cluster_id)
    if cluster is None or not cluster.source_backup_id:
        raise StateError(
            f"{store.key_store_id} belongs to {store.cluster_id}, and {cluster_id} was made "
            "without a backup: KMS takes only a cluster with the same keys; restore one from a "
            "backup of the store's cluster (restore.backup_id)"
        )
    if store.trust_anchor and not _is_under(cluster, store.trust_anchor):
        raise StateError(
            f"{store.key_store_id} belongs to a cluster under another CA than {cluster_id}: KMS "
            f"takes only the same cluster certificate; restore a backup of {store.cluster_id}"
        )
    for other in kms.key_stores():
        if other.cluster_id == cluster_id and other.key_store_id != store.key_store_id:
            raise StateError(
                f"{cluster_id} has a key store already, {other.key_store_id} named {other.name!r}: "
                "KMS takes one for each cluster; delete that one first"
            )


def _is_under(cluster: Cluster, ca_certificate: str) -> bool:
    try:
        check_original(cluster.cluster_certificate, ca_certificate)
    except CertificateError:
        return False
    return True
