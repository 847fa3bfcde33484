"""A canary that uses the key: AWS publishes nothing that tells whether KMS can."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from ..common import CommonArgs, recovery_of
from ..recovery.part import Part
from ..scheduling.arns import PARTITION, part_of
from ..scheduling.group_resources import ScheduleGroup
from .alarms import Alarm, of_canary

_KEEP_SECONDS = 4 * 86400


class KeyCanary(Part):
    """A schedule that asks KMS for a data key, and a queue for what KMS answers if it fails.

    CONNECTED does not prove that a key store works (KMS developer guide). The data key stays
    encrypted and goes nowhere. Only KMS is called: no code runs.
    """

    queue_url: pulumi.Output[str]
    """The dead-letter queue: each message holds KMS's error, for four days."""
    alarms: list[Alarm]
    """What is to be watched of it."""

    def __init__(
        self,
        name: str,
        key_arn: pulumi.Input[str],
        minutes: int,
        common: CommonArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the canary.

        Args:
            name: logical name.
            key_arn: the key that is used.
            minutes: minutes between two uses.
            common: where it is, and its tags.
            opts: Pulumi's options.
        """
        super().__init__("cloudhsm:index:KeyCanary", name, {"minutes": minutes}, opts)
        recovery = recovery_of(self, common)
        queue = aws.sqs.Queue(
            f"{name}-queue",
            name=recovery.unique(name),
            message_retention_seconds=_KEEP_SECONDS,
            sqs_managed_sse_enabled=True,
            tags=recovery.tags(f"{name}-queue", common.tags),
            opts=pulumi.ResourceOptions(parent=self),
        )
        rights = {"kms:GenerateDataKeyWithoutPlaintext": key_arn, "sqs:SendMessage": queue.arn}
        group = ScheduleGroup(self, name, recovery, common)
        group.allow(rights)
        arn = pulumi.Output.from_input(key_arn)
        group.schedule(
            "use-key",
            "rate(1 minute)" if minutes == 1 else f"rate({minutes} minutes)",
            arn.apply(_target),
            arn.apply(_request),
            dead_letter_config={"arn": queue.arn},
            # The next run comes soon enough, and the alarm waits for a second failure.
            retry_policy={"maximum_event_age_in_seconds": 60, "maximum_retry_attempts": 0},
        )
        self.queue_url, self.alarms = queue.url, of_canary(group.group_name, minutes)
        self.register_outputs({"queue_url": self.queue_url})


def _target(key_arn: str) -> str:
    """Source: EventBridge Scheduler user guide, "Using universal targets"."""
    return (
        f"arn:{part_of(key_arn, PARTITION)}:scheduler:::aws-sdk:kms:generateDataKeyWithoutPlaintext"
    )


def _request(key_arn: str) -> str:
    """The context shows in CloudTrail whose request it is."""
    context = {"purpose": "cloudhsm-canary"}
    return json.dumps({"KeyId": key_arn, "KeySpec": "AES_256", "EncryptionContext": context})
