"""What watches a deployment: which alarms there are, what they look at, and who is told."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from typing import Any

import botocore.session
import pytest

from pulumi_cloudhsm import (
    ActivationArgs,
    BackupCopiesArgs,
    CloudHsmDeployment,
    CloudHsmDeploymentArgs,
    ClusterFacts,
    FileSystemArgs,
    HsmsArgs,
    KeyStoreArgs,
    Monitoring,
    MonitoringArgs,
    NetworkArgs,
    Subject,
    TrustArgs,
    VolumeArgs,
)
from pulumi_cloudhsm.monitoring.alarms import PAGE
from rehearsal.emulator.core.validation import violations
from tests.support.made import Made
from tests.support.mocked import under
from tests.support.recording import ROOT, Run, bare, config, run

CHAIN = CloudHsmDeploymentArgs(
    network=NetworkArgs(["eu-central-1a", "eu-central-1b"]),
    trust=TrustArgs(subject=Subject("Example CA", "Example Corp")),
    hsms=HsmsArgs(2),
    activation=ActivationArgs(mode="ssm"),
    key_store=KeyStoreArgs(),
    file_system=FileSystemArgs(volumes=[VolumeArgs("data", 100), VolumeArgs("cold", 50)]),
    monitoring=MonitoringArgs(emails=["ops@example.com"], backup_hours=49),
    backup_copies=BackupCopiesArgs(regions=["eu-west-1"], schedule="rate(1 day)"),
)
CLUSTER, KEY_ID = "cluster-abcdefghij2", "11112222-3333-4444-5555-666677778888"
KEY = f"arn:aws:kms:eu-central-1:123456789012:key/{KEY_ID}"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:mocked"
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:mocked"
OF_HSM2M = {
    "HsmUnhealthy",
    "HsmKeysSessionOccupied",
    "HsmKeysTokenOccupied",
    "HsmSessionCount",
    "HsmUsersAvailable",
}
"""Source: CloudHSM user guide, "Getting CloudWatch metrics for AWS CloudHSM"."""
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
FILTER = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
RULE = "aws:cloudwatch/eventRule:EventRule"
SCHEDULE = "aws:scheduler/schedule:Schedule"


class Watched(Made):
    """Inputs by the end of the name, behind that of the deployment's monitoring."""

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        return {
            name.partition("-alarms-")[2]: inputs
            for name, inputs in super().of(kind).items()
            if "-alarms-" in name
        }


def deployed(args: CloudHsmDeploymentArgs, name: str = "cloudhsm") -> Watched:
    return under(Watched(), lambda: CloudHsmDeployment(name, args))


def alone(**given: Any) -> Watched:
    """Monitoring of a cluster that another stack made."""
    facts = ClusterFacts(
        cluster_id=CLUSTER,
        security_group_id="sg-0123456789abcdef0",
        ca_certificate="PEM",
        vpc_id="vpc-1",
        subnet_ids=[],
        zones=[],
        subnet_cidrs=[],
        **given.pop("facts", {}),
    )
    return under(
        Watched(), lambda: Monitoring("cloudhsm-alarms", MonitoringArgs(**given), cluster=facts)
    )


@pytest.fixture(scope="module")
def made() -> Watched:
    return deployed(CHAIN)


def metrics_of(alarm: dict[str, Any]) -> list[tuple[str, str, dict[str, str]]]:
    """Namespace, name and dimensions of what an alarm looks at."""
    queries = [one["metric"] for one in alarm.get("metricQueries", []) if "metric" in one]
    return [
        (one["namespace"], one["metricName"], one.get("dimensions", {}))
        for one in queries or [alarm]
    ]


def test_every_alarm_rule_and_reminder_has_a_section_and_names_it(made: Watched) -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    sections = set(re.findall(r"^### (.+)$", page, re.MULTILINE))
    said = {
        *(one["alarmDescription"] for one in made.of(ALARM).values()),
        *(
            one["inputTransformer"]["inputTemplate"]
            for one in made.of("aws:cloudwatch/eventTarget:EventTarget").values()
        ),
        *(one["target"]["input"] for one in made.of(SCHEDULE).values() if "KeyId" not in str(one)),
    }
    named = [re.findall(rf"{PAGE}#([a-z-]+)", text) for text in said]
    assert all(len(one) == 1 for one in named), said
    assert {one for (one,) in named} == sections


