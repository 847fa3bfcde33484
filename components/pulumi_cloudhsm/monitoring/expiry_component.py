"""Reminders of certificates that end: AWS publishes nothing that tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import pulumi

from ..common import CommonArgs, recovery_of
from ..recovery.part import Part
from ..scheduling.group_resources import ScheduleGroup
from .alarms import PAGE

_AHEAD = timedelta(days=90)


class CertificateReminders(Part):
    """Schedules that tell a topic, month by month, that a certificate ends."""

    def __init__(
        self,
        name: str,
        ends: Mapping[str, pulumi.Input[str]],
        topic_arn: pulumi.Input[str],
        common: CommonArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the reminders.

        Args:
            name: logical name.
            ends: section of the alarms' page to the end of the certificate's validity, ISO 8601.
            topic_arn: where they go.
            common: where it is, and its tags.
            opts: Pulumi's options.
        """
        super().__init__("cloudhsm:index:CertificateReminders", name, {}, opts)
        recovery = recovery_of(self, common)
        group = ScheduleGroup(self, name, recovery, common)
        group.allow({"sns:Publish": topic_arn})
        for about, end in ends.items():
            known = pulumi.Output.from_input(end)
            message = known.apply(lambda ends, of=about: _message(of, ends))
            group.schedule(about, known.apply(monthly), topic_arn, message)
        self.register_outputs({})


_WHAT = {
    "trust-anchor-ends": "The trust anchor of the cluster, its CA certificate, ends on",
    "cluster-certificate-ends": "The certificate of the cluster ends on",
}


def _message(about: str, end: str) -> str:
    return f"{_WHAT[about]} {end}. What to do: {PAGE}#{about}"


def monthly(end: str | None) -> str:
    """The first of every month, from January of the year on in which the last 90 days begin.

    Such an expression is the same on every day, and never lies in the past as a whole. Scheduler
    refuses a date that does, and a start that is more than five minutes ago.

    Args:
        end: ISO 8601; with plain mocks of a unit test it is not known.
    """
    if not end:
        return ""
    year = (datetime.fromisoformat(end) - _AHEAD).year
    return f"cron(0 9 1 * ? {year}-2199)"
