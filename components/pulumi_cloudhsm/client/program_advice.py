"""What a failure of the host program means and what to do about it."""

from __future__ import annotations

HOST_ADVICE = {
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