def test_the_name_at_aws_ends_with_the_section(made: Watched) -> None:
    for alarm in made.of(ALARM).values():
        section = alarm["alarmDescription"].partition("#")[2]
        assert re.fullmatch(rf"cloudhsm-alarms-[0-9a-f]{{8}}-{section}(-\w+)?", alarm["name"])


def test_an_alarm_tells_the_topic_when_it_goes_off_and_when_it_is_over(made: Watched) -> None:
    for alarm in made.of(ALARM).values():
        assert (alarm["alarmActions"], alarm["okActions"]) == ([TOPIC], [TOPIC])


def test_only_metrics_that_hsm2m_publishes_are_looked_at(made: Watched) -> None:
    looked_at = [one for alarm in made.of(ALARM).values() for one in metrics_of(alarm)]
    ours = [(name, of) for namespace, name, of in looked_at if namespace == "AWS/CloudHSM"]
    assert {name for name, _ in ours} == OF_HSM2M
    assert all(of["ClusterId"] == CLUSTER for _, of in ours)


def test_each_hsm_that_is_wanted_has_an_alarm_that_takes_silence_for_its_end(made: Watched) -> None:
    missing = {name: one for name, one in made.of(ALARM).items() if name.startswith("hsm-missing")}
    assert set(missing) == {"hsm-missing-1", "hsm-missing-2"}
    ids = {one["dimensions"]["HsmId"] for one in missing.values()}
    assert len(ids) == 2
    assert all(one.startswith("hsm-") for one in ids)
    for alarm in missing.values():
        assert (alarm["statistic"], alarm["treatMissingData"]) == ("SampleCount", "breaching")
        assert (alarm["comparisonOperator"], alarm["threshold"]) == ("LessThanThreshold", 1)
    assert deployed(replace(CHAIN, hsms=HsmsArgs(3))).of(ALARM).keys() - made.of(ALARM).keys() == {
        "hsm-missing-3"
    }


def test_no_other_alarm_goes_off_while_nothing_is_published(made: Watched) -> None:
    for name, alarm in made.of(ALARM).items():
        silent = name.startswith(("hsm-missing", "canary-silent", "no-backup"))
        assert alarm["treatMissingData"] == ("breaching" if silent else "notBreaching"), name


@pytest.mark.parametrize(
    ("facts", "given", "limit"),
    [
        ({}, {}, 12500),
        ({"hsm_type": "hsm1.medium"}, {}, 2500),
        ({"hsm_type": "hsm9.large"}, {}, 2500),
        ({}, {"max_keys": 77}, 77),
    ],
)
def test_the_limit_for_keys_is_that_of_the_hsm_type(
    facts: dict[str, Any], given: dict[str, Any], limit: int
) -> None:
    alarm = alone(facts=facts, **given).of(ALARM)["hsm-keys"]
    assert alarm["threshold"] == limit
    (total,) = (one for one in alarm["metricQueries"] if "expression" in one)
    assert (total["expression"], total["returnData"]) == ("m1 + m2", True)


def test_an_alarm_looks_back_no_longer_than_cloudwatch_allows(made: Watched) -> None:
    """Source: CloudWatch user guide, "Alarm evaluation": a day, or a week with periods of hours."""
    for alarm in made.of(ALARM).values():
        period = alarm.get("period") or alarm["metricQueries"][1]["metric"]["period"]
        most = 7 * 86400 if period >= 3600 else 86400
        assert period * alarm["evaluationPeriods"] <= most
        assert alarm["datapointsToAlarm"] <= alarm["evaluationPeriods"]
        assert period % 60 == 0
    longest = deployed(replace(CHAIN, monitoring=MonitoringArgs(backup_hours=168)))
    alarm = longest.of(ALARM)["no-backup"]
    assert alarm["period"] * alarm["evaluationPeriods"] == 7 * 86400


def test_there_is_no_alarm_on_backups_unless_hours_are_given(made: Watched) -> None:
    assert made.of(ALARM)["no-backup"]["evaluationPeriods"] == 49
    without = deployed(replace(CHAIN, monitoring=MonitoringArgs()))
    assert "no-backup" not in without.of(ALARM)
    assert "Backups" in without.of(FILTER), "the dashboard shows whether the alarm makes sense"


@cache
def operation(service: str, name: str) -> Any:
    model = botocore.session.get_session().get_service_model(service)
    (found,) = (one for one in model.operation_names if one.lower() == name.lower())
    return model.operation_model(found)


