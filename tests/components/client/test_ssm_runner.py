"""What runs on a client host, and the passwords it reads: waits, failures, what is never reset."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import pytest
from pulumi.output import Unknown

from pulumi_cloudhsm.activation.activation_provider import ClusterActivationProvider
from pulumi_cloudhsm.aws.cloudhsmv2 import CloudHsm
from pulumi_cloudhsm.aws.kms import KeyStore, Kms
from pulumi_cloudhsm.aws.session import AwsAccess
from pulumi_cloudhsm.aws.ssm import Invocation, Ssm
from pulumi_cloudhsm.client.program_advice import HOST_ADVICE
from pulumi_cloudhsm.client.runner import InstanceInputs
from pulumi_cloudhsm.dynamic_provider import log_line
from pulumi_cloudhsm.errors import (
    CloudHsmError,
    DeadlineError,
    StateError,
    ThrottledError,
    TransientError,
)
from pulumi_cloudhsm.key_store.kms_user_provider import KmsUserInputs, KmsUserProvider
from pulumi_cloudhsm.waiting.waiter import Timing, Waiter
from tests.support.fake_clock import FakeTime
from tests.support.fake_cloud import cluster_seen

HOST = "i-0123456789abcdef0"


class FakeSsm:
    """An instance that comes online, and a program that takes a while."""

    def __init__(self, time: FakeTime) -> None:
        self.time = time
        self.online_at = time.now() + 90
        self.takes = 50.0
        self.ended = Invocation("Success", "Success", said(True, "done", "made on 2 HSMs"), "")
        self.scripts: list[str] = []
        self.sent_at = 0.0
        self.comments: list[str] = []
        self.refusals: list[CloudHsmError] = []
        self.takes_what_it_refuses = True
        self.lists_after = 3.0

    def ping(self, instance_id: str) -> str:
        assert instance_id == HOST
        return "Online" if self.time.now() >= self.online_at else "not seen yet"

    def send(self, instance_id: str, script: str, comment: str, seconds: int) -> str:
        assert self.ping(instance_id) == "Online"
        assert 30 <= seconds <= 3600
        refused = self.refusals.pop(0) if self.refusals else None
        if isinstance(refused, ThrottledError) or (refused and not self.takes_what_it_refuses):
            raise refused
        self.scripts.append(script)
        self.comments.append(comment)
        self.sent_at = self.time.now()
        if refused:
            raise refused
        return "command-1"

    def command(self, instance_id: str, comment: str) -> str | None:
        assert instance_id == HOST
        listed = comment in self.comments and self.time.now() >= self.sent_at + self.lists_after
        return "command-1" if listed else None

    def invocation(self, command_id: str, instance_id: str) -> Invocation | None:
        passed = self.time.now() - self.sent_at
        if passed < 1:
            return None  # SSM does not list it at once
        running = Invocation("InProgress", "InProgress", "", "")
        return self.ended if passed >= self.takes else running


def said(ok: bool, code: str, message: str) -> str:
    return "Installed.\n" + json.dumps({"ok": ok, "code": code, "message": message}) + "\n"


class User(KmsUserProvider):
    """The real provider, but for AWS and the clock."""

    def __init__(
        self, fake: FakeSsm, stores: list[Any] | None = None, source_backup_id: str = ""
    ) -> None:
        self._fake, self._stores = fake, stores or []
        self._cluster = replace(cluster_seen("ACTIVE"), source_backup_id=source_backup_id)

    def cloudhsm(self, access: AwsAccess) -> CloudHsm:
        return cast(CloudHsm, type("Api", (), {"cluster": lambda *_: self._cluster})())

    def ssm(self, access: AwsAccess) -> Ssm:
        return cast(Ssm, self._fake)

    def kms(self, access: AwsAccess) -> Kms:
        return cast(Kms, type("Stores", (), {"key_stores": lambda _: self._stores})())

    def waiter(self) -> Waiter:
        return self._fake.time.waiter(log_line)


ACCESS = AwsAccess(region="eu-central-1")
CLUSTER = "cluster-abcdefghijk"


def instance(instance_id: str | None = HOST) -> InstanceInputs:
    return InstanceInputs(
        instance_id=instance_id,
        region="eu-central-1",
        hsm_ips=["10.0.0.250", "10.0.1.250"],
        ca_certificate="-----BEGIN CERTIFICATE-----",
        package="https://example.com/cli.rpm",
        package_sha256="00" * 32,
        admin_secret="arn:admin",
        kms_user_secret="arn:kmsuser",
    )


def inputs(*hsm_ids: str, instance_id: str | None = HOST) -> dict[str, Any]:
    """Those of two HSMs, unless others are named."""
    declared = KmsUserInputs(
        access=ACCESS,
        timing=Timing(900, 1800),
        cluster_id=CLUSTER,
        hsm_ids=hsm_ids or ("hsm-1", "hsm-2"),
        instance=instance(instance_id),
    )
    handed_over = declared.props()
    if instance_id is None:  # what is None reaches no provider, at any depth
        del handed_over["instance"]["instance_id"]
    return {"__provider": "pickle", **handed_over}


@pytest.fixture
def ssm(time: FakeTime) -> FakeSsm:
    return FakeSsm(time)


def test_it_waits_for_the_host_and_for_the_program(ssm: FakeSsm, time: FakeTime) -> None:
    started = time.now()
    outs = User(ssm).create(inputs()).outs or {}
    assert outs["done"] == "made on 2 HSMs"
    assert 140 <= time.now() - started <= 160
    assert len(ssm.scripts) == 1


def test_a_refusal_for_its_rate_is_waited_through(ssm: FakeSsm) -> None:
    ssm.refusals = [ThrottledError("slow down"), ThrottledError("slow down")]
    assert (User(ssm).create(inputs()).outs or {})["done"] == "made on 2 HSMs"
    assert len(ssm.scripts) == 1


def test_after_a_lost_answer_the_command_is_looked_for_and_not_sent_again(
    ssm: FakeSsm, capsys: pytest.CaptureFixture[str]
) -> None:
    ssm.refusals = [TransientError("the connection broke")]
    assert (User(ssm).create(inputs()).outs or {})["done"] == "made on 2 HSMs"
    assert len(ssm.scripts) == 1
    assert "looking whether AWS carried it out" in capsys.readouterr().out


def test_a_command_that_systems_manager_never_took_is_told(ssm: FakeSsm) -> None:
    ssm.refusals, ssm.takes_what_it_refuses = [TransientError("the connection broke")], False
    with pytest.raises(StateError, match=r"connection broke; .* run `pulumi up` again"):
        User(ssm).create(inputs())
    assert ssm.scripts == []


def test_two_commands_are_told_apart_by_their_comments(ssm: FakeSsm) -> None:
    User(ssm).create(inputs())
    User(ssm).create(inputs())
    assert len(set(ssm.comments)) == 2
    assert all(comment.startswith("CloudHSM: kmsuser (") for comment in ssm.comments)


@pytest.mark.parametrize(
    "code", sorted(set(HOST_ADVICE) - {"DeliveryTimedOut", "ExecutionTimedOut"})
)
def test_a_failure_is_told_in_the_programs_words_with_what_to_do(ssm: FakeSsm, code: str) -> None:
    ssm.ended = Invocation("Failed", "Failed", said(False, code, "It did not work."), "noise")
    with pytest.raises(StateError, match=r"It did not work\.; ") as failed:
        User(ssm).create(inputs())
    assert HOST_ADVICE[code] in str(failed.value)
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize("details", ["DeliveryTimedOut", "ExecutionTimedOut"])
def test_what_systems_manager_ended_is_told_with_its_own_error_line(
    ssm: FakeSsm, details: str
) -> None:
    ssm.ended = Invocation("TimedOut", details, "", "one\nsh: no space left\n")
    with pytest.raises(StateError, match="no space left") as failed:
        User(ssm).create(inputs())
    assert HOST_ADVICE[details] in str(failed.value)


def test_a_host_that_never_reports_ends_at_the_deadline(ssm: FakeSsm) -> None:
    ssm.online_at = float("inf")
    with pytest.raises(DeadlineError, match="agent of client host"):
        User(ssm).create(inputs())


def store(state: str, error_code: str = "", cluster_id: str = "") -> KeyStore:
    return KeyStore("cks-1", "keys", cluster_id or CLUSTER, state, error_code, "")


def test_the_password_is_checked_until_kms_may_have_changed_it(ssm: FakeSsm) -> None:
    elsewhere = store("CONNECTED", cluster_id="cluster-22222222222")
    for stores in ([], [elsewhere], [store("FAILED")], [store("CONNECTED")]):
        User(ssm, stores).create(inputs())
    checked = ['"check_password": true' in script for script in ssm.scripts]
    connected = ['"kms_is_connected": true' in script for script in ssm.scripts]
    assert checked == [True, True, False, False]
    assert connected == [False, False, False, True]


def test_the_users_password_is_set_anew_only_on_a_restored_cluster_before_its_key_store(
    ssm: FakeSsm,
) -> None:
    """KMS has changed it before the backup was made, so only the administrator can set it."""
    for stores, source in ([], ""), ([], "backup-1"), ([store("CONNECTED")], "backup-1"):
        User(ssm, stores, source).create(inputs())
    assert ['"set_password": true' in script for script in ssm.scripts] == [False, True, False]


def test_a_restored_cluster_in_a_lost_ones_place_is_looked_at_and_replaces_nothing(
    ssm: FakeSsm,
) -> None:
    lost_store = [store("FAILED", "CLUSTER_NOT_FOUND", cluster_id="cluster-lost")]
    user = User(ssm, lost_store, "backup-1")
    olds = {**(user.create(inputs()).outs or {}), "cluster_id": "cluster-lost"}
    moved = user.diff("id", olds, inputs())
    assert (moved.changes, moved.replaces) == (True, None)
    user.update("id", olds, inputs())
    assert '"set_password": true' in ssm.scripts[-1]
    for cluster_id in (CLUSTER, Unknown()):
        off = {**inputs(instance_id=None), "cluster_id": cluster_id}
        (failure,) = user.check(olds, off).failures
        assert "client.host True" in failure.reason


def test_a_user_that_kms_misses_is_drift_and_the_next_up_makes_it_where_it_is_missing(
    ssm: FakeSsm,
) -> None:
    olds = User(ssm).create(inputs()).outs or {}
    for fine in ([], [store("CONNECTED")], [store("FAILED", "INVALID_CREDENTIALS")]):
        assert User(ssm, fine).read("id", olds).outs == olds
    missing = User(ssm, [store("FAILED", "USER_NOT_FOUND")])
    read = missing.read("id", olds).outs or {}
    assert read["missed_by"] == "cks-1"
    assert missing.diff("id", read, inputs()).changes
    with pytest.raises(StateError, match=r"client\.host"):
        missing.update("id", read, inputs(instance_id=None))
    made = missing.update("id", read, inputs()).outs or {}
    assert len(ssm.scripts) == 2
    assert not missing.diff("id", made, inputs()).changes


def test_only_added_hsms_are_looked_at_again(ssm: FakeSsm) -> None:
    provider = User(ssm)
    olds = provider.create(inputs()).outs or {}
    fewer = inputs("hsm-1", instance_id=None)
    assert provider.diff("id", olds, fewer).changes
    assert (provider.update("id", olds, fewer).outs or {})["done"] == "made on 2 HSMs"
    assert len(ssm.scripts) == 1, "fewer HSMs need nothing, and no host"
    provider.update("id", olds, inputs("hsm-1", "hsm-3"))
    assert len(ssm.scripts) == 2
    assert not provider.diff("id", olds, inputs(instance_id=None)).changes


def test_a_host_that_is_off_is_missed_in_the_preview_only_where_it_is_needed(ssm: FakeSsm) -> None:
    user, activation = User(ssm), ClusterActivationProvider()
    off, olds = inputs(instance_id=None), inputs()
    for provider in (user, activation):
        (failure,) = provider.check({}, off).failures
        assert "client.host True" in failure.reason
        assert not provider.check(olds, off).failures
    assert user.check(olds, {**off, "hsm_ids": ["hsm-9"]}).failures
    assert not user.check(olds, {**off, "hsm_ids": Unknown()}).failures
    assert not activation.check({}, {"instructions": "by hand"}).failures
