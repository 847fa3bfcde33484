"""Who is told of an alarm, and when one goes off."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from ..validation import InputError, check_plain, first_repeated

MAX_KEYS = 16_666
"""Keys on an HSM of the type that holds most. Source: CloudHSM user guide, quotas."""
MAX_BACKUP_HOURS = 168
"""The longest time that one alarm looks back. Source: CloudWatch user guide, alarm evaluation."""


@dataclass(frozen=True)
class MonitoringArgs:
    """Alarms on what AWS publishes, a canary of the key, and reminders of certificates that end."""

    emails: Sequence[str] = ()
    """Addresses that the alarms are sent to. AWS asks each of them to confirm, and sends nothing
    before. Plain: each is a resource. Can be changed."""
    topic_arn: pulumi.Input[str] | None = None
    """ARN of an SNS topic of yours, in the same Region; one is made when left out. Its policy has
    to let CloudWatch and EventBridge publish. Can be changed."""
    max_keys: int | None = None
    """Keys on an HSM from which on the alarm goes off. When left out, three quarters of what the
    type holds: 12500 on hsm2m.medium, 2500 on hsm1.medium. Give 2500 if your keys on hsm2m.medium
    are asymmetric: it holds 3333 of these. Can be changed."""
    canary_minutes: int = 5
    """Minutes between two uses of the key, 1 to 60; 0: no canary. Can be changed."""
    backup_hours: int | None = None
    """Hours without a backup in the audit log from which on an alarm goes off, 25 to 168; no such
    alarm when left out. Set it once the dashboard shows a backup every day. Can be changed."""
    storage_percent: int = 80
    """Used share of the file system's SSD storage, and of each volume, from which on an alarm goes
    off; 1 to 99. Can be changed."""

    def check(self) -> None:
        """Refuses what AWS would refuse later; Outputs are not checked.

        Raises:
            InputError: names the field, the value and the fix.
        """
        check_plain(self)
        for number, address in enumerate(self.emails):
            if not re.fullmatch(r"[^@\s:]+@[^@\s:]+\.[^@\s:]+", address):
                raise InputError(
                    f"emails[{number}]", address, "give an address like ops@example.com"
                )
        if twice := first_repeated(self.emails):
            raise InputError("emails", twice, "give each address once")
        topic = r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}"
        if isinstance(self.topic_arn, str) and not re.fullmatch(topic, self.topic_arn):
            fix = "give the ARN of a standard topic: CloudWatch sends nothing to a FIFO topic"
            raise InputError("topic_arn", self.topic_arn, fix)
        if self.max_keys is not None and not 1 <= self.max_keys <= MAX_KEYS:
            fix = f"give 1 to {MAX_KEYS}, or leave it out: no HSM holds more"
            raise InputError("max_keys", self.max_keys, fix)
        if not 0 <= self.canary_minutes <= 60:
            raise InputError("canary_minutes", self.canary_minutes, "give 1 to 60, or 0 for none")
        if self.backup_hours is not None and not 25 <= self.backup_hours <= MAX_BACKUP_HOURS:
            fix = (
                f"give 25 to {MAX_BACKUP_HOURS}: AWS backs up once a day, and an alarm sees a week"
            )
            raise InputError("backup_hours", self.backup_hours, fix)
        if not 1 <= self.storage_percent <= 99:
            raise InputError("storage_percent", self.storage_percent, "give 1 to 99")
