"""What is counted in a cluster's audit log.

Sources: CloudHSM user guide, "AWS CloudHSM audit log reference" and "Interpreting HSM audit logs";
CloudWatch Logs user guide, "Filter pattern syntax for metric filters". An event is text and names
its operation. There is none for a zeroized HSM, and none for an encryption or a signature.
"""

from __future__ import annotations

import pulumi

PATTERNS = {
    "FailedLogins": '?"RET_USER_LOGIN_FAILURE" ?"157:HSM Error"',
    "UserChanges": '?"CN_CREATE_USER" ?"CN_CREATE_CO" ?"CN_DELETE_USER" ?"CN_SET_M_VALUE"',
    "PasswordChanges": '"CN_CHANGE_PSWD"',
    "KeyDeletions": '"CN_TOMBSTONE_OBJECT"',
    "Backups": '"CN_BACKUP_END"',
}
"""Name of the metric to the pattern of its filter; a question mark before each of several terms
means that one of them is enough."""


def log_group(cluster_id: pulumi.Input[str]) -> pulumi.Output[str]:
    """The log group that AWS makes for a cluster."""
    return pulumi.Output.from_input(cluster_id).apply(lambda known: f"/aws/cloudhsm/{known}")


def namespace(cluster_id: pulumi.Input[str]) -> pulumi.Output[str]:
    """The namespace of the filters' metrics: they have no dimensions, so each cluster has one."""
    return pulumi.Output.from_input(cluster_id).apply(lambda known: f"CloudHSM/{known}")