def test_the_canary_sends_what_kms_takes_and_no_read_only_call(made: Watched) -> None:
    """Scheduler looks at neither; a wrong request would fail at every run."""
    target = made.of(SCHEDULE)["canary-use-key"]["target"]
    *_, service, call = target["arn"].split(":")
    assert target["arn"].startswith("arn:aws:scheduler:::aws-sdk:")
    sent = json.loads(target["input"])
    assert list(violations(operation(service, call).input_shape, sent)) == []
    assert (call, sent["KeyId"]) == ("generateDataKeyWithoutPlaintext", KEY)
    assert target["deadLetterConfig"] == {"arn": QUEUE}


def test_the_canarys_role_may_use_this_key_and_tell_this_queue_and_nothing_else(
    made: Watched,
) -> None:
    policy = json.loads(made.of("aws:iam/rolePolicy:RolePolicy")["canary-rights"]["policy"])
    assert policy["Statement"] == [
        {"Effect": "Allow", "Action": "kms:GenerateDataKeyWithoutPlaintext", "Resource": KEY},
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE},
    ]
    role = made.of("aws:iam/role:Role")["canary-role"]
    (trusted,) = json.loads(role["assumeRolePolicy"])["Statement"]
    assert trusted["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert ":schedule-group/" in trusted["Condition"]["StringEquals"]["aws:SourceArn"]


def test_the_canarys_alarms_look_at_its_own_group_in_its_own_rhythm() -> None:
    slow = deployed(replace(CHAIN, monitoring=MonitoringArgs(canary_minutes=15)))
    group = slow.of(SCHEDULE)["canary-use-key"]["groupName"]
    assert slow.of(SCHEDULE)["canary-use-key"]["scheduleExpression"] == "rate(15 minutes)"
    for name in ("key-unusable", "canary-silent"):
        alarm = slow.of(ALARM)[name]
        assert (alarm["dimensions"], alarm["period"]) == ({"ScheduleGroup": group}, 900)
    others = [one for name, one in slow.of(SCHEDULE).items() if name != "canary-use-key"]
    assert others
    assert all(one["groupName"] != group for one in others), "only the canary's failures count"
    each = deployed(replace(CHAIN, monitoring=MonitoringArgs(canary_minutes=1)))
    assert each.of(SCHEDULE)["canary-use-key"]["scheduleExpression"] == "rate(1 minute)"


def test_without_a_canary_nothing_uses_the_key() -> None:
    without = deployed(replace(CHAIN, monitoring=MonitoringArgs(canary_minutes=0)))
    assert "canary-use-key" not in without.of(SCHEDULE)
    assert not {"key-unusable", "canary-silent"} & without.of(ALARM).keys()


def test_the_storage_and_every_volume_are_watched(made: Watched) -> None:
    alarms = made.of(ALARM)
    assert {"storage-full", "volume-full-data", "volume-full-cold"} <= alarms.keys()
    assert set(alarms["storage-full"]["dimensions"]) == {"FileSystemId", "StorageTier", "DataType"}
    volume = alarms["volume-full-cold"]["dimensions"]["VolumeId"]
    assert volume == "cloudhsm-storage-volume-cold-id"


def test_both_certificates_have_a_reminder(made: Watched) -> None:
    reminders = {name: one for name, one in made.of(SCHEDULE).items() if name.startswith("expiry")}
    assert set(reminders) == {"expiry-trust-anchor-ends", "expiry-cluster-certificate-ends"}
    for one in reminders.values():
        assert one["target"]["arn"] == TOPIC
        assert re.search(r"ends on \d{4}-\d\d-\d\dT", one["target"]["input"])
        assert re.fullmatch(r"cron\(0 9 1 \* \? 20\d\d-2199\)", one["scheduleExpression"])
    (right,) = json.loads(made.of("aws:iam/rolePolicy:RolePolicy")["expiry-rights"]["policy"])[
        "Statement"
    ]
    assert (right["Action"], right["Resource"]) == ("sns:Publish", TOPIC)


def test_only_cloudwatch_and_eventbridge_of_this_account_may_publish(made: Watched) -> None:
    policy = json.loads(made.of("aws:sns/topicPolicy:TopicPolicy")["policy"]["policy"])
    (statement,) = policy["Statement"]
    assert statement["Principal"]["Service"] == ["cloudwatch.amazonaws.com", "events.amazonaws.com"]
    assert statement["Resource"] == TOPIC
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_a_topic_of_ones_own_is_told_and_left_as_it_is() -> None:
    own = "arn:aws:sns:eu-central-1:123456789012:pager"
    made = deployed(replace(CHAIN, monitoring=MonitoringArgs(["ops@example.com"], topic_arn=own)))
    assert not made.of("aws:sns/topic:Topic")
    assert not made.of("aws:sns/topicPolicy:TopicPolicy")
    (subscription,) = made.of("aws:sns/topicSubscription:TopicSubscription").values()
    assert (subscription["topic"], subscription["endpoint"]) == (own, "ops@example.com")
    assert {one["alarmActions"][0] for one in made.of(ALARM).values()} == {own}


def test_the_dashboard_shows_every_alarm_and_its_metrics_side_by_side(made: Watched) -> None:
    body = json.loads(made.of("aws:cloudwatch/dashboard:Dashboard")["dashboard"]["dashboardBody"])
    alarms, *graphs = body["widgets"]
    assert len(alarms["properties"]["alarms"]) == len(made.of(ALARM))
    shown = {
        (namespace, name, tuple(sorted(zip(of[::2], of[1::2], strict=True))))
        for graph in graphs
        for namespace, name, *of, _ in graph["properties"]["metrics"]
    }
    wanted = {
        (namespace, name, tuple(sorted(of.items())))
        for alarm in made.of(ALARM).values()
        for namespace, name, of in metrics_of(alarm)
    }
    assert shown == wanted
    assert {one["properties"]["region"] for one in graphs} == {"eu-central-1"}
    places = [(one["x"], one["y"]) for one in body["widgets"]]
    assert len(set(places)) == len(places)
    assert all(one["x"] + one["width"] <= 24 for one in body["widgets"])


def test_an_initialized_cluster_has_no_audit_log_yet_and_no_key() -> None:
    early = deployed(
        replace(
            CHAIN,
            activation=ActivationArgs(),
            hsms=HsmsArgs(1),
            key_store=None,
            file_system=None,
        )
    )
    assert early.of(ALARM).keys() == {"hsm-unhealthy", "hsm-sessions", "hsm-keys", "hsm-users"}
    assert early.of(FILTER) == {}
    assert {"cluster-changed", "backup-changed"} <= early.of(RULE).keys()


def test_nothing_is_watched_while_a_certificate_is_awaited_or_unless_it_is_asked_for() -> None:
    waiting = replace(CHAIN, trust=TrustArgs(mode="external"), key_store=None, file_system=None)
    for args in (waiting, replace(CHAIN, monitoring=None)):
        assert not [name for name in deployed(args).all if "-alarms" in name]


def test_a_cluster_of_another_stack_is_watched_by_its_facts() -> None:
    made = alone(facts={"ca_expires": "2031-02-01T00:00:00Z"})
    assert "hsm-unhealthy" in made.of(ALARM)
    assert set(made.of(FILTER)) >= {"FailedLogins"}
    assert made.of(SCHEDULE).keys() == {"expiry-trust-anchor-ends"}
    assert alone().of(SCHEDULE) == {}


def test_the_longest_name_fits_whatever_aws_calls_it() -> None:
    made = deployed(CHAIN, "c" * 40)
    names = [
        inputs["name"]
        for typ, inputs in made.all.values()
        if typ.startswith(("aws:scheduler/", "aws:iam/role:", "aws:events", RULE))
        and "-alarms" in inputs.get("name", "")
    ]
    assert names
    # IAM, EventBridge and Scheduler take 64 characters each.
    assert [name for name in names if len(name) > 64] == []


@pytest.fixture(scope="module")
def program() -> Run:
    """A run of the program with alarms, in a stack that is protected."""
    activated = {"activation": {"mode": "manual"}, "hsms": {"count": 2}}
    return run(config(**activated, monitoring={}, disposable=False)).succeeded()


def test_what_watches_is_not_protected_with_what_is_watched(program: Run) -> None:
    """Otherwise a stack could not switch its alarms off."""
    assert program["cloudhsm-initialization"].request.protect
    ours = [one for one in program.resources if one.name.startswith("cloudhsm-alarms")]
    assert len(ours) > 30
    assert not [one.name for one in ours if one.request.protect]


def test_the_audit_log_is_counted_once_all_hsms_are_active(program: Run) -> None:
    assert "cloudhsm-hsm-active" in program.ancestors("cloudhsm-alarms-FailedLogins")
    assert program["cloudhsm-alarms-Backups"]["logGroupName"].startswith("/aws/cloudhsm/cluster-")


def test_the_program_exports_the_topic(program: Run) -> None:
    assert bare(program.exports)["alarmTopicArn"] == "arn:aws:::cloudhsm-alarms-topic"
