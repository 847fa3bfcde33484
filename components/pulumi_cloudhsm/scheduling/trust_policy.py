"""Who may take a role: a service of AWS, and only on behalf of one resource."""

from __future__ import annotations

import json


def trust_of(service: str, source_arn: str) -> str:
    """The trust policy of a role that a service takes.

    Source: EventBridge Scheduler user guide, "Confused deputy prevention", and Step Functions
    developer guide, "Preventing cross-service confused deputy issue".

    Args:
        service: the service's principal.
        source_arn: ARN of the resource on whose behalf it may.
    """
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceArn": source_arn}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
