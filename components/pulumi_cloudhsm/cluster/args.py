"""What a cluster is, and what it may be restored from."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from ..errors import CertificateError
from ..validation import InputError, check_plain
from ..x509.reading import load_certificate
from .source_backup import NEWEST, why_no_backup_id

CA_NEEDED = (
    "give the backed-up cluster's customerCA.crt: AWS never shows it, and no client can be "
    "configured without"
)
"""Why a restored cluster needs its CA certificate."""


@dataclass(frozen=True)
class CloudHsmClusterArgs:
    """What a cluster is."""

    hsm_type: str = "hsm2m.medium"
    """The only type that AWS still creates. Source: user guide, HSM types and deprecations. Cannot
    be changed."""
    mode: str = "FIPS"
    """FIPS or NON_FIPS. Cannot be changed, and backups restore only into the same mode. Plain: it
    is compared with the backup's before anything is made."""
    backup_retention_days: int = 90
    """How long AWS keeps each backup of the cluster, 7 to 379 days; the last one it keeps. Can be
    changed. Source: ModifyCluster in the API reference."""

    def check(self) -> None:
        """Refuses what AWS would refuse later.

        Raises:
            InputError: names the field, the value and the fix.
        """
        check_plain(self)
        if self.hsm_type == "hsm1.medium":
            raise InputError(
                "hsm_type",
                self.hsm_type,
                "AWS creates no hsm1.medium any more (since 2025); use hsm2m.medium",
            )
        if self.hsm_type != "hsm2m.medium":
            raise InputError("hsm_type", self.hsm_type, "use hsm2m.medium")
        if self.mode not in ("FIPS", "NON_FIPS"):
            raise InputError("mode", self.mode, "use FIPS (the default) or NON_FIPS")
        if not 7 <= self.backup_retention_days <= 379:
            raise InputError(
                "backup_retention_days",
                self.backup_retention_days,
                "give 7 to 379 days; AWS's own is 90",
            )


@dataclass(frozen=True)
class RestoreArgs:
    """The backup that a cluster is made from: it has users, keys and trust anchor already."""

    backup_id: pulumi.Input[str]
    """`backup-…` of the cluster's Region, or the ARN of another account's that is shared. `newest`
    means the newest one of the cluster that the stack has lost. Cannot be changed while the cluster
    is there."""
    ca_certificate: pulumi.Input[str] | None = None
    """PEM of the backed-up cluster's `customerCA.crt`; needed without `trust`. A change has no
    effect: the cluster keeps its own. Cannot be changed."""

    def check(self) -> None:
        """Refuses what AWS would refuse later.

        Raises:
            InputError: names the field, the value and the fix.
        """
        check_plain(self)
        known = isinstance(self.backup_id, str) and self.backup_id != NEWEST
        if known and (fix := why_no_backup_id(str(self.backup_id))):
            raise InputError("backup_id", self.backup_id, fix)
        if not isinstance(self.ca_certificate, str):
            return
        if not self.ca_certificate:
            raise InputError("ca_certificate", "", CA_NEEDED)
        try:
            load_certificate(self.ca_certificate, "the original CA certificate")
        except CertificateError as error:
            raise InputError("ca_certificate", "[PEM]", f"give another: {error}") from None
