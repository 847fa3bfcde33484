"""What counts in the audit log, which calls a rule lets through, and when a reminder comes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pulumi
import pytest
from moto.events.models import EventPattern

from pulumi_cloudhsm.monitoring.audit_log import PATTERNS
from pulumi_cloudhsm.monitoring.changes import INPUT_PATHS, Change, of_cluster, of_key
from pulumi_cloudhsm.monitoring.expiry_component import monthly
from tests.support.mocked import mocked
from tests.support.recording import ROOT

CLUSTER, OTHER = "cluster-abcdefghij2", "cluster-zyxwvutsrq7"
LOG = f"/aws/cloudhsm/{CLUSTER}"
STORE = "cks-1234567890abcdef0"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/11112222-3333-4444-5555-666677778888"


def event(opcode: str, response: str = "0:HSM Return: SUCCESS") -> str:
    """An event of the audit log in the form of the user guide, "Interpreting HSM audit logs"."""
    return (
        "Time: 01/16/18 01:48:49.824999, usecs:1516067329824999\nSequence No : 0x1\n"
        f"Reboot counter : 0x107\nCommand Type(hex) : CN_MGMT_CMD (0x0)\nOpcode : {opcode}\n"
        f"Session Handle : 0x1004003\nResponse : {response}\nLog type : MGMT_USER_DETAILS_LOG (2)\n"
        "User Name : crypto_user1\nUser Type : CN_CRYPTO_USER (1)\n"
    )


def counted(text: str) -> set[str]:
    """The metrics that an event counts for, by the rules of CloudWatch Logs for terms."""
    found: set[str] = set()
    for metric, pattern in PATTERNS.items():
        terms = re.findall(r'(\??)"([^"]+)"', pattern)
        assert "".join(f'{mark}"{term}"' for mark, term in terms) == pattern.replace(" ?", "?")
        wanted = [term in text for mark, term in terms if not mark]
        one_of = [term in text for mark, term in terms if mark]
        if all(wanted) and (any(one_of) or not one_of):
            found.add(metric)
    return found


@pytest.mark.parametrize(
    ("text", "metrics"),
    [
        (event("CN_LOGIN (0xd)"), set[str]()),
        (event("CN_LOGIN (0xd)", "163:HSM Error: RET_USER_LOGIN_FAILURE"), {"FailedLogins"}),
        (
            event("CN_LOGIN (0xd)", "157:HSM Error: user with this name doesn't exist"),
            {"FailedLogins"},
        ),
        (event("CN_LOGOUT (0xe)"), set[str]()),
        (event("CN_CREATE_USER (0x3)"), {"UserChanges"}),
        (event("CN_CREATE_CO (0x4)"), {"UserChanges"}),
        (event("CN_DELETE_USER (0xa1)"), {"UserChanges"}),
        (event("CN_SET_M_VALUE"), {"UserChanges"}),
        (event("CN_CHANGE_PSWD (0x9)"), {"PasswordChanges"}),
        (event("CN_TOMBSTONE_OBJECT (0x1d)"), {"KeyDeletions"}),
        (event("CN_DESTROY_OBJECT (0x11)"), set[str]()),
        (event("CN_GENERATE_KEY (0x18)"), set[str]()),
        (event("CN_BACKUP_BEGIN"), set[str]()),
        (event("CN_BACKUP_END"), {"Backups"}),
    ],
)
def test_an_event_of_the_audit_log_counts_for_what_it_is(text: str, metrics: set[str]) -> None:
    assert counted(text) == metrics


def patterns(changes: Callable[[], list[Change]]) -> dict[str, EventPattern]:
    known: dict[str, EventPattern] = {}

    def program() -> pulumi.Output[Any]:
        return pulumi.Output.all(**{one.about: one.pattern for one in changes()}).apply(
            lambda texts: known.update({k: EventPattern.load(v) for k, v in texts.items()})
        )

    mocked(program)
    return known


@pytest.fixture(scope="module")
def rules() -> dict[str, EventPattern]:
    return patterns(lambda: [*of_cluster(CLUSTER, LOG), *of_key(STORE, KEY)])


def call(service: str, name: str, resource: str = "", **given: Any) -> dict[str, Any]:
    """A call as CloudTrail hands it to EventBridge, a list of resources as EventBridge reads it."""
    detail: dict[str, Any] = {
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "requestParameters": given,
        "userIdentity": {"arn": "arn:aws:iam::123456789012:user/somebody"},
    }
    if resource:
        detail["resources"] = {"ARN": [resource]}
    return {
        "source": f"aws.{service}",
        "detail-type": "AWS API Call via CloudTrail",
        "detail": detail,
    }


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        (call("cloudhsm", "DeleteHsm", clusterId=CLUSTER, hsmId="hsm-1"), "cluster-changed"),
        (call("cloudhsm", "DeleteCluster", clusterId=CLUSTER), "cluster-changed"),
        (call("cloudhsm", "ModifyCluster", clusterId=CLUSTER), "cluster-changed"),
        (call("cloudhsm", "DeleteHsm", clusterId=OTHER), None),
        (call("cloudhsm", "DescribeClusters", clusterId=CLUSTER), None),
        (call("cloudhsm", "CopyBackupToRegion", backupId="backup-1"), "backup-changed"),
        (call("cloudhsm", "DeleteBackup", backupId="backup-1"), "backup-changed"),
        (call("cloudhsm", "PutResourcePolicy", resourceArn="backup-1"), "backup-changed"),
        (call("logs", "DeleteLogGroup", logGroupName=LOG), "audit-log-changed"),
        (call("logs", "PutRetentionPolicy", logGroupName=LOG), "audit-log-changed"),
        (call("logs", "DeleteLogGroup", logGroupName="/aws/cloudhsm/other"), None),
        (call("kms", "DisconnectCustomKeyStore", customKeyStoreId=STORE), "key-store-changed"),
        (call("kms", "DeleteCustomKeyStore", customKeyStoreId="cks-2"), None),
        (call("kms", "ScheduleKeyDeletion", KEY, keyId=KEY), "key-changed"),
        (call("kms", "DisableKey", KEY, keyId=KEY.rpartition("/")[2]), "key-changed"),
        (call("kms", "DisableKey", KEY[:-1] + "9"), None),
        (call("kms", "GenerateDataKey", KEY, keyId=KEY), None),
    ],
)
def test_a_call_reaches_the_rule_that_is_about_it_and_no_other(
    rules: dict[str, EventPattern], told: dict[str, Any], rule: str | None
) -> None:
    assert [name for name, one in rules.items() if one.matches_event(told)] == (
        [rule] if rule else []
    )


def test_every_call_of_a_rule_is_one_of_aws_and_stands_on_the_page() -> None:
    import botocore.session

    page = (ROOT / "docs" / "reference" / "alarms.md").read_text(encoding="utf-8")
    services = {"cloudhsm": "cloudhsmv2"}
    for change in [*of_cluster(CLUSTER, LOG), *of_key(STORE, KEY)]:
        name = services.get(change.service, change.service)
        model = botocore.session.get_session().get_service_model(name)
        assert set(change.calls) <= set(model.operation_names)
        section = page.partition(f"### {change.about}\n")[2].partition("###")[0]
        assert [one for one in change.calls if f"`{one}`" not in section] == []


def test_a_rules_message_is_one_json_text_with_places_that_are_filled() -> None:
    for change in [*of_cluster(CLUSTER, LOG), *of_key(STORE, KEY)]:
        text = json.loads(change.message("page.md"))
        assert set(re.findall(r"<(\w+)>", text)) == set(INPUT_PATHS)


@pytest.mark.parametrize(
    ("end", "first"),
    [
        ("2036-11-22T10:00:00Z", 2036),
        ("2027-04-26T00:00:00Z", 2027),
        ("2027-03-31T00:00:00Z", 2026),
        ("2027-04-01T00:00:00Z", 2027),
    ],
)
def test_the_first_reminder_comes_before_the_last_90_days(end: str, first: int) -> None:
    expression = monthly(end)
    assert expression == f"cron(0 9 1 * ? {first}-2199)"
    begins = datetime(first, 1, 1, 9)
    assert (datetime.fromisoformat(end).replace(tzinfo=None) - begins).days >= 89
