"""fsxadmin's password goes from the secret to FSx and nowhere else; a new version is drift."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
from pulumi.output import Unknown

from pulumi_cloudhsm.aws.fsx import Fsx, Part
from pulumi_cloudhsm.aws.session import AwsAccess
from pulumi_cloudhsm.dynamic_provider import log_line
from pulumi_cloudhsm.errors import (
    CloudHsmError,
    DeadlineError,
    StateError,
    ThrottledError,
    TransientError,
)
from pulumi_cloudhsm.file_system import password_provider
from pulumi_cloudhsm.file_system.password_provider import (
    FileSystemPasswordInputs,
    FileSystemPasswordProvider,
)
from pulumi_cloudhsm.waiting.waiter import Timing, Waiter
from tests.support.fake_clock import FakeTime

SYSTEM, PASSWORD = "fs-0123456789abcdef0", "Rehearsed password 1"
UPDATING_TAKES = 120.0


class FakeFsx:
    """One file system over a fake time."""

    def __init__(self, time: FakeTime) -> None:
        self.time = time
        self.system: Part | None = Part(SYSTEM, "", "AVAILABLE")
        self.passwords: list[str] = []
        self.ends = "AVAILABLE"
        self.refusals: list[CloudHsmError] = []
        self._due = 0.0

    def file_system(self, identifier: str) -> Part | None:
        if self.system and self.system.state == "UPDATING" and self.time.now() >= self._due:
            self.system = replace(self.system, state=self.ends, reason="no route")
        return self.system if self.system and identifier == self.system.identifier else None

    def set_password(self, identifier: str, password: str) -> None:
        assert self.system is not None
        assert self.system.state == "AVAILABLE", "FSx refuses any other"
        refused = self.refusals.pop(0) if self.refusals else None
        if not isinstance(refused, ThrottledError):
            self.passwords.append(password)
            self.update()
        if refused:
            raise refused

    def update(self) -> None:
        assert self.system is not None
        self.system, self._due = (
            replace(self.system, state="UPDATING"),
            self.time.now() + UPDATING_TAKES,
        )


class Provider(FileSystemPasswordProvider):
    """The real provider, but for AWS and the clock."""

    def __init__(self, fsx: FakeFsx) -> None:
        self._fsx = fsx

    def fsx(self, access: AwsAccess) -> Fsx:
        assert access.region == "eu-central-1"
        return cast(Fsx, self._fsx)

    def waiter(self) -> Waiter:
        return self._fsx.time.waiter(log_line)


@pytest.fixture
def fsx() -> FakeFsx:
    return FakeFsx(FakeTime())


@pytest.fixture
def provider(fsx: FakeFsx) -> Provider:
    return Provider(fsx)


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What Secrets Manager holds."""
    holds = {"text": PASSWORD, "version": "v1"}
    monkeypatch.setattr(
        password_provider,
        "secret_value_and_version",
        lambda *_: (holds["text"], holds["version"]),
    )
    monkeypatch.setattr(password_provider, "current_version", lambda *_: holds["version"])
    return holds


def inputs(**changes: Any) -> dict[str, Any]:
    wanted = FileSystemPasswordInputs(
        access=AwsAccess("eu-central-1"),
        timing=Timing(180, 7200),
        file_system_id=SYSTEM,
        password_secret_id="fsxadmin",
    )
    return {"__provider": "pickle", **wanted.props(), **changes}


def test_the_password_is_set_and_waited_for_and_not_kept(
    provider: Provider, fsx: FakeFsx, capsys: pytest.CaptureFixture[str]
) -> None:
    made = provider.create(inputs())
    assert (made.id, fsx.passwords) == (SYSTEM, [PASSWORD])
    assert fsx.system is not None
    assert fsx.system.state == "AVAILABLE"
    kept = {key: value for key, value in inputs().items() if key != "__provider"}
    assert made.outs == {**kept, "version": "v1", "is_current": True}
    assert PASSWORD not in str(made.outs) + capsys.readouterr().out


@pytest.mark.parametrize(
    ("refused", "times"), [(ThrottledError("slow down"), 1), (TransientError("broken"), 2)]
)
def test_a_throttle_or_a_lost_answer_is_waited_through(
    provider: Provider, fsx: FakeFsx, refused: CloudHsmError, times: int
) -> None:
    fsx.refusals = [refused]
    assert provider.create(inputs()).id == SYSTEM
    assert fsx.passwords == [PASSWORD] * times
    assert fsx.system is not None
    assert fsx.system.state == "AVAILABLE"


def test_a_file_system_that_is_being_changed_is_waited_for_first(
    provider: Provider, fsx: FakeFsx
) -> None:
    fsx.update()
    provider.create(inputs())
    assert fsx.passwords == [PASSWORD]


def test_a_new_version_of_the_secret_is_drift_that_an_update_brings_over(
    provider: Provider, fsx: FakeFsx, secret: dict[str, str]
) -> None:
    outs = provider.create(inputs()).outs or {}
    assert provider.diff(SYSTEM, outs, inputs()).changes is False
    secret.update(text="Another password 2", version="v2")
    found = provider.read(SYSTEM, outs).outs or {}
    assert found["is_current"] is False
    assert provider.diff(SYSTEM, found, inputs()).changes is True
    updated = provider.update(SYSTEM, found, inputs()).outs or {}
    assert (fsx.passwords[-1], updated["version"]) == ("Another password 2", "v2")
    assert (provider.read(SYSTEM, updated).outs or {})["is_current"] is True


def test_another_secret_updates_and_another_file_system_replaces(provider: Provider) -> None:
    outs = provider.create(inputs()).outs or {}
    other = provider.diff(SYSTEM, outs, inputs(password_secret_id="other"))
    assert (other.changes, other.replaces) == (True, [])
    for system in ("fs-2", Unknown()):
        assert provider.diff(SYSTEM, outs, inputs(file_system_id=system)).replaces


def test_with_its_file_system_the_password_is_gone(provider: Provider, fsx: FakeFsx) -> None:
    outs = provider.create(inputs()).outs or {}
    fsx.system = None
    assert provider.read(SYSTEM, outs).id == ""
    provider.delete(SYSTEM, outs)


@pytest.mark.parametrize("wrong", ["short", "x" * 51, "two\nlines of it"])
def test_what_fsx_would_not_take_is_said_without_being_shown(
    provider: Provider, fsx: FakeFsx, secret: dict[str, str], wrong: str
) -> None:
    secret["text"] = wrong
    with pytest.raises(StateError, match="8 to 50 characters") as refused:
        provider.create(inputs())
    assert wrong not in str(refused.value)
    assert fsx.passwords == []


@pytest.mark.parametrize("state", ["FAILED", "MISCONFIGURED"])
def test_a_file_system_that_breaks_ends_the_wait_with_the_reason(
    provider: Provider, fsx: FakeFsx, state: str
) -> None:
    fsx.ends = state
    with pytest.raises(StateError, match=f"went to {state} .*: no route"):
        provider.create(inputs())


def test_it_is_not_waited_for_for_ever(provider: Provider, fsx: FakeFsx) -> None:
    fsx.ends = "UPDATING"
    with pytest.raises(DeadlineError, match=r"raise waits\.file_system\.deadline_seconds"):
        provider.create(inputs())


def test_a_file_system_that_is_gone_is_one_line(provider: Provider, fsx: FakeFsx) -> None:
    fsx.system = None
    with pytest.raises(StateError, match="is gone: run `pulumi up --refresh`"):
        provider.create(inputs())
