"""Secrets of yours are looked at before a VPC is declared: an HSM is paid for by the hour."""

from __future__ import annotations

import pulumi

from ..activation.args import BY_PROGRAM
from ..common import CommonArgs
from ..file_system.preflight import PASSWORD
from ..key_store.component import STORE
from ..passwords.preflight import check_secret_at_aws
from ..passwords.rules import FSXADMIN, KMSUSER, NEW_ADMIN, PasswordRule
from ..recovery.part import Part
from ..recovery.stack_state import StackState
from ..state_names import DYNAMIC
from .args import CloudHsmDeploymentArgs

ACTIVATION, WAIT = "cloudhsm:index:Activation", f"{DYNAMIC}ClusterActivation"
KEY_STORE, FILES = "cloudhsm:index:KeyStore", "cloudhsm:index:FileSystem"


def check_secrets(
    component: Part,
    state: StackState,
    name: str,
    args: CloudHsmDeploymentArgs,
    common: CommonArgs,
) -> None:
    """Refuses each secret that is no password for its use, as long as it has not been used.

    Args:
        component: the deployment.
        state: the stack's state.
        name: the deployment's.
        args: what is wanted.
        common: account and Region.

    Raises:
        InputError: names the field, the secret and the fix.
        RunError: AWS cannot be asked, in an update.
    """
    by_program = args.activation.mode in BY_PROGRAM
    admin = args.activation.admin_secret if by_program else None
    kms_user = args.key_store.kms_user_secret if args.key_store else None
    files = args.file_system.password_secret if args.file_system else None
    uses: list[tuple[str, pulumi.Input[str] | None, PasswordRule, tuple[str, str, str]]] = [
        ("activation.admin_secret", admin, NEW_ADMIN, (ACTIVATION, WAIT, "activation-wait")),
        ("key_store.kms_user_secret", kms_user, KMSUSER, (KEY_STORE, STORE, "keys-store")),
        ("file_system.password_secret", files, FSXADMIN, (FILES, PASSWORD, "storage-password")),
    ]
    outer = [one.pulumi_resource_type for one in component.lineage]
    for field, secret, rule, (part, user, its_name) in uses:
        if state.lacks([*outer, part, user], f"{name}-{its_name}"):
            check_secret_at_aws(component, common, field, secret, rule)
