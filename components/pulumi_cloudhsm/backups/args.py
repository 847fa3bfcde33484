"""Where copies of a cluster's backups are kept, and who else may restore from them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..validation import InputError, check_plain, check_region, first_repeated

_PARTITIONS = ("cn-", "us-gov-", "us-iso-", "us-isob-", "eusc-")
"""What the Regions of AWS's other partitions begin with."""
MAX_KEPT = 1_000
"""Copies to keep: of a copy each day, those of almost three years."""
_SCHEDULE = re.compile(
    r"rate\((1 (hour|day)|([2-9]|[1-9]\d{1,2}) (hours|days))\)|cron\(\S+( \S+){5}\)"
)
MAX_AGE_DAYS = 365
"""Longest age of a copy."""
MAX_ACCOUNTS = 100
"""Accounts in a policy; AWS takes 20,000 characters. Source: PutResourcePolicy, API reference."""


@dataclass(frozen=True, kw_only=True)
class BackupCopiesArgs:
    """Copies of the cluster's newest backup in other Regions."""

    regions: Sequence[str]
    """Regions that each get a copy, for example `eu-west-1`; of the cluster's partition. A Region
    that is taken out keeps its copies. Can be changed."""
    max_age_days: int = 7
    """Days after which the backup in the newest copy is too old: the next `up` copies again. 1 to
    365. Can be changed."""
    keep: int | None = None
    """How many copies of this stack's making stay in each Region; older ones are deleted. 1 to
    1000; all when left out. Can be changed."""
    share_with: Sequence[str] = ()
    """Accounts, 12 digits each, that may restore clusters from the copies of this stack's making:
    they get its keys and users. Can be changed."""
    schedule: str | None = None
    """How often AWS copies the newest backup by itself, without an `up`: `rate(1 day)`, or
    `cron(0 3 * * ? *)` in UTC. By `up` only when left out. Can be changed. Source: EventBridge
    Scheduler user guide, Schedule types."""
    delete_on_destroy: bool = False
    """Delete the copies of this stack's making when the stack is destroyed, or a Region is taken
    out. Can be changed."""

    def check(self, home: str | None = None) -> None:
        """Refuses what AWS would refuse later.

        Args:
            home: the cluster's Region; None where it is not known.

        Raises:
            InputError: names the field, the value and the fix.
        """
        check_plain(self)
        if not self.regions:
            raise InputError("regions", [], "give one Region at least, or leave backup_copies out")
        if twice := first_repeated(self.regions):
            raise InputError("regions", list(self.regions), f"give {twice} once")
        for at, region in enumerate(self.regions):
            self._check_region(f"regions[{at}]", region, home)
        if not 1 <= self.max_age_days <= MAX_AGE_DAYS:
            raise InputError(
                "max_age_days", self.max_age_days, f"give 1 to {MAX_AGE_DAYS}: AWS backs up daily"
            )
        if self.keep is not None and not 1 <= self.keep <= MAX_KEPT:
            fix = f"give 1 to {MAX_KEPT}, or leave it out to keep all"
            raise InputError("keep", self.keep, fix)
        if self.schedule is not None and not _SCHEDULE.fullmatch(self.schedule):
            raise InputError(
                "schedule",
                self.schedule,
                "give rate(1 day), rate(12 hours) or cron(0 3 * * ? *): AWS backs up daily",
            )
        if twice := first_repeated(self.share_with):
            raise InputError("share_with", list(self.share_with), f"give {twice} once")
        if len(self.share_with) > MAX_ACCOUNTS:
            raise InputError(
                "share_with",
                f"{len(self.share_with)} accounts",
                f"give at most {MAX_ACCOUNTS}; share with an organization by AWS RAM",
            )
        for at, account in enumerate(self.share_with):
            if not re.fullmatch(r"\d{12}", account):
                raise InputError(f"share_with[{at}]", account, "give an account's 12 digits")

    def _check_region(self, field: str, region: str, home: str | None) -> None:
        check_region(field, region)
        if home is None:
            return
        if region == home:
            raise InputError(
                field, region, "give another Region: the cluster's backups are there already"
            )
        if _partition(region) != _partition(home):
            raise InputError(
                field, region, f"give a Region of {home}'s partition: AWS copies to no other one"
            )


def _partition(region: str) -> str:
    return next((one for one in _PARTITIONS if region.startswith(one)), "aws")
