"""What is refused before anything is made."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_cloudhsm import MonitoringArgs
from pulumi_cloudhsm.validation import InputError

TOPIC = "arn:aws:sns:eu-central-1:123456789012:pager"


@pytest.mark.parametrize(
    ("field", "given", "fix"),
    [
        ("emails", {"emails": ["ops"]}, "ops@example.com"),
        ("emails", {"emails": ["a@example.com", "b@@example.com"]}, "ops@example.com"),
        ("emails", {"emails": ["a@example.com"] * 2}, "once"),
        ("topic_arn", {"topic_arn": "pager"}, "ARN of a standard topic"),
        ("topic_arn", {"topic_arn": f"{TOPIC}.fifo"}, "FIFO"),
        ("max_keys", {"max_keys": 0}, "1 to 16666"),
        ("max_keys", {"max_keys": 16_667}, "no HSM holds more"),
        ("canary_minutes", {"canary_minutes": -1}, "1 to 60"),
        ("canary_minutes", {"canary_minutes": 61}, "1 to 60"),
        ("backup_hours", {"backup_hours": 24}, "25 to 168"),
        ("backup_hours", {"backup_hours": 169}, "25 to 168"),
        ("storage_percent", {"storage_percent": 100}, "1 to 99"),
    ],
)
def test_a_wrong_value_is_named_with_the_fix(field: str, given: dict[str, Any], fix: str) -> None:
    with pytest.raises(InputError) as refused:
        MonitoringArgs(**given).check()
    assert refused.value.field.startswith(field)
    assert fix in refused.value.fix


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"emails": ["ops@example.com", "o.n-call+hsm@mail.example.co.uk"]},
        {"topic_arn": TOPIC},
        {"topic_arn": "arn:aws-us-gov:sns:us-gov-west-1:123456789012:pager_1"},
        {"canary_minutes": 0, "backup_hours": 168, "storage_percent": 1, "max_keys": 1},
    ],
)
def test_what_aws_takes_is_taken(given: dict[str, Any]) -> None:
    MonitoringArgs(**given).check()
