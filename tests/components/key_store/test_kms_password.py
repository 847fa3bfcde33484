"""KMS gets the secret's password when its own is refused, each version once, whatever is late."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_cloudhsm.aws.kms import Kms
from pulumi_cloudhsm.aws.session import AwsAccess
from pulumi_cloudhsm.errors import AwsError, StateError, ThrottledError, TransientError
from pulumi_cloudhsm.key_store import key_store_provider
from pulumi_cloudhsm.key_store.connection_errors import connection_advice
from pulumi_cloudhsm.key_store.key_store_provider import (
    CustomKeyStoreInputs,
    CustomKeyStoreProvider,
)
from pulumi_cloudhsm.waiting.waiter import Timing, Waiter
from tests.support.fake_aws import CLUSTER
from tests.support.fake_clock import FakeTime
from tests.support.fake_key_store import NAME, STORE, FakeKms, LostAnswerError

GIVE = ["disconnect", "set password", "connect"]


class Stack(CustomKeyStoreProvider):
    """The real provider over a fake KMS and a secret; keeps what its last run returned."""

    def __init__(self, time: FakeTime, monkeypatch: pytest.MonkeyPatch) -> None:
        self.time, self.fake = time, FakeKms(time)
        self.secret: tuple[str, str] | Exception = ("Wrong123", "v1")
        self.outs: dict[str, Any] = {}
        self.lines: list[str] = []
        monkeypatch.setattr(key_store_provider, "secret_value_and_version", self._read)
        monkeypatch.setattr(key_store_provider, "check_cluster", lambda *_, **__: None)
        monkeypatch.setattr(key_store_provider, "log_line", self.lines.append)

    def _read(self, *_: object) -> tuple[str, str]:
        if isinstance(self.secret, Exception):
            raise self.secret
        return self.secret

    def kms(self, access: AwsAccess) -> Kms:
        return self.fake  # pyright: ignore

    def waiter(self) -> Waiter:
        return self.time.waiter(self.lines.append)

    def up(self, **changes: Any) -> str:
        """Runs create or update, as the engine would; returns why it is not connected."""
        wanted = {**INPUTS, **changes}
        self.fake.calls.clear()
        if not self.outs:
            self.outs = self.create(wanted).outs or {}
        elif self.diff(STORE, self.outs, wanted).changes:
            self.outs = self.update(STORE, self.outs, wanted).outs or {}
        return self.outs["failure"]


INPUTS = CustomKeyStoreInputs(
    access=AwsAccess(region="eu-central-1"),
    timing=Timing(1200, 3600),
    cluster_id=CLUSTER,
    key_store_name=NAME,
    ca_certificate="PEM",
    password_secret_id="kmsuser",
).props()


@pytest.fixture
def stack(time: FakeTime, monkeypatch: pytest.MonkeyPatch) -> Stack:
    stack = Stack(time, monkeypatch)
    stack.fake.kmsuser = "Right123"
    return stack


def test_a_wrong_password_is_tried_once_and_a_new_version_of_the_secret_leads_on(
    stack: Stack,
) -> None:
    first = stack.up()
    assert first.startswith(f"{STORE} could not be connected (INVALID_CREDENTIALS): ")
    assert stack.fake.logins_refused == 1
    for _ in range(3):
        told = stack.up()
        assert "version v1 of the secret kmsuser, which is not tried again" in told
        assert stack.fake.calls == []
    assert stack.fake.logins_refused == 1, "kmsuser is not locked by running up again"
    stack.secret = ("Right123", "v2")
    assert stack.up() == ""
    assert stack.fake.calls == GIVE
    assert stack.outs["password_version"] == "", "KMS has a password of its own now"
    assert "Right123" not in str(stack.outs) + str(stack.lines)


def test_the_same_password_stored_again_counts_as_new(stack: Stack) -> None:
    """The advice's other half: the password on the HSMs was set to the secret's."""
    stack.up()
    stack.fake.kmsuser, stack.secret = "Wrong123", ("Wrong123", "v2")
    assert stack.up() == ""


def test_a_store_that_a_person_disconnected_is_tried_again_with_what_kms_has(stack: Stack) -> None:
    stack.up()
    stack.fake.kmsuser = "Wrong123"
    stack.fake.there("DISCONNECTED")
    assert stack.up() == ""
    assert stack.fake.calls == ["connect"]


def test_kms_keeps_its_own_password_as_long_as_it_fits(stack: Stack) -> None:
    """A secret that was rotated by Secrets Manager is none of kmsuser's passwords."""
    stack.secret = ("Right123", "v1")
    assert stack.up() == ""
    stack.secret = ("Rotated1", "v2")
    stack.outs["connection_state"] = "DISCONNECTED"
    stack.fake.there("DISCONNECTED")
    assert stack.up() == ""
    assert stack.fake.calls == ["connect"]


def test_a_user_that_was_made_again_has_the_secrets_password_once_more(stack: Stack) -> None:
    """After USER_NOT_FOUND, KMS still has the password of the user that is gone."""
    stack.secret = ("Right123", "v1")
    assert stack.up() == ""
    stack.fake.there("FAILED", "USER_NOT_FOUND")
    stack.outs["connection_state"] = "FAILED (USER_NOT_FOUND)"
    stack.fake.kmsuser = "Right123"
    assert stack.up() == ""
    assert stack.fake.calls == ["disconnect", "connect", *GIVE]
    assert stack.fake.logins_refused == 1


