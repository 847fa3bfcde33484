"""What a failure of the host program means and what to do about it."""

from __future__ import annotations

_DELETE = "cloudhsm-cli user delete --username kmsuser --role"
_CHANGE = "cloudhsm-cli user change-password --username"
_DEREGISTER = "cloudhsm-cli user change-mfa token-sign --deregister --username"

HOST_ADVICE = {
    "admin-locked": (
        f"let another administrator set its password, which unlocks it ({_CHANGE} admin --role "
        "admin), store the same in its secret, then run `pulumi up` again"
    ),
    "admin-mfa": (
        f"take the second factor away ({_DEREGISTER} admin --role admin), then run `pulumi up` "
        "again; or make kmsuser by hand (key_store.kms_user_secret, activation.mode manual)"
    ),
    "admin-role": (
        "repair the administrator before all other users: let another administrator delete it and "
        "make it again with the secret's password (user guide, `user contains inconsistent "
        "values`), then run `pulumi up` again"
    ),
    "kmsuser-locked": (
        f"set its password on the HSMs, which unlocks it ({_CHANGE} kmsuser --role crypto-user), "
        "store the same in its secret, then run `pulumi up` again"
    ),
    "kmsuser-mfa": (
        "KMS logs in with a password only: delete it "
        f"({_DELETE} crypto-user), then run `pulumi up` again, which makes it without"
    ),
    "kmsuser-role": (
        f"delete it under each role that it has ({_DELETE} admin, then {_DELETE} crypto-user), "
        "then run `pulumi up` again, which makes it as a crypto-user"
    ),
    "program": "report that as an error of this package, and run `pulumi up` again",
    "secret-shape": "store such a password in that secret, then run `pulumi up` again",
    "activation": "the HSM refused it; run `pulumi up` again, and mind what it said",
    "checksum": (
        "that is not the package that was meant, and nothing was installed: take URL and checksum "
        "from AWS's downloads for Client SDK 5, then set client.cli_package and "
        "client.cli_package_sha256"
    ),
    "coverage": (
        "delete kmsuser on the HSMs (cloudhsm-cli user delete --username kmsuser --role "
        "crypto-user), then run `pulumi up` again"
    ),
    "hsms": "some HSM does not answer; run `pulumi up --refresh`",
    "package": (
        "the host has to reach S3 over HTTPS to install the CLI; check its route and its security "
        "group, then run `pulumi up` again"
    ),
    "password": (
        "a password cannot be read back: store the right one in that secret, or let the "
        "administrator change or delete the user (cloudhsm-cli user change-password, user delete), "
        "then run `pulumi up` again"
    ),
    "rotated": (
        "disconnect the key store, delete kmsuser on the HSMs (cloudhsm-cli user delete --username "
        "kmsuser --role crypto-user), run `pulumi up`, give KMS the secret's password (aws kms "
        "update-custom-key-store --key-store-password), then run `pulumi up --refresh`"
    ),
    "secret": (
        "the host's role needs secretsmanager:GetSecretValue on that secret (and kms:Decrypt, if a "
        "key of yours encrypts it)"
    ),
    "version": "give a package of version 5 (client.cli_package)",
    "DeliveryTimedOut": (
        "the host's agent did not take the command: is the host running, and does its subnet lead "
        "to Systems Manager? Then run `pulumi up` again"
    ),
    "ExecutionTimedOut": "it took too long; run `pulumi up` again, or prolong the deadline",
}
"""By the code of the host program, or by what SSM calls the end of a command."""


def host_advice(code: str) -> str:
    """What a failure of the host program means and what to do."""
    return HOST_ADVICE.get(
        code,
        "does the host reach the HSMs (its security groups, TCP 2223-2225)? Then run `pulumi up` "
        "again",
    )
