"""The SNS topic that everything is told to."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from ..common import CommonArgs
from ..recovery.orphans import Recovery
from ..recovery.part import Part
from ..scheduling.arns import ACCOUNT, part_of
from .args import MonitoringArgs

_SENDERS = ("cloudwatch.amazonaws.com", "events.amazonaws.com")
"""Who publishes by the topic's policy. The scheduler does so by its own role."""


def create_topic(
    component: Part, name: str, args: MonitoringArgs, recovery: Recovery, common: CommonArgs
) -> tuple[pulumi.Input[str], list[pulumi.Resource]]:
    """Declares topic, policy and subscriptions; of a topic that is given only the subscriptions.

    Args:
        component: their parent.
        name: its logical name.
        args: the topic, and who is told.
        recovery: the component's tags and names.
        common: its other tags.

    Returns:
        The topic's ARN, and what has to be there before anything publishes.
    """
    child = pulumi.ResourceOptions(parent=component)
    topic_arn, first = args.topic_arn, list[pulumi.Resource]()
    if topic_arn is None:
        topic = aws.sns.Topic(
            f"{name}-topic",
            name=recovery.unique(name),
            tags=recovery.tags(f"{name}-topic", common.tags),
            opts=child,
        )
        topic_arn = topic.arn
        policy = topic.arn.apply(_policy)
        first.append(
            aws.sns.TopicPolicy(f"{name}-policy", arn=topic.arn, policy=policy, opts=child)
        )
    for address in args.emails:
        aws.sns.TopicSubscription(
            f"{name}-{address}", topic=topic_arn, protocol="email", endpoint=address, opts=child
        )
    return topic_arn, first


def _policy(topic_arn: str) -> str:
    statement = {
        "Sid": "Alarms",
        "Effect": "Allow",
        "Principal": {"Service": list(_SENDERS)},
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {"StringEquals": {"aws:SourceAccount": part_of(topic_arn, ACCOUNT)}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