def test_a_locked_user_is_not_connected_twice_in_one_run(stack: Stack) -> None:
    stack.fake.ends = ["USER_LOCKED_OUT"]
    assert "USER_LOCKED_OUT" in stack.up()
    assert stack.fake.calls == ["create", "connect"]
    stack.fake.kmsuser = "Wrong123"
    assert stack.up() == "", "its password was set to the secret's, which unlocks it"
    assert stack.fake.calls == ["disconnect", "connect"]


def test_a_locked_user_with_a_new_password_gets_to_kms_without_another_refused_login(
    stack: Stack,
) -> None:
    stack.secret = ("Right123", "v1")
    stack.up()
    stack.outs["connection_state"] = "FAILED (USER_LOCKED_OUT)"
    stack.fake.there("FAILED", "USER_LOCKED_OUT")
    stack.fake.kmsuser, stack.secret = "Another1", ("Another1", "v2")
    assert stack.up() == ""
    assert stack.fake.calls == GIVE
    assert stack.fake.logins_refused == 0


def test_an_adopted_store_whose_password_is_refused_gets_the_secrets(stack: Stack) -> None:
    stack.fake.there("FAILED", "INVALID_CREDENTIALS")
    stack.secret = ("Right123", "v7")
    assert stack.up() == ""
    assert stack.fake.calls == GIVE


def test_a_secret_that_cannot_be_read_is_told_beside_the_reason(stack: Stack) -> None:
    stack.up()
    stack.secret = AwsError("reading the secret kmsuser: AWS said: no")
    told = stack.up()
    assert connection_advice("INVALID_CREDENTIALS") in told
    assert told.endswith("reading the secret kmsuser: AWS said: no")
    assert stack.fake.calls == []


def test_a_password_that_kms_would_not_take_is_not_given(stack: Stack) -> None:
    stack.up()
    stack.secret = ("with: colon", "v2")
    assert "7 to 32 letters and digits" in stack.up()
    assert stack.fake.calls == []


@pytest.mark.parametrize("operation", ["connect", "disconnect", "set password", "rename"])
@pytest.mark.parametrize("trouble", [ThrottledError("slow down"), LostAnswerError("broken")])
def test_one_throttle_and_one_lost_answer_stop_no_call(
    stack: Stack, operation: str, trouble: TransientError
) -> None:
    stack.up()
    stack.secret = ("Right123", "v2")
    stack.fake.refusals[operation] = [trouble]
    assert stack.up(key_store_name="other") == ""
    assert stack.fake.refusals[operation] == [], "it happened"
    assert stack.fake.store is not None
    assert (stack.fake.store.name, stack.fake.store.state) == ("other", "CONNECTED")
    assert stack.fake.calls.count("connect") == 1


@pytest.mark.parametrize("late", [30.0, 115.0])
def test_answers_that_are_late_and_inconsistent_mean_not_yet(stack: Stack, late: float) -> None:
    """For two minutes every second look shows what was before, whatever was changed."""
    stack.fake.late = late
    assert "INVALID_CREDENTIALS" in stack.up()
    stack.secret = ("Right123", "v2")
    assert stack.up(key_store_name="other") == ""
    assert stack.fake.logins_refused == 1
    stack.delete(STORE, INPUTS)
    assert stack.fake.store is None


def test_a_store_that_was_made_just_now_is_not_gone(stack: Stack) -> None:
    """A refresh or a destroy right after it would drop it from the state, and leave it at AWS."""
    stack.fake.late = 100.0
    stack.fake.there("CONNECTED")
    assert stack.read(STORE, INPUTS).id == STORE
    stack.delete(STORE, INPUTS)
    assert stack.fake.calls == ["disconnect", "delete"]
    assert stack.read(STORE, INPUTS).id == ""


def test_a_store_that_another_run_has_made_just_now_is_adopted_once_kms_shows_it(
    stack: Stack, time: FakeTime
) -> None:
    fake = stack.fake
    appears = time.now() + 90
    shown = fake.key_stores
    fake.key_stores = lambda: shown() if time.now() >= appears else []

    def beaten(*_: str) -> str:
        fake.there("CONNECTED")
        raise AwsError("in use", "CloudHsmClusterInUseException")

    fake.create = beaten
    assert stack.up() == ""
    fake.store, stack.outs = None, {}
    fake.create = lambda *_: (_ for _ in ()).throw(AwsError("in use", "CloudHsmClusterInUse"))
    with pytest.raises(AwsError, match="in use"):
        stack.up()


def test_a_store_that_is_really_gone_is_told(stack: Stack) -> None:
    stack.up()
    stack.fake.store = None
    assert "is gone: run `pulumi up --refresh`" in stack.up()


def test_a_key_whose_deletion_was_scheduled_just_now_may_not_show_it(
    stack: Stack, time: FakeTime
) -> None:
    from datetime import UTC, datetime

    from pulumi_cloudhsm.aws.kms import HeldKey

    stack.fake.there("CONNECTED")
    start, date = time.now(), datetime(2026, 12, 24, tzinfo=UTC)
    pending, enabled = HeldKey("k", "PendingDeletion", date), HeldKey("k", "Enabled", None)
    stack.fake.keys_in = lambda _: [enabled if time.now() < start + 60 else pending]
    with pytest.raises(StateError, match="pending deletion until 2026-12-24"):
        stack.delete(STORE, INPUTS)
