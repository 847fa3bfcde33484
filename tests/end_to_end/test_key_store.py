"""From an active cluster to a KMS key that only its HSMs hold, and back. In order."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator

import pytest

from rehearsal.engine.layout import Layout
from rehearsal.engine.operator import operator_at
from rehearsal.engine.workspace import stack_resources
from tests.end_to_end.rehearsed import Rehearsed, rehearsed
from tests.end_to_end.test_crashes import kill_when
from tests.support.iam import not_allowed
from tests.support.pages import commands, settings
from tests.support.published import has_trace

pytestmark = pytest.mark.engine

SECRET = "kmsuser-of-the-vault"
PASSWORD = "Pw" + secrets.token_hex(10)
CONFIG = {
    "activation": {"mode": "manual"},
    "hsms": {"count": 2},
    "keyStore": {"kmsUserSecret": SECRET},
}
SEEN: list[str] = []


def test_the_guide_configures_what_is_tested_here() -> None:
    assert settings(commands("Without a client host", "docs/guides/key-store.md")) == {
        "activation.mode": "manual",
        "hsms.count": "2",
        "keyStore.kmsUserSecret": "NAME",
    }


@pytest.fixture(scope="module")
def stack(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    with rehearsed(layout, tmp_path_factory.mktemp("keys"), CONFIG) as stack:
        stack.emulator.client("secretsmanager").create_secret(Name=SECRET, SecretString=PASSWORD)
        yield stack


def up(stack: Rehearsed, *arguments: str, check: bool = True) -> str:
    SEEN.append(stack.up(*arguments, check=check).output)
    return SEEN[-1]


def stores(stack: Rehearsed) -> list[dict]:
    return stack.emulator.client("kms").describe_custom_key_stores()["CustomKeyStores"]


def test_without_kmsuser_up_says_who_is_missing(stack: Rehearsed) -> None:
    with operator_at(stack.emulator):
        shown = up(stack, check=False)
    assert "USER_NOT_FOUND" in shown
    assert "cloudhsm-cli user create" in shown
    assert not has_trace(shown)
    assert stack.calls("ConnectCustomKeyStore") == 1, "that is nothing to try again"
    held = [
        one["id"] for one in stack_resources(stack.workspace) if "CustomKeyStore" in one["type"]
    ]
    assert stores(stack)[0]["CustomKeyStoreId"] in held, "a destroy would leave it at AWS"


def test_killed_while_it_connects_the_next_up_goes_on_with_the_same_store(
    stack: Rehearsed,
) -> None:
    stack.emulator.make_kmsuser(stack.cluster()["ClusterId"], PASSWORD)
    kill_when(stack, lambda stack: stores(stack)[0]["ConnectionState"] == "CONNECTING")
    stack.workspace.pulumi("cancel", "--yes")
    up(stack)
    assert [store["ConnectionState"] for store in stores(stack)] == ["CONNECTED"]
    assert stack.calls("CreateCustomKeyStore") == 1
    outputs = stack.workspace.outputs()
    assert outputs["keyStoreId"] == stores(stack)[0]["CustomKeyStoreId"]
    stack.workspace.pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates")


def test_the_key_lives_in_the_store_and_encrypts(stack: Rehearsed) -> None:
    kms, arn = stack.emulator.client("kms"), stack.workspace.outputs()["keyArn"]
    key = kms.describe_key(KeyId="alias/cloudhsm")["KeyMetadata"]
    assert (key["Arn"], key["Origin"], key["KeyState"]) == (arn, "AWS_CLOUDHSM", "Enabled")
    assert key["CloudHsmClusterId"] == stack.cluster()["ClusterId"]
    secret = kms.encrypt(KeyId=arn, Plaintext=b"nobody else's")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=secret)["Plaintext"] == b"nobody else's"


def test_a_second_up_and_a_refresh_find_nothing_to_do(stack: Rehearsed) -> None:
    up(stack, "--expect-no-changes")
    stack.workspace.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")


def test_a_key_that_an_interrupted_run_left_is_taken_over(stack: Rehearsed) -> None:
    """As after a kill -9 between CreateKey and its answer: AWS has the key, the state has not."""
    pulumi, arn = stack.workspace.pulumi, stack.workspace.outputs()["keyArn"]
    for kind, name in (("alias:Alias", "alias"), ("key:Key", "key")):
        (urn,) = [
            one["urn"]
            for one in stack_resources(stack.workspace)
            if one["type"] == f"aws:kms/{kind}" and one["urn"].endswith(f"-{name}")
        ]
        pulumi("state", "delete", "--yes", urn)
    stack.emulator.client("kms").delete_alias(AliasName="alias/cloudhsm")
    made = stack.calls("CreateKey")
    shown = up(stack)
    assert "imported" in shown
    assert stack.calls("CreateKey") == made
    assert stack.workspace.outputs()["keyArn"] == arn
    # KMS does not tell the window, so it is set anew; then there is nothing left to do.
    up(stack)
    up(stack, "--expect-no-changes")


def test_the_cluster_grows_and_shrinks_under_a_connected_store(stack: Rehearsed) -> None:
    for count in (4, 2):
        stack.workspace.pulumi("config", "set", "--path", "cloudhsm:hsms.count", str(count))
        up(stack)
        assert len(stack.cluster()["Hsms"]) == count
        up(stack, "--expect-no-changes")
    assert stack.calls("ConnectCustomKeyStore") == 2, "the connection is never touched"


def test_fewer_than_two_hsms_are_refused_while_there_is_a_key_store(stack: Rehearsed) -> None:
    stack.workspace.pulumi("config", "set", "--path", "cloudhsm:hsms.count", "1")
    shown = up(stack, check=False)
    assert "cloudhsm:hsms.count" in shown
    assert "cloudhsm:keyStore.allowKeysUnavailable" in shown
    stack.workspace.pulumi("config", "set", "--path", "cloudhsm:hsms.count", "2")


def test_a_store_that_failed_is_drift_and_the_next_up_gives_kms_the_secrets_password(
    stack: Rehearsed,
) -> None:
    """As the KMS guide has it after INVALID_CREDENTIALS: KMS keeps a copy, which has to be told."""
    kms, store = stack.emulator.client("kms"), stores(stack)[0]["CustomKeyStoreId"]
    kms.disconnect_custom_key_store(CustomKeyStoreId=store)

    def wait_for(state: str) -> None:
        while stores(stack)[0]["ConnectionState"] != state:
            pass

    wait_for("DISCONNECTED")
    key = kms.describe_key(KeyId="alias/cloudhsm")["KeyMetadata"]
    assert key["KeyState"] == "Unavailable"
    stack.emulator.make_kmsuser(stack.cluster()["ClusterId"], PASSWORD)
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    wait_for("FAILED")
    found = stack.workspace.pulumi("refresh", "--yes", "--skip-preview", "--diff").output
    assert "FAILED (INVALID_CREDENTIALS)" in found
    up(stack)
    assert stack.calls("UpdateCustomKeyStore") == 1
    assert stores(stack)[0]["ConnectionState"] == "CONNECTED"
    up(stack, "--expect-no-changes")


def test_alarms_are_added_and_what_an_interrupted_run_left_of_them_is_adopted(
    stack: Rehearsed,
) -> None:
    before = len(stack.emulator.log())
    stack.workspace.pulumi(
        "config", "set", "--path", "cloudhsm:monitoring.emails[0]", "ops@example.com"
    )
    shown = up(stack)
    assert re.search(r"\+ \d+ created", shown)
    assert not re.search(r"\d+ (updated|deleted|replaced)", shown), "nothing else is touched"
    for kind in ("schedule:Schedule", "scheduleGroup:ScheduleGroup"):
        for one in stack_resources(stack.workspace):
            if one["type"] == f"aws:scheduler/{kind}" and "canary" in one["urn"]:
                stack.workspace.pulumi(
                    "state", "delete", "--yes", "--target-dependents", one["urn"]
                )
    assert "imported" in up(stack)
    up(stack, "--refresh", "--expect-no-changes")
    rights = ("monitoring", "key-store")
    assert not_allowed(stack.emulator.log()[before:], *rights) == set()


def test_the_canary_sends_a_request_that_kms_carries_out(
    stack: Rehearsed,
) -> None:
    """Scheduler does not look at what it sends, and the rehearsal's runs no schedule."""
    scheduler, kms = stack.emulator.client("scheduler"), stack.emulator.client("kms")
    (listed,) = (one for one in scheduler.list_schedules()["Schedules"] if one["Name"] == "use-key")
    canary = scheduler.get_schedule(GroupName=listed["GroupName"], Name="use-key")
    request = json.loads(canary["Target"]["Input"])
    assert kms.generate_data_key_without_plaintext(**request)["CiphertextBlob"]


