"""What watches: alarms, filters, rules, schedules, topics and queues, made, changed and deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rehearsal.emulator.process import RunningEmulator
from rehearsal.plugins.core.packages import InstalledPackage
from tests.rehearsal.plugins.driver import Plugin, RefusedError

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
FILTER = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
RULE = "aws:cloudwatch/eventRule:EventRule"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"
GROUP = "aws:scheduler/scheduleGroup:ScheduleGroup"
SCHEDULE = "aws:scheduler/schedule:Schedule"
STATE_MACHINE = "aws:sfn/stateMachine:StateMachine"
TOPIC = "aws:sns/topic:Topic"
POLICY = "aws:sns/topicPolicy:TopicPolicy"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
QUEUE = "aws:sqs/queue:Queue"
TOPIC_ARN = "arn:aws:sns:us-east-1:123456789012:told"
LOG = "/aws/cloudhsm/cluster-abcdefghij2"
TAGS = {"tags": {"Name": "watch"}}


def metric(name: str) -> dict[str, Any]:
    return {
        "id": name.lower(),
        "metric": {
            "namespace": "AWS/CloudHSM",
            "metricName": name,
            "dimensions": {"ClusterId": "cluster-abcdefghij2"},
            "period": 300,
            "stat": "Maximum",
        },
    }


SIMPLE_ALARM = {
    "name": "one",
    "comparisonOperator": "GreaterThanOrEqualToThreshold",
    "evaluationPeriods": 3,
    "datapointsToAlarm": 2,
    "threshold": 1,
    "treatMissingData": "breaching",
    "metricName": "HsmUnhealthy",
    "namespace": "AWS/CloudHSM",
    "dimensions": {"ClusterId": "cluster-abcdefghij2"},
    "statistic": "Maximum",
    "period": 300,
    "alarmDescription": "words",
    "alarmActions": [TOPIC_ARN],
    "okActions": [TOPIC_ARN],
    **TAGS,
}
SUM = {"id": "sum", "expression": "a + b", "label": "sum", "returnData": True}
SUM_ALARM = {
    "name": "two",
    "comparisonOperator": "GreaterThanThreshold",
    "evaluationPeriods": 1,
    "threshold": 2500,
    "metricQueries": [SUM, metric("A"), metric("B")],
}
BODY = {"widgets": [{"type": "text", "x": 0, "y": 0, "properties": {"markdown": "words"}}]}
PATTERN = {"source": ["aws.kms"], "detail": {"eventName": ["DisableKey"]}}
TRANSFORMER = {"inputPaths": {"call": "$.detail.eventName"}, "inputTemplate": '"<call> happened"'}
RUN = {
    "arn": "arn:aws:scheduler:::aws-sdk:kms:generateDataKeyWithoutPlaintext",
    "roleArn": "arn:aws:iam::123456789012:role/canary",
    "input": "{}",
    "deadLetterConfig": {"arn": "arn:aws:sqs:us-east-1:123456789012:dead"},
    "retryPolicy": {"maximumEventAgeInSeconds": 60, "maximumRetryAttempts": 0},
}
SCHEDULED = {
    "name": "use",
    "groupName": "canary",
    "scheduleExpression": "rate(5 minutes)",
    "flexibleTimeWindow": {"mode": "OFF"},
    "target": RUN,
}
REMINDER = {**SCHEDULED, "name": "remind", "target": {**RUN, "arn": TOPIC_ARN}}
REMINDER["target"].pop("retryPolicy")
FILTERED = {
    "name": "Logins",
    "logGroupName": LOG,
    "pattern": '?"CN_LOGIN" ?"CN_LOGOUT"',
    "metricTransformation": {"name": "Logins", "namespace": "CloudHSM/x", "value": "1"},
}
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sns:Publish"}]}
QUEUED = {"name": "dead", "messageRetentionSeconds": 86400, "sqsManagedSseEnabled": True, **TAGS}
RULED = {"name": "changed", "description": "words", "eventPattern": json.dumps(PATTERN), **TAGS}
TARGETED = {
    "rule": "changed",
    "targetId": "topic",
    "arn": TOPIC_ARN,
    "inputTransformer": TRANSFORMER,
}
WORKFLOW = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
MACHINE = {
    "name": "copies",
    "definition": json.dumps(WORKFLOW),
    "roleArn": "arn:aws:iam::123456789012:role/copies",
    **TAGS,
}

CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (ALARM, SIMPLE_ALARM, {"threshold": 2, "tags": {"Name": "other"}}),
    (ALARM, SUM_ALARM, {"metricQueries": [SUM, metric("A"), metric("C")]}),
    (
        DASHBOARD,
        {"dashboardName": "all", "dashboardBody": json.dumps(BODY)},
        {"dashboardBody": "{}"},
    ),
    (FILTER, FILTERED, {"pattern": '"CN_LOGIN"'}),
    (RULE, RULED, {"description": "others", "tags": {}}),
    (TARGET, TARGETED, {"inputTransformer": {**TRANSFORMER, "inputTemplate": '"<call>"'}}),
    (GROUP, {"name": "another", **TAGS}, {"tags": {"Name": "other"}}),
    (SCHEDULE, SCHEDULED, {"scheduleExpression": "rate(1 minute)"}),
    (SCHEDULE, REMINDER, {"target": {**REMINDER["target"], "input": "other words"}}),
    (
        STATE_MACHINE,
        MACHINE,
        {"definition": json.dumps({**WORKFLOW, "Comment": "x"}), "tags": {"Name": "other"}},
    ),
    (TOPIC, {"name": "another", **TAGS}, {"tags": {"Name": "other"}}),
    (
        POLICY,
        {"arn": TOPIC_ARN, "policy": json.dumps(ALLOW)},
        {"policy": json.dumps({**ALLOW, "Id": "x"})},
    ),
    (QUEUE, QUEUED, {"messageRetentionSeconds": 3600}),
]
IDS = [f"{token.rpartition(':')[2]} {inputs.get('name', '')}".strip() for token, inputs, _ in CASES]


TRUST = json.dumps({"Statement": [{"Principal": {"Service": "scheduler.amazonaws.com"}}]})


@pytest.fixture(autouse=True)
def _what_it_hangs_on(emulator: RunningEmulator) -> None:
    emulator.client("sns").create_topic(Name="told")
    emulator.client("scheduler").create_schedule_group(Name="canary")
    emulator.client("logs").create_log_group(logGroupName=LOG)
    emulator.client("iam").create_role(RoleName="canary", AssumeRolePolicyDocument=TRUST)
    emulator.client("events").put_rule(Name="changed", EventPattern=json.dumps(PATTERN))


def parsed(inputs: dict[str, Any]) -> dict[str, Any]:
    """Inputs with what their JSON texts say: AWS keeps these in a form of its own."""
    texts = {"policy", "eventPattern", "dashboardBody", "definition"}
    return {name: json.loads(one) if name in texts else one for name, one in inputs.items()}


@pytest.mark.parametrize(("token", "inputs", "change"), CASES, ids=IDS)
def test_it_is_made_shows_no_drift_changes_in_place_and_goes(
    aws: Plugin, token: str, inputs: dict[str, Any], change: dict[str, Any]
) -> None:
    checked = aws.checked(token, inputs)
    identifier, made = aws.create(token, checked)
    _, read, fresh = aws.read(token, identifier, made, checked)
    assert not aws.diff(token, made, checked, checked).diffs
    assert not aws.diff(token, read, checked, fresh).diffs
    assert parsed(fresh) == parsed(checked), "a refresh shows no drift"
    described = InstalledPackage("aws").resource(token).outputs
    assert {name for name, given in described.items() if given} <= made.keys() <= described.keys()
    new = aws.checked(token, {**inputs, **change})
    planned = aws.diff(token, read, new, checked)
    assert set(planned.diffs) - {"tagsAll"} == set(change)
    assert list(planned.replaces) == []
    changed = aws.update(token, identifier, read, new)
    assert not aws.diff(token, aws.read(token, identifier, changed)[1], new, new).diffs
    aws.delete(token, identifier, changed)
    if token != POLICY:  # the topic has another one now
        assert aws.read(token, identifier, changed)[0] == ""
    aws.delete(token, identifier, changed)  # gone already


def test_a_subscription_is_kept_until_it_is_taken_away(
    aws: Plugin, emulator: RunningEmulator
) -> None:
    inputs = aws.checked(
        SUBSCRIPTION, {"topic": TOPIC_ARN, "protocol": "email", "endpoint": "ops@example.com"}
    )
    identifier, made = aws.create(SUBSCRIPTION, inputs)
    assert not aws.diff(SUBSCRIPTION, made, inputs, inputs).diffs
    assert aws.read(SUBSCRIPTION, identifier, made, inputs)[2] == inputs
    aws.delete(SUBSCRIPTION, identifier, made)
    listed = emulator.client("sns").list_subscriptions_by_topic(TopicArn=TOPIC_ARN)
    assert listed["Subscriptions"] == []


@pytest.mark.parametrize(
    ("token", "inputs"),
    [(GROUP, {"name": "canary"}), (SCHEDULE, SCHEDULED)],
    ids=["group", "schedule"],
)
def test_a_second_one_of_the_same_name_is_refused_and_the_first_can_be_imported(
    aws: Plugin, token: str, inputs: dict[str, Any]
) -> None:
    if token == SCHEDULE:
        aws.create(token, inputs)
    with pytest.raises(RefusedError, match="ConflictException"):
        aws.create(token, inputs)
    identifier = "canary/use" if token == SCHEDULE else "canary"
    _, outputs, _ = aws.read(token, identifier)
    assert not aws.diff(token, outputs, aws.checked(token, inputs)).diffs


def test_a_filter_of_a_log_group_that_is_not_there_is_one_line(aws: Plugin) -> None:
    with pytest.raises(RefusedError) as refused:
        aws.create(FILTER, {**FILTERED, "logGroupName": "/aws/cloudhsm/cluster-zzzzzzzzzzz"})
    assert "ResourceNotFoundException" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_alarm_takes_a_metric_or_an_expression(aws: Plugin) -> None:
    (both,) = aws.check(ALARM, {**SIMPLE_ALARM, "metricQueries": [SUM]})
    assert "one of metric_name and metric_query" in both
    assert aws.check(ALARM, {**SIMPLE_ALARM, "metricName": ""})
