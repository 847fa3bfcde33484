"""What the ConnectionErrorCodes of a custom key store mean and what to do about them."""

from __future__ import annotations

RETRYABLE_CONNECTION_ERRORS = frozenset({"INTERNAL_ERROR", "NETWORK_ERRORS"})
"""What may pass by itself: disconnect, then connect again (KMS developer guide)."""

CONNECTION_ADVICE = {
    "CLUSTER_NOT_FOUND": "the cluster is gone; restore it from a backup, with the same certificate",
    "INSUFFICIENT_CLOUDHSM_HSMS": "no HSM of the cluster is ACTIVE; raise hsms.count",
    "INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET": (
        "KMS needs a free address in each of the cluster's subnets; free some, one is not enough"
    ),
    "INTERNAL_ERROR": "KMS failed by itself; run `pulumi up` again",
    "INVALID_CREDENTIALS": (
        "kmsuser has another password; set kmsuser's password on the HSMs (cloudhsm-cli user "
        "change-password --username kmsuser --role crypto-user), store the same in the secret (aws "
        "secretsmanager put-secret-value, also where it holds that already: each version is tried "
        "once), then run `pulumi up` again"
    ),
    "NETWORK_ERRORS": "KMS could not reach the HSMs; run `pulumi up` again",
    "SUBNET_NOT_FOUND": "a subnet of the cluster was deleted; make a cluster from a backup",
    "USER_LOCKED_OUT": (
        "kmsuser is locked after wrong passwords; set its password on the HSMs (cloudhsm-cli user "
        "change-password --username kmsuser --role crypto-user), which unlocks it, store the same "
        "in the secret, then run `pulumi up` again"
    ),
    "USER_LOGGED_IN": (
        "kmsuser is logged in somewhere; log it out, store its password in the secret if it was "
        "changed for that, then run `pulumi up` again"
    ),
    "USER_NOT_FOUND": (
        "kmsuser is missing on at least one HSM (it never reaches one that was joining when it was "
        "made); `pulumi up --refresh` makes it where it is missing if a client host does that, "
        "otherwise make it again (cloudhsm-cli user create), then run `pulumi up` again"
    ),
}
"""By ConnectionErrorCode, see the KMS API reference."""


def connection_advice(code: str) -> str:
    """What a ConnectionErrorCode of a custom key store means and what to do."""
    return CONNECTION_ADVICE.get(
        code, "see `ConnectionErrorCode` in the KMS API reference, then run `pulumi up` again"
    )