def test_the_password_is_nowhere_but_in_the_secret(stack: Rehearsed) -> None:
    logs = json.dumps(stack.emulator.log())
    for text in (stack.export(), logs, *SEEN):
        assert PASSWORD not in text
    for file in stack.workspace.folder.rglob("*"):
        if file.is_file() and ".venv" not in file.parts:
            assert PASSWORD.encode() not in file.read_bytes(), file


def test_a_pending_key_stops_destroy_and_says_how_to_go_on(stack: Rehearsed) -> None:
    preview = stack.workspace.pulumi("destroy", "--preview-only", "--diff").output
    before = len(stack.emulator.log())
    stopped = stack.workspace.pulumi("destroy", "--yes", "--skip-preview", check=False)
    assert stopped.returncode != 0
    assert not_allowed(stack.emulator.log()[before:], "monitoring", "key-store") == set()
    for part in ("about 2,304 USD for 2 HSMs", "cloudhsm:keyStore.abandonPendingKeys", "pulumi up"):
        assert part in preview
    for part in (
        "pending deletion until 20",
        "key_store.abandon_pending_keys",
        "what the keys encrypted",
    ):
        assert part in stopped.output
    assert len(stack.cluster()["Hsms"]) == 2, "what the key needs is kept"


def test_destroy_goes_on_where_it_stopped_and_leaves_only_what_kms_keeps(
    stack: Rehearsed,
) -> None:
    # The last two commands of the guide's section, word by word.
    *_, give_up, destroy = commands("The KMS key needs 7 to 30 days", "docs/guides/destroy.md")
    assert (give_up[:3], destroy[:2]) == (["pulumi", "config", "set"], ["pulumi", "destroy"])
    stack.workspace.pulumi(*give_up[1:])
    shown = stack.workspace.pulumi(*destroy[1:], "--yes", "--skip-preview").output
    (store,) = stores(stack)
    assert f"delete-custom-key-store --custom-key-store-id {store['CustomKeyStoreId']}" in shown
    assert stack.emulator.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    groups = stack.emulator.client("scheduler").list_schedule_groups()["ScheduleGroups"]
    assert [one["Name"] for one in groups] == ["default"]
    assert store["ConnectionState"] == "DISCONNECTED"
    left = {kind: ids for kind, ids in stack.emulator.resources().items() if ids}
    assert left.pop("key_stores") == [store["CustomKeyStoreId"]]
    assert set(left) == {"backups", "log_groups"}, "what CloudHSM keeps of a cluster"
