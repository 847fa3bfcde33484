"""A cluster from a backup: the same users, keys and certificates, so nothing is initialized.

Its trust anchor is the one of the backed-up cluster, for good. AWS never shows that, and no client
can be configured without it, so the original `customerCA.crt` is asked for and checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from . import checks
from .aws.cloudhsmv2 import Backup
from .certificates import load_certificate
from .errors import CertificateError

_BACKUP_ID = re.compile(
    r"(arn:aws(-us-gov)?:cloudhsm:[a-z0-9-]+:[0-9]{12}:backup/)?backup-[2-7a-zA-Z]{11,16}"
)


@dataclass(frozen=True)
class SourceBackup:
    """What a cluster is restored from."""

    backup_id: str
    """`backup-…` of the cluster's region, or the ARN of another account's that is shared."""
    ca_certificate: str
    """PEM of the backed-up cluster's `customerCA.crt`."""

    def check(self) -> None:
        """Refuses what AWS would refuse later.

        Raises:
            InputError: names the input, the value and the fix.
        """
        if not _BACKUP_ID.fullmatch(self.backup_id):
            raise checks.InputError(
                "source_backup_id",
                self.backup_id,
                "give an id like backup-abcdefghijk (aws cloudhsmv2 describe-backups), or the ARN "
                "of one that another account shares",
            )
        if not self.ca_certificate:
            raise checks.InputError(
                "original_ca_certificate",
                "",
                "give the backed-up cluster's customerCA.crt: AWS never shows it, and no client "
                "can be configured without",
            )
        try:
            load_certificate(self.ca_certificate, "the original CA certificate")
        except CertificateError as error:
            raise checks.InputError(
                "original_ca_certificate", "[PEM]", f"give another: {error}"
            ) from None

    @property
    def is_of_this_account(self) -> bool:
        """Whether AWS shows it without further ado."""
        return not self.backup_id.startswith("arn:")


def refuse_unusable(source: SourceBackup, found: Backup | None, mode: str, region: str) -> None:
    """Looks at a backup before a cluster is made from it.

    Args:
        source: what is wanted.
        found: what AWS shows of it; None: nothing.
        mode: the wanted cluster's.
        region: the wanted cluster's.

    Raises:
        InputError: no cluster can be made from it; says why.
    """
    if found is None:
        raise checks.InputError(
            "source_backup_id",
            source.backup_id,
            f"there is no such backup in {region}; list them with: aws cloudhsmv2 "
            "describe-backups, and bring one of another region over with copy-backup-to-region",
        )
    if found.state != "READY":
        fix = (
            "get it back with: aws cloudhsmv2 restore-backup --backup-id " + found.backup_id
            if found.state == "PENDING_DELETION"
            else "wait until it is READY, or take another"
        )
        raise checks.InputError("source_backup_id", source.backup_id, f"it is {found.state}; {fix}")
    if found.mode and found.mode != mode:
        # Source: user guide, cluster modes.
        raise checks.InputError(
            "mode", mode, f"a backup restores only into its own mode; use {found.mode}"
        )
